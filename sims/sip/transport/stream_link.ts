/** A byte stream as a link: framing by Content-Length, keep-alives (RFC 3261 18.3, RFC 5626 4.4.1). */
import { SipStream, SipSyntaxError, type StreamOptions } from "../message/mod.ts";
import { hostTimers } from "./host_timers.ts";
import type { Link, LinkEvents } from "./connections.ts";
import type { SipTimers } from "./transport.ts";

export interface StreamLinkOptions {
  readonly limits?: StreamOptions;
  /** Pings so often; a peer that says nothing for 10 s after one is lost. Default: it does not. */
  readonly pingEveryNs?: number;
  /** Default: the host's. */
  readonly timers?: SipTimers;
}

/** What is needed of a `Deno.Conn`. */
export type StreamConn = Pick<Deno.Conn, "read" | "write" | "close">;

const PING = new TextEncoder().encode("\r\n\r\n");
const PONG = new TextEncoder().encode("\r\n");
const PONG_LIMIT_NS = 10e9;
const READ_BYTES = 16_384;

export class StreamLink implements Link {
  readonly #stream: SipStream;
  readonly #timers: SipTimers;
  #written = Promise.resolve();
  #alarm: { cancel(): void } | undefined;
  #over = false;
  #heard = 0;

  constructor(
    readonly conn: StreamConn,
    readonly events: LinkEvents,
    /** Who was called answers keep-alives. */
    readonly role: "caller" | "called",
    readonly options: StreamLinkOptions = {},
  ) {
    this.#stream = new SipStream(options.limits);
    this.#timers = options.timers ?? hostTimers;
    this.#schedulePing();
    void this.#readAll();
  }

  /** Octets that have come. */
  get heard(): number {
    return this.#heard;
  }

  send(bytes: Uint8Array): Promise<void> {
    const write = async () => {
      for (let left = bytes; left.length > 0;) left = left.subarray(await this.conn.write(left));
    };
    return this.#written = this.#written.then(write);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#alarm?.cancel();
    try {
      this.conn.close();
    } catch { /* It was closed by what went wrong. */ }
  }

  async #readAll(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        const count = await this.conn.read(buffer);
        if (count === null) throw new Error("Cannot read on: the other side has hung up");
        this.#take(buffer.subarray(0, count));
      }
    } catch (error) {
      const own = this.#over;
      this.close();
      if (!own) this.events.lost(error as Error);
    }
  }

  #take(bytes: Uint8Array): void {
    this.#heard += bytes.length;
    this.#schedulePing();
    try {
      for (const message of this.#stream.push(bytes)) this.events.message(message);
    } catch (error) {
      // Nobody knows where the next one begins.
      if (error instanceof SipSyntaxError) this.events.malformed(error);
      throw error;
    }
    for (let pings = this.#stream.takePings(); pings > 0 && this.role === "called"; pings--) {
      this.send(PONG).catch(() => {});
    }
  }

  /** After each sign of life; then the peer has a while to give the next one. */
  #schedulePing(): void {
    const { pingEveryNs } = this.options;
    if (pingEveryNs === undefined || this.#over) return;
    this.#alarm?.cancel();
    this.#alarm = this.#timers.after(pingEveryNs, () => {
      this.send(PING).catch(() => {});
      this.#alarm = this.#timers.after(PONG_LIMIT_NS, () => {
        this.close();
        this.events.lost(new Error("Cannot go on: a keep-alive was not answered within 10 s"));
      });
    });
  }
}
