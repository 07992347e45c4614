/**
 * The data side of MMCHS (AM335x TRM SPRUH73, sections 18.3.7 to 18.3.11): blocks between the card's
 * data lines and the buffer that the program or a DMA engine reads and fills a word at a time.
 */
import type { Json } from "hil/trace/mod.ts";
import type { MmcCard } from "../card/mod.ts";
import { DataBuffer } from "./mmchs_buffer.ts";
import type { MmchsEvent } from "./mmchs_registers.ts";

/** What happens to a block on its way, instead of its safe arrival. */
export type BlockFault = "crc" | "end bit" | "timeout";

/** What the data side needs of its controller. */
export interface DataHost {
  readonly card: MmcCard | undefined;
  /** Data lines in use on this side. */
  readonly width: 1 | 4 | 8;
  now(): number;
  /** How long so many periods of the card's clock take; undefined while it stands. */
  clocksNs(count: number): number | undefined;
  /** After which silence or busyness is an error, in periods of the card's clock. */
  timeoutClocks(): number;
  raise(...events: readonly MmchsEvent[]): void;
  /** The program wants a pause after this block. */
  stopAtGap(): boolean;
  faultOf(write: boolean, lba: number | undefined): BlockFault | undefined;
  /** Sends CMD12 of its own accord; gives its length in periods of the card's clock. */
  autoStop(): number;
  /** A block has gone through. */
  passed(write: boolean, lba: number | undefined, fault: BlockFault | undefined): void;
  /** Outputs and timers are to be derived anew. */
  changed(): void;
}

export interface DataCommand {
  readonly read: boolean;
  readonly blockLength: number;
  /** Infinity: until it is stopped. */
  readonly blocks: number;
  readonly autoStop: boolean;
  readonly dma: boolean;
}

/**
 * `receive`, `send`: a block is on the lines. `busy`: the card programs. `stop`: CMD12 is. `silent`:
 * nothing comes, and the time-out runs. `held`: the buffer has to be read or filled first. `drain`:
 * all is in the buffer. `gap`: a pause that was asked for. `hung`: after a time-out, until reset.
 */
type Phase =
  | "idle"
  | "receive"
  | "send"
  | "busy"
  | "stop"
  | "silent"
  | "held"
  | "drain"
  | "gap"
  | "hung";

const CRC_CLOCKS = 16;
/** Start and end bit. */
const FRAME_CLOCKS = 2;
/** From a block to its CRC status, and that. */
const CRC_STATUS_CLOCKS = 2 + 5;
const NOTHING: DataCommand = {
  ...{ read: true, blockLength: 0, blocks: 0, autoStop: false, dma: false },
};

interface Due {
  /** On the clock; undefined while the card's clock stands. */
  at: number | undefined;
  /** What has to pass until then. */
  readonly clocks: number;
  readonly ns: number;
}

export class DataPath {
  #command = NOTHING;
  #phase: Phase = "idle";
  #due: Due | undefined;
  /** Blocks that have yet to pass the lines. */
  #left = 0;
  /** Blocks that the program has yet to write. */
  #unwritten = 0;
  /** On the lines towards us. */
  #incoming:
    | { bytes: Uint8Array; lba: number | undefined; fault: BlockFault | undefined }
    | undefined;
  readonly #buffer = new DataBuffer();

  constructor(private readonly host: DataHost) {}

  /** PSTATE: DATI. */
  get active(): boolean {
    return this.#phase !== "idle";
  }
  /** PSTATE: DLA. */
  get lineActive(): boolean {
    return this.active && this.#phase !== "drain" && this.#phase !== "gap";
  }
  get reading(): boolean {
    return this.active && this.#command.read && this.#command.blocks > 0;
  }
  get writing(): boolean {
    return this.active && !this.#command.read && this.#left > 0;
  }
  /** PSTATE: BRE. */
  get readable(): boolean {
    return this.#command.read && this.#buffer.length > 0;
  }
  /** PSTATE: BWE. */
  get writable(): boolean {
    return !this.#command.read && this.#unwritten > 0 && !this.#buffer.full;
  }
  /** The level of the DMA request for a block that nobody has begun to take or to fill. */
  get readRequest(): boolean {
    return this.readable && this.#command.dma && this.#buffer.untouched;
  }
  get writeRequest(): boolean {
    return this.writable && this.#command.dma && this.#buffer.untouched;
  }
  /** When something happens next. */
  get at(): number | undefined {
    return this.#due?.at;
  }

  /** After the response to a command with data. */
  begin(command: DataCommand): void {
    this.reset();
    this.#command = command;
    this.#buffer.reset(command.blockLength);
    this.#left = command.blocks;
    this.#unwritten = command.read ? 0 : command.blocks;
    if (command.blocks === 0 || command.blockLength === 0) return this.#complete();
    if (command.read) return this.#fetch();
    this.#phase = "held";
    this.#buffer.beginFilling();
    this.#makeRoom();
  }

