/**
 * Booting from UART0 (AM335x TRM SPRUH73, section 26.1.9.5): asks ten times in three seconds for a
 * file by XMODEM-1K with CRC, at 115200 8N1. Works on the real UART, which it polls.
 */
import type { Json } from "hil/trace/mod.ts";
import type { Bus } from "sims/bbb/bus.ts";
import type { Prcm } from "sims/bbb/soc/prcm.ts";
import { IMAGE_AREA } from "./image.ts";
import { XmodemReceiver } from "./xmodem.ts";

const UART0 = 0x44e0_9000;
const CONTROL = 0x44e1_0000;
const CONF_UART0_RXD = 0x970, CONF_UART0_TXD = 0x974;
const THR = 0x00, DLL = 0x00, DLH = 0x04, FCR = 0x08, LCR = 0x0c, LSR = 0x14, MDR1 = 0x20;
/** 48 MHz / 16 / 115200. */
const DIVISOR = 26;
const DATA_READY = 1;

const PING = 0x43; // "C"
const PINGS = 10;
const PING_NS = 300_000_000;
/** Between two blocks. */
const SILENCE_NS = 3_000_000_000;
/** Between two bytes of a block. */
const GAP_NS = 2_000_000;
/** The FIFO takes 64 characters, which are 5.6 ms. */
const POLL_NS = 500_000;

export type UartEnd = { readonly image: Uint8Array } | { readonly why: string };

export class UartBoot {
  #xmodem = new XmodemReceiver(IMAGE_AREA.size);
  #pings = 0;
  #pingNs = 0;
  /** When the last byte came. */
  #heardNs = 0;
  #started = false;

  constructor(private readonly bus: Bus) {}

  /** Sets the UART up. */
  begin(prcm: Prcm, nowNs: number): void {
    prcm.set("CM_WKUP_UART0_CLKCTRL", 2);
    this.bus.write(CONTROL + CONF_UART0_RXD, 0x30, 4);
    this.bus.write(CONTROL + CONF_UART0_TXD, 0x00, 4);
    const write = (offset: number, value: number) => this.bus.write(UART0 + offset, value, 4);
    write(MDR1, 7);
    write(LCR, 0x83);
    write(DLL, DIVISOR);
    write(DLH, 0);
    write(LCR, 0x03);
    write(FCR, 0x07);
    write(MDR1, 0);
    this.#xmodem = new XmodemReceiver(IMAGE_AREA.size);
    this.#pings = 0;
    this.#pingNs = nowNs;
    this.#heardNs = nowNs;
    this.#started = false;
  }

  /** Looks at the UART; gives how it ended, or nothing and wants to be called again in a while. */
  poll(nowNs: number): UartEnd | undefined {
    while (this.bus.read(UART0 + LSR, 4) & DATA_READY) {
      this.#started = true;
      this.#heardNs = nowNs;
      const { answer, end } = this.#xmodem.receive(this.bus.read(UART0 + THR, 4) & 0xff);
      if (answer !== undefined) this.#say(answer);
      if (end === "complete") return this.#complete();
      if (end === "cancelled") return { why: "the sender cancelled" };
      if (end) return { why: `an image larger than ${IMAGE_AREA.size} bytes` };
    }
    return this.#started ? this.#wait(nowNs) : this.#ping(nowNs);
  }

  readonly pollNs = POLL_NS;

  #complete(): UartEnd {
    const image = this.#xmodem.bytes;
    return image.length > 0 ? { image } : { why: "an empty file" };
  }

  #ping(nowNs: number): UartEnd | undefined {
    if (nowNs < this.#pingNs) return undefined;
    if (this.#pings === PINGS) return { why: `no answer to ${PINGS} pings in 3 s` };
    this.#say(PING);
    this.#pings++;
    this.#pingNs = nowNs + PING_NS;
    return undefined;
  }

  #wait(nowNs: number): UartEnd | undefined {
    const silence = nowNs - this.#heardNs;
    if (silence >= SILENCE_NS) return { why: "nothing came for 3 s in the middle of a file" };
    if (silence >= GAP_NS && this.#xmodem.inBlock) this.#say(this.#xmodem.giveUpBlock().answer!);
    return undefined;
  }

  #say(byte: number): void {
    this.bus.write(UART0 + THR, byte, 4);
  }

  save(): Json {
    return {
      xmodem: this.#xmodem.save(),
      pings: this.#pings,
      pingNs: this.#pingNs,
      heardNs: this.#heardNs,
      started: this.#started,
    };
  }

  load(state: Json): void {
    const saved = state as Record<string, Json>;
    this.#xmodem.load(saved.xmodem!);
    this.#pings = saved.pings as number;
    this.#pingNs = saved.pingNs as number;
    this.#heardNs = saved.heardNs as number;
    this.#started = saved.started as boolean;
  }
}
