/**
 * MDIO of the Ethernet subsystem (AM335x TRM SPRUH73, sections 14.3.8 and 14.5.10). A frame takes its
 * 64 clocks (32 without preamble); while the module is enabled it reads the status of all 32
 * addresses in turn, and user accesses come in between without delaying that.
 */
import type { Json } from "hil/trace/mod.ts";
import {
  defineRegisters,
  type EngineTimer,
  Peripheral,
  type VirtualClock,
} from "sims/engine/mod.ts";
import type { MdioDevice } from "sims/bbb/parts/phy.ts";
import type { ClockInput } from "./clock_input.ts";

const USERACCESS = {
  DATA: [0, 15],
  PHYADR: [16, 20],
  REGADR: [21, 25],
  ACK: 29,
  WRITE: 30,
  GO: 31,
} as const;
const USERPHYSEL = { PHYADDRMON: [0, 4], LINKINTENB: 6, LINKSEL: 7 } as const;

// deno-fmt-ignore
export const MDIO = defineRegisters({
  MDIOVER:            { offset: 0x00, access: "ro", reset: 0x0007_0104, fields: { REVMIN: [0, 7], REVMAJ: [8, 15], MODID: [16, 31] } },
  MDIOCONTROL:        { offset: 0x04, reset: 0x8100_00ff, writable: 0x4016_ffff, fields: { CLKDIV: [0, 15], INTTESTENB: 17, FAULTENB: 18, FAULT: 19, PREAMBLE: 20, HIGHEST_USER_CHANNEL: [24, 28], ENABLE: 30, IDLE: 31 } },
  MDIOALIVE:          { offset: 0x08, access: "w1c" },
  MDIOLINK:           { offset: 0x0c, access: "ro" },
  MDIOLINKINTRAW:     { offset: 0x10, access: "w1c", writable: 3 },
  MDIOLINKINTMASKED:  { offset: 0x14, access: "w1c", writable: 3, of: "MDIOLINKINTRAW" },
  MDIOUSERINTRAW:     { offset: 0x20, access: "w1c", writable: 3 },
  MDIOUSERINTMASKED:  { offset: 0x24, access: "w1c", writable: 3, of: "MDIOUSERINTRAW" },
  MDIOUSERINTMASKSET: { offset: 0x28, access: "w1s", writable: 3 },
  MDIOUSERINTMASKCLR: { offset: 0x2c, access: "w1c", writable: 3, of: "MDIOUSERINTMASKSET" },
  MDIOUSERACCESS0:    { offset: 0x80, writable: 0x63ff_ffff, fields: USERACCESS },
  MDIOUSERPHYSEL0:    { offset: 0x84, writable: 0xdf, fields: USERPHYSEL },
  MDIOUSERACCESS1:    { offset: 0x88, writable: 0x63ff_ffff, fields: USERACCESS },
  MDIOUSERPHYSEL1:    { offset: 0x8c, writable: 0xdf, fields: USERPHYSEL },
});

const R = MDIO.index;
const [GO, WRITE, ACK] = [1 << 31, 1 << 30, 1 << 29];
const [ENABLE, NO_PREAMBLE, INTTEST] = [1 << 30, 1 << 20, 1 << 17];
const LINKINTENB = 1 << 6;
const BMSR = 1;
const BMSR_LINK = 1 << 2;
const ADDRESSES = 32;
const CHANNELS = [
  { access: R.MDIOUSERACCESS0, select: R.MDIOUSERPHYSEL0 },
  { access: R.MDIOUSERACCESS1, select: R.MDIOUSERPHYSEL1 },
] as const;

/** A PHY whose link is watched: the poll that tells a change is an event. */
export type WatchedDevice = MdioDevice & { onLink?(listener: () => void): void };

export class Mdio extends Peripheral<keyof typeof R> {
  /** Called when {@link linkInterrupt} or {@link userInterrupt} may have changed. */
  onInterrupt: (() => void) | undefined;
  readonly #source: ClockInput;
  readonly #devices = new Map<number, WatchedDevice>();
  /** The end of the user access that is on the wire. */
  readonly #access: EngineTimer;
  /** The next poll of an address whose link has changed. */
  readonly #poll: EngineTimer;
  /** When the access of a channel ends. */
  readonly #endsAt: (number | undefined)[] = [undefined, undefined];
  #pollsFrom: number | undefined;
  /** Polls since `#pollsFrom`. */
  #polls = 0;
  #changedAt: number | undefined;

