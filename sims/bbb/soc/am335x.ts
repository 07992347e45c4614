/**
 * The AM3358: its modules with their addresses (AM335x TRM SPRUH73, chapter 2), interrupt lines
 * (table 6-1) and clocks. What hangs on its pins is for the board to say.
 */
import { type Part, type Peripheral, type VirtualClock, Wire } from "sims/engine/mod.ts";
import { Bus } from "sims/bbb/bus.ts";
import type { MmcCard } from "sims/bbb/card/mod.ts";
import { GuestMemory } from "sims/bbb/memory.ts";
import type { I2cDevice } from "sims/bbb/parts/i2c.ts";
import type { Phy } from "sims/bbb/parts/phy.ts";
import type { SpiBus } from "sims/bbb/parts/spi_bus.ts";
import { Control, DdrPhy, type MacAddress } from "./control.ts";
import { Cpsw } from "./cpsw.ts";
import { DmTimer } from "./dmtimer.ts";
import { DmTimer1Ms } from "./dmtimer_1ms.ts";
import { Edma } from "./edma.ts";
import { EdmaTc } from "./edma_tc.ts";
import { Elm } from "./elm.ts";
import { Emif } from "./emif.ts";
import { Gpio } from "./gpio.ts";
import { Gpmc } from "./gpmc.ts";
import { I2c } from "./i2c.ts";
import { idleModules } from "./idle_modules.ts";
import { Intc } from "./intc.ts";
import { Mailbox } from "./mailbox.ts";
import { ModuleMemory } from "./module_memory.ts";
import { type ClockName, type ModuleName, Prcm } from "./prcm.ts";
import { Mcspi } from "./mcspi.ts";
import { Mmchs } from "./mmchs.ts";
import { Rtc } from "./rtc.ts";
import { Spinlock } from "./spinlock.ts";
import { Uart } from "./uart.ts";
import { Usb } from "./usb.ts";
import { Wdt } from "./wdt.ts";

export interface Am335xOptions {
  readonly clock: VirtualClock;
  /** Of the two Ethernet ports, in the chip's fuses. */
  readonly macs: readonly [MacAddress, MacAddress];
  /** What is on I2C0, I2C1 and I2C2. */
  readonly i2c: readonly (readonly I2cDevice[])[];
  /** What is on McSPI0 and McSPI1, and its chip selects. */
  readonly spi: readonly { readonly bus: SpiBus; readonly selects: readonly Wire[] }[];
  /** At port 1 of the switch, MII and management; nothing is at port 2. */
  readonly phy: Phy;
  /** Behind MMC0 and MMC1: what is in the slot, or soldered on. */
  readonly cards: readonly (MmcCard | undefined)[];
  /** GPIO 0 to 127. */
  readonly pins: readonly Wire[];
  /** PRM_RSTCTRL was written, or the watchdog has expired. */
  readonly reset: (reason: "warmSoftware" | "coldSoftware" | "wdt1") => void;
}

export class Am335x {
  readonly memory = new GuestMemory();
  readonly bus = new Bus(this.memory);
  /** Active high, to the CPU. */
  readonly irq = new Wire("IRQ");
  readonly prcm: Prcm;
  readonly control: Control;
  readonly intc: Intc;
  readonly timers: readonly (DmTimer | DmTimer1Ms)[];
  readonly wdt: Wdt;
  readonly uarts: readonly Uart[];
  readonly i2c: readonly I2c[];
  readonly gpios: readonly Gpio[];
  readonly rtc: Rtc;
  readonly mmc: readonly Mmchs[];
  readonly edma: Edma;
  readonly spi: readonly Mcspi[];
  readonly cpsw: Cpsw;
  /** Program and data memory of the wake-up M3. */
  readonly m3: readonly ModuleMemory[] = [
    new ModuleMemory("M3UMEM", 0x4000),
    new ModuleMemory("M3DMEM", 0x2000),
  ];
  /** All with registers, PRCM first: others ask it for their rates. */
  readonly peripherals: Peripheral[] = [];
  readonly #clock: VirtualClock;

