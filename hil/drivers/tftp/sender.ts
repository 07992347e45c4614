/**
 * The side of a TFTP transfer that sends DATA (RFC 1350, section 6; windows: RFC 7440). It answers
 * nothing to a repeated ACK but waits for its own timeout, as RFC 1123, section 4.2.3.1 asks:
 * otherwise one delayed packet doubles all that follow ("Sorcerer's Apprentice").
 */
import type { Json } from "hil/trace/mod.ts";
import type { TransferSettings } from "./options.ts";
import type { Packet } from "./packet.ts";
import { type Line, Transfer } from "./transfer.ts";

export class Sender extends Transfer {
  /** Blocks, counted from 1 without wrapping, that the other side has. */
  #acked = 0;
  #sent = 0;
  #optionsPending: boolean;
  readonly #blocks: number;

  constructor(settings: TransferSettings, line: Line, private readonly content: Uint8Array) {
    super(settings, line);
    this.#blocks = Math.floor(content.length / settings.blockSize) + 1;
    this.#optionsPending = settings.acknowledged.size > 0;
  }

  get bytes(): number {
    return Math.min(this.#acked * this.settings.blockSize, this.content.length);
  }

  override begin(): void {
    if (this.#optionsPending) this.send({ type: "OACK", options: this.settings.acknowledged });
    else this.#sendWindow();
  }

  protected override take(packet: Packet): void {
    if (packet.type !== "ACK") return;
    if (this.#optionsPending) {
      if (packet.block !== 0) return;
      this.#optionsPending = false;
      this.progressed();
      this.#sendWindow();
      return;
    }
    const acked = this.#acked + ((packet.block - this.#acked) & 0xffff);
    if (acked === this.#acked || acked > this.#sent) return;
    this.#acked = acked;
    this.progressed();
    if (acked === this.#blocks) this.end();
    else this.#sendWindow();
  }

  protected override repeat(): void {
    this.begin();
  }

  #sendWindow(): void {
    const last = Math.min(this.#acked + this.settings.window, this.#blocks);
    for (let block = this.#acked + 1; block <= last; block++) {
      const start = (block - 1) * this.settings.blockSize;
      const data = this.content.subarray(start, start + this.settings.blockSize);
      this.send({ type: "DATA", block: block & 0xffff, data });
    }
    this.#sent = Math.max(this.#sent, last);
  }

  protected override saveMore(): Json {
    return { acked: this.#acked, sent: this.#sent, optionsPending: this.#optionsPending };
  }

  protected override loadMore(state: Json): void {
    const saved = state as { acked: number; sent: number; optionsPending: boolean };
    this.#acked = saved.acked;
    this.#sent = saved.sent;
    this.#optionsPending = saved.optionsPending;
  }
}
