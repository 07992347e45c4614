/**
 * LAN8710A: the board's 10/100 Ethernet PHY (Microchip DS00002164, section 4.2 for its registers). The
 * link partner is a 100BASE-TX full-duplex switch. Auto-negotiation takes virtual time.
 */
import type { Json } from "hil/trace/mod.ts";
import type { EngineTimer, Part, VirtualClock } from "sims/engine/mod.ts";
import type { Frame, LanPort, Reception } from "sims/bbb/net/lan.ts";
import type { Phy } from "./phy.ts";

/** Registers, as the data sheet numbers them. */
export const LAN8710A = {
  BMCR: 0,
  BMSR: 1,
  ID1: 2,
  ID2: 3,
  ANAR: 4,
  ANLPAR: 5,
  ANER: 6,
  MODE_CONTROL: 17,
  SPECIAL_MODES: 18,
  SYMBOL_ERRORS: 26,
  SPECIAL_CONTROL: 27,
  INTERRUPT_SOURCE: 29,
  INTERRUPT_MASK: 30,
  SPECIAL_STATUS: 31,
} as const;
const R = LAN8710A;

const BMCR = {
  DUPLEX: 1 << 8,
  RESTART_AN: 1 << 9,
  POWER_DOWN: 1 << 11,
  AN_ENABLE: 1 << 12,
  SPEED_100: 1 << 13,
  RESET: 1 << 15,
} as const;
const BMSR = { LINK: 1 << 2, AN_COMPLETE: 1 << 5 } as const;
/** 100BASE-TX and 10BASE-T, half and full duplex, auto-negotiation, extended registers. */
const ABILITIES = 0x7809;
/** What the partner can do, with its acknowledgement. */
const PARTNER = 0xc1e1;
const [TX_FULL, TX_HALF, T_FULL] = [1 << 8, 1 << 7, 1 << 6];
/** INTERRUPT_SOURCE: "Link Down", "Auto-Negotiation complete". */
const INTERRUPT = { LINK_DOWN: 1 << 4, AN_COMPLETE: 1 << 6 } as const;

const WRITABLE: Readonly<Record<number, number>> = {
  [R.BMCR]: 0x7f00,
  [R.ANAR]: 0x2de0,
  [R.MODE_CONTROL]: 0x2a00,
  [R.SPECIAL_MODES]: 0x40ff,
  [R.SPECIAL_CONTROL]: 0xb020,
  [R.INTERRUPT_MASK]: 0x00fe,
};
const RESETS: Readonly<Record<number, number>> = {
  [R.BMCR]: BMCR.AN_ENABLE | BMCR.SPEED_100,
  [R.ID1]: 0x0007,
  [R.ID2]: 0xc0f1,
  [R.ANAR]: 0x01e1,
  [R.MODE_CONTROL]: 0x0002,
  /** MODE 111: all that it can, by auto-negotiation. The address comes in by {@link Lan8710a}. */
  [R.SPECIAL_MODES]: 0x00e0,
};

/** IEEE 802.3, clause 28: break_link_timer (1.2 s at least), then pulses and the link's own test. */
const NEGOTIATION_NS = 1_600_000_000;
/** Without negotiation: until the receiver has locked. */
const LOCK_NS = 100_000_000;

export class Lan8710a implements Phy, Part {
  readonly version = 1;
  readonly name: string;
  readonly address: number;
  onReceive: ((frame: Frame, reception: Reception) => void) | undefined;
  readonly #clock: VirtualClock;
  readonly #port: LanPort;
  readonly #timer: EngineTimer;
  readonly #listeners: (() => void)[] = [];
  readonly #regs = new Uint16Array(32);
  #link = false;
  /** The link was down since BMSR was read last: it says so once. */
  #linkHasFailed = true;
  #upAt: number | undefined;

  /** @param options.address as strapped: 0 on the board */
  constructor(options: {
    readonly name: string;
    readonly clock: VirtualClock;
    readonly port: LanPort;
    readonly address: number;
  }) {
    this.name = options.name;
    this.address = options.address;
    this.#clock = options.clock;
    this.#port = options.port;
    this.#timer = options.clock.timer(options.name, () => this.#up());
    this.#port.onPlug = () => this.#connect();
    this.#port.onFrame = (frame, reception) => {
      if (this.#link) this.onReceive?.(frame, reception);
    };
    this.reset();
  }

  get link(): boolean {
    return this.#link;
  }

  get lineFreeAt(): number {
    return this.#port.freeAt;
  }

  get speedMbps(): number {
    return this.#port.speedMbps;
  }

  onLink(listener: () => void): void {
    this.#listeners.push(listener);
  }

