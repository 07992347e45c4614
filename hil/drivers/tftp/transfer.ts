/** What both sides of a TFTP transfer do alike: send, wait, repeat, give up. */
import type { Json } from "hil/trace/mod.ts";
import type { TransferSettings } from "./options.ts";
import { ERRORS, type Packet } from "./packet.ts";
import { TftpRefusal } from "./root.ts";

/** What a transfer stands on. */
export interface Line {
  /** Nanoseconds on the clock of whoever calls {@link Transfer.timeout}. */
  now(): number;
  send(packet: Packet): void;
  /** Something was sent once more, because nothing came back. */
  repeated(): void;
}

/** So often a packet is repeated before the other side is held for gone. */
const REPEATS = 6;

export abstract class Transfer {
  #deadline = 0;
  #repeats = 0;
  #hasBegun = false;
  #ended = false;
  #error: TftpRefusal | undefined;

  constructor(protected readonly settings: TransferSettings, private readonly line: Line) {}

  /** Nothing comes any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Something came back from the other side. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Why it ended, if not well. */
  get error(): TftpRefusal | undefined {
    return this.#error;
  }

  /** When {@link timeout} has to be called. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Bytes that are known to have arrived. */
  abstract get bytes(): number;
  abstract begin(): void;
  protected abstract take(packet: Packet): void;
  protected abstract repeat(): void;
  protected abstract saveMore(): Json;
  protected abstract loadMore(state: Json): void;

  receive(packet: Packet): void {
    if (this.#ended) return;
    if (packet.type === "ERROR") this.end(new TftpRefusal(packet.code, packet.message));
    else this.take(packet);
  }

  timeout(): void {
    if (this.#repeats++ < REPEATS) {
      this.line.repeated();
      this.repeat();
    } else {
      this.end(new TftpRefusal(ERRORS.NOT_DEFINED, `No answer to ${REPEATS + 1} packets`));
    }
  }

  protected send(packet: Packet): void {
    this.line.send(packet);
    this.await();
  }

  protected await(): void {
    this.#deadline = this.line.now() + this.settings.timeoutNs;
  }

  /** The other side is there: repeats count anew. */
  protected progressed(): void {
    this.#repeats = 0;
    this.#hasBegun = true;
  }

  protected end(error?: TftpRefusal): void {
    this.#ended = true;
    this.#error = error;
  }

  protected refuse(code: number, message: string): void {
    this.line.send({ type: "ERROR", code, message });
    this.end(new TftpRefusal(code, message));
  }

  /** Whether `act` did not refuse; if it did, the other side was told. */
  protected guarded(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!(error instanceof TftpRefusal)) throw error;
      this.refuse(error.code, error.message);
      return false;
    }
  }

  save(): Json {
    return {
      deadline: this.#deadline,
      repeats: this.#repeats,
      hasBegun: this.#hasBegun,
      more: this.saveMore(),
    };
  }

  load(state: Json): void {
    const saved = state as {
      deadline: number;
      repeats: number;
      hasBegun: boolean;
      more: Json;
    };
    this.#deadline = saved.deadline;
    this.#hasBegun = saved.hasBegun;
    this.#repeats = saved.repeats;
    this.loadMore(saved.more);
  }
}
