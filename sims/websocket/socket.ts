/**
 * An open WebSocket over a byte stream: messages by iteration or as streams, back-pressure both ways,
 * keep-alive and time limits, and the end of the connection as RFC 6455, section 7 wants it.
 */
import { CLOSE, type Connection, type ProtocolError, type WebSocketEvent } from "./core/mod.ts";
import { Deadlines, NEVER } from "./_deadlines.ts";
import { Mailbox, NO } from "./_mailbox.ts";
import { type Wire, Writer } from "./_writer.ts";
import { type AllLimits, HOST_TIME, type SocketLimits, type Time, withDefaults } from "./limits.ts";

/** Text, or octets. */
export type Message = string | Uint8Array;

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

const ABNORMAL: Closed = { code: CLOSE.ABNORMAL, reason: "", clean: false };
/** An idle connection keeps that much. */
const LEAST_READ_BYTES = 512;
const MOST_READ_BYTES = 256 * 1024;
/** So many reads in a row must be small before the buffer is. */
const SMALL_READS = 8;

export class Socket implements AsyncIterable<Message> {
  readonly #wire: Wire;
  readonly #connection: Connection;
  readonly #role: "server" | "client";
  readonly #limits: AllLimits;
  readonly #mailbox: Mailbox;
  readonly #deadlines: Deadlines;
  readonly #writer: Writer;
  /** What `closed` will say, as far as it is known. */
  #outcome = ABNORMAL;
  #aborted = false;
  #closed: PromiseWithResolvers<Closed> | undefined;
  #whenEnded: (() => void) | undefined;
  #buffer = new Uint8Array(LEAST_READ_BYTES);
  #smallReads = 0;
  /** Before this one no other message may begin. */
  #streaming: Promise<unknown> | undefined;

