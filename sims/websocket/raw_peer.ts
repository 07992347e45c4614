/**
 * A peer that does exactly what it is told, against every rule if need be: client or server, by steps
 * that are data. What it gets it reads as it should be, and says what is wrong with it.
 *
 * @example
 * ```ts ignore
 * const peer = await RawPeer.connect("ws://localhost:9001/");
 * await peer.play([
 *   { do: "pace", chunkBytes: 1 },
 *   { do: "frame", frame: { opcode: 1, rsv: 2, payload: "a reserved bit" } },
 * ]);
 * console.log(await peer.next({ within: seconds(1) })); // a close frame with code 1002
 * ```
 */
import { randomSeed } from "hil/time/chance.ts";
import { type Duration, pause, seconds, withLimit } from "hil/time/mod.ts";
import { dial } from "./client.ts";
import { acceptKey, encodeRawFrame, formatHead, FrameReader } from "./core/mod.ts";
import { DEFAULT_LIMITS, type Head, OPCODE, type RawFrame, valuesOf } from "./core/mod.ts";
import { PayloadBuffer } from "./core/payload_buffer.ts";
import { readHead, writeAll } from "./server.ts";
import type { Wire } from "./_writer.ts";

/** What a peer can be told to do. */
export type Step =
  | { readonly do: "frame"; readonly frame: RawFrame }
  /** Octets as they are; text as UTF-8. */
  | { readonly do: "bytes"; readonly bytes: Uint8Array | string }
  /** From here on what is sent goes out in chunks, with a pause after each. */
  | { readonly do: "pace"; readonly chunkBytes: number; readonly pause?: Duration }
  | { readonly do: "wait"; readonly time: Duration }
  /** Sends no more, but stays to listen: half open. */
  | { readonly do: "end-sending" }
  /** Closes the connection, whatever state it is in. */
  | { readonly do: "hang-up" };

/** How a head differs from a right one: text replaces or adds a field, null leaves it out. */
export interface RawHead {
  readonly startLine?: string;
  readonly fields?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Sent instead of the head, whatever it is. */
  readonly bytes?: Uint8Array | string;
  /** Sent with the head, in one write. */
  readonly behind?: Uint8Array;
}

/** What came: a frame, its end, or nothing in time. */
export type Received =
  | {
    readonly type: "frame";
    readonly opcode: number;
    readonly fin: boolean;
    readonly rsv: number;
    readonly payload: Uint8Array;
    /** That it was masked with. */
    readonly key: number | undefined;
  }
  /** What came is no frame. */
  | { readonly type: "broken"; readonly error: Error }
  /** The other side sends no more; `reset` when that was no orderly end. */
  | { readonly type: "ended"; readonly reset: boolean }
  | { readonly type: "nothing" };

const OPCODE_NAMES = new Map<number, string>(
  Object.entries(OPCODE).map(([name, code]) => [code, name]),
);

export class RawPeer {
  /** The head that the other side sent. */
  readonly head: Head;
  readonly #wire: Wire;
  readonly #role: "client" | "server";
  readonly #received: Received[] = [];
  readonly #reader: FrameReader;
  #reading: Promise<void> | undefined;
  #chunkBytes = Infinity;
  #pause: Duration | undefined;

  private constructor(wire: Wire, role: "client" | "server", head: Head) {
    this.#wire = wire;
    this.#role = role;
    this.head = head;
    this.#reader = frameReader(role, (frame) => this.#received.push(frame));
    if (head.rest.length > 0) this.#arrived(head.rest);
  }

  /**
   * Connects and sends a request; the answer is {@link head}, whatever it says.
   *
   * @throws HandshakeError when what is answered is no HTTP, or nothing within `within`
   */
  static async connect(
    url: string,
    options: {
      readonly head?: RawHead;
      readonly caCerts?: string[];
      readonly within?: Duration;
      /** Opens the connection; default: what the URL names. For peers in another network. */
      readonly connect?: () => Promise<Deno.Conn>;
    } = {},
  ): Promise<RawPeer> {
    const { conn, host, resource } = options.connect
      ? { conn: await options.connect(), ...placesIn(url) }
      : await dial(url, options.caCerts);
    const key = new Uint8Array(Uint32Array.from({ length: 4 }, randomSeed).buffer).toBase64();
    const fields = {
      Host: host,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": key,
      "Sec-WebSocket-Version": "13",
    };
    try {
      await writeAll(conn, rawHead(`GET ${resource} HTTP/1.1`, fields, options.head));
      const within = options.within ?? seconds(10);
      const head = await withLimit(readHead(conn, DEFAULT_LIMITS), within, () => {
        throw new Error(`Cannot read the answer of "${url}": none came within ${within}`);
      });
      return new RawPeer(conn, "client", head);
    } catch (error) {
      conn.close();
      throw error;
    }
  }