  constructor(options: {
    readonly name?: string;
    readonly clock: VirtualClock;
    readonly source: ClockInput;
    readonly devices: readonly WatchedDevice[];
  }) {
    super(options.name ?? "MDIO", MDIO, options.clock);
    this.#source = options.source;
    this.#access = this.clock.timer(`${this.name} access`, () => this.#endAccesses());
    this.#poll = this.clock.timer(`${this.name} poll`, () => this.#pollChanged());
    for (const device of options.devices) {
      this.#devices.set(device.address, device);
      device.onLink?.(() => {
        this.#changedAt = this.#nextPollOf(device.address);
        this.settle();
      });
    }
    for (const [n, { access }] of CHANNELS.entries()) {
      this.onWrite(n ? "MDIOUSERACCESS1" : "MDIOUSERACCESS0", (written, old) => {
        if (old & GO) this.regs[access] = old;
        else if (written & GO && this.#isEnabled) this.#begin(n);
      });
    }
    this.onWrite("MDIOCONTROL", (_, old) => {
      if ((this.regs[R.MDIOCONTROL]! ^ old) & (ENABLE | NO_PREAMBLE | 0xffff)) this.#restartPolls();
    });
    this.derive("MDIOCONTROL", () => {
      const isIdle = !this.#isEnabled && this.#endsAt.every((t) => t === undefined);
      return ((this.regs[R.MDIOCONTROL]! & 0x7fff_ffff) | (isIdle ? 1 << 31 : 0)) >>> 0;
    });
    this.derive("MDIOLINKINTMASKED", () => this.#linkMasked);
    this.derive("MDIOUSERINTMASKED", () => this.#userMasked);
    this.#testable("MDIOLINKINTRAW", R.MDIOLINKINTRAW);
    this.#testable("MDIOUSERINTRAW", R.MDIOUSERINTRAW);
  }

  get linkInterrupt(): boolean {
    return (this.#linkMasked & 1) !== 0;
  }

  get userInterrupt(): boolean {
    return (this.#userMasked & 1) !== 0;
  }

  /** Accesses end by an alarm; what polls find is caught up with when it is read. */
  override steadyUntil(offset: number): number {
    const isAccess = offset === MDIO.specs.MDIOUSERACCESS0.offset ||
      offset === MDIO.specs.MDIOUSERACCESS1.offset;
    return isAccess ? Infinity : this.clock.now();
  }

  /** INTTESTENB: a program may set what it otherwise clears. */
  #testable(name: "MDIOLINKINTRAW" | "MDIOUSERINTRAW", slot: number): void {
    this.onWrite(name, (written, old) => {
      if (this.regs[R.MDIOCONTROL]! & INTTEST) this.regs[slot] = old | (written & 3);
    });
  }

  get #isEnabled(): boolean {
    return (this.regs[R.MDIOCONTROL]! & ENABLE) !== 0;
  }

  get #linkMasked(): number {
    const enabled = CHANNELS.map(({ select }, n) => this.regs[select]! & LINKINTENB ? 1 << n : 0);
    return this.regs[R.MDIOLINKINTRAW]! & (enabled[0]! | enabled[1]!);
  }

  get #userMasked(): number {
    return this.regs[R.MDIOUSERINTRAW]! & this.regs[R.MDIOUSERINTMASKSET]!;
  }

  /** With CLKDIV 0, or without a clock, nothing moves: then Infinity. */
  get #frameNs(): number {
    const control = this.regs[R.MDIOCONTROL]!;
    const divider = control & 0xffff;
    const { hz } = this.#source;
    if (divider === 0 || hz === 0) return Infinity;
    return Math.ceil(((control & NO_PREAMBLE ? 32 : 64) * (divider + 1) * 1e9) / hz);
  }

  #begin(n: number): void {
    const { access } = CHANNELS[n]!;
    this.regs[access] = (this.regs[access]! & ~ACK) | GO;
    const free = Math.max(this.clock.now(), ...this.#endsAt.filter((t) => t !== undefined));
    const frameNs = this.#frameNs;
    // Without a clock it never ends: GO stays set.
    this.#endsAt[n] = frameNs === Infinity ? undefined : free + frameNs;
  }

  #endAccesses(): void {
    this.sync();
    for (const [n, { access }] of CHANNELS.entries()) {
      if (this.#endsAt[n] !== this.clock.now()) continue;
      this.#endsAt[n] = undefined;
      this.regs[access] = this.#perform(this.regs[access]! & ~GO);
      this.regs[R.MDIOUSERINTRAW]! |= 1 << n;
    }
    this.settle();
  }

