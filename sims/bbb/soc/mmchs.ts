/**
 * MMCHS0 to MMCHS2, hosts of eMMC and SD cards (AM335x TRM SPRUH73, chapter 18). Commands and blocks
 * take the time of their bits on the card's clock. SDIO, CE-ATA, boot mode and SYSTEST's pins are not
 * modelled, and there is no ADMA on this chip.
 */
import {
  type EngineTimer,
  fieldOf,
  Peripheral,
  type VirtualClock,
  type Width,
  type Wire,
  type WireDriver,
} from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { CardResponse, MmcCard } from "../card/mod.ts";
import type { ClockInput } from "./clock_input.ts";
import {
  COMMAND_CLOCKS,
  CommandLine,
  type Outcome,
  RESPONSE_CLOCKS,
  RSP_TYPE,
  SILENT_CLOCKS,
} from "./mmchs_command.ts";
import { CardDetect } from "./mmchs_detect.ts";
import type { MmchsFaults, MmchsTrace } from "./mmchs_trace.ts";
import { type BlockFault, type DataHost, DataPath } from "./mmchs_data.ts";
import { EVENTS, FIELDS, MMCHS, type MmchsEvent } from "./mmchs_registers.ts";

export { MMCHS } from "./mmchs_registers.ts";
export type { MmchsFaults, MmchsTrace } from "./mmchs_trace.ts";

export interface MmchsOptions {
  /** "MMC0" */
  readonly name: string;
  readonly clock: VirtualClock;
  /** MMC_FCLK: 96 MHz. */
  readonly source: ClockInput;
  readonly irq: WireDriver;
  readonly dma?: { readonly tx: WireDriver; readonly rx: WireDriver };
  readonly card?: MmcCard;
  /** The pin SDCD, low with a card; without a wire there is always one. */
  readonly cardDetect?: Wire;
  /** The pin SDWP. */
  readonly writeProtect?: Wire;
}

const R = MMCHS.index;
const F = FIELDS;
const AC12 = { ACNE: 1, ACTO: 2, ACCE: 4 } as const;
const DATA = MMCHS.specs.SD_DATA.offset;
const ERRORS = 0xffff_0000;
const STOP_TRANSMISSION = 12;
/** Which of CAPA's bits says that the voltage of SDVS is supported. */
const VOLTAGES: Readonly<Record<number, number>> = { 5: 26, 6: 25, 7: 24 };

export class Mmchs extends Peripheral<keyof typeof R> {
  /** Between card and controller; changes nothing that is under way. */
  faults: MmchsFaults = {};
  /** Sees commands and blocks. */
  onTransfer: ((trace: MmchsTrace) => void) | undefined;
  readonly #options: MmchsOptions;
  readonly #command: CommandLine;
  readonly #data: DataPath;
  readonly #detect: CardDetect;
  readonly #commandTimer: EngineTimer;
  readonly #dataTimer: EngineTimer;
  readonly #detectTimer: EngineTimer;
  #card: MmcCard | undefined;
  /** The access under way writes the highest byte of its register. */
  #highByte = false;

