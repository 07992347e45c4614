/**
 * An eMMC, as on the board: Micron's 4 GB one unless it is told otherwise (JESD84-B50). Boot mode,
 * sleep, write protection, locking, RPMB and general purpose partitions are not modelled.
 */
import type { Json } from "hil/trace/mod.ts";
import { checked, letters } from "./bits.ts";
import type { CardResponse, CardTimings } from "./card.ts";
import { BYTE_ADDRESSED_BLOCKS, emmcCsd, tellableBlocks } from "./csd.ts";
import {
  BOOT_BLOCKS,
  ERASE_GROUP_BLOCKS,
  EXT_CSD,
  freshExtCsd,
  mayWrite,
  PARTITION_ACCESS,
  VOLATILE_BYTES,
} from "./ext_csd.ts";
import { type CommandTable, MemoryCard, type MemoryCardOptions, NO_INDEX } from "./memory_card.ts";
import { CardStorage, type PowerCut } from "./storage.ts";

/** Blocks of the board's own eMMC. */
export const EMMC_BLOCKS = 7_471_104;

const TIMINGS: CardTimings = {
  accessNs: 100_000,
  programNs: 20_000,
  flushNs: 300_000,
  eraseNs: 1_000_000,
};
/** From CMD1 to a card that is ready. */
const INITIALIZE_NS = 2_000_000;
const SWITCH_NS = 50_000;

/** 1.70-1.95 V and 2.7-3.6 V. */
const OCR_VOLTAGES = 0x00ff_8080;
const OCR_SECTORS = 1 << 30;
const OCR_READY = 0x8000_0000;

type SwitchAccess = 0 | 1 | 2 | 3;
const TRIM = 1, DISCARD = 3;

export class Emmc extends MemoryCard {
  /** Volumes of their own, which nothing but PARTITION_CONFIG leads to. */
  readonly bootPartitions: readonly [CardStorage, CardStorage];
  protected readonly cid: Uint8Array;
  protected readonly csd: Uint8Array;
  protected readonly highCapacity: boolean;
  protected readonly commands: CommandTable;
  readonly #ext: Uint8Array;
  readonly #userBlocks: number;

