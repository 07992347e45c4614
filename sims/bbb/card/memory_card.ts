/**
 * What eMMC and SD cards have in common: the state machine from identification to transfers, card
 * status, reading, writing and erasing (JESD84-B50 chapter 6; SD Physical Layer 6.00 chapter 4).
 */
import type { Json } from "hil/trace/mod.ts";
import type { VirtualClock } from "sims/engine/mod.ts";
import { BLOCK_SIZE } from "./block.ts";
import type { CardBlock, CardResponse, CardTimings, CrcStatus, MmcCard } from "./card.ts";
import { CardTransfer, type TransferHost } from "./card_transfer.ts";
import { type CardState, READY_FOR_DATA, STATES, STATUS, type StatusBit } from "./status.ts";
import type { CardStorage, PowerCut } from "./storage.ts";

/** A row of a card's command table: a command that it knows, and the states in which it does. */
export interface CommandRow {
  readonly name: string;
  readonly states: readonly CardState[];
  /** Undefined: the card keeps silent. */
  readonly run: (argument: number) => CardResponse | undefined;
}
export type CommandTable = Readonly<Record<number, CommandRow>>;

export interface MemoryCardOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly storage: CardStorage;
  readonly timings?: Partial<CardTimings>;
}

/** R2 and R3 have this in place of the command's index. */
export const NO_INDEX = 63;
/** States in which a card that is addressed answers CMD13. */
export const ADDRESSED: readonly CardState[] = ["stby", "tran", "data", "rcv", "prg", "dis"];
/** Where a card that is selected goes. */
const SELECTED: Partial<Record<CardState, CardState>> = { stby: "tran", dis: "prg" };
const TRAN: readonly CardState[] = ["tran"];
const SEND_STATUS = 13;

export abstract class MemoryCard implements MmcCard {
  readonly version = 1;
  readonly name: string;
  readonly storage: CardStorage;
  protected readonly clock: VirtualClock;
  protected readonly timings: CardTimings;

  failing: ((lba: number, write: boolean) => boolean) | undefined;
  slowness = 1;

  protected state: CardState = "idle";
  /** Bits of the card status that the next R1 tells, and that are cleared by it. */
  protected errors = 0;
  protected rca = 0;
  /** Whether addresses are sectors. */
  protected abstract readonly highCapacity: boolean;
  protected busyUntil = 0;
  /** When the card is going to be ready for use; undefined before it was told to begin. */
  protected readyAt: number | undefined;
  #width: 1 | 4 | 8 = 1;
  /** Of CMD23, for the command after it. */
  #nextCount: number | undefined;
  /** For the command that runs. */
  #count: number | undefined;
  #erase: { start?: number; end?: number } = {};
  protected readonly transfer: CardTransfer;

  constructor(options: MemoryCardOptions, timings: CardTimings) {
    this.name = options.name;
    this.storage = options.storage;
    this.clock = options.clock;
    this.timings = { ...timings, ...options.timings };
    this.transfer = new CardTransfer(this.#transferHost());
  }

  /** The commands of this kind of card. */
  protected abstract readonly commands: CommandTable;
  protected abstract readonly cid: Uint8Array;
  protected abstract readonly csd: Uint8Array;
  /** What is read and written. */
  protected get memory(): CardStorage {
    return this.storage;
  }
  /** How many blocks of `memory` the card lets be reached. */
  protected abstract readonly capacity: number;
  /** Whether what was programmed is durable at once. */
  protected get writesThrough(): boolean {
    return true;
  }
  /** The command that is to be looked up: SD has two tables. */
  protected lookUp(index: number): CommandRow | undefined {
    return this.commands[index];
  }
  protected abstract saveMore(): Json;
  protected abstract loadMore(state: Json): void;
  /** As after power-on or CMD0. */
  protected abstract resetMore(): void;

  get width(): 1 | 4 | 8 {
    return this.#width;
  }
  protected setWidth(width: 1 | 4 | 8): void {
    this.#width = width;
  }
  get busyUntilNs(): number {
    return this.busyUntil;
  }

  command(index: number, argument: number): CardResponse | undefined {
    this.#sync();
    const row = this.lookUp(index);
    if (!row?.states.includes(this.state)) {
      if (this.state !== "ina") this.error("ILLEGAL_COMMAND");
      return undefined;
    }
    const eraseBefore = this.#erase;
    // CMD23 holds for the command after it; a sequence of erase commands has nothing in between.
    this.#count = this.#nextCount;
    this.#nextCount = undefined;
    const response = row.run(argument >>> 0);
    if (this.#erase === eraseBefore && index !== SEND_STATUS && eraseBefore.start !== undefined) {
      this.#erase = {};
      this.error("ERASE_RESET");
    }
    return response;
  }

  get nextLba(): number | undefined {
    return this.transfer.nextLba;
  }

  send(): CardBlock | undefined {
    const block = this.transfer.send();
    if (block && !this.transfer.active) this.state = "tran";
    return block;
  }

  receive(bytes: Uint8Array, { garbled = false } = {}): CrcStatus | undefined {
    this.#sync();
    const status = this.transfer.receive(bytes, garbled);
    if (status === "accepted") {
      this.busyFor(this.timings.programNs);
      if (!this.transfer.active) this.program(this.timings.flushNs);
    } else if (status === "rejected" && !this.transfer.active) this.state = "tran";
    return status;
  }

  #transferHost(): TransferHost {
    // deno-lint-ignore no-this-alias
    const card = this;
    return {
      get memory() {
        return card.memory;
      },
      get capacity() {
        return card.capacity;
      },
      get accessNs() {
        return card.timings.accessNs * card.slowness;
      },
      isFailing: (lba, write) => this.failing?.(lba, write) ?? false,
      error: (bit) => this.error(bit),
    };
  }

