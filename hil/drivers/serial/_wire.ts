/** For tests: a serial port of ours on a pseudo-terminal, and what programs do on its other side. */
import { createHash } from "node:crypto";
import { type Duration, pause, Random, seconds, us, withLimit } from "../../time/mod.ts";
import type { ByteLink } from "../../ports/mod.ts";
import { openPty, type Pty } from "../pty/mod.ts";

export const LIMIT: Duration = seconds(60);

/** Fails rather than hangs. */
export function limited<T>(work: Promise<T>): Promise<T> {
  return withLimit(work, LIMIT, () => {
    throw new Error(`still running after ${LIMIT}`);
  });
}

/** Runs `body` with a terminal, and closes that. */
export async function withPty(
  body: (pty: Pty) => Promise<void>,
  options: { readonly stays?: boolean } = { stays: true },
): Promise<void> {
  const pty = openPty(options);
  try {
    await limited(body(pty));
  } finally {
    await pty.close();
  }
}

/**
 * Two terminals as a null modem: what a program writes to one path comes out of the other, after
 * the time that a line of 115200 Bd takes. lrzsz's rx needs that: it drops what comes in the moment
 * after its acknowledgement.
 */
export async function withNullModem(body: (a: string, b: string) => Promise<void>): Promise<void> {
  await withPty((a) =>
    withPty(async (b) => {
      // What is on the way when both are closed cannot be written: that is no failure.
      const pumps = Promise.allSettled([pump(a.master, b.master), pump(b.master, a.master)]);
      await body(a.path, b.path);
      await Promise.all([a.close(), b.close()]);
      await pumps;
    })
  );
}

/** 10 bits at 115200 Bd. */
const BYTE_US = 87;

async function pump(from: ByteLink, to: ByteLink): Promise<void> {
  for await (const bytes of from.readable) {
    await pause(us(bytes.length * BYTE_US));
    await to.write(bytes);
  }
}

export function noise(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  const bytes = new Uint8Array(size);
  const words = new Uint32Array(bytes.buffer, 0, size >> 2);
  for (let i = 0; i < words.length; i++) words[i] = random.next();
  for (let i = words.length * 4; i < size; i++) bytes[i] = random.next();
  return bytes;
}

export const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
export const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
export const bytes = (text: string) => new TextEncoder().encode(text);

/** Reads a link on and on; each read takes up where the last one ended. */
export class Reading {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #left = new Uint8Array(0);

  constructor(link: Pick<ByteLink, "readable">) {
    this.#reader = link.readable.getReader();
  }

  /** Exactly so many bytes; fewer when the link ends first. */
  async take(size: number): Promise<Uint8Array> {
    const chunks = [this.#left];
    let count = this.#left.length;
    while (count < size) {
      const { value } = await this.#reader.read();
      if (!value) break;
      chunks.push(value as Uint8Array<ArrayBuffer>);
      count += value.length;
    }
    const all = new Uint8Array(count);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#left = all.slice(size);
    return all.subarray(0, size);
  }
}
