/** Messages that nobody has taken yet, and one who waits for the next. */
import type { Message } from "./socket.ts";

const END: IteratorResult<Message> = { done: true, value: undefined };
/** What keeping a message costs besides its octets. */
const OVERHEAD_BYTES = 64;

export class Mailbox {
  readonly #highWaterBytes: number;
  #messages: Message[] = [];
  #first = 0;
  #bytes = 0;
  #ended = false;
  readonly #waiting: ((result: IteratorResult<Message>) => void)[] = [];
  #room: (() => void) | undefined;

  constructor(highWaterBytes: number) {
    this.#highWaterBytes = highWaterBytes;
  }

  put(message: Message): void {
    const waiting = this.#waiting.shift();
    if (waiting) return waiting({ done: false, value: message });
    this.#messages.push(message);
    this.#bytes += message.length + OVERHEAD_BYTES;
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
    for (const waiting of this.#waiting.splice(0)) waiting(END);
    this.#makeRoom();
  }

  nextResult(): Promise<IteratorResult<Message>> {
    if (this.#first < this.#messages.length) {
      return Promise.resolve({ done: false, value: this.#shift() });
    }
    if (this.#ended) return Promise.resolve(END);
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