  constructor(options: Am335xOptions) {
    const clock = this.#clock = options.clock;
    const prcm = this.prcm = this.#at(
      0x44e0_0000,
      0x2000,
      new Prcm({
        clock,
        reset: (kind) => options.reset(kind === "cold" ? "coldSoftware" : "warmSoftware"),
      }),
    );
    const control = new Control({ clock, macs: options.macs });
    this.control = this.#at(0x44e1_0000, 0x2000, control, "CM_WKUP_CONTROL_CLKCTRL");
    this.#at(0x44e1_2000, 0x2000, new DdrPhy({ clock }));
    this.intc = this.#at(
      0x4820_0000,
      0x1000,
      new Intc({ name: "INTC", clock, irq: this.irq.driver("INTC") }),
    );
    this.timers = this.#timers();
    this.wdt = this.#at(
      0x44e3_5000,
      0x1000,
      new Wdt({
        name: "WDT1",
        clock,
        source: prcm.functional("CM_WKUP_WDT1_CLKCTRL", "CLKSEL_WDT1_CLK"),
        irq: this.line(91, "WDT1"),
        expired: () => options.reset("wdt1"),
      }),
      "CM_WKUP_WDT1_CLKCTRL",
    );
    this.uarts = this.#uarts();
    this.i2c = this.#i2cs(options.i2c);
    this.gpios = this.#gpios(options.pins);
    this.rtc = this.#rtc();
    this.edma = this.#edma();
    this.mmc = this.#mmcs(options.cards);
    this.spi = this.#spis(options.spi);
    this.cpsw = this.#cpsw(options.phy);
    this.#memories();
    this.#rest();
  }

  /** A driver of an interrupt line. */
  line(n: number, name: string) {
    return this.intc.line(n).driver(name);
  }

  /** What is saved: modules, and the line to the CPU; INTC saves its own. */
  get parts(): readonly Part[] {
    return [...this.peripherals, this.cpsw.ram, ...this.m3, this.irq];
  }

  #at<P extends Peripheral>(base: number, size: number, device: P, gate?: ModuleName): P {
    const clock = gate && this.prcm.moduleClock(gate);
    this.bus.map({ base, size, device, ...clock && { clock } });
    this.peripherals.push(device);
    return device;
  }

  // deno-fmt-ignore
  #timers(): (DmTimer | DmTimer1Ms)[] {
    const rows: readonly [base: number, line: number, gate: ModuleName, source: ClockName][] = [
      [0x44e0_5000, 66, "CM_WKUP_TIMER0_CLKCTRL", "CLKSEL_TIMER0_CLK"],
      [0x44e3_1000, 67, "CM_WKUP_TIMER1_CLKCTRL", "CLKSEL_TIMER1MS_CLK"],
      [0x4804_0000, 68, "CM_PER_TIMER2_CLKCTRL", "CLKSEL_TIMER2_CLK"],
      [0x4804_2000, 69, "CM_PER_TIMER3_CLKCTRL", "CLKSEL_TIMER3_CLK"],
      [0x4804_4000, 92, "CM_PER_TIMER4_CLKCTRL", "CLKSEL_TIMER4_CLK"],
      [0x4804_6000, 93, "CM_PER_TIMER5_CLKCTRL", "CLKSEL_TIMER5_CLK"],
      [0x4804_8000, 94, "CM_PER_TIMER6_CLKCTRL", "CLKSEL_TIMER6_CLK"],
      [0x4804_a000, 95, "CM_PER_TIMER7_CLKCTRL", "CLKSEL_TIMER7_CLK"],
    ];
    return rows.map(([base, line, gate, select], n) => {
      const name = `DMTIMER${n}`;
      const irq = this.line(line, name), source = this.prcm.functional(gate, select);
      const options = { name, clock: this.#clock, irq, source };
      return this.#at(base, 0x1000, n === 1 ? new DmTimer1Ms(options) : new DmTimer(options), gate);
    });
  }

  // deno-fmt-ignore
  #uarts(): Uart[] {
    const rows: readonly [base: number, line: number, gate: ModuleName][] = [
      [0x44e0_9000, 72, "CM_WKUP_UART0_CLKCTRL"],
      [0x4802_2000, 73, "CM_PER_UART1_CLKCTRL"],
      [0x4802_4000, 74, "CM_PER_UART2_CLKCTRL"],
      [0x481a_6000, 44, "CM_PER_UART3_CLKCTRL"],
      [0x481a_8000, 45, "CM_PER_UART4_CLKCTRL"],
      [0x481a_a000, 46, "CM_PER_UART5_CLKCTRL"],
    ];
    return rows.map(([base, line, gate], n) => {
      const name = `UART${n}`;
      const irq = this.line(line, name), source = this.prcm.functional(gate, "UART_GFCLK");
      return this.#at(base, 0x1000, new Uart({ name, clock: this.#clock, irq, source }), gate);
    });
  }

  // deno-fmt-ignore
  #i2cs(devices: readonly (readonly I2cDevice[])[]): I2c[] {
    const rows: readonly [base: number, line: number, gate: ModuleName][] = [
      [0x44e0_b000, 70, "CM_WKUP_I2C0_CLKCTRL"],
      [0x4802_a000, 71, "CM_PER_I2C1_CLKCTRL"],
      [0x4819_c000, 30, "CM_PER_I2C2_CLKCTRL"],
    ];
    return rows.map(([base, line, gate], n) => {
      const name = `I2C${n}`;
      const irq = this.line(line, name), source = this.prcm.functional(gate, "I2C_FCLK");
      const options = { name, clock: this.#clock, irq, source, devices: devices[n] ?? [] };
      return this.#at(base, 0x1000, new I2c(options), gate);
    });
  }

  // deno-fmt-ignore
  #gpios(pins: readonly Wire[]): Gpio[] {
    const rows: readonly [base: number, lines: [number, number], gate: ModuleName, debounce: ClockName][] = [
      [0x44e0_7000, [96, 97], "CM_WKUP_GPIO0_CLKCTRL", "CLKSEL_GPIO0_DBCLK"],
      [0x4804_c000, [98, 99], "CM_PER_GPIO1_CLKCTRL", "GPIO_1_GDBCLK"],
      [0x481a_c000, [32, 33], "CM_PER_GPIO2_CLKCTRL", "GPIO_2_GDBCLK"],
      [0x481a_e000, [62, 63], "CM_PER_GPIO3_CLKCTRL", "GPIO_3_GDBCLK"],
    ];
    return rows.map(([base, lines, gate, debounce], n) => {
      const name = `GPIO${n}`;
      const source = this.prcm.source(debounce);
      const gpio = new Gpio({
        name,
        clock: this.#clock,
        pins: pins.slice(32 * n, 32 * n + 32),
        irq: [this.line(lines[0], name), this.line(lines[1], name)],
        debounceClock: { get running() { return source.hz > 0; } },
      });
      return this.#at(base, 0x1000, gpio, gate);
    });
  }

  #rtc(): Rtc {
    const timerIrq = this.line(75, "RTC"), alarmIrq = this.line(76, "RTC");
    const rtc = new Rtc({ name: "RTC", clock: this.#clock, timerIrq, alarmIrq });
    return this.#at(0x44e3_e000, 0x1000, rtc, "CM_RTC_RTC_CLKCTRL");
  }

  #edma(): Edma {
    const gates = ["CM_PER_TPTC0_CLKCTRL", "CM_PER_TPTC1_CLKCTRL", "CM_PER_TPTC2_CLKCTRL"] as const;
    const tcs = gates.map((gate, n) => {
      const name = `EDMA3TC${n}`;
      const { bus } = this;
      const tc = new EdmaTc({ name, clock: this.#clock, bus, irq: this.line(112 + n, name) });
      return this.#at(0x4980_0000 + n * 0x10_0000, 0x10_0000, tc, gate);
    });
    const completion = this.line(12, "EDMA3CC"), error = this.line(14, "EDMA3CC");
    const edma = new Edma({ clock: this.#clock, tcs, completion, error });
    return this.#at(0x4900_0000, 0x10_0000, edma, "CM_PER_TPCC_CLKCTRL");
  }

  // deno-fmt-ignore
  #mmcs(cards: readonly (MmcCard | undefined)[]): Mmchs[] {
    type Row = [base: number, size: number, line: number, gate: ModuleName, events?: [tx: number, rx: number]];
    const rows: readonly Row[] = [
      [0x4806_0000, 0x1000, 64, "CM_PER_MMC0_CLKCTRL", [24, 25]],
      [0x481d_8000, 0x1000, 28, "CM_PER_MMC1_CLKCTRL", [2, 3]],
      [0x4781_0000, 0x1_0000, 29, "CM_PER_MMC2_CLKCTRL"],
    ];
    return rows.map(([base, size, line, gate, events], n) => {
      const name = `MMC${n}`;
      const mmc = new Mmchs({
        name,
        clock: this.#clock,
        source: this.prcm.functional(gate, "MMC_FCLK"),
        irq: this.line(line, name),
        card: cards[n],
        ...events && {
          dma: {
            tx: this.edma.event(events[0]).driver(name),
            rx: this.edma.event(events[1]).driver(name),
          },
        },
      });
      return this.#at(base, size, mmc, gate);
    });
  }

  // deno-fmt-ignore
  #spis(wiring: Am335xOptions["spi"]): Mcspi[] {
    const rows: readonly [base: number, line: number, gate: ModuleName][] = [
      [0x4803_0000, 65, "CM_PER_SPI0_CLKCTRL"],
      [0x481a_0000, 125, "CM_PER_SPI1_CLKCTRL"],
    ];
    return rows.map(([base, line, gate], n) => {
      const name = `McSPI${n}`;
      const irq = this.line(line, name), source = this.prcm.functional(gate, "SPI_GCLK");
      const select = wiring[n]!.selects.map((wire) => wire.driver(name));
      const options = { name, clock: this.#clock, irq, source, select, bus: wiring[n]!.bus };
      return this.#at(base, 0x1000, new Mcspi(options), gate);
    });
  }

  #cpsw(phy: Phy): Cpsw {
    const { memory } = this;
    const cpsw = new Cpsw({
      clock: this.#clock,
      memory: {
        read: (pa, length) => memory.bytes(pa, length),
        write: (pa, bytes) => memory.load(pa, bytes),
      },
      source: this.prcm.source("CPSW_125MHZ_GCLK"),
      lines: {
        rxThreshold: this.line(40, "CPSW"),
        rx: this.line(41, "CPSW"),
        tx: this.line(42, "CPSW"),
        misc: this.line(43, "CPSW"),
      },
      ports: [phy, undefined],
      mdio: [phy],
    });
    const clock = this.prcm.moduleClock("CM_PER_CPGMAC0_CLKCTRL");
    for (const { offset, size, device } of cpsw.regions) {
      this.bus.map({ base: 0x4a10_0000 + offset, size, device, clock });
    }
    this.peripherals.push(...cpsw.peripherals);
    return cpsw;
  }

  #memories(): void {
    const clock = this.#clock;
    this.#at(0x4c00_0000, 0x100_0000, new Emif({ clock }), "CM_PER_EMIF_CLKCTRL");
    this.#at(0x5000_0000, 0x100_0000, new Gpmc({ clock }), "CM_PER_GPMC_CLKCTRL");
    const elm = new Elm({ clock, irq: this.line(4, "ELM") });
    this.#at(0x4808_0000, 0x1_0000, elm, "CM_PER_ELM_CLKCTRL");
  }

  #rest(): void {
    const clock = this.#clock;
    this.#at(0x4740_0000, 0x8000, new Usb({ clock }), "CM_PER_USB0_CLKCTRL");
    const mailbox = new Mailbox({ clock, irq: this.line(77, "MAILBOX0") });
    this.#at(0x480c_8000, 0x1000, mailbox, "CM_PER_MAILBOX0_CLKCTRL");
    this.#at(0x480c_a000, 0x1000, new Spinlock({ clock }), "CM_PER_SPINLOCK_CLKCTRL");
    this.bus.map({ base: 0x44d0_0000, size: 0x4000, device: this.m3[0]! });
    this.bus.map({ base: 0x44d8_0000, size: 0x2000, device: this.m3[1]! });
    for (const { base, size, device, gate } of idleModules(clock)) {
      this.#at(base, size, device, gate);
    }
  }
}
