/**
 * BeagleBone Black, revision C (System Reference Manual), with what the mission wires to it: what is
 * soldered on or plugged in, and how it is connected to the processor's pins.
 */
import {
  type Access,
  type EngineTimer,
  loadParts,
  type Part,
  type PartStates,
  saveParts,
  SnapshotError,
  VirtualClock,
  Wire,
} from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import { BusFault } from "./bus.ts";
import { CardStorage, Emmc, EMMC_BLOCKS, type MmcCard, type PowerCut, SdCard } from "./card/mod.ts";
import { type Abort, Cpu, type ExceptionKind } from "./cpu/mod.ts";
import { instructionAt } from "./cpu/disassemble.ts";
import { RAM } from "./cpu/layout.ts";
import { VfpNeon } from "./cpu/simd/mod.ts";
import type { Symbols } from "./elf.ts";
import { BOARD_PINS, gpioOf, padName } from "./header.ts";
import { Lan, type LanPort } from "./net/mod.ts";
import { MemorySnapshot } from "./memory_snapshot.ts";
import { BEAGLEBONE_BLACK, boardIdBytes } from "./parts/board_id.ts";
import { Eeprom24c256 } from "./parts/eeprom_24c256.ts";
import { Button } from "./parts/button.ts";
import { Eeprom25aa256 } from "./parts/eeprom_25aa256.ts";
import { Led } from "./parts/led.ts";
import { Mcp23s18 } from "./parts/mcp23s18.ts";
import { Lan8710a } from "./parts/phy_lan8710a.ts";
import { SpiBus } from "./parts/spi_bus.ts";
import { Tps65217 } from "./parts/tps65217.ts";
import { BootRom, type Entry, type RomNote } from "./rom/boot_rom.ts";
import { SYSBOOT } from "./rom/boot_order.ts";
import { romBytes } from "./rom/rom_code.ts";
import { Am335x } from "./soc/am335x.ts";
import type { MacAddress } from "./soc/control.ts";
import type { ResetReason } from "./soc/prcm.ts";

/** What a board is made with. */
export interface BoardOptions {
  /** Default: its own, at 0. */
  readonly clock?: VirtualClock;
  /** The eMMC chip's memory. Default: 4 GiB, empty. */
  readonly emmc?: CardStorage;
  /** The card in the slot. Default: none. */
  readonly sd?: CardStorage;
  /** Where the network cable goes. Default: nowhere. */
  readonly lan?: LanPort;
  readonly macs?: readonly [MacAddress, MacAddress];
  /** Names for addresses in faults. */
  readonly symbols?: Symbols;
}

/** Something went wrong in the program that the board runs. */
export interface Fault {
  readonly t: number;
  readonly pc: number;
  /** Where an ELF file was given. */
  readonly symbol?: string;
  readonly what: string;
}

/** Everything at one instant; goes back into the board it was taken from, or one made alike. */
export interface BoardSnapshot {
  readonly version: 1;
  readonly t: number;
  readonly parts: PartStates;
  readonly memory: MemorySnapshot;
}

/** What a reset is for: pressing S1, plugging power in, or the program's own doing. */
export type Reset = ResetReason | "coldSoftware";

const MACS = ["90:fa:f1:30:1c:bb", "90:fa:f1:30:1c:bd"] as const;

/**
 * @example
 * ```ts ignore
 * const board = new Board({ emmc: new CardStorage("eMMC", image.blocks, image) });
 * board.onNote = ({ device, text }) => console.log(`${device}: ${text}`);
 * board.soc.uarts[0].connect({ receive: (byte) => … });
 * board.powerOn();
 * board.clock.runTo(seconds(3).ns);
 * ```
 */
export class Board {
  readonly clock: VirtualClock;
  readonly soc: Am335x;
  readonly cpu: Cpu;
  readonly rom: BootRom;
  readonly eeprom: Eeprom24c256;
  readonly pmic: Tps65217;
  readonly emmc: MmcCard;
  readonly sd: MmcCard | undefined;
  readonly phy: Lan8710a;
  readonly spi1: SpiBus;
  /** Active low. */
  readonly spi1Selects: readonly Wire[];
  /** On SPI1, CS0, with its interrupt A on P9.12; its own pins are `expander`. */
  readonly mcp23s18: Mcp23s18;
  /** GPA0 to GPA7, GPB0 to GPB7. */
  readonly expander: readonly Wire[];
  /** On SPI1, CS1. */
  readonly eeprom25aa256: Eeprom25aa256;
  /** On P8.7, to 3.3 V. */
  readonly button: Button;
  /** USR0 to USR3. */
  readonly leds: readonly Led[];
  /** All that a snapshot saves by name. */
  readonly parts: readonly Part[];
  /** The boot button: counts when power comes. */
  s2Held = false;
  symbols: Symbols | undefined;
  onFault: ((fault: Fault) => void) | undefined;
  /** After it: `reason`, and PRM_RSTST. */
  onReset: ((reason: Reset, status: number) => void) | undefined;
  readonly #resetTimer: EngineTimer;
  readonly #pins: readonly Wire[];
  #powered = false;
  #resetFor: Reset | undefined;

