/** Messages that nobody has taken yet, and who takes them: by the next, or as they come. */
import type { Message } from "./socket.ts";

const END: IteratorResult<Message> = { done: true, value: undefined };
/** A promise that is known to be kept: whoever returns it need not be waited for. */
export const YES = Promise.resolve(true);
export const NO = Promise.resolve(false);
/** What keeping a message costs besides its octets. */
const OVERHEAD_BYTES = 64;

export class Mailbox {
  readonly #highWaterBytes: number;
  #messages: Message[] = [];
  #first = 0;
  #bytes = 0;
  #ended = false;
  /** Somebody has asked for a message, got it, and not asked again. */
  #handedOut = false;
  #isEmptied = false;
  #emptied: PromiseWithResolvers<void> | undefined;
  readonly #waiting: ((result: IteratorResult<Message>) => void)[] = [];
  #room: (() => void) | undefined;
  /** Takes messages as they come, when it is not at one. */
  #taker: ((message: Message) => unknown) | undefined;
  #taking = false;
  #done: PromiseWithResolvers<void> | undefined;
  #broken: (() => void) | undefined;

  constructor(highWaterBytes: number) {
    this.#highWaterBytes = highWaterBytes;
  }

  put(message: Message): void {
    if (this.#taker && !this.#taking) return this.#give(message);
    const waiting = this.#waiting.shift();
    if (waiting) {
      this.#handedOut = true;
      return waiting({ done: false, value: message });
    }
    this.#messages.push(message);
    this.#bytes += message.length + OVERHEAD_BYTES;
  }

  /** Resolves when it has ended, all was taken, and whoever took the last is done with it. */
  get emptied(): Promise<void> {
    if (this.#isEmptied) return Promise.resolve();
    this.#emptied ??= Promise.withResolvers();
    return this.#emptied.promise;
  }

  /** Nobody waits for whoever takes messages any more. */
  giveUp(): void {
    this.#isEmptied = true;
    this.#emptied?.resolve();
  }

  /** Whether messages are taken as they come, and none waits. */
  get flows(): boolean {
    return this.#taker !== undefined && !this.#taking;
  }

  /**
   * Gives `taker` all messages, one after another; resolves at the end. Rejects when it throws, and
   * calls `broken` before.
   */
  flow(taker: (message: Message) => unknown, broken: () => void): Promise<void> {
    this.#taker = taker;
    this.#broken = broken;
    this.#done = Promise.withResolvers();
    this.#flowOn();
    return this.#done.promise;
  }

  #flowOn(): void {
    while (this.flows && this.#first < this.#messages.length) this.#give(this.#shift());
    if (!this.#ended || this.#taking || this.#first < this.#messages.length) return;
    if (this.#taker) this.giveUp();
    this.#done?.resolve();
  }

  #give(message: Message): void {
    try {
      const taken = this.#taker!(message);
      if (taken === YES || !(taken instanceof Promise)) return;
      this.#taking = true;
      taken.then(() => {
        this.#taking = false;
        this.#flowOn();
      }, (error) => this.#break(error));
    } catch (error) {
      this.#break(error);
    }
  }

  /** The taker has thrown: it gets no more. */
  #break(error: unknown): void {
    this.#taking = true;
    this.giveUp();
    this.#broken!();
    this.#done!.reject(error);
  }

  get full(): boolean {
    return !this.#ended && this.#bytes > this.#highWaterBytes;
  }

  /** Resolves when it is no longer full. One waits at a time. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#room = resolve);
  }

  /** No more comes; what is there can still be taken. */
  end(): void {
    this.#ended = true;
    const empty = this.#first === this.#messages.length;
    if (empty && !this.#handedOut && !this.#taking) this.giveUp();
    for (const waiting of this.#waiting.splice(0)) waiting(END);
    this.#makeRoom();
    this.#flowOn();
  }

  nextResult(): Promise<IteratorResult<Message>> {
    this.#handedOut = this.#first < this.#messages.length;
    if (this.#handedOut) {
      return Promise.resolve({ done: false, value: this.#shift() });
    }
    if (this.#ended) {
      this.giveUp();
      return Promise.resolve(END);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async next(): Promise<Message | undefined> {
    return (await this.nextResult()).value;
  }

  #shift(): Message {
    const message = this.#messages[this.#first++]!;
    this.#bytes -= message.length + OVERHEAD_BYTES;
    if (this.#first === this.#messages.length) {
      this.#messages = [];
      this.#first = 0;
    }
    if (!this.full) this.#makeRoom();
    return message;
  }

  #makeRoom(): void {
    this.#room?.();
    this.#room = undefined;
  }
}
