/**
 * ALE: where the Ethernet switch sends a frame, and what it learns (AM335x TRM SPRUH73, sections
 * 14.3.2.7 and 14.5.1). Rate limits are not modelled: nothing is ever dropped by them.
 */
import type { Json } from "hil/trace/mod.ts";
import { Peripheral, type VirtualClock } from "sims/engine/mod.ts";
import type { Frame } from "sims/bbb/net/lan.ts";
import { AleEntry, ENTRY_TYPE, learnedEntry, type VlanMasks } from "./cpsw_ale_entry.ts";
import { CPSW_ALE } from "./cpsw_registers.ts";

const R = CPSW_ALE.index;
const CONTROL = {
  AUTH_MODE: 1 << 1,
  VLAN_AWARE: 1 << 2,
  BYPASS: 1 << 4,
  OUI_DENY: 1 << 5,
  VID0_MODE: 1 << 6,
  LEARN_NO_VID: 1 << 7,
  P0_UNI_FLOOD: 1 << 8,
  AGE_OUT_NOW: 1 << 29,
  CLEAR_TABLE: 1 << 30,
  ENABLE: 1 << 31,
} as const;
const PORTCTL = {
  DROP_UNTAGGED: 1 << 2,
  VID_INGRESS_CHECK: 1 << 3,
  NO_LEARN: 1 << 4,
  NO_SA_UPDATE: 1 << 5,
} as const;
const PORT_STATE = { DISABLED: 0, BLOCKED: 1, LEARN: 2, FORWARD: 3 } as const;
const [HOST, ALL_PORTS] = [0, 7];
const ENTRIES = 1024;
const WRITE_RDZ = 1 << 31;

/** A frame as it comes into the switch. */
export interface Ingress {
  readonly frame: Frame;
  /** 0: the host. */
  readonly port: number;
  /** It has an error, and goes to the host all the same (RX_CEF_EN and the like). */
  readonly error?: boolean;
  /** The host names the port that it goes to. */
  readonly directed?: number | undefined;
  /** VLAN of a frame without a tag: PORT_VID. */
  readonly portVid: number;
}

export interface Egress {
  /** Ports it goes to, as a mask. */
  readonly ports: number;
  /** Ports that it leaves without a tag. */
  readonly untagged: number;
  readonly vid: number;
  readonly isTagged: boolean;
}

/** What a lookup needs to know of a frame. */
interface Looked {
  readonly ingress: Ingress;
  readonly vid: number;
  readonly isTagged: boolean;
  readonly isPriorityTagged: boolean;
  readonly vlan: VlanMasks;
  readonly vlanFound: boolean;
  readonly source: AleEntry | undefined;
  readonly destination: AleEntry | undefined;
  readonly isMulticast: boolean;
  readonly isBroadcast: boolean;
  readonly isSuper: boolean;
}

export class Ale extends Peripheral<keyof typeof R> {
  readonly #words = new Uint32Array(3 * ENTRIES);
  readonly #entries = Array.from({ length: ENTRIES }, (_, n) => new AleEntry(this.#words, n));
  /** Those that are not free, in the order of the table; made again when that has changed. */
  #used: readonly AleEntry[] | undefined;

  constructor(options: { readonly name?: string; readonly clock: VirtualClock }) {
    super(options.name ?? "CPSW_ALE", CPSW_ALE, options.clock);
    this.onWrite("CONTROL", (written) => {
      if (written & CONTROL.CLEAR_TABLE) this.#clear();
      if (written & CONTROL.AGE_OUT_NOW) this.#ageOut();
      this.regs[R.CONTROL]! &= ~(CONTROL.CLEAR_TABLE | CONTROL.AGE_OUT_NOW);
    });
    this.onWrite("TBLCTL", (written) => this.#transfer(written));
  }

  /** All changes are the program's own, or a frame's. */
  override steadyUntil(): number {
    return Infinity;
  }

  #transfer(control: number): void {
    const index = control & (ENTRIES - 1);
    const { regs } = this;
    if (control & WRITE_RDZ) {
      this.#store(index, [regs[R.TBLW0]!, regs[R.TBLW1]!, regs[R.TBLW2]!]);
      return;
    }
    regs[R.TBLW0] = this.#words[3 * index]!;
    regs[R.TBLW1] = this.#words[3 * index + 1]!;
    regs[R.TBLW2] = this.#words[3 * index + 2]!;
  }