  powerCycle(cut?: PowerCut): void {
    this.#sync();
    this.storage.powerCut(cut);
    this.reset();
  }

  protected error(bit: StatusBit): void {
    this.errors |= 1 << STATUS[bit];
  }

  /** The response with the card status: what the card was as the command came, and its errors. */
  protected r1(index: number, more = 0): CardResponse {
    const ready = this.clock.now() >= this.busyUntil ? READY_FOR_DATA : 0;
    const status = this.errors | STATES.indexOf(this.state) << 9 | ready | more;
    this.errors = 0;
    return { index, words: [status >>> 0] };
  }

  protected r2(register: Uint8Array): CardResponse {
    const view = new DataView(register.buffer, register.byteOffset);
    return { index: NO_INDEX, words: [0, 4, 8, 12].map((at) => view.getUint32(at)) };
  }

  /** Sends a register as one block of data. */
  protected sendRegister(register: Uint8Array): void {
    this.transfer.beginRegister(register);
    this.state = "data";
  }

  /** Programs, and is busy meanwhile. */
  protected program(ns: number): void {
    this.busyFor(ns);
    this.state = "prg";
  }

  /** After what it is busy with already. */
  protected busyFor(ns: number): void {
    this.busyUntil = Math.max(this.busyUntil, this.clock.now()) + Math.ceil(ns * this.slowness);
  }

  protected isAddressed(argument: number): boolean {
    return argument >>> 16 === this.rca;
  }

  /** The state of a card after CMD0; what it has programmed stays. */
  protected reset(): void {
    this.state = "idle";
    this.errors = this.rca = this.busyUntil = 0;
    this.readyAt = undefined;
    this.#width = 1;
    this.#nextCount = undefined;
    this.transfer.reset();
    this.#erase = {};
    this.resetMore();
  }

