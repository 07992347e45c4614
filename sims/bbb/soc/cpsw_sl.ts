/**
 * CPGMAC_SL1 and 2: the MACs of the Ethernet switch (AM335x TRM SPRUH73, sections 14.3.3, 14.3.4 and
 * 14.5.7). Flow control by pause frames and half duplex are not modelled.
 */
import { Peripheral, type VirtualClock } from "sims/engine/mod.ts";
import type { Frame, Reception } from "sims/bbb/net/lan.ts";
import type { Mii } from "sims/bbb/parts/phy.ts";
import { CPGMAC_SL } from "./cpsw_registers.ts";
import { type CpswStats, FCS_BYTES, type Statistic } from "./cpsw_stats.ts";

const R = CPGMAC_SL.index;
const MACCONTROL = {
  FULLDUPLEX: 1 << 0,
  LOOPBACK: 1 << 1,
  TX_FLOW_EN: 1 << 4,
  GMII_EN: 1 << 5,
  CMD_IDLE: 1 << 11,
  RX_CEF_EN: 1 << 22,
  RX_CSF_EN: 1 << 23,
  RX_CMF_EN: 1 << 24,
} as const;
const IDLE = 1 << 31;
const SHORTEST = 64;

/** What is wrong with a frame that a MAC lets through all the same. */
export interface FrameErrors {
  readonly crc: boolean;
  readonly long: boolean;
  readonly short: boolean;
  readonly control: boolean;
}

export class CpgmacSl extends Peripheral<keyof typeof R> {
  /** For the switch: a frame that the MAC lets through. */
  onFrame: ((frame: Frame, errors: FrameErrors) => void) | undefined;
  readonly #port: number;
  readonly #mii: Mii | undefined;
  readonly #stats: CpswStats;

  /** @param options.mii absent: nothing is soldered there, and what is sent is lost */
  constructor(options: {
    readonly clock: VirtualClock;
    readonly port: number;
    readonly mii: Mii | undefined;
    readonly stats: CpswStats;
  }) {
    super(`CPGMAC_SL${options.port}`, CPGMAC_SL, options.clock);
    this.#port = options.port;
    this.#mii = options.mii;
    this.#stats = options.stats;
    this.onWrite("SOFT_RESET", (written) => {
      if (written & 1) this.reset();
    });
    this.derive("MACSTATUS", () => this.#has(MACCONTROL.CMD_IDLE) ? IDLE >>> 0 : 0);
    if (options.mii) options.mii.onReceive = (frame, reception) => this.#receive(frame, reception);
  }

  override steadyUntil(): number {
    return Infinity;
  }

  /** When the next frame can go out; now where there is no line. */
  get lineFreeAt(): number {
    return this.#mii?.link ? this.#mii.lineFreeAt : this.clock.now();
  }

  get speedMbps(): number {
    return this.#mii?.speedMbps ?? 100;
  }

  /** The frame, without FCS. */
  transmit(frame: Frame): void {
    if (!this.#has(MACCONTROL.GMII_EN) || this.#has(MACCONTROL.CMD_IDLE)) return;
    this.#stats.sent(this.#port, frame);
    if (this.#has(MACCONTROL.LOOPBACK)) return this.#receive(frame, { badFcs: false });
    // The MAC does not pad: what is too short goes out, and no receiver takes it.
    if (frame.length + FCS_BYTES >= SHORTEST) this.#mii?.transmit(frame);
  }

  #has(bit: number): boolean {
    return (this.regs[R.MACCONTROL]! & bit) !== 0;
  }

  #receive(frame: Frame, { badFcs }: Reception): void {
    if (!this.#has(MACCONTROL.GMII_EN) || this.#has(MACCONTROL.CMD_IDLE)) return;
    this.#stats.onLine(this.#port, frame);
    const octets = frame.length + FCS_BYTES;
    const errors: FrameErrors = {
      crc: badFcs,
      long: octets > this.regs[R.RX_MAXLEN]!,
      short: octets < SHORTEST,
      control: frame[12] === 0x88 && frame[13] === 0x08,
    };
    this.#count(frame, errors);
    if (this.#lets(errors)) this.onFrame?.(this.#cut(frame), errors);
  }

  #count(frame: Frame, errors: FrameErrors): void {
    const wrong = statisticOf(errors);
    if (wrong) return this.#stats.count(this.#port, wrong);
    this.#stats.received(this.#port, frame);
    const isPause = errors.control && frame[14] === 0 && frame[15] === 1;
    if (isPause && this.#has(MACCONTROL.TX_FLOW_EN)) {
      this.#stats.count(this.#port, "RXPAUSEFRAMES");
    }
  }

  #lets({ crc, long, short, control }: FrameErrors): boolean {
    if (short && !this.#has(MACCONTROL.RX_CSF_EN)) return false;
    if ((crc || long) && !this.#has(MACCONTROL.RX_CEF_EN)) return false;
    return !control || this.#has(MACCONTROL.RX_CMF_EN);
  }

  /** Section 14.3.3.2: of a long frame RX_MAXLEN bytes go to memory, FCS included. */
  #cut(frame: Frame): Frame {
    return frame.subarray(0, Math.max(this.regs[R.RX_MAXLEN]! - FCS_BYTES, 0));
  }
}

function statisticOf({ crc, long, short }: FrameErrors): Statistic | undefined {
  if (long) return crc ? "RXJABBERFRAMES" : "RXOVERSIZEDFRAMES";
  if (short) return crc ? "RXFRAGMENTS" : "RXUNDERSIZEDFRAMES";
  return crc ? "RXCRCERRORS" : undefined;
}