  constructor({ wire, connection, role, limits, time = HOST_TIME, rest }: SocketOptions) {
    this.#wire = wire;
    this.#connection = connection;
    this.#role = role;
    this.#limits = withDefaults(limits);
    const { highWaterBytes } = this.#limits;
    this.#mailbox = new Mailbox(highWaterBytes);
    this.#deadlines = new Deadlines(time.now());
    this.#writer = new Writer({
      ...{ wire, connection, highWaterBytes },
      ...{ deadlines: this.#deadlines, broken: this.#broken },
    });
    if (rest?.length) this.#arrived(rest, rest.length);
    this.#readOn();
  }

  /** Resolves when the connection has ended; never rejects. */
  get closed(): Promise<Closed> {
    if (this.#aborted) return Promise.resolve(this.#outcome);
    this.#closed ??= Promise.withResolvers();
    return this.#closed.promise;
  }

  /** Calls back when the connection has ended: once, for whoever made the socket. */
  whenEnded(callback: () => void): void {
    if (this.#aborted) callback();
    else this.#whenEnded = callback;
  }

  /**
   * Sends a message. Wait for it when many are sent: it resolves once the peer keeps up, and to
   * `false` when the connection had ended before. It does not reject for what the peer does.
   */
  send(message: Message): Promise<boolean> {
    if (this.#streaming) return this.#streaming.then(() => this.send(message));
    this.#deadlines.lastMessage = this.#deadlines.now;
    if (this.#aborted || !this.#connection.send(message)) return NO;
    return this.#writer.sent();
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
        this.#deadlines.lastMessage = this.#deadlines.now;
        if (this.#aborted || !this.#connection.sendFragment(kind, part, false)) return false;
        if (!await this.#writer.sent()) return false;
      }
      return this.#connection.sendFragment(kind, "", true) && await this.#writer.sent();
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
  serve(answer: (message: Message) => unknown): Promise<void> {
    return this.#mailbox.flow(answer, () => void this.close(CLOSE.INTERNAL_ERROR));
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
    return this.#writer.sent();
  }

  /**
   * Begins the closing handshake and waits for the connection's end.
   *
   * @throws RangeError when no close frame may carry the code, or the reason is over 123 octets
   */
  close(code?: number, reason?: string): Promise<Closed> {
    if (!this.#aborted && this.#connection.close(code, reason)) {
      this.#deadlines.close();
      this.#writer.flushSoon();
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
    this.#writer.end();
    this.#closed?.resolve(this.#outcome);
    this.#whenEnded?.();
  }

  /** Enforces the limits; to be called now and then by whoever made the socket. */
  tick(now: number): void {
    const unanswered = this.#outcome.clean && !this.#connection.closeSent;
    const due = this.#deadlines.tick(now, this.#limits, unanswered);
    if (due === "nothing") return;
    if (due === "ping") this.ping();
    else if (due === "abort") this.abort();
    else if (due === "answer-close") this.#mailbox.giveUp();
    else this.close(due.close, due.reason);
  }

  /** Reads until the peer has closed, failed or hung up. */
  #readOn(): void {
    if (this.#connection.ended || this.#aborted) this.#leave();
    else if (this.#mailbox.full) this.#mailbox.room().then(() => this.#readOn());
    else if (this.#writer.full) this.#writer.drained().then(() => this.#readOn());
    else this.#wire.read(this.#buffer).then(this.#read, this.#broken);
  }

  readonly #broken = (): void => this.abort();

  readonly #read = (count: number | null): void => {
    if (count === null) return void this.#leave();
    try {
      this.#arrived(this.#buffer, count);
      this.#fit(count);
      this.#readOn();
    } catch {
      this.abort();
    }
  };

  /** Makes the buffer fit what comes. */
  #fit(count: number): void {
    const { length } = this.#buffer;
    const small = count * 16 < length && length > LEAST_READ_BYTES;
    this.#smallReads = small ? this.#smallReads + 1 : 0;
    if (count === length && count < MOST_READ_BYTES) this.#buffer = new Uint8Array(count * 4);
    else if (this.#smallReads === SMALL_READS) {
      this.#buffer = new Uint8Array(Math.max(LEAST_READ_BYTES, count * 4));
      this.#smallReads = 0;
    }
  }

  #arrived(bytes: Uint8Array, count: number): void {
    const deadlines = this.#deadlines;
    deadlines.heard = deadlines.now;
    deadlines.pinged = NEVER;
    this.#writer.hold();
    for (const event of this.#connection.receive(bytes, count)) this.#take(event);
    if (!this.#connection.midMessage) deadlines.messageBegan = NEVER;
    else if (deadlines.messageBegan === NEVER) deadlines.messageBegan = deadlines.now;
    // What is answered at once goes out at once, in one write.
    this.#writer.release(this.#mailbox.flows);
  }

  #take(event: WebSocketEvent): void {
    if (event.type === "text" || event.type === "binary") {
      this.#deadlines.lastMessage = this.#deadlines.now;
      this.#deadlines.messageBegan = NEVER;
      this.#mailbox.put(event.type === "text" ? event.text : event.bytes);
    } else if (event.type === "close") {
      this.#outcome = { code: event.code, reason: event.reason, clean: true };
    } else if (event.type === "failed") {
      this.#outcome = { ...this.#outcome, error: event.error };
    }
  }

  /** Sends what is left and waits until the peer hangs up; the server hangs up first. */
  async #leave(): Promise<void> {
    try {
      this.#mailbox.end();
      this.#deadlines.close();
      // Who closes after a question still gets the answer.
      if (this.#outcome.clean && !this.#connection.closeSent) {
        await this.#mailbox.emptied;
        this.#connection.answerClose();
      }
      if (await this.#writer.emptied()) await this.#hangUp();
    } catch { /* The stream broke: the outcome stays as it is. */ }
    this.abort();
  }

  async #hangUp(): Promise<void> {
    if (this.#role === "server" || this.#outcome.error) {
      // Closing with octets unread would reset the connection, and the close frame might be lost.
      await this.#wire.closeWrite();
    }
    while (await this.#wire.read(this.#buffer) !== null);
  }
}
