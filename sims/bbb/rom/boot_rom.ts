/**
 * What the public boot ROM does, without its code (AM335x TRM SPRUH73, chapter 26): sets clocks and
 * the watchdog, tries one device after the other in the order of the boot pins, loads the first
 * image it finds and jumps to it. While it works, the CPU executes nothing and time passes.
 */
import type { EngineTimer, Part, VirtualClock } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { Bus } from "sims/bbb/bus.ts";
import type { GuestMemory } from "sims/bbb/memory.ts";
import type { Prcm } from "sims/bbb/soc/prcm.ts";
import { type BootDevice, bootOrder, DEVICE_CODE } from "./boot_order.ts";
import { bootFromCard, type BootImage, type CardBoot } from "./card_boot.ts";
import type { BlockReader } from "./fat.ts";
import { leaveParameters, setClocks, startWatchdog, TRACE } from "./handover.ts";
import { IMAGE_AREA } from "./image.ts";
import { UartBoot } from "./uart_boot.ts";

/** How the CPU starts: in SVC mode, with MMU, caches and interrupts off. */
export interface Entry {
  readonly pc: number;
  readonly r0: number;
}

/** What became of a device; `text` is for a person. */
export interface RomNote {
  readonly t: number;
  readonly device: BootDevice | "ROM";
  readonly text: string;
}

export interface BootRomOptions {
  readonly name?: string;
  readonly clock: VirtualClock;
  readonly bus: Bus;
  readonly memory: GuestMemory;
  readonly prcm: Prcm;
  /** What is in the slot, or soldered on; undefined: nothing answers. */
  readonly cards: Readonly<Partial<Record<BootDevice, () => BlockReader | undefined>>>;
  readonly start: (entry: Entry) => void;
}

/** Estimates: secure start-up; identification of a card at 400 kHz; a sector at 10 MHz, 4 bits. */
const START_NS = 5_000_000;
const NO_CARD_NS = 20_000_000;
const CARD_NS = 60_000_000;
const SECTOR_NS = 150_000;
/** A device that the model does not have. */
const ABSENT_NS = 1_000_000;
const NOT_THERE: Readonly<Partial<Record<BootDevice, string>>> = {
  SPI0: "nothing is connected to SPI0",
  USB0: "no host on the USB cable",
  EMAC1: "no BOOTP: booting from the network is not simulated",
};

type Phase = "off" | "start" | "card" | "uart" | "absent" | "left";

export class BootRom implements Part {
  readonly name: string;
  readonly version = 1;
  /** Told what is tried, and why a device was passed over. */
  onNote: ((note: RomNote) => void) | undefined;
  readonly #options: BootRomOptions;
  readonly #timer: EngineTimer;
  readonly #uart: UartBoot;
  #phase: Phase = "off";
  #order: readonly BootDevice[] = [];
  #place = 0;
  #endNs = 0;
  #reasons = 0;
  #trace: number[] = [];

  constructor(options: BootRomOptions) {
    this.name = options.name ?? "ROM";
    this.#options = options;
    this.#uart = new UartBoot(options.bus);
    this.#timer = options.clock.timer(this.name, () => this.#act());
  }

  /** Whether the ROM is at work, so that the CPU has to stand still. */
  get working(): boolean {
    return this.#phase !== "left";
  }