  #store(index: number, words: readonly number[]): void {
    this.#words.set(words, 3 * index);
    this.#used = undefined;
  }

  #clear(): void {
    this.#words.fill(0);
    this.#used = undefined;
  }

  #ageOut(): void {
    for (const entry of this.#inUse) {
      if (!entry.isAgeable) continue;
      if (entry.state === 3) entry.untouch();
      else entry.free();
    }
    this.#used = undefined;
  }

  get #inUse(): readonly AleEntry[] {
    return this.#used ??= this.#entries.filter(({ type }) => type !== ENTRY_TYPE.FREE);
  }

  #has(bit: number): boolean {
    return (this.regs[R.CONTROL]! & bit) !== 0;
  }

  /** Where a frame goes. Learns from it. */
  forward(ingress: Ingress): Egress {
    const looked = this.#look(ingress);
    const { vid, isTagged, vlan } = looked;
    const ports = this.#has(CONTROL.ENABLE) ? this.#egress(looked, this.#ports(looked)) : 0;
    if (this.#has(CONTROL.ENABLE) && !ingress.error) this.#learn(looked);
    return { ports, untagged: vlan.untagged, vid, isTagged };
  }

  #look(ingress: Ingress): Looked {
    const { frame, portVid } = ingress;
    const isTagged = frame[12] === 0x81 && frame[13] === 0;
    const tagVid = isTagged ? ((frame[14]! & 15) << 8) | frame[15]! : 0;
    const isPriorityTagged = isTagged && tagVid === 0;
    const vid = isTagged && tagVid !== 0 ? tagVid : this.#has(CONTROL.VID0_MODE) ? 0 : portVid;
    const isAware = this.#has(CONTROL.VLAN_AWARE);
    const entry = isAware
      ? this.#inUse.find((each) => each.type === ENTRY_TYPE.VLAN && each.vid === vid)
      : undefined;
    const destination = this.#find(addressAt(frame, 0), vid);
    return {
      ingress,
      vid,
      isTagged,
      isPriorityTagged,
      vlan: entry?.vlan ?? (isAware ? this.#unknownVlan : UNAWARE),
      vlanFound: entry !== undefined,
      source: this.#find(sourceOf(frame), vid),
      destination,
      isMulticast: (frame[0]! & 1) !== 0,
      isBroadcast: isBroadcast(frame),
      isSuper: destination?.isSuper ?? false,
    };
  }

  get #unknownVlan(): VlanMasks {
    const unknown = this.regs[R.UNKNOWN_VLAN]!;
    return {
      members: unknown & ALL_PORTS,
      unregisteredFlood: (unknown >>> 8) & ALL_PORTS,
      registeredFlood: (unknown >>> 16) & ALL_PORTS,
      untagged: (unknown >>> 24) & ALL_PORTS,
    };
  }

  /** Without a VLAN or of this one. */
  #find({ high16, low32 }: MacAddress, vid: number): AleEntry | undefined {
    return this.#inUse.find((entry) =>
      entry.hasAddress(high16, low32) && !entry.isOui &&
      (entry.type === ENTRY_TYPE.ADDRESS || entry.vid === vid)
    );
  }

  #isOui({ high16, low32 }: MacAddress): boolean {
    return this.#inUse.some((entry) => entry.isOui && entry.hasAddress(high16, low32));
  }

  #stateOf(port: number): number {
    return this.regs[R.PORTCTL + port]! & 3;
  }

  /** Ingress filtering and lookup (14.3.2.7.2.1 to .3), before what leaves is filtered. */
  #ports(looked: Looked): number {
    const { ingress: { port, directed, error, frame }, source, destination } = looked;
    if (this.#stateOf(port) === PORT_STATE.DISABLED) return 0;
    if (directed !== undefined) return 1 << directed;
    if ((this.#has(CONTROL.BYPASS) || error) && port !== HOST) return 1 << HOST;
    if (this.#isBlocked(source) || this.#isBlocked(destination)) return 0;
    if (source?.secure && !source.block && source.port !== port) return 0;
    if (!looked.isSuper && this.#isRefusedByVlan(looked)) return 0;
    if (this.#has(CONTROL.AUTH_MODE) && !source && !looked.isSuper) return 0;
    if (sameAddresses(frame)) return 0;
    return this.#forwarding(looked, this.#lookup(looked));
  }

  #isBlocked(entry: AleEntry | undefined): boolean {
    return entry !== undefined && !entry.isMulticast && entry.block && !entry.secure;
  }

  #isRefusedByVlan({ ingress, isTagged, isPriorityTagged, vlan }: Looked): boolean {
    const control = this.regs[R.PORTCTL + ingress.port]!;
    const isUntagged = !isTagged || (isPriorityTagged && !this.#has(CONTROL.VID0_MODE));
    if (control & PORTCTL.DROP_UNTAGGED && isUntagged) return true;
    return (control & PORTCTL.VID_INGRESS_CHECK) !== 0 && !(vlan.members & (1 << ingress.port));
  }

  /** Sections 14.3.2.7.2.2 and .3, which are word for word the same. */
  #lookup({ destination, isMulticast, isBroadcast, isSuper, vlan }: Looked): number {
    if (!isMulticast) {
      if (destination?.isDlr) return vlan.members & ~(1 << HOST);
      if (destination) {
        return isSuper ? 1 << destination.port : 1 << destination.port & vlan.members;
      }
      const host = this.#has(CONTROL.P0_UNI_FLOOD) ? 0 : 1 << HOST;
      return vlan.members & ~host;
    }
    if (destination) {
      return isSuper
        ? destination.portMask
        : vlan.registeredFlood & destination.portMask & vlan.members;
    }
    return isBroadcast ? vlan.members : vlan.unregisteredFlood & vlan.members;
  }

  /** The forward state test: the receiving port, and each one that the frame would leave by. */
  #forwarding({ ingress: { port }, destination, isMulticast, isSuper }: Looked, ports: number) {
    let least: number = PORT_STATE.FORWARD;
    if (isMulticast && destination) least = [3, 1, 2, 3][destination.state]!;
    else if (isSuper) least = PORT_STATE.BLOCKED;
    if (this.#stateOf(port) < least) return 0;
    let open = ports;
    for (let each = 0; each < 3; each++) {
      if (this.#stateOf(each) !== PORT_STATE.FORWARD) open &= ~(1 << each);
    }
    return open;
  }

  #egress(looked: Looked, ports: number): number {
    const { ingress: { port, error, frame }, isMulticast, isSuper } = looked;
    let left = ports & ~(1 << port);
    for (let each = 0; each < 3; each++) {
      if (this.#stateOf(each) === PORT_STATE.DISABLED) left &= ~(1 << each);
    }
    const passes = this.#has(CONTROL.BYPASS) || error || (isMulticast && isSuper);
    if (this.#has(CONTROL.OUI_DENY) && !passes && !this.#isOui(sourceOf(frame))) {
      left &= ~(1 << HOST);
    }
    return left;
  }

  /** Sections 14.3.2.7.3.1 to .3. */
  #learn(looked: Looked): void {
    const { ingress: { port, frame }, source, vid, isTagged, vlan, vlanFound } = looked;
    const control = this.regs[R.PORTCTL + port]!;
    if (source?.isAgeable) source.touch();
    const isAware = this.#has(CONTROL.VLAN_AWARE);
    if (this.#stateOf(port) < PORT_STATE.LEARN || this.#has(CONTROL.AUTH_MODE)) return;
    if (!isTagged && control & PORTCTL.DROP_UNTAGGED) return;
    if (isAware && !vlanFound && vlan.members === 0) return;
    const isMember = (vlan.members & (1 << port)) !== 0;
    if (control & PORTCTL.VID_INGRESS_CHECK && vlanFound && !isMember) return;
    if (source) {
      if (source.isDlr || source.secure || source.block) return;
      if (!(control & PORTCTL.NO_SA_UPDATE)) source.port = port;
    } else if (!(control & PORTCTL.NO_LEARN)) {
      const kept = isAware && !this.#has(CONTROL.LEARN_NO_VID) ? vid : undefined;
      this.#add(learnedEntry(sourceOf(frame), { port, vid: kept }));
    }
  }

  /** Into the first free entry; a full table learns nothing until it is aged. */
  #add(words: readonly number[]): void {
    const free = this.#entries.find(({ type }) => type === ENTRY_TYPE.FREE);
    if (free) this.#store(free.index, words);
  }

  protected override resetMore(): void {
    this.#clear();
  }

  /** What is not 0: a free entry may hold what a program has written into it. */
  protected override saveMore(): Json {
    return this.#entries
      .map(({ index }) => [index, ...this.#words.subarray(3 * index, 3 * index + 3)])
      .filter(([, ...words]) => words.some((word) => word !== 0));
  }

  protected override loadMore(state: Json): void {
    this.#clear();
    for (const [index, ...words] of state as number[][]) this.#store(index!, words);
  }
}

const UNAWARE: VlanMasks = {
  members: ALL_PORTS,
  unregisteredFlood: ALL_PORTS,
  registeredFlood: ALL_PORTS,
  untagged: 0,
};

interface MacAddress {
  readonly high16: number;
  readonly low32: number;
}

function addressAt(frame: Frame, at: number): MacAddress {
  const byte = (n: number) => frame[at + n]!;
  const low32 = ((byte(2) << 24) | (byte(3) << 16) | (byte(4) << 8) | byte(5)) >>> 0;
  return { high16: (byte(0) << 8) | byte(1), low32 };
}

/** 14.3.2.7.1: the group bit of a source address is cleared before anything else. */
function sourceOf(frame: Frame): MacAddress {
  const { high16, low32 } = addressAt(frame, 6);
  return { high16: high16 & ~0x100, low32 };
}

function isBroadcast(frame: Frame): boolean {
  for (let i = 0; i < 6; i++) if (frame[i] !== 0xff) return false;
  return true;
}

function sameAddresses(frame: Frame): boolean {
  for (let i = 0; i < 6; i++) if (frame[i] !== frame[i + 6]) return false;
  return true;
}