  /** The rows that are alike in both tables. `erase`: their commands for its start and its end. */
  protected common({ eraseStart, eraseEnd }: { eraseStart: number; eraseEnd: number }) {
    const addressed = (name: string, states: readonly CardState[], run: CommandRow["run"]) => ({
      ...{ name, states },
      run: (argument: number) => this.isAddressed(argument) ? run(argument) : undefined,
    });
    const rows: Record<number, CommandRow> = {
      0: {
        name: "GO_IDLE_STATE",
        states: STATES.filter((s) => s !== "ina"),
        run: () => this.#idle(),
      },
      2: { name: "ALL_SEND_CID", states: ["ready"], run: () => this.#identify() },
      7: { name: "SELECT_CARD", states: ADDRESSED, run: (argument) => this.#select(argument) },
      9: addressed("SEND_CSD", ["stby"], () => this.r2(this.csd)),
      10: addressed("SEND_CID", ["stby"], () => this.r2(this.cid)),
      12: { name: "STOP_TRANSMISSION", states: ["data", "rcv"], run: () => this.#stop() },
      13: addressed("SEND_STATUS", ADDRESSED, () => this.r1(SEND_STATUS)),
      15: addressed("GO_INACTIVE_STATE", ADDRESSED, () => this.#inactive()),
      16: { name: "SET_BLOCKLEN", states: TRAN, run: (length) => this.#setBlockLength(length) },
      17: { name: "READ_SINGLE_BLOCK", states: TRAN, run: (at) => this.#begin(17, at, 1) },
      18: { name: "READ_MULTIPLE_BLOCK", states: TRAN, run: (at) => this.#begin(18, at) },
      23: { name: "SET_BLOCK_COUNT", states: TRAN, run: (count) => this.#setBlockCount(count) },
      24: { name: "WRITE_BLOCK", states: TRAN, run: (at) => this.#begin(24, at, 1) },
      25: { name: "WRITE_MULTIPLE_BLOCK", states: TRAN, run: (at) => this.#begin(25, at) },
      38: { name: "ERASE", states: TRAN, run: (how) => this.#runErase(how) },
    };
    rows[eraseStart] = {
      name: "ERASE_START",
      states: TRAN,
      run: (at) => this.#markErase(eraseStart, { start: at }),
    };
    rows[eraseEnd] = {
      name: "ERASE_END",
      states: TRAN,
      run: (at) => this.#markErase(eraseEnd, { start: this.#erase.start, end: at }),
    };
    return rows;
  }

  #idle(): undefined {
    this.reset();
    return undefined;
  }

  #identify(): CardResponse {
    this.state = "ident";
    return this.r2(this.cid);
  }

  #inactive(): undefined {
    this.state = "ina";
    return undefined;
  }

  #select(argument: number): CardResponse | undefined {
    if (!this.isAddressed(argument)) {
      // Another card is selected, or none.
      if (this.state === "prg") this.state = "dis";
      else if (this.state !== "dis") this.#end("stby");
      return undefined;
    }
    const next = SELECTED[this.state];
    if (next === undefined) {
      this.error("ILLEGAL_COMMAND");
      return undefined;
    }
    const response = this.r1(7);
    this.state = next;
    return response;
  }

  #stop(): CardResponse {
    const response = this.r1(12);
    const wasWriting = this.state === "rcv";
    this.#end("tran");
    if (wasWriting) this.program(this.timings.flushNs);
    return response;
  }

  #setBlockLength(length: number): CardResponse {
    const fixed = this.highCapacity ? length !== BLOCK_SIZE : length < 1 || length > BLOCK_SIZE;
    if (fixed) this.error("BLOCK_LEN_ERROR");
    else this.transfer.blockLength = length;
    return this.r1(16);
  }

  #setBlockCount(count: number): CardResponse {
    this.#nextCount = count & 0xffff;
    return this.r1(23);
  }

  /** Bytes from the beginning of the memory. */
  #positionOf(address: number): number {
    return this.highCapacity ? address * BLOCK_SIZE : address;
  }

  #begin(index: number, address: number, blocks = this.#count || Infinity): CardResponse {
    const what = { write: index >= 24, position: this.#positionOf(address), blocks };
    const refusal = this.transfer.refusal(what);
    if (refusal) this.error(refusal);
    const response = this.r1(index);
    if (refusal) return response;
    this.transfer.begin(what);
    this.state = what.write ? "rcv" : "data";
    return response;
  }

  #end(state: CardState): void {
    this.transfer.end();
    this.state = state;
  }

  #markErase(index: number, erase: { start?: number; end?: number }): CardResponse {
    if (erase.start === undefined) this.error("ERASE_SEQ_ERROR");
    else this.#erase = erase;
    return this.r1(index);
  }

  #runErase(how: number): CardResponse {
    const { start, end } = this.#erase;
    this.#erase = {};
    if (start === undefined || end === undefined) {
      this.error("ERASE_SEQ_ERROR");
      return this.r1(38);
    }
    const range = this.eraseRange(
      Math.floor(this.#positionOf(start) / BLOCK_SIZE),
      Math.floor(this.#positionOf(end) / BLOCK_SIZE),
      how,
    );
    const response = this.r1(38);
    if (range) {
      this.memory.erase(range.first, range.last - range.first + 1);
      this.program(this.timings.eraseNs);
    }
    return response;
  }

  /** The blocks that an erase from `first` to `last` makes zero; undefined, and an error: none. */
  protected eraseRange(
    first: number,
    last: number,
    _how?: number,
  ): { readonly first: number; readonly last: number } | undefined {
    if (first <= last && last < this.capacity) return { first, last };
    this.error("ERASE_PARAM");
    return undefined;
  }

  /** What is over at the present time. */
  #sync(): void {
    if (this.clock.now() < this.busyUntil) return;
    if (this.writesThrough) this.memory.flush();
    if (this.state === "prg") this.state = "tran";
    else if (this.state === "dis") this.state = "stby";
  }

  save(): Json {
    return {
      state: this.state,
      errors: this.errors,
      rca: this.rca,
      busyUntil: this.busyUntil,
      readyAt: this.readyAt ?? null,
      width: this.#width,
      nextCount: this.#nextCount ?? null,
      erase: [this.#erase.start ?? null, this.#erase.end ?? null],
      transfer: this.transfer.save(),
      storage: this.storage.save(),
      more: this.saveMore(),
    };
  }

  load(saved: Json): void {
    const state = saved as unknown as SavedCard;
    this.storage.load(state.storage);
    this.state = state.state;
    this.errors = state.errors;
    this.rca = state.rca;
    this.busyUntil = state.busyUntil;
    this.readyAt = state.readyAt ?? undefined;
    this.#width = state.width;
    this.#nextCount = state.nextCount ?? undefined;
    const [start, end] = state.erase;
    this.#erase = { start: start ?? undefined, end: end ?? undefined };
    this.transfer.load(state.transfer);
    this.loadMore(state.more);
  }
}

interface SavedCard {
  readonly state: CardState;
  readonly errors: number;
  readonly rca: number;
  readonly busyUntil: number;
  readonly readyAt: number | null;
  readonly width: 1 | 4 | 8;
  readonly nextCount: number | null;
  readonly erase: readonly [number | null, number | null];
  readonly transfer: Json;
  readonly storage: Json;
  readonly more: Json;
}
