/** Messages out of a byte stream: TCP, TLS (RFC 3261 section 18.3), and their keep-alives (RFC 5626). */
import { SipSyntaxError } from "./error.ts";
import type { SipMessage } from "./message.ts";
import { contentLength, type Head, parseHead, type ParseOptions } from "./parse.ts";
import { faultsOf } from "./check.ts";

export interface StreamOptions extends ParseOptions {
  readonly maxHeadBytes?: number;
  readonly maxBodyBytes?: number;
}

/**
 * @example
 * ```ts ignore
 * const stream = new SipStream();
 * for await (const chunk of connection.readable) {
 *   for (const message of stream.push(chunk)) serve(message);
 * }
 * ```
 */
export class SipStream {
  readonly #options: Required<StreamOptions>;
  #buffer = new Uint8Array(1024);
  #length = 0;
  /** Once it is known: a body that comes in many pieces is not read over and over. */
  #head: (Head & { readonly total: number }) | undefined;
  #failed: SipSyntaxError | undefined;
  /** Line ends between messages, and those of them that made a keep-alive. */
  #lineEnds = 0;
  #pingsTaken = 0;

  constructor(
    { strict = false, maxHeadBytes = 65_536, maxBodyBytes = 2 ** 20 }: StreamOptions = {},
  ) {
    this.#options = { strict, maxHeadBytes, maxBodyBytes };
  }

  /** Keep-alives (two line ends, RFC 5626 section 4.4.1) since this was asked last. */
  takePings(): number {
    const pings = this.#lineEnds >> 1;
    const fresh = pings - this.#pingsTaken;
    this.#pingsTaken = pings;
    return fresh;
  }

  /** Bytes that are kept for a message that is not whole. */
  get pendingBytes(): number {
    return this.#length;
  }

  /**
   * The messages that are whole now, in their order.
   *
   * @throws SipSyntaxError on the first that cannot be read, after those before it were given; then
   * always: nobody knows where the next one begins, close the connection
   */
  *push(chunk: Uint8Array): Generator<SipMessage, void> {
    if (this.#failed) throw this.#failed;
    this.#append(chunk);
    try {
      for (let message = this.#next(); message; message = this.#next()) yield message;
    } catch (error) {
      if (error instanceof SipSyntaxError) this.#failed = error;
      throw error;
    }
  }

  #next(): SipMessage | undefined {
    this.#head ??= this.#readHead();
    if (this.#head === undefined || this.#length < this.#head.total) return undefined;
    const { message, length, total } = this.#head;
    const whole = { ...message, body: this.#buffer.slice(length, total) };
    this.#drop(total);
    this.#head = undefined;
    const fault = this.#options.strict ? faultsOf(whole)[0] : undefined;
    if (fault) throw fault.error;
    return whole;
  }

  #readHead() {
    this.#dropKeepAlives();
    const { maxHeadBytes, maxBodyBytes, strict } = this.#options;
    const bytes = this.#buffer.subarray(0, this.#length);
    const head = parseHead(bytes, { strict });
    if ((head?.length ?? this.#length) > maxHeadBytes) {
      throw new SipSyntaxError(
        "length",
        "message",
        "",
        `its headers are longer than ${maxHeadBytes} bytes`,
      );
    }
    if (head === undefined) return undefined;
    const body = contentLength(head.message, { strict });
    if (body === undefined) {
      throw new SipSyntaxError("missing", "message", "", "a stream needs Content-Length");
    }
    if (body > maxBodyBytes) {
      throw new SipSyntaxError("length", "Content-Length", `${body}`, `above ${maxBodyBytes}`);
    }
    return { ...head, total: head.length + body };
  }

  #dropKeepAlives(): void {
    let at = 0;
    while (at < this.#length && (this.#buffer[at] === 13 || this.#buffer[at] === 10)) {
      if (this.#buffer[at++] === 10) this.#lineEnds++;
    }
    if (at > 0) this.#drop(at);
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  #drop(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
  }
}