  constructor(options: BoardOptions = {}) {
    const clock = this.clock = options.clock ?? new VirtualClock("board");
    this.symbols = options.symbols;

    // I2C0: what the board is, and its power.
    const contents = boardIdBytes(BEAGLEBONE_BLACK);
    this.eeprom = new Eeprom24c256({ name: "EEPROM", clock, contents });
    this.pmic = new Tps65217();

    // MMC1: the eMMC; MMC0: the slot, whose switch pulls GPIO0_6 low.
    const emmc = options.emmc ?? new CardStorage("eMMC", EMMC_BLOCKS);
    this.emmc = new Emmc({ name: "eMMC", clock, storage: emmc });
    this.sd = options.sd && new SdCard({ name: "SD", clock, storage: options.sd });

    this.#pins = Array.from({ length: 128 }, (_, gpio) => new Wire(padName(gpio), pullOf(gpio)));
    if (this.sd) this.pin("MMC0_CD").driver("card switch").drive(0);

    // SPI1: P9.31 clock, P9.29 MOSI, P9.30 MISO; P9.28 and P9.42 select.
    const selects = ["SPI1_CS0", "SPI1_CS1"].map((name) => new Wire(name, { pull: 1 }));
    this.spi1Selects = selects;
    const spi1 = this.spi1 = new SpiBus();
    this.expander = Array.from(
      { length: 16 },
      (_, n) => new Wire(`MCP23S18 GP${"AB"[n >>> 3]}${n & 7}`),
    );
    const intA = this.pin("P9.12").driver("MCP23S18 INTA");
    this.mcp23s18 = new Mcp23s18({ name: "MCP23S18", pins: this.expander, intA });
    this.eeprom25aa256 = new Eeprom25aa256({ name: "25AA256", clock });
    spi1.attach(this.mcp23s18, selects[0]!);
    spi1.attach(this.eeprom25aa256, selects[1]!);

    this.button = new Button({ name: "button", clock, wire: this.pin("P8.7") });
    this.leds = ["USR0", "USR1", "USR2", "USR3"].map((name) =>
      new Led({ name, wire: this.pin(name) })
    );

    // Ethernet: PHY 0 on port 1.
    const port = options.lan ?? new Lan({ name: "no network", clock }).port("board");
    if (!options.lan) port.unplug();
    this.phy = new Lan8710a({ name: "PHY", clock, port, address: 0 });

    const soc = this.soc = new Am335x({
      clock,
      macs: options.macs ?? MACS,
      i2c: [[this.eeprom, this.pmic], [], []],
      spi: [{ bus: new SpiBus(), selects: [] }, { bus: spi1, selects }],
      phy: this.phy,
      cards: [this.sd, this.emmc],
      pins: this.#pins,
      reset: (reason) => this.reset(reason),
    });
    this.cpu = new Cpu({ memory: soc.memory, bus: soc.bus, clock });
    this.cpu.simd = new VfpNeon(this.cpu.core);
    soc.irq.listen((level) => this.cpu.setIrq(level === 1));
    soc.intc.privileged = () => this.cpu.core.privileged;
    this.#watch();

    this.rom = new BootRom({
      clock,
      bus: soc.bus,
      memory: soc.memory,
      prcm: soc.prcm,
      cards: { MMC0: () => this.sd?.storage, MMC1: () => this.emmc.storage },
      start: (entry) => this.#start(entry),
    });
    this.#resetTimer = clock.timer("reset", () => this.#reset());
    clock.drive({ run: (untilNs) => this.#run(untilNs) });
    this.parts = [
      this.#itself(),
      ...soc.parts,
      ...this.#pins,
      ...selects,
      ...this.expander,
      this.eeprom,
      this.pmic,
      this.mcp23s18,
      this.eeprom25aa256,
      this.button,
      this.phy,
      this.emmc,
      ...this.sd ? [this.sd] : [],
      this.rom,
      this.cpu.cp15,
      this.cpu,
    ];
    soc.memory.load(RAM.ROM.base, romBytes());
  }

  /** A pin by header, name or GPIO: "P9.12", "USR0", "GPIO1_28", "GPIO60". */
  pin(name: string): Wire {
    return this.#pins[gpioOf(name)]!;
  }

  get powered(): boolean {
    return this.#powered;
  }

  /** Told what the boot ROM tries, and why it passes a device over. */
  set onNote(listener: ((note: RomNote) => void) | undefined) {
    this.rom.onNote = listener;
  }

  /** Sees every access to a register, so all of them are executed: slow, for traces. */
  set onAccess(listener: ((access: Access) => void) | undefined) {
    this.cpu.skipper.enabled = listener === undefined;
    for (const peripheral of this.soc.peripherals) peripheral.observer = listener;
  }

  // Power and reset.

  powerOn(): void {
    if (this.#powered) return;
    this.#powered = true;
    this.#resetFor = "power";
    this.#reset();
  }

  /** The supply is gone: RAM and all that was not durable with it. */
  powerCut(cut?: PowerCut): void {
    if (!this.#powered) return;
    this.#powered = false;
    this.#resetFor = undefined;
    this.#resetTimer.cancel();
    for (const peripheral of this.soc.peripherals) peripheral.reset();
    for (const memory of this.soc.m3) memory.reset();
    this.rom.off();
    this.cpu.reset();
    this.soc.memory.restore(MemorySnapshot.EMPTY);
    this.soc.memory.load(RAM.ROM.base, romBytes());
    this.eeprom.reset();
    this.eeprom25aa256.powerOff();
    this.pmic.reset();
    this.mcp23s18.reset();
    this.phy.reset();
    this.emmc.powerCycle(cut);
    this.sd?.powerCycle(cut);
  }

  /** Resets at the next instruction boundary. Without a reason: the button S1. */
  reset(reason: Reset = "externalWarm"): void {
    if (!this.#powered || this.#resetFor !== undefined) return;
    this.#resetFor = reason;
    this.#resetTimer.set(this.clock.now());
  }

  #reset(): void {
    const reason = this.#resetFor!;
    this.#resetFor = undefined;
    const { prcm, control, rtc, peripherals } = this.soc;
    const cold = reason === "power" || reason === "coldSoftware";
    if (cold) {
      const { sysboot } = control;
      for (const peripheral of peripherals) peripheral.reset();
      const pins = this.s2Held ? SYSBOOT.S2_HELD : SYSBOOT.EMMC_FIRST;
      control.latchSysboot(reason === "power" ? pins : sysboot);
    } else {
      prcm.warmReset(reason);
      control.warmReset();
      rtc.lock();
      for (const peripheral of peripherals) {
        // The RTC has a reset of its own, which only power gives.
        if (![prcm, control, rtc].includes(peripheral as never)) peripheral.reset();
      }
    }
    // SYS_RESETn goes to the PHY too.
    this.phy.reset();
    this.cpu.reset();
    const status = prcm.peek("PRM_RSTST");
    this.onReset?.(reason, status);
    this.rom.reset(control.sysboot, { reasons: status, cold });
  }

  #start({ pc, r0 }: Entry): void {
    this.cpu.reset();
    this.cpu.setRegister(0, r0);
    this.cpu.cp15.write(12, 0, 0, 0, 0x2_0000); // VBAR: the public ROM's vectors
    this.cpu.jump(pc);
  }

  /** The CPU executes, unless power is off or the boot ROM is at work: then time just passes. */
  #run(untilNs: number): void {
    if (this.#powered && !this.rom.working) return this.cpu.run(untilNs);
    this.clock.advanceTo(Math.max(this.clock.now(), Math.min(untilNs, this.clock.nextAlarmNs())));
  }

  // Faults.

  #watch(): void {
    this.cpu.onFault = (abort: Abort, address: number) => {
      if (abort.cause instanceof BusFault) this.#tell(address, abort.cause.message);
    };
    this.cpu.onException = (kind: ExceptionKind, address: number) => {
      // In user mode that is how an operating system gives out VFP, and its own business.
      const own = !this.cpu.core.privileged;
      if (kind !== "undefined" || own) return;
      this.#tell(address, `undefined instruction "${instructionAt(this.cpu.core, address)}"`);
    };
  }

  #tell(address: number, what: string): void {
    const pc = address >>> 0;
    const symbol = this.symbols?.at(pc);
    this.onFault?.({ t: this.clock.now(), pc, ...symbol && { symbol }, what });
  }

  // Snapshots.

  snapshot(): BoardSnapshot {
    const { memory } = this.soc;
    return {
      version: 1,
      t: this.clock.now(),
      parts: saveParts(this.parts),
      memory: memory.snapshot(),
    };
  }

  /** @throws SnapshotError, and nothing has changed, when it is of another board */
  restore({ version, t, parts, memory }: BoardSnapshot): void {
    if (version !== 1) {
      throw new SnapshotError(`it is of version ${version}, and version 1 is read here`);
    }
    const before = this.clock.now();
    this.clock.restore(t);
    try {
      loadParts(this.parts, parts);
    } catch (error) {
      this.clock.restore(before);
      for (const part of this.parts) part.settle?.();
      throw error;
    }
    this.soc.memory.restore(memory);
  }

  /** The board as a part of itself: what no chip on it remembers. */
  #itself(): Part {
    return {
      name: "board",
      version: 1,
      save: (): Json => ({
        powered: this.#powered,
        s2Held: this.s2Held,
        resetFor: this.#resetFor ?? null,
      }),
      load: (state) => {
        const saved = state as { powered: boolean; s2Held: boolean; resetFor: Reset | null };
        this.#powered = saved.powered;
        this.s2Held = saved.s2Held;
        this.#resetFor = saved.resetFor ?? undefined;
      },
      settle: () => {
        if (this.#resetFor !== undefined) this.#resetTimer.set(this.clock.now());
      },
    };
  }
}

/** The switch of the card slot has a pull-up resistor. */
function pullOf(gpio: number): { pull: 0 | 1 } {
  return { pull: gpio === BOARD_PINS.get("MMC0_CD") ? 1 : 0 };
}
