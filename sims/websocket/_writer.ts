/**
 * What a socket sends: one write at a time, in which goes what came together; who sends more than
 * the peer takes waits.
 */
import type { Connection } from "./core/mod.ts";
import { type Deadlines, NEVER } from "./_deadlines.ts";
import { NO, YES } from "./_mailbox.ts";

/** What a socket needs of a `Deno.Conn`. */
export interface Wire {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  /** Ends what is sent; what is received goes on. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** Turns of microtasks without a message more, after which what there is goes out. */
const QUIET_TURNS = 6;

export class Writer {
  readonly #wire: Wire;
  readonly #connection: Connection;
  readonly #deadlines: Deadlines;
  readonly #highWaterBytes: number;
  readonly #broken: () => void;
  /** What is left of the write that is under way. */
  #left: Uint8Array<ArrayBuffer> | undefined;
  #soon = false;
  #held = false;
  #ended = false;
  #drains: ((open: boolean) => void)[] | undefined;

  constructor(
    { wire, connection, deadlines, highWaterBytes, broken }: {
      readonly wire: Wire;
      readonly connection: Connection;
      readonly deadlines: Deadlines;
      readonly highWaterBytes: number;
      readonly broken: () => void;
    },
  ) {
    this.#wire = wire;
    this.#connection = connection;
    this.#deadlines = deadlines;
    this.#highWaterBytes = highWaterBytes;
    this.#broken = broken;
  }

  /** More waits than may; whoever makes us answer must take the answers. */
  get full(): boolean {
    return this.#connection.pendingBytes + (this.#left?.length ?? 0) > this.#highWaterBytes;
  }

  /** What is sent from now on waits for {@link release}. */
  hold(): void {
    this.#held = true;
  }

  /** @param now in this turn, in one write; else with what the next turns bring */
  release(now: boolean): void {
    this.#held = false;
    if (this.#connection.pendingBytes === 0) return;
    if (now) this.flush();
    else this.flushSoon();
  }

  /** Something was given to the connection: resolves when the peer keeps up, false at the end. */
  sent(): Promise<boolean> {
    this.flushSoon();
    return this.full ? this.drained() : YES;
  }

  /** Resolves when what waits was taken, to false when the connection ended before. */
  drained(): Promise<boolean> {
    if (this.#ended) return NO;
    return new Promise((resolve) => (this.#drains ??= []).push(resolve));
  }

  /** Resolves when all of it was written, to false when the connection ended before. */
  async emptied(): Promise<boolean> {
    this.flush();
    while (this.#left) if (!await this.drained()) return false;
    return !this.#ended;
  }

  /** What is sent in a few turns goes out in one write: so answers to what came together do. */
  flushSoon(): void {
    if (this.#soon || this.#held || this.#left) return;
    this.#soon = true;
    let pending = this.#connection.pendingBytes;
    let quiet = 0;
    const turn = () => {
      const more = this.#connection.pendingBytes;
      quiet = more === pending ? quiet + 1 : 0;
      pending = more;
      if (quiet > QUIET_TURNS || more > this.#highWaterBytes) this.flush();
      else queueMicrotask(turn);
    };
    queueMicrotask(turn);
  }

  flush(): void {
    this.#soon = false;
    if (this.#left || this.#ended || this.#connection.pendingBytes === 0) return;
    this.#deadlines.writeBegan = this.#deadlines.now;
    this.#left = this.#connection.take();
    this.#write();
  }

  /** Nothing is sent any more, and nobody waits for it. */
  end(): void {
    this.#ended = true;
    this.#wake(false);
  }

  #write(): void {
    this.#wire.write(this.#left!).then(this.#written, this.#broken);
  }

  readonly #written = (count: number): void => {
    if (count < this.#left!.length) {
      this.#left = this.#left!.subarray(count);
      return this.#write();
    }
    this.#connection.recycle();
    this.#left = undefined;
    this.#deadlines.writeBegan = NEVER;
    if (!this.full) this.#wake(true);
    this.flush();
  };

  #wake(open: boolean): void {
    const drains = this.#drains;
    this.#drains = undefined;
    if (drains) { for (const drain of drains) drain(open); }
  }
}