  transmit(frame: Frame): void {
    if (this.#link) this.#port.send(frame);
  }

  /** As by its nRST pin. */
  reset(): void {
    this.#regs.fill(0);
    for (const [register, value] of Object.entries(RESETS)) this.#regs[Number(register)] = value;
    this.#regs[R.SPECIAL_MODES]! |= this.address;
    this.#connect();
  }

  read(register: number): number {
    const value = this.#value(register);
    if (register === R.BMSR) this.#linkHasFailed = !this.#link;
    if (register === R.INTERRUPT_SOURCE) this.#regs[register] = 0;
    return value;
  }

  #value(register: number): number {
    const isNegotiated = this.#link && this.#negotiates;
    switch (register) {
      case R.BMSR:
        return ABILITIES | (this.#link && !this.#linkHasFailed ? BMSR.LINK : 0) |
          (isNegotiated ? BMSR.AN_COMPLETE : 0);
      case R.ANLPAR:
        return isNegotiated ? PARTNER : 0;
      case R.ANER:
        return isNegotiated ? 1 : 0;
      case R.SPECIAL_STATUS:
        return isNegotiated ? 1 << 12 | this.#speedIndication << 2 : this.#speedIndication << 2;
      default:
        return this.#regs[register] ?? 0xffff;
    }
  }

  write(register: number, value: number): void {
    if (register === R.BMCR && value & BMCR.RESET) return this.reset();
    const mask = WRITABLE[register] ?? 0;
    const old = this.#regs[register]!;
    this.#regs[register] = (old & ~mask) | (value & mask);
    if (register === R.BMCR) this.#control(old);
  }

  #control(old: number): void {
    const value = this.#regs[R.BMCR]!;
    this.#regs[R.BMCR] = value & ~BMCR.RESTART_AN;
    const restarts = BMCR.AN_ENABLE | BMCR.POWER_DOWN;
    const forced = this.#negotiates ? 0 : BMCR.SPEED_100 | BMCR.DUPLEX;
    const asked = this.#negotiates && value & BMCR.RESTART_AN;
    if (asked || (value ^ old) & (restarts | forced)) this.#connect();
  }

  get #negotiates(): boolean {
    return (this.#regs[R.BMCR]! & BMCR.AN_ENABLE) !== 0;
  }

  /** What both ends can do best; BMCR where nothing is negotiated. */
  get #best(): number {
    const { SPEED_100, DUPLEX } = BMCR;
    const bmcr = this.#regs[R.BMCR]!;
    if (!this.#negotiates) return bmcr & (SPEED_100 | DUPLEX);
    const common = this.#regs[R.ANAR]! & PARTNER;
    if (common & TX_FULL) return SPEED_100 | DUPLEX;
    if (common & TX_HALF) return SPEED_100;
    return common & T_FULL ? DUPLEX : 0;
  }

  get #speedIndication(): number {
    const best = this.#best;
    return (best & BMCR.SPEED_100 ? 2 : 1) | (best & BMCR.DUPLEX ? 4 : 0);
  }

  /** Takes the link down, and sets out to bring it up where that is possible. */
  #connect(): void {
    const isPowered = (this.#regs[R.BMCR]! & BMCR.POWER_DOWN) === 0;
    const takesNs = this.#negotiates ? NEGOTIATION_NS : LOCK_NS;
    this.#upAt = isPowered && this.#port.plugged ? this.#clock.now() + takesNs : undefined;
    this.settle();
    if (!this.#link) return;
    this.#link = false;
    this.#linkHasFailed = true;
    this.#regs[R.INTERRUPT_SOURCE]! |= INTERRUPT.LINK_DOWN;
    for (const listener of this.#listeners) listener();
  }

  #up(): void {
    this.#upAt = undefined;
    this.#link = true;
    this.#port.speedMbps = this.#best & BMCR.SPEED_100 ? 100 : 10;
    if (this.#negotiates) this.#regs[R.INTERRUPT_SOURCE]! |= INTERRUPT.AN_COMPLETE;
    for (const listener of this.#listeners) listener();
  }

  settle(): void {
    if (this.#upAt === undefined) this.#timer.cancel();
    else this.#timer.set(this.#upAt);
  }

  save(): Json {
    return {
      registers: [...this.#regs],
      link: this.#link,
      linkHasFailed: this.#linkHasFailed,
      upAt: this.#upAt ?? null,
    };
  }

  load(state: Json): void {
    const saved = state as {
      registers: number[];
      link: boolean;
      linkHasFailed: boolean;
      upAt: number | null;
    };
    this.#regs.set(saved.registers);
    this.#link = saved.link;
    this.#linkHasFailed = saved.linkHasFailed;
    this.#upAt = saved.upAt ?? undefined;
  }
}