  /**
   * Takes a connection as a server: reads the request and answers it, rightly or as told.
   *
   * @throws HandshakeError when what comes is no request
   */
  static async accept(
    wire: Deno.Conn,
    answerTo: RawHead | ((request: Head) => RawHead | Promise<RawHead>) = {},
  ): Promise<RawPeer> {
    const head = await readHead(wire, DEFAULT_LIMITS);
    const answer = typeof answerTo === "function" ? await answerTo(head) : answerTo;
    const fields = {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Accept": acceptKey(valuesOf(head, "sec-websocket-key")[0] ?? ""),
    };
    await writeAll(wire, rawHead("HTTP/1.1 101 Switching Protocols", fields, answer));
    return new RawPeer(wire, "server", head);
  }

  /** Does one step after another. What a broken connection does not take is left out. */
  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#play(step);
  }

  async #play(step: Step): Promise<void> {
    switch (step.do) {
      case "frame": {
        const own = this.#role === "server" ? { mask: "none" as const } : {};
        return await this.#send(encodeRawFrame({ ...own, ...step.frame }));
      }
      case "bytes":
        return await this.#send(octets(step.bytes));
      case "pace":
        this.#chunkBytes = step.chunkBytes;
        this.#pause = step.pause;
        return;
      case "wait":
        return await pause(step.time);
      case "end-sending":
        return await this.#wire.closeWrite().catch(() => {});
      case "hang-up":
        return this.close();
    }
  }

  /** The next frame or the end; `nothing` when neither came in time. */
  async next({ within }: { readonly within: Duration }): Promise<Received> {
    if (this.#received.length === 0) {
      this.#reading ??= this.#read();
      await withLimit(this.#reading, within, () => {});
    }
    return this.#received.shift() ?? { type: "nothing" };
  }

  close(): void {
    try {
      this.#wire.close();
    } catch { /* It was closed by what went wrong. */ }
  }

  /** Reads until there is something to give. */
  async #read(): Promise<void> {
    const buffer = new Uint8Array(16 * 1024);
    while (this.#received.length === 0) {
      let count: number | null;
      try {
        count = await this.#wire.read(buffer);
      } catch {
        this.#received.push({ type: "ended", reset: true });
        break;
      }
      if (count === null) this.#received.push({ type: "ended", reset: false });
      else this.#arrived(buffer.subarray(0, count));
    }
    this.#reading = undefined;
  }

  #arrived(bytes: Uint8Array): void {
    try {
      this.#reader.push(bytes, () => true);
    } catch (error) {
      this.#received.push({ type: "broken", error: error as Error });
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; at += this.#chunkBytes) {
        await writeAll(this.#wire, bytes.subarray(at, at + this.#chunkBytes));
        if (this.#pause) await pause(this.#pause);
      }
    } catch { /* What comes next says how the connection ended. */ }
  }
}

function frameReader(role: "client" | "server", take: (frame: Received) => void): FrameReader {
  let header = { opcode: 0, fin: true, rsv: 0, key: undefined as number | undefined };
  const payload = new PayloadBuffer();
  const rules = { masked: role === "server", rsv: 0x70, maxFrameBytes: 2 ** 31 };
  return new FrameReader(rules, {
    begin: (begun) => {
      header = begun;
      payload.expect(begun.length);
    },
    payload: (source, start, end) => payload.append(source, start, end, header.key),
    end: () => {
      const { opcode, fin, rsv, key } = header;
      take({ type: "frame", opcode, fin, rsv: rsv >> 4, payload: payload.take(), key });
    },
  });
}

/** What was received, in a line. */
export function describe(received: Received): string {
  switch (received.type) {
    case "frame": {
      const { opcode, fin, rsv, payload } = received;
      const name = OPCODE_NAMES.get(opcode) ?? `opcode ${opcode}`;
      const more = `${fin ? "" : ", not FIN"}${rsv ? `, RSV ${rsv}` : ""}`;
      if (opcode !== OPCODE.CLOSE) return `${name} of ${payload.length} octets${more}`;
      if (payload.length < 2) return `CLOSE without a code${more}`;
      const reason = new TextDecoder().decode(payload.subarray(2));
      return `CLOSE ${payload[0]! << 8 | payload[1]!}${reason && ` "${reason}"`}${more}`;
    }
    case "broken":
      return `no frame: ${received.error.message}`;
    case "ended":
      return received.reset ? "reset" : "end of the connection";
    case "nothing":
      return "nothing";
  }
}

function rawHead(
  startLine: string,
  right: Readonly<Record<string, string>>,
  { startLine: other, fields = {}, bytes, behind = new Uint8Array(0) }: RawHead = {},
): Uint8Array {
  if (bytes !== undefined) return octets(bytes);
  const all: [string, string][] = [];
  for (const [name, value] of Object.entries({ ...right, ...fields })) {
    if (value !== null) { for (const one of [value].flat()) all.push([name, one]); }
  }
  return Uint8Array.from([...formatHead(other ?? startLine, all), ...behind]);
}

function placesIn(url: string): { host: string; resource: string } {
  const { host, pathname, search } = new URL(url);
  return { host, resource: `${pathname}${search}` };
}

function octets(bytes: Uint8Array | string): Uint8Array {
  return typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
}
