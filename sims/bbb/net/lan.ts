/**
 * An Ethernet segment in virtual time: what one port sends arrives at all others, after the time
 * that the line takes (IEEE 802.3: preamble, frame, FCS, inter-packet gap). Each port has a pair of
 * its own to send on, so nothing collides; a port is as fast as what is plugged into it.
 *
 * Faults are drawn for each frame from the seed and the frame's number, so they do not depend on
 * who else draws, and a restored segment draws the same.
 */
import type { Json } from "hil/trace/mod.ts";
import { type EngineTimer, type Part, Random, type VirtualClock } from "sims/engine/mod.ts";
import { drawFate, type Fate, type LanFaults, LOST } from "./lan_faults.ts";

export type { Fate, LanFaults } from "./lan_faults.ts";

/** A frame on the segment, from the destination address on, without FCS. Nobody changes the bytes. */
export type Frame = Uint8Array;

/** What the receiver's hardware knows of a frame beside its bytes. */
export interface Reception {
  /** Bits were lost on the line: a network chip drops and counts it. */
  readonly badFcs: boolean;
}

/** Where something is plugged in. */
export interface LanPort {
  readonly name: string;
  /** Megabits a second: 10 or 100. */
  speedMbps: number;
  /** Whether the cable is in. Without it, nothing arrives and what is sent is lost. */
  readonly plugged: boolean;
  plug(): void;
  unplug(): void;
  /** When the line is free for the next frame, with the gap that has to be before it. */
  readonly freeAt: number;
  /** Called when the last bit of a frame has arrived. */
  onFrame: ((frame: Frame, reception: Reception) => void) | undefined;
  /** Called when the cable was put in or pulled. */
  onPlug: (() => void) | undefined;
  /** Sends after what was sent before; padded to 60 bytes, as hardware does. */
  send(frame: Frame): void;
}

/** What an observer sees, once for each frame: when it has arrived, or would have. */
export interface ObservedFrame {
  /** Counted from 1 on this segment. */
  readonly number: number;
  readonly t: number;
  /** The port that sent it. */
  readonly from: string;
  /** As it was sent. */
  readonly frame: Frame;
  readonly fate: Fate;
}

export interface LanOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Draws faults. Without it there are none. */
  readonly random?: Random;
  readonly faults?: LanFaults;
}

interface Flight {
  readonly number: number;
  readonly at: number;
  readonly from: string;
  readonly fate: Fate;
  readonly sent: Frame;
  /** What arrives; absent when nothing does. */
  readonly arrives: Frame | undefined;
  /** The second arrival of a frame: nobody observes it again. */
  readonly again: boolean;
}

type SavedFlight = Omit<Flight, "sent" | "arrives"> & { sent: string; arrives: string | null };

/** Bytes of preamble, start delimiter and FCS, and the gap after a frame. */
const AROUND_FRAME = 8 + 4;
const GAP = 12;
export const SHORTEST_FRAME = 60;
/** 2 m of cable and two transceivers: some 300 ns. */
const LATENCY_NS = 300;

/** How long a frame takes on the line, without the gap. */
export function lineTimeNs(bytes: number, speedMbps: number): number {
  return Math.ceil(((Math.max(bytes, SHORTEST_FRAME) + AROUND_FRAME) * 8000) / speedMbps);
}

/**
 * @example
 * ```ts
 * import { Lan } from "./lan.ts";
 * import { VirtualClock } from "sims/engine/mod.ts";
 * const clock = new VirtualClock("lab");
 * const lan = new Lan({ name: "lan", clock });
 * const [a, b] = [lan.port("a"), lan.port("b")];
 * b.onFrame = (frame) => console.log(clock.now(), frame.length); // 6060 60
 * a.send(new Uint8Array(60));
 * clock.runTo(10_000);
 * ```
 */
export class Lan implements Part {
  readonly version = 1;
  readonly name: string;
  /** May change at any time; counts for frames that are sent from then on. */
  faults: LanFaults;
  /** For one frame that has to be lost: asked before chance is. */
  intercept: ((frame: Frame, from: string) => "lost" | undefined) | undefined;
  /** Draws faults: by its seed and the number of the frame. */
  random: Random;
  readonly #clock: VirtualClock;
  readonly #timer: EngineTimer;
  readonly #ports = new Map<string, Port>();
  readonly #observers: ((frame: ObservedFrame) => void)[] = [];
  /** Earliest first; of one instant the one sent first. */
  #flying: Flight[] = [];
  #frames = 0;

  constructor(options: LanOptions) {
    this.name = options.name;
    this.#clock = options.clock;
    this.random = options.random ?? new Random(0);
    this.faults = options.faults ?? {};
    this.#timer = options.clock.timer(options.name, () => this.#arrive());
  }