  constructor(options: MmchsOptions) {
    super(options.name, MMCHS, options.clock);
    this.#options = options;
    this.#card = options.card;
    this.#command = new CommandLine((clocks) => {
      const ns = this.#clocksNs(clocks);
      return ns === undefined ? undefined : this.clock.now() + ns;
    });
    this.#data = new DataPath(this.#dataHost());
    this.#detect = new CardDetect(options.cardDetect);
    const { clock, name } = options;
    this.#commandTimer = clock.timer(`${name} command`, () => this.#commandDone());
    this.#dataTimer = clock.timer(`${name} data`, () => this.#ringThen(() => this.#data.ring()));
    this.#detectTimer = clock.timer(`${name} SDCD`, () => this.#ringThen(() => this.#detected()));
    options.source.onChange(() => this.#clockChanged());
    options.cardDetect?.listen(() => {
      this.#detect.moved(this.clock.now(), fieldOf(this.regs[R.SD_CON]!, F.CON.DVAL));
      this.settle();
    });
    this.#wireRegisters();
    this.settle();
  }

  get card(): MmcCard | undefined {
    return this.#card;
  }

  /** Puts a card in, or takes it out; the pins are the slot's business. */
  set card(card: MmcCard | undefined) {
    this.#card = card;
  }

  #wireRegisters(): void {
    this.derive("SD_STAT", () => this.#stat());
    this.derive("SD_PSTATE", () => this.#pstate());
    const { ICE, ICS, SRC, SRD } = F.SYSCTL;
    this.derive("SD_SYSCTL", () => {
      const sysctl = this.regs[R.SD_SYSCTL]!;
      return sysctl | (sysctl >>> ICE & 1) << ICS;
    });
    // A reset of a line is seen to have begun by the first read after it, and over by the next.
    this.afterRead("SD_SYSCTL", () => {
      this.regs[R.SD_SYSCTL]! &= ~(1 << SRC | 1 << SRD);
      return false;
    });
    this.onRead("SD_DATA", () => this.#badAccess());
    this.onWrite("SD_SYSCONFIG", (written) => {
      this.regs[R.SD_SYSCONFIG]! &= ~2;
      if (written & 2) this.#softReset();
    });
    // Its highest byte sends the command: drivers may write the transfer mode before.
    this.onWrite("SD_CMD", () => this.#highByte && this.#start());
    this.onWrite("SD_BLK", (_, old) => {
      if (this.#data.active) this.regs[R.SD_BLK] = old;
    });
    this.onWrite("SD_HCTL", (written) => this.#writeHctl(written));
    this.onWrite("SD_SYSCTL", (written) => this.#writeSysctl(written));
    this.onWrite("SD_SYSTEST", (written) => {
      // SSB: sets every status bit whose signal is enabled.
      if (written & 1 << 12) this.regs[R.SD_STAT]! |= this.regs[R.SD_ISE]!;
    });
    this.onWrite("SD_FE", (written) => {
      this.regs[R.SD_AC12]! |= written & 0x9f;
      this.regs[R.SD_STAT]! |= written & ERRORS & this.regs[R.SD_IE]!;
      this.regs[R.SD_FE] = 0;
    });
  }

  // ---- The data port: fast, for a block is 128 accesses to it.

  override read(offset: number, width: Width): number {
    if ((offset & ~3) !== DATA || !this.#data.readable) return super.read(offset, width);
    if (width === 4) return this.#observed(this.#data.readWord(), width, false);
    const lane = offset & 3;
    const value = this.#data.peekWord() >>> 8 * lane & (width === 1 ? 0xff : 0xffff);
    // The word is taken with its last byte, or with the block's.
    const last = lane + width - 1;
    if (last === 3 || this.#data.endsAt(last)) this.#data.advanceRead();
    return this.#observed(value, width, false);
  }

  override write(offset: number, value: number, width: Width): void {
    this.#highByte = (offset & 3) + width === 4;
    if ((offset & ~3) !== DATA) return super.write(offset, value, width);
    this.#observed(value, width, true);
    if (!this.#data.writable) return void this.#badAccess();
    const lane = offset & 3;
    if (width === 4) this.#data.putWord(value, -1);
    else this.#data.putWord(value << 8 * lane, (width === 1 ? 0xff : 0xffff) << 8 * lane);
    const last = lane + width - 1;
    if (last === 3 || this.#data.endsAt(last)) this.#data.advanceWrite();
  }

  #observed(value: number, width: Width, write: boolean): number {
    const register = this.table.at(DATA);
    this.observer?.({ peripheral: this.name, offset: DATA, width, value, write, register });
    return value;
  }

  #badAccess(): number {
    this.#raise("BADA");
    this.settle();
    return 0;
  }

  // ---- Registers

  #stat(): number {
    const stat = this.regs[R.SD_STAT]!;
    return (stat & ERRORS ? stat | 1 << EVENTS.ERRI : stat) >>> 0;
  }

  #pstate(): number {
    const P = F.PSTATE;
    const data = this.#data;
    const bit = (is: boolean | undefined, n: number) => is ? 1 << n : 0;
    const hctl = this.regs[R.SD_HCTL]!;
    const inserted = fieldOf(hctl, F.HCTL.CDSS) === 1
      ? fieldOf(hctl, F.HCTL.CDTL) === 1
      : this.#detect.inserted !== (fieldOf(this.regs[R.SD_CON]!, F.CON.CDP) === 1);
    const dat0 = (this.#card?.busyUntilNs ?? 0) <= this.clock.now();
    return bit(this.#command.active, P.CMDI) |
      bit(data.active, P.DATI) | bit(data.lineActive, P.DLA) |
      bit(data.writing, P.WTA) | bit(data.reading, P.RTA) |
      bit(data.writable, P.BWE) | bit(data.readable, P.BRE) |
      bit(inserted, P.CINS) | bit(this.#detect.stable, P.CSS) |
      bit(this.#detect.level, P.CDPL) | bit(this.#options.writeProtect?.level === 1, P.WP) |
      bit(dat0, 20) | 0xe << 20 | 1 << P.CLEV;
  }

  #writeSysctl(written: number): void {
    const { SRA, SRC, SRD } = F.SYSCTL;
    if (written >>> SRA & 1) return this.#softReset();
    if (written >>> SRC & 1) {
      this.#command.reset();
      this.#clear("CC");
    }
    if (written >>> SRD & 1) {
      this.#data.reset();
      this.regs[R.SD_HCTL]! &= ~(1 << F.HCTL.SBGR | 1 << F.HCTL.CR);
      this.#clear("BRR", "BWR", "BGE", "TC");
    }
    this.#clockChanged();
  }

  #writeHctl(written: number): void {
    const { SDBP, SDVS, SBGR, CR } = F.HCTL;
    const supported = VOLTAGES[fieldOf(this.regs[R.SD_HCTL]!, SDVS)];
    if (supported === undefined || !(this.regs[R.SD_CAPA]! >>> supported & 1)) {
      this.regs[R.SD_HCTL]! &= ~(1 << SDBP);
    }
    this.regs[R.SD_HCTL]! &= ~(1 << CR);
    const stops = this.regs[R.SD_HCTL]! >>> SBGR & 1;
    if (written >>> CR & 1 && !stops) this.#data.resume();
  }

  /** All but card detection and capabilities. */
  #softReset(): void {
    const kept = [R.SD_CAPA, R.SD_CUR_CAPA].map((slot) => [slot, this.regs[slot]!] as const);
    this.reset();
    for (const [slot, value] of kept) this.regs[slot] = value;
  }

  protected override resetMore(): void {
    this.#data.reset();
    this.#command.reset();
  }

  // ---- The card's clock

  #hz(): number {
    const sysctl = this.regs[R.SD_SYSCTL]!;
    const { ICE, CEN, CLKD } = F.SYSCTL;
    if (!(sysctl >>> ICE & sysctl >>> CEN & 1)) return 0;
    return this.#options.source.hz / Math.max(1, fieldOf(sysctl, CLKD));
  }

  #clocksNs(count: number): number | undefined {
    const hz = this.#hz();
    return hz > 0 ? Math.ceil(count * 1e9 / hz) : undefined;
  }

  #clockChanged(): void {
    this.#command.clockChanged();
    this.#data.clockChanged();
    this.settle();
  }

  // ---- Commands

  #start(): void {
    const cmd = this.regs[R.SD_CMD]!;
    const index = fieldOf(cmd, F.CMD.INDX);
    const withData = fieldOf(cmd, F.CMD.DP) === 1;
    const con = this.regs[R.SD_CON]!;
    const powered = fieldOf(this.regs[R.SD_HCTL]!, F.HCTL.SDBP) === 1;
    // A command while the line is in use must not be issued: it goes nowhere.
    if (!powered || fieldOf(con, F.CON.MODE) === 1 || this.#command.active) return;
    if (withData && this.#data.active) return;
    if (fieldOf(con, F.CON.INIT) === 1) return this.#command.initialize();
    const argument = this.regs[R.SD_ARG]!;
    const fault = this.faults.command?.(index, argument);
    // A command that does not arrive is not obeyed either; an error in a response comes too late.
    const response = fault === "timeout" ? undefined : this.#card?.command(index, argument);
    this.#command.send({ cmd, argument, response, fault });
    if (withData) this.regs[R.SD_AC12] = 0;
  }

  #commandDone(): void {
    const outcome = this.#command.ring(this.regs[R.SD_CSRE]!);
    if (outcome) this.#responded(outcome);
    else this.#raise("CC");
    this.settle();
  }

  #responded({ cmd, argument, response, errors }: Outcome): void {
    const index = fieldOf(cmd, F.CMD.INDX);
    const kind = fieldOf(cmd, F.CMD.RSP_TYPE);
    const words = response?.words ?? [];
    this.onTransfer?.({ kind: "command", index, argument, response: words, auto: false, errors });
    if (errors.includes("CTO")) return this.#raise("CTO");
    if (response && kind !== RSP_TYPE.none) this.#store(response);
    this.#raise("CC", ...errors);
    if (this.#command.active) return; // Until SRC.
    if (index === STOP_TRANSMISSION && this.#data.active) this.#data.abort();
    else if (fieldOf(cmd, F.CMD.DP) === 1) this.#beginData(cmd);
    else if (kind === RSP_TYPE.busy) this.#data.awaitReady();
  }

  #store({ words }: CardResponse): void {
    const slots = [R.SD_RSP76, R.SD_RSP54, R.SD_RSP32, R.SD_RSP10];
    for (const [n, word] of words.entries()) this.regs[slots[4 - words.length + n]!] = word;
  }

  // ---- Data

  #beginData(cmd: number): void {
    const { MSBS, BCE, ACEN, DDIR, DE } = F.CMD;
    const blk = this.regs[R.SD_BLK]!;
    const multiple = fieldOf(cmd, MSBS) === 1;
    const counted = fieldOf(cmd, BCE) === 1;
    this.#data.begin({
      read: fieldOf(cmd, DDIR) === 1,
      blockLength: fieldOf(blk, F.BLK.BLEN),
      blocks: !multiple ? 1 : counted ? fieldOf(blk, F.BLK.NBLK) : Infinity,
      autoStop: multiple && fieldOf(cmd, ACEN) === 1,
      dma: fieldOf(cmd, DE) === 1,
    });
  }

  /** What the data side sees of this controller. */
  #dataHost(): DataHost {
    // deno-lint-ignore no-this-alias
    const mmchs = this;
    return {
      get card() {
        return mmchs.#card;
      },
      get width() {
        if (fieldOf(mmchs.regs[R.SD_CON]!, F.CON.DW8) === 1) return 8;
        return fieldOf(mmchs.regs[R.SD_HCTL]!, F.HCTL.DTW) === 1 ? 4 : 1;
      },
      now: () => this.clock.now(),
      clocksNs: (count) => this.#clocksNs(count),
      timeoutClocks: () => 2 ** (13 + fieldOf(this.regs[R.SD_SYSCTL]!, F.SYSCTL.DTO)),
      raise: (...events) => this.#raise(...events),
      stopAtGap: () => fieldOf(this.regs[R.SD_HCTL]!, F.HCTL.SBGR) === 1,
      faultOf: (write, lba) => this.faults.block?.(write, lba),
      autoStop: () => this.#autoStop(),
      passed: (write, lba, fault) => {
        this.#countDown(fault);
        this.onTransfer?.({ kind: "block", write, lba, fault });
      },
      changed: () => this.settle(),
    };
  }

  #countDown(fault: BlockFault | undefined): void {
    const blk = this.regs[R.SD_BLK]!;
    const cmd = this.regs[R.SD_CMD]!;
    const counted = fieldOf(cmd, F.CMD.MSBS) === 1 && fieldOf(cmd, F.CMD.BCE) === 1;
    if (counted && !fault && blk >>> 16 > 0) this.regs[R.SD_BLK] = blk - 0x1_0000;
  }

  #autoStop(): number {
    const fault = this.faults.command?.(STOP_TRANSMISSION, 0);
    const response = fault === "timeout" ? undefined : this.#card?.command(STOP_TRANSMISSION, 0);
    const error = response === undefined ? AC12.ACTO : fault === "crc" ? AC12.ACCE : 0;
    if (error !== 0) {
      this.regs[R.SD_AC12]! |= error;
      this.#raise("ACE");
    }
    if (response) this.regs[R.SD_RSP76] = response.words[0]!;
    this.onTransfer?.({
      ...{ kind: "command", index: STOP_TRANSMISSION, argument: 0, auto: true },
      response: response?.words ?? [],
      errors: error === 0 ? [] : ["ACE"],
    });
    return COMMAND_CLOCKS + (response ? RESPONSE_CLOCKS : SILENT_CLOCKS);
  }

  // ---- Outputs

  #ringThen(ring: () => void): void {
    ring();
    this.settle();
  }

  #detected(): void {
    const event = this.#detect.ring();
    if (event) this.#raise(event);
  }

  /** Status bits of events that are enabled. */
  #raise(...events: readonly MmchsEvent[]): void {
    for (const event of events) {
      this.regs[R.SD_STAT]! |= 1 << EVENTS[event] & this.regs[R.SD_IE]!;
    }
  }

  #clear(...events: readonly MmchsEvent[]): void {
    for (const event of events) this.regs[R.SD_STAT]! &= ~(1 << EVENTS[event]);
  }

  override settle(): void {
    const { irq, dma } = this.#options;
    irq.drive((this.regs[R.SD_STAT]! & this.regs[R.SD_ISE]!) !== 0 ? 1 : 0);
    dma?.rx.drive(this.#data.readRequest ? 1 : 0);
    dma?.tx.drive(this.#data.writeRequest ? 1 : 0);
    setOrCancel(this.#commandTimer, this.#command.at);
    setOrCancel(this.#dataTimer, this.#data.at);
    setOrCancel(this.#detectTimer, this.#detect.at);
  }

  /** Status changes when an alarm rings; only the card's busy signal follows time. */
  override steadyUntil(offset: number): number {
    const register = this.table.at(offset)?.name;
    if (register === "SD_DATA" || register === "SD_SYSCTL") return this.clock.now();
    const busyUntil = this.#card?.busyUntilNs ?? 0;
    return register === "SD_PSTATE" && busyUntil > this.clock.now() ? busyUntil : Infinity;
  }

  protected override saveMore(): Json {
    const [command, data, detect] = [this.#command, this.#data, this.#detect].map((p) => p.save());
    return { command: command!, data: data!, detect: detect! };
  }

  protected override loadMore(state: Json): void {
    const { command, data, detect } = state as { command: Json; data: Json; detect: Json };
    this.#command.load(command);
    this.#data.load(data);
    this.#detect.load(detect);
  }
}

function setOrCancel(timer: EngineTimer, at: number | undefined): void {
  if (at === undefined) timer.cancel();
  else timer.set(at);
}
