/**
 * An SD memory card: SDSC up to 2 GiB with addresses in bytes, SDHC beyond (SD Physical Layer
 * Simplified Specification 6.00). UHS modes, locking and write protection are not modelled.
 */
import type { Json } from "hil/trace/mod.ts";
import { checked, letters, packed } from "./bits.ts";
import type { CardResponse, CardTimings } from "./card.ts";
import { BYTE_ADDRESSED_BLOCKS, sdCsd, tellableBlocks } from "./csd.ts";
import {
  ADDRESSED,
  type CommandRow,
  type CommandTable,
  MemoryCard,
  type MemoryCardOptions,
  NO_INDEX,
} from "./memory_card.ts";
import { STATUS } from "./status.ts";

const TIMINGS: CardTimings = {
  accessNs: 300_000,
  programNs: 40_000,
  flushNs: 800_000,
  eraseNs: 2_000_000,
};
/** From ACMD41 to a card that is ready. */
const INITIALIZE_NS = 5_000_000;

const OCR_VOLTAGES = 0x00ff_8000;
/** The host knows high capacity; the card has it. */
const OCR_HIGH_CAPACITY = 1 << 30;
const OCR_READY = 0x8000_0000;
/** 2.7-3.6 V, of CMD8. */
const VHS = 1;
const APP_CMD = 1 << STATUS.APP_CMD;
/** Function groups of CMD6 that have more than the default: access mode, with high speed. */
const ACCESS_MODES = 0b11;

export class SdCard extends MemoryCard {
  protected readonly cid: Uint8Array;
  protected readonly csd: Uint8Array;
  protected readonly highCapacity: boolean;
  protected readonly capacity: number;
  protected readonly commands: CommandTable;
  readonly #appCommands: CommandTable;
  /** The command after CMD55 is one of the other table. */
  #app = false;
  /** CMD8 has come: the host knows cards of version 2. */
  #conditions = false;
  #highSpeed = false;
  #published = 0;