  /** @throws RangeError when there is one of that name */
  port(name: string): LanPort {
    if (this.#ports.has(name)) {
      throw new RangeError(
        `Cannot add port "${name}" to "${this.name}": there is one of that name; choose another`,
      );
    }
    const port = new Port(name, this.#clock, (frame, end) => this.#send(port, frame, end));
    this.#ports.set(name, port);
    return port;
  }

  /** Sees each frame once, with what became of it. */
  observe(observer: (frame: ObservedFrame) => void): void {
    this.#observers.push(observer);
  }

  #send(port: Port, sent: Frame, end: number): void {
    const number = ++this.#frames;
    const isPicked = this.intercept?.(sent, port.name) === "lost";
    const random = this.random.fork(`${this.name}/${number}`);
    const { fate, arrives, delayNs, again } = isPicked ? LOST : drawFate(sent, this.faults, random);
    // What is delayed by chance keeps its place behind what was sent before; only reordering breaks it.
    let at = end + LATENCY_NS + delayNs;
    if (fate !== "delayed") {
      at = Math.max(at, port.lastArrival);
      port.lastArrival = at;
    }
    const flight: Flight = { number, at, from: port.name, fate, sent, arrives, again: false };
    this.#launch(flight);
    if (again) this.#launch({ ...flight, at: at + LATENCY_NS, again: true });
    this.settle();
  }

  #launch(flight: Flight): void {
    let place = this.#flying.length;
    while (place > 0 && this.#flying[place - 1]!.at > flight.at) place--;
    this.#flying.splice(place, 0, flight);
  }

  #arrive(): void {
    while (this.#flying[0] && this.#flying[0].at <= this.#clock.now()) {
      const flight = this.#flying.shift()!;
      if (!flight.again) this.#tell(flight);
      this.#deliver(flight);
    }
    this.settle();
  }

  #tell({ number, at, from, sent, fate }: Flight): void {
    for (const observer of this.#observers) observer({ number, t: at, from, frame: sent, fate });
  }

  #deliver({ from, arrives, fate }: Flight): void {
    if (!arrives) return;
    for (const port of this.#ports.values()) {
      if (port.name === from || !port.plugged) continue;
      port.onFrame?.(arrives, { badFcs: fate === "corrupted" });
    }
  }

  settle(): void {
    const next = this.#flying[0];
    if (next) this.#timer.set(next.at);
    else this.#timer.cancel();
  }

  save(): Json {
    return {
      frames: this.#frames,
      ports: Object.fromEntries([...this.#ports].map(([name, port]) => [name, port.save()])),
      flying: this.#flying.map((flight) => ({
        ...flight,
        sent: flight.sent.toBase64(),
        arrives: flight.arrives?.toBase64() ?? null,
      })),
    };
  }

  load(state: Json): void {
    const saved = state as unknown as {
      frames: number;
      ports: Record<string, SavedPort>;
      flying: SavedFlight[];
    };
    this.#frames = saved.frames;
    for (const [name, port] of this.#ports) {
      const of = saved.ports[name];
      if (of) port.load(of);
    }
    this.#flying = saved.flying.map((flight) => ({
      ...flight,
      sent: Uint8Array.fromBase64(flight.sent),
      arrives: flight.arrives === null ? undefined : Uint8Array.fromBase64(flight.arrives),
    }));
  }
}

type SavedPort = {
  plugged: boolean;
  freeAt: number;
  lastArrival: number;
  speedMbps: number;
};

class Port implements LanPort {
  speedMbps = 100;
  onFrame: ((frame: Frame, reception: Reception) => void) | undefined;
  onPlug: (() => void) | undefined;
  /** When the last frame that keeps the order arrives. */
  lastArrival = 0;
  #plugged = true;
  #freeAt = 0;

  constructor(
    readonly name: string,
    private readonly clock: VirtualClock,
    private readonly sent: (frame: Frame, end: number) => void,
  ) {}

  get plugged(): boolean {
    return this.#plugged;
  }

  get freeAt(): number {
    return Math.max(this.#freeAt, this.clock.now());
  }

  plug(): void {
    this.#set(true);
  }

  unplug(): void {
    this.#set(false);
  }

  #set(plugged: boolean): void {
    if (this.#plugged === plugged) return;
    this.#plugged = plugged;
    this.onPlug?.();
  }

  send(frame: Frame): void {
    const end = this.freeAt + lineTimeNs(frame.length, this.speedMbps);
    this.#freeAt = end + (GAP * 8000) / this.speedMbps;
    if (this.#plugged) this.sent(padded(frame), end);
  }

  save(): SavedPort {
    const { lastArrival, speedMbps } = this;
    return { plugged: this.#plugged, freeAt: this.#freeAt, lastArrival, speedMbps };
  }

  load(saved: SavedPort): void {
    this.#plugged = saved.plugged;
    this.#freeAt = saved.freeAt;
    this.lastArrival = saved.lastArrival;
    this.speedMbps = saved.speedMbps;
  }
}

/** A copy: the sender may use its buffer again. */
function padded(frame: Frame): Frame {
  const copy = new Uint8Array(Math.max(frame.length, SHORTEST_FRAME));
  copy.set(frame);
  return copy;
}
