/**
 * The side of a TFTP transfer that receives DATA (RFC 1350, section 6; windows: RFC 7440). After the
 * last block it stays for a while, to acknowledge that once more if its ACK was lost ("dallying").
 */
import type { Json } from "hil/trace/mod.ts";
import type { TransferSettings } from "./options.ts";
import { ERRORS, type Packet } from "./packet.ts";
import { type Line, Transfer } from "./transfer.ts";

export interface ReceiverOptions {
  readonly largest: number;
  /** All of it is here. What it throws, the other side is told. */
  readonly store: (content: Uint8Array) => void;
  /** As a client: the first packet comes from the other side, so there is nothing to begin with. */
  readonly silent?: boolean;
}

export class Receiver extends Transfer {
  #content: Uint8Array<ArrayBufferLike> = new Uint8Array(4096);
  #length = 0;
  /** Blocks that are here, counted from 1 without wrapping. */
  #blocks = 0;
  #unacked = 0;
  #complete = false;

  constructor(settings: TransferSettings, line: Line, private readonly options: ReceiverOptions) {
    super(settings, line);
  }

  get bytes(): number {
    return this.#length;
  }

  override begin(): void {
    if (this.options.silent) this.await();
    else if (this.settings.acknowledged.size === 0) this.#ack();
    else this.send({ type: "OACK", options: this.settings.acknowledged });
  }

  protected override take(packet: Packet): void {
    if (packet.type !== "DATA") return;
    if (packet.data.length > this.settings.blockSize) {
      return this.refuse(ERRORS.ILLEGAL_OPERATION, "A block is longer than was agreed");
    }
    // A block that is here already, or one whose predecessor is missing: where we are says it.
    if (this.#complete || packet.block !== ((this.#blocks + 1) & 0xffff)) return this.#ack();
    if (this.#length + packet.data.length > this.options.largest) {
      return this.refuse(ERRORS.DISK_FULL, `Disk full: more than ${this.options.largest} bytes`);
    }
    this.#append(packet.data);
    this.progressed();
    if (packet.data.length < this.settings.blockSize) this.#finish();
    else if (++this.#unacked >= this.settings.window) this.#ack();
    else this.await();
  }

  #append(data: Uint8Array): void {
    if (this.#length + data.length > this.#content.length) {
      const larger = new Uint8Array(2 * (this.#length + data.length));
      larger.set(this.#content.subarray(0, this.#length));
      this.#content = larger;
    }
    this.#content.set(data, this.#length);
    this.#length += data.length;
    this.#blocks++;
  }

  #finish(): void {
    if (!this.guarded(() => this.options.store(this.#content.slice(0, this.#length)))) return;
    this.#complete = true;
    this.#ack();
  }

  #ack(): void {
    this.#unacked = 0;
    this.send({ type: "ACK", block: this.#blocks & 0xffff });
  }

  protected override repeat(): void {
    if (this.#complete) this.end();
    else if (this.#blocks === 0) this.begin();
    else this.#ack();
  }

  protected override saveMore(): Json {
    return {
      content: this.#content.subarray(0, this.#length).toBase64(),
      blocks: this.#blocks,
      unacked: this.#unacked,
      complete: this.#complete,
    };
  }

  protected override loadMore(state: Json): void {
    const saved = state as { content: string; blocks: number; unacked: number; complete: boolean };
    this.#content = Uint8Array.fromBase64(saved.content);
    this.#length = this.#content.length;
    this.#blocks = saved.blocks;
    this.#unacked = saved.unacked;
    this.#complete = saved.complete;
  }
}