  constructor(options: MemoryCardOptions) {
    super(options, TIMINGS);
    const { blocks } = options.storage;
    this.highCapacity = blocks > BYTE_ADDRESSED_BLOCKS;
    this.#userBlocks = this.highCapacity ? blocks : tellableBlocks(blocks);
    this.csd = emmcCsd(blocks);
    this.cid = checked([
      [127, 120, 0xfe], // MID: Micron
      [113, 112, 1], // CBX: BGA
      [111, 104, 0x4e], // OID
      [103, 56, letters("MMC04G")], // PNM
      [55, 48, 0x42], // PRV
      [47, 16, 0x0bbb_0001], // PSN
      [15, 8, 0x5e], // MDT: May 2011, or 16 years later
    ]);
    this.#ext = freshExtCsd(this.#userBlocks);
    this.bootPartitions = [
      new CardStorage(`${options.name} boot0`, BOOT_BLOCKS),
      new CardStorage(`${options.name} boot1`, BOOT_BLOCKS),
    ];
    this.commands = {
      ...this.common({ eraseStart: 35, eraseEnd: 36 }),
      1: { name: "SEND_OP_COND", states: ["idle", "ready"], run: (ocr) => this.#sendOpCond(ocr) },
      3: { name: "SET_RELATIVE_ADDR", states: ["ident"], run: (to) => this.#setAddress(to) },
      6: { name: "SWITCH", states: ["tran"], run: (argument) => this.#switch(argument) },
      8: { name: "SEND_EXT_CSD", states: ["tran"], run: () => this.#sendExtCsd() },
    };
  }

  /** A byte of EXT_CSD, past the card's interface. */
  ext(name: keyof typeof EXT_CSD): number {
    return this.#ext[EXT_CSD[name]]!;
  }

  protected override get memory(): CardStorage {
    const access = this.ext("PARTITION_CONFIG") & PARTITION_ACCESS;
    return access === 0 ? this.storage : this.bootPartitions[access - 1]!;
  }
  protected get capacity(): number {
    return this.memory === this.storage ? this.#userBlocks : BOOT_BLOCKS;
  }
  protected override get writesThrough(): boolean {
    return this.ext("CACHE_CTRL") === 0;
  }

  override powerCycle(cut?: PowerCut): void {
    super.powerCycle(cut);
    for (const partition of this.bootPartitions) partition.powerCut(cut);
  }

  #sendOpCond(argument: number): CardResponse | undefined {
    const ocr = OCR_VOLTAGES | (this.highCapacity ? OCR_SECTORS : 0);
    const answer = (ready: boolean) => ({
      index: NO_INDEX,
      words: [(ocr | (ready ? OCR_READY : 0)) >>> 0],
      unchecked: true as const,
    });
    // Without voltages the host only asks.
    if ((argument & OCR_VOLTAGES) === 0) {
      if ((argument & 0x00ff_ffff) !== 0) this.state = "ina";
      return this.state === "ina" ? undefined : answer(this.state === "ready");
    }
    this.readyAt ??= this.clock.now() + INITIALIZE_NS;
    const understood = !this.highCapacity || (argument & OCR_SECTORS) !== 0;
    const ready = understood && this.clock.now() >= this.readyAt;
    if (ready) this.state = "ready";
    return answer(ready);
  }

  #setAddress(argument: number): CardResponse {
    const response = this.r1(3);
    this.rca = argument >>> 16;
    this.state = "stby";
    return response;
  }

  #sendExtCsd(): CardResponse {
    const response = this.r1(8);
    this.sendRegister(this.#ext.slice());
    return response;
  }

  #switch(argument: number): CardResponse {
    const response = this.r1(6);
    const access = (argument >>> 24 & 3) as SwitchAccess;
    const index = argument >>> 16 & 0xff, value = argument >>> 8 & 0xff;
    const old = this.#ext[index]!;
    const target = access === 0 ? EXT_CSD.CMD_SET : index;
    const written = [argument & 7, old | value, old & ~value, value][access]!;
    if (mayWrite(target, written)) this.#written(target, written);
    else this.error("SWITCH_ERROR");
    this.program(SWITCH_NS);
    return response;
  }

  #written(index: number, value: number): void {
    if (index === EXT_CSD.FLUSH_CACHE) {
      if (value === 1) this.#flush();
      return; // Reads as 0.
    }
    this.#ext[index] = value;
    if (index === EXT_CSD.BUS_WIDTH) this.setWidth(([1, 4, 8] as const)[value & 3] ?? 4);
    if (index === EXT_CSD.CACHE_CTRL && value === 0) this.#flush();
    if (index === EXT_CSD.POWER_OFF_NOTIFICATION && value >= 2) this.#flush();
  }

  #flush(): void {
    this.storage.flush();
    for (const partition of this.bootPartitions) partition.flush();
    this.program(this.timings.flushNs);
  }

  protected override eraseRange(first: number, last: number, how: number) {
    const asked = super.eraseRange(first, last);
    if (!asked || how === TRIM || how === DISCARD) return asked;
    if (how !== 0) {
      this.error("ERASE_PARAM");
      return undefined;
    }
    // Whole groups, those that hold the first and the last one.
    const group = ERASE_GROUP_BLOCKS;
    const end = (Math.floor(last / group) + 1) * group - 1;
    return {
      first: Math.floor(first / group) * group,
      last: Math.min(end, this.capacity - 1),
    };
  }

  protected resetMore(): void {
    const fresh = freshExtCsd(this.#userBlocks);
    for (const index of VOLATILE_BYTES) this.#ext[index] = fresh[index]!;
    this.#ext[EXT_CSD.PARTITION_CONFIG]! &= ~PARTITION_ACCESS;
  }

  protected saveMore(): Json {
    return { ext: this.#ext.toBase64(), boot: this.bootPartitions.map((p) => p.save()) };
  }

  protected loadMore(state: Json): void {
    const { ext, boot } = state as { ext: string; boot: Json[] };
    this.#ext.set(Uint8Array.fromBase64(ext));
    for (const [n, partition] of this.bootPartitions.entries()) partition.load(boot[n]!);
  }
}