  constructor(options: MemoryCardOptions) {
    super(options, TIMINGS);
    const { blocks } = options.storage;
    this.highCapacity = blocks > BYTE_ADDRESSED_BLOCKS;
    this.capacity = tellableBlocks(blocks);
    this.csd = sdCsd(blocks, this.highCapacity);
    this.cid = checked([
      [127, 120, 0x1b], // MID
      [119, 104, letters("SM")], // OID
      [103, 64, letters("HILSD")], // PNM
      [63, 56, 0x10], // PRV
      [55, 24, 0x0bbb_0001], // PSN
      [19, 8, 0x145], // MDT: May 2020
    ]);
    this.commands = {
      ...this.common({ eraseStart: 32, eraseEnd: 33 }),
      3: { name: "SEND_RELATIVE_ADDR", states: ["ident", "stby"], run: () => this.#publish() },
      6: { name: "SWITCH_FUNC", states: ["tran"], run: (argument) => this.#switch(argument) },
      8: { name: "SEND_IF_COND", states: ["idle"], run: (argument) => this.#sendIfCond(argument) },
      55: { name: "APP_CMD", states: ["idle", ...ADDRESSED], run: (to) => this.#nextIsApp(to) },
    };
    this.#appCommands = {
      6: {
        name: "SET_BUS_WIDTH",
        states: ["tran"],
        run: (argument) => this.#setBusWidth(argument),
      },
      13: { name: "SD_STATUS", states: ["tran"], run: () => this.#sendSdStatus() },
      22: { name: "SEND_NUM_WR_BLOCKS", states: ["tran"], run: () => this.#sendBlocksWritten() },
      23: { name: "SET_WR_BLK_ERASE_COUNT", states: ["tran"], run: () => this.#app1(23) },
      41: { name: "SD_SEND_OP_COND", states: ["idle", "ready"], run: (a) => this.#sendOpCond(a) },
      42: { name: "SET_CLR_CARD_DETECT", states: ["tran"], run: () => this.#app1(42) },
      51: { name: "SEND_SCR", states: ["tran"], run: () => this.#sendScr() },
    };
  }

  /** Clocks up to 50 MHz were agreed on. */
  get highSpeed(): boolean {
    return this.#highSpeed;
  }

  protected override lookUp(index: number): CommandRow | undefined {
    const app = this.#app ? this.#appCommands[index] : undefined;
    this.#app = false;
    // What is no application command is a plain one, also after CMD55.
    return app ?? this.commands[index];
  }

  #app1(index: number): CardResponse {
    return this.r1(index, APP_CMD);
  }

  #nextIsApp(argument: number): CardResponse | undefined {
    if (!this.isAddressed(argument)) return undefined;
    this.#app = true;
    return this.r1(55, APP_CMD);
  }

  #sendIfCond(argument: number): CardResponse | undefined {
    if ((argument >>> 8 & 0xf) !== VHS) return undefined;
    this.#conditions = true;
    return { index: 8, words: [argument & 0xfff] };
  }

  #sendOpCond(argument: number): CardResponse {
    const answer = (ready: boolean) => ({
      index: NO_INDEX,
      words: [
        (OCR_VOLTAGES | (ready ? OCR_READY | (this.highCapacity ? OCR_HIGH_CAPACITY : 0) : 0)) >>>
        0,
      ],
      unchecked: true as const,
    });
    // Without voltages the host only asks.
    if ((argument & 0x00ff_ffff) === 0) return answer(false);
    if ((argument & OCR_VOLTAGES) === 0) {
      this.state = "ina";
      return answer(false);
    }
    this.readyAt ??= this.clock.now() + INITIALIZE_NS;
    // To a host that does not know it a card of high capacity never becomes ready.
    const known = this.#conditions && (argument & OCR_HIGH_CAPACITY) !== 0;
    const ready = (known || !this.highCapacity) && this.clock.now() >= this.readyAt;
    if (ready) this.state = "ready";
    return answer(ready);
  }

  #publish(): CardResponse {
    // The lower half of R6 has some bits of the card status.
    const status = this.r1(3).words[0]!;
    const bits = (status >>> 8 & 0xc000) | (status >>> 6 & 0x2000) | (status & 0x1fff);
    this.#published = this.#published % 0xffff + 1;
    this.rca = this.#published;
    this.state = "stby";
    return { index: 3, words: [(this.rca << 16 | bits) >>> 0] };
  }

  #setBusWidth(argument: number): CardResponse {
    const width = ([1, undefined, 4] as const)[argument & 3];
    if (width) this.setWidth(width);
    else this.error("ERROR");
    return this.#app1(6);
  }

  #sendScr(): CardResponse {
    const response = this.#app1(51);
    this.sendRegister(packed(64, [
      [59, 56, 2], // SD_SPEC: 2.00 or later
      [54, 52, this.highCapacity ? 3 : 2], // SD_SECURITY
      [51, 48, 0b0101], // SD_BUS_WIDTHS: 1 and 4
      [47, 47, 1], // SD_SPEC3
      [33, 33, 1], // CMD_SUPPORT: CMD23
    ]));
    return response;
  }

  #sendSdStatus(): CardResponse {
    const response = this.#app1(13);
    this.sendRegister(packed(512, [
      [511, 510, this.width === 4 ? 2 : 0], // DAT_BUS_WIDTH
      [447, 440, 4], // SPEED_CLASS: 10
      [431, 428, 9], // AU_SIZE: 4 MiB
      [423, 408, 1], // ERASE_SIZE
      [407, 402, 1], // ERASE_TIMEOUT
    ]));
    return response;
  }

  #sendBlocksWritten(): CardResponse {
    const response = this.#app1(22);
    this.sendRegister(packed(32, [[31, 0, this.transfer.blocksWritten]]));
    return response;
  }

  /** CMD6: asks for functions, or switches to them; the answer is 64 bytes of data. */
  #switch(argument: number): CardResponse {
    const response = this.r1(6);
    const asked = argument & 0xf;
    const others = argument >>> 4 & 0xf_ffff;
    const current = this.#highSpeed ? 1 : 0;
    const access = asked === 0xf ? current : ACCESS_MODES >> asked & 1 ? asked : 0xf;
    // Of the other groups there is the default only; F asks for no change.
    const results = [0, 1, 2, 3, 4].map((n) => [0, 0xf].includes(others >>> 4 * n & 0xf) ? 0 : 0xf);
    const possible = access !== 0xf && results.every((result) => result === 0);
    if (argument >>> 31 === 1 && possible) this.#highSpeed = access === 1;
    this.sendRegister(packed(512, [
      [511, 496, possible ? 100 : 0], // Current in mA; 0: not possible
      ...[495, 479, 463, 447, 431].map((bit) => [bit, bit - 15, 0x8001] as const),
      [415, 400, 0x8000 | ACCESS_MODES],
      ...results.map((result, n) => [383 + 4 * n, 380 + 4 * n, result] as const),
      [379, 376, access],
      [375, 368, 1], // Version of this structure
    ]));
    return response;
  }

  protected resetMore(): void {
    this.#app = this.#conditions = this.#highSpeed = false;
  }

  protected saveMore(): Json {
    return {
      app: this.#app,
      conditions: this.#conditions,
      highSpeed: this.#highSpeed,
      published: this.#published,
    };
  }

  protected loadMore(state: Json): void {
    const saved = state as {
      app: boolean;
      conditions: boolean;
      highSpeed: boolean;
      published: number;
    };
    this.#app = saved.app;
    this.#conditions = saved.conditions;
    this.#highSpeed = saved.highSpeed;
    this.#published = saved.published;
  }
}
