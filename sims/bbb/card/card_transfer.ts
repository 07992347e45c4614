/** The blocks that a card sends or takes for one command, and what ends them early. */
import type { Json } from "hil/trace/mod.ts";
import { BLOCK_SIZE } from "./block.ts";
import type { CardBlock, CrcStatus } from "./card.ts";
import type { StatusBit } from "./status.ts";
import type { CardStorage } from "./storage.ts";

/** What a transfer needs of its card. */
export interface TransferHost {
  /** What is read and written, and how many of its blocks can be reached. */
  readonly memory: CardStorage;
  readonly capacity: number;
  readonly accessNs: number;
  isFailing(lba: number, write: boolean): boolean;
  error(bit: StatusBit): void;
}

interface Transfer {
  readonly write: boolean;
  /** Of a register: all that is sent. */
  readonly register: Uint8Array | undefined;
  /** Of memory: bytes from its beginning. */
  position: number;
  /** Blocks; Infinity until it is stopped. */
  left: number;
  /** The card has to find it first. */
  first: boolean;
}

export class CardTransfer {
  /** Of what is read; what is written are whole blocks. */
  blockLength = BLOCK_SIZE;
  #transfer: Transfer | undefined;
  #blocksWritten = 0;

  constructor(private readonly host: TransferHost) {}

  /** Something is being sent or taken. */
  get active(): boolean {
    return this.#transfer !== undefined;
  }
  /** By the last command that wrote. */
  get blocksWritten(): number {
    return this.#blocksWritten;
  }
  get nextLba(): number | undefined {
    const transfer = this.#transfer;
    return transfer && !transfer.register ? Math.floor(transfer.position / BLOCK_SIZE) : undefined;
  }

  begin(what: { readonly write: boolean; readonly position: number; readonly blocks: number }) {
    const { write, position, blocks } = what;
    this.#transfer = { write, register: undefined, position, left: blocks, first: true };
    if (write) this.#blocksWritten = 0;
  }

  beginRegister(register: Uint8Array): void {
    this.#transfer = { write: false, register, position: 0, left: 1, first: true };
  }

  end(): void {
    this.#transfer = undefined;
  }

  reset(): void {
    this.end();
    this.blockLength = BLOCK_SIZE;
  }

  /** What is wrong with beginning there. */
  refusal({ write, position }: { readonly write: boolean; readonly position: number }) {
    const length = write ? BLOCK_SIZE : this.blockLength;
    if (position + length > this.host.capacity * BLOCK_SIZE) return "ADDRESS_OUT_OF_RANGE";
    const offset = position % BLOCK_SIZE;
    if (write ? offset !== 0 : offset + length > BLOCK_SIZE) return "ADDRESS_ERROR";
    return write && this.blockLength !== BLOCK_SIZE ? "BLOCK_LEN_ERROR" : undefined;
  }

  send(): CardBlock | undefined {
    const transfer = this.#transfer;
    if (!transfer || transfer.write) return undefined;
    if (transfer.register) {
      this.end();
      return { bytes: transfer.register, accessNs: 0 };
    }
    const { memory, accessNs } = this.host;
    const refusal = this.refusal(transfer);
    const lba = this.nextLba!;
    if (refusal || this.host.isFailing(lba, false)) {
      this.host.error(refusal ?? "CARD_ECC_FAILED");
      return undefined;
    }
    const block = memory.readBlock(lba);
    const from = transfer.position % BLOCK_SIZE, to = from + this.blockLength;
    const sent = {
      bytes: this.blockLength === BLOCK_SIZE ? block : block.slice(from, to),
      accessNs: transfer.first ? accessNs : 0,
    };
    transfer.first = false;
    transfer.position += this.blockLength;
    if (--transfer.left === 0) this.end();
    return sent;
  }

  receive(bytes: Uint8Array, garbled: boolean): CrcStatus | undefined {
    const transfer = this.#transfer;
    if (!transfer?.write) return undefined;
    const lba = this.nextLba!;
    if (lba >= this.host.capacity) {
      this.host.error("ADDRESS_OUT_OF_RANGE");
      return undefined;
    }
    if (garbled || bytes.length !== BLOCK_SIZE) {
      // After the only block there is nothing to be stopped.
      if (transfer.left === 1) this.end();
      return "rejected";
    }
    if (this.host.isFailing(lba, true)) this.host.error("ERROR");
    else this.host.memory.writeBlock(lba, bytes);
    this.#blocksWritten++;
    transfer.position += BLOCK_SIZE;
    if (--transfer.left === 0) this.end();
    return "accepted";
  }

  save(): Json {
    const transfer = this.#transfer;
    return {
      blockLength: this.blockLength,
      blocksWritten: this.#blocksWritten,
      transfer: transfer
        ? {
          ...transfer,
          register: transfer.register?.toBase64() ?? null,
          left: transfer.left === Infinity ? null : transfer.left,
        }
        : null,
    };
  }

  load(state: Json): void {
    const { blockLength, blocksWritten, transfer } = state as unknown as Saved;
    this.blockLength = blockLength;
    this.#blocksWritten = blocksWritten;
    const register = transfer?.register ?? undefined;
    this.#transfer = transfer
      ? {
        ...transfer,
        register: register === undefined ? undefined : Uint8Array.fromBase64(register),
        left: transfer.left ?? Infinity,
      }
      : undefined;
  }
}

interface Saved {
  readonly blockLength: number;
  readonly blocksWritten: number;
  readonly transfer: {
    readonly write: boolean;
    readonly register: string | null;
    readonly position: number;
    readonly left: number | null;
    readonly first: boolean;
  } | null;
}
