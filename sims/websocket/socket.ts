/**
 * An open WebSocket over a byte stream: messages by iteration or as streams, back-pressure both ways,
 * keep-alive and time limits, and the end of the connection as RFC 6455, section 7 wants it.
 */
import { type Duration, every, hostNow, seconds } from "hil/time/mod.ts";
import { CLOSE, type Connection, type ProtocolError, type WebSocketEvent } from "./core/mod.ts";
import { Mailbox, YES } from "./_mailbox.ts";

/** Text, or octets. */
export type Message = string | Uint8Array;

/** What a socket needs of a `Deno.Conn`. */
export interface Wire {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  /** Ends what is sent; what is received goes on. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** The clock that limits are measured on. */
export interface Time {
  /** Nanoseconds from an arbitrary start. */
  now(): number;
  every(interval: Duration, callback: () => void): () => void;
}

export const HOST_TIME: Time = { now: hostNow, every };

export interface SocketLimits {
  /** A ping is sent when nothing has been heard for so long; undefined: none. Default 30 s. */
  readonly pingEvery?: Duration | undefined;
  /** How long after such a ping something must be heard. Default 20 s. */
  readonly pongLimit?: Duration;
  /** The connection is closed when no message came or went for so long; default: never. */
  readonly idleLimit?: Duration | undefined;
  /** A message that has begun must be whole by then. Default 60 s. */
  readonly messageLimit?: Duration;
  /** The peer must take what is sent by then. Default 60 s. */
  readonly writeLimit?: Duration;
  /** The peer must answer a close frame, and hang up, by then. Default 5 s. */
  readonly closeLimit?: Duration;
  /** Octets that may wait, to be read by us or by the peer, before the other side has to. */
  readonly highWaterBytes?: number;
}

const DEFAULTS = {
  pingEvery: seconds(30) as Duration | undefined,
  pongLimit: seconds(20),
  idleLimit: undefined as Duration | undefined,
  messageLimit: seconds(60),
  writeLimit: seconds(60),
  closeLimit: seconds(5),
  highWaterBytes: 256 * 1024,
};

/** How a connection ended. */
export interface Closed {
  /** Of the peer's close frame; 1005: it had none; 1006: there was no close frame. */
  readonly code: number;
  readonly reason: string;
  /** Both close frames were sent (RFC 6455, section 7.1.4). */
  readonly clean: boolean;
  /** What the peer did wrong, if it did. */
  readonly error?: ProtocolError | undefined;
}

export interface SocketOptions {
  readonly wire: Wire;
  readonly connection: Connection;
  readonly role: "server" | "client";
  readonly limits?: SocketLimits;
  readonly time?: Time;
  /** Octets that came behind the handshake. */
  readonly rest?: Uint8Array;
}

const LEAST_READ_BYTES = 2048;
const MOST_READ_BYTES = 128 * 1024;
const NO = Promise.resolve(false);
/** Turns of microtasks without a message more, after which what there is goes out. */
const QUIET_TURNS = 6;

export class Socket implements AsyncIterable<Message> {
  /** Resolves when the connection has ended; never rejects. */
  readonly closed: Promise<Closed>;
  readonly #wire: Wire;
  readonly #connection: Connection;
  readonly #role: "server" | "client";
  readonly #limits: typeof DEFAULTS;
  readonly #mailbox: Mailbox;
  readonly #settle: (closed: Closed) => void;
  /** What `closed` will say, as far as it is known. */
  #outcome: Closed = { code: CLOSE.ABNORMAL, reason: "", clean: false };
  /** Octets of the write that is under way. */
  #inFlight = 0;
  #flushing = false;
  /** Events are being taken: what is sent meanwhile goes out after the last. */
  #arriving = false;
  #aborted = false;
  readonly #drains: ((open: boolean) => void)[] = [];
  /** Before this one no other message may begin. */
  #streaming: Promise<unknown> | undefined;
  /** The time of the last tick. Limits are kept to the ticks' interval; asking costs more. */
  #now: number;
  // When, in ns, what the limits are about was or began.
  #heard: number;
  #lastMessage: number;
  #messageBegan: number | undefined;
  #writeBegan: number | undefined;
  #closeBegan: number | undefined;
  #pinged: number | undefined;

  constructor({ wire, connection, role, limits = {}, time = HOST_TIME, rest }: SocketOptions) {
    this.#wire = wire;
    this.#connection = connection;
    this.#role = role;
    this.#limits = { ...DEFAULTS, ...limits };
    this.#mailbox = new Mailbox(this.#limits.highWaterBytes);
    this.#now = this.#heard = this.#lastMessage = time.now();
    const { promise, resolve } = Promise.withResolvers<Closed>();
    this.closed = promise;
    this.#settle = resolve;
    this.#run(rest);
  }

