/**
 * Sends a flood's frames by packet(7), many with each sendmmsg(2). Only into a network namespace that
 * a lab of this project has made: its sources are invented, and belong on no real network. Linux on
 * 64 bits; needs root and `--allow-ffi`.
 */
import { cString, inNamespace, NAMESPACE_SYMBOLS, openLibc } from "hil/drivers/libc.ts";
import { hostNow, ms, pause } from "hil/time/mod.ts";
import { type FloodShape, FrameSource } from "./frames.ts";

export interface FloodOptions extends FloodShape {
  /** A namespace of a lab, by its name: `lab.host("attackers").namespace`. */
  readonly namespace: string;
  readonly interface: string;
  /** It ends after so many frames, and after so many seconds: whichever comes first. */
  readonly count: number;
  readonly seconds: number;
  /** At most; default: as fast as it goes. */
  readonly perSecond?: number;
}

export interface Flooded {
  readonly sent: number;
  readonly seconds: number;
}

/** What the kernel or this file refuses. */
export class FloodError extends Error {
  override readonly name = "FloodError";
}

const SYMBOLS = {
  ...NAMESPACE_SYMBOLS,
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
} as const;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

/** As hil/drivers/netns names what it makes. */
const LAB = /^hil-\d+\.\d+-/;
const [AF_PACKET, SOCK_RAW] = [17, 3] as const;
const BATCH = 256;
/** struct mmsghdr and struct iovec on 64 bits. */
const [MESSAGE, VECTOR] = [64, 16] as const;

/**
 * @throws FloodError when the namespace is none of a lab's, or nothing can be sent there
 * @throws RangeError when count or seconds give it no end
 *
 * @example
 * ```ts ignore
 * const { sent } = await flood({ namespace: lab.host("attackers").namespace, interface: "eth0",
 *   kind: "REGISTER", pbx: "198.51.100.1", from: "100.64.0.1", sources: 10_000, targetMac,
 *   count: 100_000, seconds: 5 });
 * ```
 */
export async function flood(options: FloodOptions): Promise<Flooded> {
  const { namespace, count, seconds, perSecond } = options;
  refuse(options);
  const source = new FrameSource(options);
  const libc = openLibc(SYMBOLS, (why, cause) => new FloodError(`Cannot flood: ${why}`, { cause }));
  let fd = -1;
  try {
    const opened = inNamespace(
      libc,
      `/run/netns/${namespace}`,
      () => open(libc, options.interface),
    );
    if (!opened) {
      throw new FloodError(`Cannot flood in "${namespace}": it cannot be entered; be root`);
    }
    fd = opened.value;
    const batch = new Batch(source);
    const begin = hostNow();
    let sent = 0;
    let pausedNs = begin;
    for (let now = begin; sent < count && now - begin < seconds * 1e9; now = hostNow()) {
      const allowed = perSecond === undefined ? count : 1 + perSecond * (now - begin) / 1e9;
      const due = Math.min(BATCH, Math.floor(Math.min(count, allowed)) - sent);
      // Others of this process have their turn, too.
      if (due <= 0 || now - pausedNs > 20e6) {
        await pause(ms(1));
        pausedNs = hostNow();
        continue;
      }
      const done = batch.send(libc, fd, due);
      if (done < 0) throw new FloodError(`Cannot send on "${options.interface}": is the link up?`);
      sent += done;
    }
    return { sent, seconds: (hostNow() - begin) / 1e9 };
  } finally {
    if (fd >= 0) libc.symbols.close(fd);
    libc.close();
  }
}

function refuse({ namespace, count, seconds }: FloodOptions): void {
  if (!LAB.test(namespace) || namespace.includes("/")) {
    throw new FloodError(
      `Cannot flood in "${namespace}": no lab has made it; give the namespace of a host of one`,
    );
  }
  if (Number.isFinite(count) && Number.isFinite(seconds)) return;
  throw new RangeError(`Cannot flood without an end: count is ${count}, seconds are ${seconds}`);
}

function open(libc: Libc, name: string): number {
  const { socket, bind, if_nametoindex, close } = libc.symbols;
  const index = if_nametoindex(cString(name));
  if (index === 0) throw new FloodError(`Cannot flood on "${name}": there is no such interface`);
  const fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) throw new FloodError("Cannot open a packet socket; be root, or have CAP_NET_RAW");
  // struct sockaddr_ll: family, protocol, interface.
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setInt32(4, index, true);
  if (bind(fd, new Uint8Array(address.buffer), 20) === 0) return fd;
  close(fd);
  throw new FloodError(`Cannot bind a packet socket to "${name}"`);
}

/** Frames side by side in memory that stays where it is, and what sendmmsg wants to know of them. */
class Batch {
  readonly #frames: Uint8Array<ArrayBuffer>[];
  readonly #messages = new Uint8Array(BATCH * MESSAGE);
  readonly #vectors = new Uint8Array(BATCH * VECTOR);

  constructor(private readonly source: FrameSource) {
    const memory = new Uint8Array(BATCH * source.size);
    this.#frames = Array.from(
      { length: BATCH },
      (_, i) => memory.subarray(i * source.size, (i + 1) * source.size),
    );
    const addressOf = (bytes: Uint8Array<ArrayBuffer>) =>
      BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
    const [messages, vectors] = [this.#messages, this.#vectors].map((b) => new DataView(b.buffer));
    const first = addressOf(this.#vectors);
    this.#frames.forEach((frame, i) => {
      source.fill(frame);
      vectors!.setBigUint64(i * VECTOR, addressOf(frame), true);
      vectors!.setBigUint64(i * VECTOR + 8, BigInt(source.size), true);
      messages!.setBigUint64(i * MESSAGE + 16, first + BigInt(i * VECTOR), true);
      messages!.setBigUint64(i * MESSAGE + 24, 1n, true);
    });
  }

  send(libc: Libc, fd: number, count: number): number {
    for (let i = 0; i < count; i++) this.source.patch(this.#frames[i]!);
    return libc.symbols.sendmmsg(fd, this.#messages, count, 0);
  }
}