  #perform(command: number): number {
    const address = (command >>> 16) & 31;
    const register = (command >>> 21) & 31;
    const device = this.#devices.get(address);
    this.#mark(R.MDIOALIVE, address, device !== undefined);
    if (command & WRITE) {
      device?.write(register, command & 0xffff);
      return command >>> 0;
    }
    const value = device?.read(register) ?? 0xffff;
    if (register === BMSR) this.#noteLink(address, device !== undefined, value);
    return ((command & 0xffff_0000) | value | (device ? ACK : 0)) >>> 0;
  }

  #mark(slot: number, address: number, set: boolean): void {
    this.regs[slot] = set ? this.regs[slot]! | (1 << address) : this.regs[slot]! & ~(1 << address);
  }

  #noteLink(address: number, acknowledged: boolean, bmsr: number): void {
    const before = this.regs[R.MDIOLINK]!;
    this.#mark(R.MDIOLINK, address, acknowledged && (bmsr & BMSR_LINK) !== 0);
    if (this.regs[R.MDIOLINK] === before) return;
    for (const [n, { select }] of CHANNELS.entries()) {
      if ((this.regs[select]! & 31) === address) this.regs[R.MDIOLINKINTRAW]! |= 1 << n;
    }
  }

  #restartPolls(): void {
    this.#polls = 0;
    this.#pollsFrom = this.#isEnabled ? this.clock.now() : undefined;
    this.#changedAt = undefined;
  }

  #nextPollOf(address: number): number | undefined {
    const frameNs = this.#frameNs;
    if (this.#pollsFrom === undefined || frameNs === Infinity) return undefined;
    const done = Math.floor((this.clock.now() - this.#pollsFrom) / frameNs);
    const turns = Math.ceil((done - address) / ADDRESSES);
    return this.#pollsFrom + (Math.max(turns, 0) * ADDRESSES + address + 1) * frameNs;
  }

  #pollChanged(): void {
    this.#changedAt = undefined;
    this.sync();
    // A link that has failed in between says so first, and how it is now at the next poll.
    this.settle();
  }

  /** Catches up with the polls: of each address the last two count, as a failed link is told once. */
  protected override sync(): void {
    if (this.#pollsFrom === undefined) return;
    const frameNs = this.#frameNs;
    if (frameNs === Infinity) return;
    const done = Math.floor((this.clock.now() - this.#pollsFrom) / frameNs);
    if (done === this.#polls) return;
    const first = Math.max(this.#polls, done - 2 * ADDRESSES);
    for (let poll = first; poll < done; poll++) this.#pollOnce(poll % ADDRESSES);
    this.#polls = done;
    this.settle();
  }

  #pollOnce(address: number): void {
    const device = this.#devices.get(address);
    this.#mark(R.MDIOALIVE, address, device !== undefined);
    this.#noteLink(address, device !== undefined, device?.read(BMSR) ?? 0xffff);
    const isBehind = device && ((this.regs[R.MDIOLINK]! >>> address) & 1) === 0;
    // BMSR latches a failed link: the next poll will tell another state.
    if (isBehind && device.onLink) this.#changedAt ??= this.#nextPollOf(address);
  }

  override settle(): void {
    const ends = this.#endsAt.filter((t) => t !== undefined);
    if (ends.length > 0) this.#access.set(Math.min(...ends));
    else this.#access.cancel();
    if (this.#changedAt !== undefined) this.#poll.set(this.#changedAt);
    else this.#poll.cancel();
    this.onInterrupt?.();
  }

  protected override resetMore(): void {
    this.#endsAt.fill(undefined);
    this.#restartPolls();
  }

  protected override saveMore(): Json {
    return {
      endsAt: this.#endsAt.map((t) => t ?? null),
      pollsFrom: this.#pollsFrom ?? null,
      polls: this.#polls,
      changedAt: this.#changedAt ?? null,
    };
  }

  protected override loadMore(state: Json): void {
    const saved = state as {
      endsAt: (number | null)[];
      pollsFrom: number | null;
      polls: number;
      changedAt: number | null;
    };
    for (const [n, t] of saved.endsAt.entries()) this.#endsAt[n] = t ?? undefined;
    this.#pollsFrom = saved.pollsFrom ?? undefined;
    this.#polls = saved.polls;
    this.#changedAt = saved.changedAt ?? undefined;
  }
}