  /**
   * Comes out of reset.
   *
   * @param options.reasons PRM_RSTST, which gathers reasons until a program clears them
   * @param options.cold whether this reset was a cold one
   */
  reset(
    sysboot: number,
    { reasons, cold }: { readonly reasons: number; readonly cold: boolean },
  ): void {
    this.#order = bootOrder(sysboot);
    this.#reasons = reasons;
    this.#place = 0;
    this.#trace = [TRACE.MAIN, TRACE.BOOTING];
    if (cold) this.#trace.push(TRACE.COLD);
    // At once: the watchdog comes out of reset running, with two milliseconds to go.
    setClocks(this.#options.prcm);
    startWatchdog(this.#options.bus);
    this.#wait("start", START_NS);
    if (this.#order.length === 0) {
      const pins = (sysboot & 0x1f).toString(2).padStart(5, "0");
      this.#note("ROM", `SYSBOOT[4:0] is ${pins}, which is reserved: nothing is tried`);
    }
  }

  /** Power is gone. */
  off(): void {
    this.#phase = "off";
    this.settle();
  }

  #note(device: RomNote["device"], text: string): void {
    this.onNote?.({ t: this.#options.clock.now(), device, text });
  }

  #wait(phase: Phase, ns: number): void {
    this.#phase = phase;
    this.#endNs = this.#options.clock.now() + ns;
    this.settle();
  }

  settle(): void {
    const timed = this.#phase !== "off" && this.#phase !== "left";
    if (timed) this.#timer.set(this.#endNs);
    else this.#timer.cancel();
  }

  get #device(): BootDevice {
    return this.#order[this.#place]!;
  }

  #act(): void {
    switch (this.#phase) {
      case "start":
        // Otherwise it waits for the watchdog.
        if (this.#order.length > 0) this.#try();
        else this.#wait("start", 1e12);
        break;
      case "card":
        this.#loadFromCard();
        break;
      case "uart":
        this.#pollUart();
        break;
      case "absent":
        this.#passOver(NOT_THERE[this.#device] ?? `nothing is on the GPMC`);
    }
  }

  #try(): void {
    const device = this.#device;
    if (this.#place === this.#order.length - 1) this.#trace.push(TRACE.LAST_DEVICE);
    if (device === "UART0") {
      this.#trace.push(TRACE.PERIPHERAL, TRACE.UART0);
      this.#uart.begin(this.#options.prcm, this.#options.clock.now());
      this.#wait("uart", this.#uart.pollNs);
    } else if (device === "MMC0" || device === "MMC1") {
      this.#trace.push(TRACE.MEMORY, TRACE[device]);
      const card = this.#card();
      this.#wait("card", card ? CARD_NS + SECTOR_NS * bootFromCard(card).sectors : NO_CARD_NS);
    } else this.#wait("absent", ABSENT_NS);
  }

  /** The next device; after the last one the first one again, until the watchdog ends it. */
  #passOver(why: string): void {
    this.#note(this.#device, why);
    this.#place = (this.#place + 1) % this.#order.length;
    this.#try();
  }

  #card(): BlockReader | undefined {
    return this.#options.cards[this.#device]?.();
  }

  #loadFromCard(): void {
    const card = this.#card();
    const { image, why }: CardBoot = card ? bootFromCard(card) : { why: "no card", sectors: 0 };
    if (!image) return this.#passOver(why);
    this.#trace.push(TRACE.GP_HEADER, TRACE.TRIAL_0 + image.trial);
    if (image.settings) this.#trace.push(TRACE.CHSETTINGS);
    const MMC = { MMC0: "CM_PER_MMC0_CLKCTRL", MMC1: "CM_PER_MMC1_CLKCTRL" } as const;
    this.#options.prcm.set(MMC[this.#device as "MMC0" | "MMC1"], 2);
    this.#leave(image);
  }

  #pollUart(): void {
    const end = this.#uart.poll(this.#options.clock.now());
    if (end === undefined) return this.#wait("uart", this.#uart.pollNs);
    if ("why" in end) {
      this.#trace.push(TRACE.PERIPHERAL_FAILED);
      return this.#passOver(end.why);
    }
    this.#trace.push(TRACE.DEVICE_INITIALIZED, TRACE.IMAGE_RECEIVED);
    const where = "a file by XMODEM";
    const destination = IMAGE_AREA.base;
    this.#leave({ bytes: end.image, destination, mode: 0, where, settings: false, trial: 0 });
  }

  #leave(image: BootImage): void {
    const { memory, start } = this.#options;
    memory.load(image.destination, image.bytes);
    const r0 = leaveParameters(memory, {
      device: DEVICE_CODE[this.#device],
      reasons: this.#reasons,
      mode: image.mode,
      trace: this.#trace,
    });
    const at = image.destination.toString(16);
    this.#note(this.#device, `boots ${image.where}: ${image.bytes.length} bytes at 0x${at}`);
    this.#phase = "left";
    this.settle();
    start({ pc: image.destination, r0 });
  }

  save(): Json {
    return {
      phase: this.#phase,
      order: [...this.#order],
      place: this.#place,
      endNs: this.#endNs,
      reasons: this.#reasons,
      trace: [...this.#trace],
      uart: this.#uart.save(),
    };
  }

  load(state: Json): void {
    const saved = state as Record<string, Json>;
    this.#phase = saved.phase as Phase;
    this.#order = [...saved.order as BootDevice[]];
    this.#place = saved.place as number;
    this.#endNs = saved.endNs as number;
    this.#reasons = saved.reasons as number;
    this.#trace = [...saved.trace as number[]];
    this.#uart.load(saved.uart!);
  }
}
