/**
 * Statistics of the Ethernet switch (AM335x TRM SPRUH73, section 14.3.2.20). Lengths count the FCS.
 * What a duplex line cannot have (collisions, carrier loss) stays 0.
 */
import { Peripheral, type VirtualClock } from "sims/engine/mod.ts";
import type { Frame } from "sims/bbb/net/lan.ts";
import { CPSW_STATS } from "./cpsw_registers.ts";

const R = CPSW_STATS.index;
export type Statistic = keyof typeof R;

/** Up to so many octets, and where that is counted. */
const SIZES: readonly (readonly [most: number, statistic: Statistic])[] = [
  [64, "OCTETFRAMES64"],
  [127, "OCTETFRAMES65T127"],
  [255, "OCTETFRAMES128T255"],
  [511, "OCTETFRAMES256T511"],
  [1023, "OCTETFRAMES512T1023"],
  [Infinity, "OCTETFRAMES1024TUP"],
];
export const FCS_BYTES = 4;
const HALF = 0x8000_0000;

export class CpswStats extends Peripheral<Statistic> {
  /** Called when {@link pending} may have changed. */
  onInterrupt: (() => void) | undefined;
  readonly #enabledPorts: () => number;

  /** @param options.enabledPorts STAT_PORT_EN as it is now */
  constructor(options: {
    readonly name?: string;
    readonly clock: VirtualClock;
    readonly enabledPorts: () => number;
  }) {
    super(options.name ?? "CPSW_STATS", CPSW_STATS, options.clock);
    this.#enabledPorts = options.enabledPorts;
    for (const name of Object.keys(R) as Statistic[]) {
      this.onWrite(name, (written, old) => {
        // While a port is counted a write decrements; else it writes.
        if (this.#enabledPorts() !== 0) this.regs[R[name]] = Math.max(old - written, 0);
      });
    }
  }

  override steadyUntil(): number {
    return Infinity;
  }

  /** STAT_PEND: one of them is half full. */
  get pending(): boolean {
    return this.regs.some((value) => value >= HALF);
  }

  count(port: number, statistic: Statistic, by = 1): void {
    if ((this.#enabledPorts() & (1 << port)) === 0) return;
    const slot = R[statistic];
    const before = this.regs[slot]!;
    this.regs[slot] = before + by;
    if (before < HALF && this.regs[slot]! >= HALF) this.onInterrupt?.();
  }

  /** A frame that a port has received, and that it takes as good. */
  received(port: number, frame: Frame): void {
    this.count(port, "RXGOODFRAMES");
    if (isBroadcast(frame)) this.count(port, "RXBROADCASTFRAMES");
    else if (frame[0]! & 1) this.count(port, "RXMULTICASTFRAMES");
    this.count(port, "RXOCTETS", frame.length + FCS_BYTES);
  }

  /** A frame that a port has sent. */
  sent(port: number, frame: Frame): void {
    this.count(port, "TXGOODFRAMES");
    if (isBroadcast(frame)) this.count(port, "TXBROADCASTFRAMES");
    else if (frame[0]! & 1) this.count(port, "TXMULTICASTFRAMES");
    this.count(port, "TXOCTETS", frame.length + FCS_BYTES);
    this.onLine(port, frame);
  }

  /** A frame on the line, in either direction, good or not. */
  onLine(port: number, frame: Frame): void {
    const octets = frame.length + FCS_BYTES;
    this.count(port, "NETOCTETS", octets);
    this.count(port, SIZES.find(([most]) => octets <= most)![1]);
  }

  override settle(): void {
    this.onInterrupt?.();
  }
}

function isBroadcast(frame: Frame): boolean {
  for (let i = 0; i < 6; i++) if (frame[i] !== 0xff) return false;
  return true;
}