  /** The card holds DAT0 low after a response, or ends what a CMD12 has stopped. */
  awaitReady(): void {
    this.#command = NOTHING;
    this.#buffer.reset(0);
    this.#left = this.#unwritten = 0;
    this.#becomeBusy();
  }

  /** A command stops the transfer: what is in the buffer is lost. */
  abort(): void {
    this.awaitReady();
  }

  /** SRD, and before each command with data. */
  reset(): void {
    this.#command = NOTHING;
    this.#phase = "idle";
    this.#due = this.#incoming = undefined;
    this.#left = this.#unwritten = 0;
    this.#buffer.reset(0);
  }

  /** Goes on after a pause that was asked for. */
  resume(): void {
    if (this.#phase !== "gap") return;
    this.#phase = "held";
    this.#continue();
  }

  /** The card's clock has changed. */
  clockChanged(): void {
    if (this.#due && this.#due.at === undefined) this.#wait(this.#phase, this.#due);
  }

  /** The next word of the first block: only while `readable`. */
  readWord(): number {
    const word = this.#buffer.word;
    this.advanceRead();
    return word;
  }
  /** The next word without taking it. */
  peekWord(): number {
    return this.#buffer.word;
  }
  advanceRead(): void {
    const first = this.#command.dma && this.#buffer.untouched;
    if (this.#buffer.advance()) this.#emptied();
    else if (first) this.host.changed();
  }

  /** Puts a word, or bits of one, at the next place: only while `writable`. */
  putWord(value: number, lanes: number): void {
    this.#buffer.put(value, lanes);
  }
  advanceWrite(): void {
    const first = this.#command.dma && this.#buffer.untouched;
    if (this.#buffer.advance()) this.#filled();
    else if (first) this.host.changed();
  }
  /** Whether byte `lane` of the next word ends the block. */
  endsAt(lane: number): boolean {
    return this.#buffer.endsAt(lane);
  }

  /** The time of `at` has come. */
  ring(): void {
    this.#due = undefined;
    if (this.#phase === "receive") this.#received();
    else if (this.#phase === "send") this.#sent();
    else if (this.#phase === "busy") this.#ready();
    else if (this.#phase === "stop") this.#stopped();
    else if (this.#phase === "silent") {
      this.#phase = "hung";
      this.host.raise("DTO");
    }
  }

  #wait(phase: Phase, { clocks, ns }: { readonly clocks: number; readonly ns: number }): void {
    const clocksNs = this.host.clocksNs(clocks);
    const at = clocksNs === undefined ? undefined : this.host.now() + clocksNs + Math.ceil(ns);
    this.#phase = phase;
    this.#due = { at, clocks, ns };
  }

  #blockClocks(): number {
    return Math.ceil(8 * this.#command.blockLength / this.host.width) + CRC_CLOCKS + FRAME_CLOCKS;
  }

  #timeoutNs(): number {
    return this.host.clocksNs(this.host.timeoutClocks()) ?? Infinity;
  }

  #fallSilent(): void {
    this.#wait("silent", { clocks: this.host.timeoutClocks(), ns: 0 });
  }

  /** Lets the card send a block, as soon as there is room for it. */
  #fetch(): void {
    const { card, width } = this.host;
    const lba = card?.nextLba;
    const block = card?.send();
    const fault = this.host.faultOf(false, lba);
    if (!block || fault === "timeout") {
      if (block) this.host.passed(false, lba, fault);
      return this.#fallSilent();
    }
    if (block.accessNs > this.#timeoutNs()) return this.#fallSilent();
    // With another number of lines on the other side nobody gets what was sent.
    const garbled = card!.width !== width || block.bytes.length !== this.#command.blockLength;
    this.#incoming = { bytes: block.bytes, lba, fault: fault ?? (garbled ? "crc" : undefined) };
    this.#wait("receive", { clocks: this.#blockClocks(), ns: block.accessNs });
  }

  #received(): void {
    const { bytes, lba, fault } = this.#incoming!;
    this.#incoming = undefined;
    this.host.passed(false, lba, fault);
    if (fault) return this.#fail(fault);
    this.#left--;
    this.#buffer.push(bytes);
    if (this.#buffer.length === 1) this.#present();
    this.#phase = "held";
    if (this.#left === 0) this.#allPassed();
    else this.#continue();
  }

  /** The first block of the buffer can be read now. */
  #present(): void {
    this.#buffer.present();
    if (!this.#command.dma) this.host.raise("BRR");
  }

  #emptied(): void {
    this.#buffer.shift();
    if (this.#buffer.length > 0) this.#present();
    if (this.#phase === "held") this.#continue();
    else if (this.#phase === "drain" && this.#buffer.length === 0) this.#complete();
    this.host.changed();
  }

  /** The next block, unless a pause was asked for or the buffer is not ready. */
  #continue(): void {
    if (this.#phase !== "held" || this.#left === 0) return;
    const { read } = this.#command;
    if (this.host.stopAtGap() && (read || this.#buffer.length === 0)) {
      this.#phase = "gap";
      return this.host.raise("BGE", "TC");
    }
    if (read) {
      if (!this.#buffer.full) this.#fetch();
    } else if (this.#buffer.length > 0) {
      this.#wait("send", { clocks: this.#blockClocks() + CRC_STATUS_CLOCKS, ns: 0 });
    }
  }

  #makeRoom(): void {
    if (this.writable && !this.#command.dma) this.host.raise("BWR");
  }

  #filled(): void {
    this.#buffer.pushFilled();
    this.#unwritten--;
    this.#buffer.beginFilling();
    this.#makeRoom();
    this.#continue();
    this.host.changed();
  }

  #sent(): void {
    const { card, width } = this.host;
    const bytes = this.#buffer.shift()!;
    const lba = card?.nextLba;
    const fault = this.host.faultOf(true, lba);
    const garbled = fault !== undefined || card?.width !== width;
    const status = card?.receive(bytes, { garbled });
    const seen = fault ?? (status === "rejected" ? "crc" : undefined);
    this.host.passed(true, lba, seen);
    if (fault === "timeout" || status === undefined) return this.#fallSilent();
    if (seen) return this.#fail(seen);
    this.#left--;
    this.#makeRoom();
    this.#becomeBusy();
  }

  #becomeBusy(): void {
    const ns = Math.max(0, (this.host.card?.busyUntilNs ?? 0) - this.host.now());
    if (ns > this.#timeoutNs()) this.#fallSilent();
    else this.#wait("busy", { clocks: 0, ns });
  }

  #ready(): void {
    if (this.#left === 0) return this.#command.read ? this.#complete() : this.#allPassed();
    this.#phase = "held";
    this.#continue();
  }

  #allPassed(): void {
    if (this.#command.autoStop) {
      this.#wait("stop", { clocks: this.host.autoStop(), ns: 0 });
    } else if (this.#buffer.length > 0) this.#phase = "drain";
    else this.#complete();
  }

  #stopped(): void {
    this.#command = { ...this.#command, autoStop: false };
    if (!this.#command.read) this.#becomeBusy();
    else if (this.#buffer.length > 0) this.#phase = "drain";
    else this.#complete();
  }

  #fail(fault: BlockFault): void {
    this.reset();
    this.host.raise(fault === "crc" ? "DCRC" : "DEB", "TC");
  }

  #complete(): void {
    this.reset();
    this.host.raise("TC");
  }

  save(): Json {
    const { blocks, ...command } = this.#command;
    return {
      command: { ...command, blocks: finite(blocks) },
      phase: this.#phase,
      due: this.#due ? { ...this.#due, at: this.#due.at ?? null } : null,
      left: finite(this.#left),
      unwritten: finite(this.#unwritten),
      incoming: this.#incoming
        ? {
          bytes: this.#incoming.bytes.toBase64(),
          lba: this.#incoming.lba ?? null,
          fault: this.#incoming.fault ?? null,
        }
        : null,
      buffer: this.#buffer.save(),
    };
  }

  load(saved: Json): void {
    const state = saved as unknown as SavedPath;
    this.#command = { ...state.command, blocks: state.command.blocks ?? Infinity };
    this.#phase = state.phase;
    this.#due = state.due ? { ...state.due, at: state.due.at ?? undefined } : undefined;
    this.#left = state.left ?? Infinity;
    this.#unwritten = state.unwritten ?? Infinity;
    this.#incoming = state.incoming
      ? {
        bytes: Uint8Array.fromBase64(state.incoming.bytes),
        lba: state.incoming.lba ?? undefined,
        fault: state.incoming.fault ?? undefined,
      }
      : undefined;
    this.#buffer.load(state.buffer);
  }
}

interface SavedPath {
  readonly command: Omit<DataCommand, "blocks"> & { readonly blocks: number | null };
  readonly phase: Phase;
  readonly due: { readonly at: number | null; readonly clocks: number; readonly ns: number } | null;
  readonly left: number | null;
  readonly unwritten: number | null;
  readonly incoming: {
    readonly bytes: string;
    readonly lba: number | null;
    readonly fault: BlockFault | null;
  } | null;
  readonly buffer: Json;
}

function finite(blocks: number): number | null {
  return blocks === Infinity ? null : blocks;
}