  /**
   * Sends a message. Wait for it when many are sent: it resolves once the peer keeps up, and to
   * `false` when the connection had ended before. It does not reject for what the peer does.
   */
  send(message: Message): Promise<boolean> {
    if (this.#streaming) return this.#streaming.then(() => this.send(message));
    this.#lastMessage = this.#now;
    if (this.#aborted || !this.#connection.send(message)) return NO;
    return this.#sent();
  }

  /** Sends one message, in fragments as they come: its size need not be known, nor fit in memory. */
  async sendStream(
    kind: "text" | "binary",
    parts: AsyncIterable<Message> | Iterable<Message>,
  ): Promise<boolean> {
    while (this.#streaming) await this.#streaming;
    const done = Promise.withResolvers<void>();
    this.#streaming = done.promise;
    try {
      for await (const part of parts) {
        this.#lastMessage = this.#now;
        if (this.#aborted || !this.#connection.sendFragment(kind, part, false)) return false;
        if (!await this.#sent()) return false;
      }
      return this.#connection.sendFragment(kind, "", true) && await this.#sent();
    } catch (error) {
      // The message cannot be ended as if it were whole.
      this.close(CLOSE.INTERNAL_ERROR);
      throw error;
    } finally {
      this.#streaming = undefined;
      done.resolve();
    }
  }

  /** The next message, or undefined when there will be none. */
  receive(): Promise<Message | undefined> {
    return this.#mailbox.next();
  }

  /** The messages, until the connection ends. Leaving the loop closes it. */
  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return {
      next: () => this.#mailbox.nextResult(),
      return: () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /**
   * Calls back with every message, one after another, until the connection ends. What `answer`
   * throws closes the connection (1011) and is thrown here.
   */
  async serve(answer: (message: Message) => unknown): Promise<void> {
    try {
      await this.#mailbox.flow(answer);
    } catch (error) {
      this.close(CLOSE.INTERNAL_ERROR);
      throw error;
    }
  }

  /** The messages as a stream. */
  get readable(): ReadableStream<Message> {
    return new ReadableStream({
      pull: async (controller) => {
        const message = await this.receive();
        if (message === undefined) controller.close();
        else controller.enqueue(message);
      },
      cancel: () => void this.close(),
    }, { highWaterMark: 0 });
  }

  /** Sends what is written to it; closing it closes the connection. */
  get writable(): WritableStream<Message> {
    return new WritableStream({
      write: async (message) => void await this.send(message),
      close: async () => void await this.close(),
      abort: () => void this.close(CLOSE.INTERNAL_ERROR),
    });
  }

  ping(payload?: Uint8Array): Promise<boolean> {
    if (this.#aborted || !this.#connection.ping(payload)) return NO;
    return this.#sent();
  }

  /**
   * Begins the closing handshake and waits for the connection's end.
   *
   * @throws RangeError when no close frame may carry the code, or the reason is over 123 octets
   */
  close(code?: number, reason?: string): Promise<Closed> {
    if (!this.#aborted && this.#connection.close(code, reason)) {
      this.#closeBegan ??= this.#now;
      this.#flushSoon();
    }
    return this.closed;
  }

  /** No message comes any more: the peer has closed, failed or gone. */
  get ending(): boolean {
    return this.#aborted || this.#connection.ended;
  }

  /** Ends the connection at once, without a word. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    try {
      this.#wire.close();
    } catch { /* It was closed by what went wrong. */ }
    this.#connection.abandon();
    this.#mailbox.end();
    for (const drain of this.#drains.splice(0)) drain(false);
    this.#settle(this.#outcome);
  }

  /** Enforces the limits; to be called now and then by whoever made the socket. */
  tick(now: number): void {
    this.#now = now;
    const over = (since: number | undefined, limit: Duration) =>
      since !== undefined && now - since > limit.ns;
    const { pingEvery, pongLimit, idleLimit, messageLimit, writeLimit, closeLimit } = this.#limits;
    const unanswered = this.#outcome.clean && !this.#connection.closeSent;
    if (unanswered && over(this.#closeBegan, closeLimit)) {
      this.#closeBegan = now;
      this.#mailbox.giveUp();
    } else if (over(this.#closeBegan, closeLimit) || over(this.#writeBegan, writeLimit)) {
      this.abort();
    } else if (over(this.#pinged, pongLimit)) this.abort();
    else if (this.#closeBegan === undefined) {
      if (over(this.#messageBegan, messageLimit)) {
        this.close(CLOSE.POLICY_VIOLATION, "a message took too long");
      } else if (idleLimit && over(this.#lastMessage, idleLimit)) {
        this.close(CLOSE.GOING_AWAY, "idle");
      } else if (pingEvery && this.#pinged === undefined && over(this.#heard, pingEvery)) {
        this.#pinged = now;
        this.ping();
      }
    }
  }

  async #run(rest: Uint8Array | undefined): Promise<void> {
    try {
      if (rest?.length) this.#arrived(rest);
      await this.#readOn();
      this.#mailbox.end();
      await this.#leave();
    } catch { /* The stream broke: the outcome stays as it is. */ }
    this.abort();
  }

  /** Reads until the peer has closed, failed or hung up. */
  async #readOn(): Promise<void> {
    let buffer = new Uint8Array(LEAST_READ_BYTES);
    while (!this.#connection.ended && !this.#aborted) {
      if (this.#mailbox.full) await this.#mailbox.room();
      // Whoever makes us answer must take the answers.
      if (this.#buffered > this.#limits.highWaterBytes) await this.#drained();
      const count = await this.#wire.read(buffer);
      if (count === null) return;
      this.#arrived(count === buffer.length ? buffer : buffer.subarray(0, count));
      buffer = fitting(buffer, count);
    }
  }

  #arrived(bytes: Uint8Array): void {
    this.#heard = this.#now;
    this.#pinged = undefined;
    this.#arriving = true;
    for (const event of this.#connection.receive(bytes)) this.#take(event);
    this.#arriving = false;
    if (!this.#connection.midMessage) this.#messageBegan = undefined;
    else this.#messageBegan ??= this.#now;
    // What is answered at once goes out at once, in one write.
    if (this.#connection.pendingBytes > 0) {
      if (this.#mailbox.flows) this.#flush();
      else this.#flushSoon();
    }
  }

  #take(event: WebSocketEvent): void {
    if (event.type === "text" || event.type === "binary") {
      this.#lastMessage = this.#now;
      this.#messageBegan = undefined;
      this.#mailbox.put(event.type === "text" ? event.text : event.bytes);
    } else if (event.type === "close") {
      this.#outcome = { code: event.code, reason: event.reason, clean: true };
    } else if (event.type === "failed") {
      this.#outcome = { ...this.#outcome, error: event.error };
    }
  }

  /** Sends what is left and waits until the peer hangs up; the server hangs up first. */
  async #leave(): Promise<void> {
    this.#closeBegan ??= this.#now;
    // Who closes after a question still gets the answer.
    if (this.#outcome.clean && !this.#connection.closeSent) {
      await this.#mailbox.emptied;
      this.#connection.answerClose();
    }
    await this.#flush();
    while (this.#inFlight > 0) if (!await this.#drained()) return;
    if (this.#role === "server" || this.#outcome.error) {
      // Closing with octets unread would reset the connection, and the close frame might be lost.
      await this.#wire.closeWrite();
    }
    const buffer = new Uint8Array(LEAST_READ_BYTES);
    while (await this.#wire.read(buffer) !== null);
  }

  get #buffered(): number {
    return this.#connection.pendingBytes + this.#inFlight;
  }

  #sent(): Promise<boolean> {
    this.#flushSoon();
    return this.#buffered <= this.#limits.highWaterBytes ? YES : this.#drained();
  }

  /** Resolves when what waits was taken, to false when the connection ended before. */
  #drained(): Promise<boolean> {
    if (this.#aborted) return NO;
    return new Promise((resolve) => this.#drains.push(resolve));
  }

  /** What is sent in a few turns goes out in one write: so answers to what came together do. */
  #flushSoon(): void {
    if (this.#flushing || this.#arriving) return;
    this.#flushing = true;
    let pending = this.#connection.pendingBytes;
    let quiet = 0;
    const turn = () => {
      const more = this.#connection.pendingBytes;
      quiet = more === pending ? quiet + 1 : 0;
      pending = more;
      if (quiet > QUIET_TURNS || more > this.#limits.highWaterBytes) this.#flush();
      else queueMicrotask(turn);
    };
    queueMicrotask(turn);
  }

  async #flush(): Promise<void> {
    if (this.#inFlight > 0) return;
    this.#flushing = true;
    try {
      while (this.#connection.pendingBytes > 0 && !this.#aborted) {
        this.#writeBegan = this.#now;
        let left = this.#connection.take();
        this.#inFlight = left.length;
        while (left.length > 0) left = left.subarray(await this.#wire.write(left));
        this.#inFlight = 0;
        if (this.#connection.pendingBytes <= this.#limits.highWaterBytes) {
          for (const drain of this.#drains.splice(0)) drain(true);
        }
      }
    } catch {
      this.abort();
    }
    this.#writeBegan = undefined;
    this.#flushing = false;
  }
}

/** A buffer that fits what comes: an idle connection keeps a small one. */
function fitting(buffer: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  if (count === buffer.length && count < MOST_READ_BYTES) return new Uint8Array(count * 4);
  if (count * 16 < buffer.length) return new Uint8Array(Math.max(LEAST_READ_BYTES, count * 4));
  return buffer;
}
