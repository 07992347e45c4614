/**
 * A virtual LAN joined to a real network: frames go from a port into it and come from it into the
 * port. There real time meets virtual time. While they are joined the virtual clock runs ahead of
 * the host's by two quanta at most: it waits, and its thread with it. It may fall behind, where
 * simulating takes longer than what is simulated, and while nobody waits on it; that is not caught up
 * with, and real programs see a slow peer.
 *
 * What comes from outside comes when it comes: such a run cannot be replayed, and a snapshot that is
 * restored knows nothing of what real programs remember. So this is no Part.
 */
import type { EngineTimer, VirtualClock } from "sims/engine/mod.ts";
import type { Frame, LanPort } from "./lan.ts";

/** A real network: a packet socket of `hil/drivers/netns`. */
export interface RealNetwork {
  /** Undefined when nothing has come. */
  receive(): Frame | undefined;
  send(frame: Frame): boolean;
  /** Blocks until something comes, for `limitNs` at most. */
  wait(limitNs: number): void;
}

export interface JoinedOptions {
  readonly clock: VirtualClock;
  readonly port: LanPort;
  readonly network: RealNetwork;
  /** The host's clock: `hostNow` of `hil/time`. */
  readonly hostNow: () => number;
  /** How often the network is asked, in virtual time. Default: 1 ms. */
  readonly quantumNs?: number;
}

const QUANTUM_NS = 1_000_000;
/** After frames have come: soon enough for what answers them. */
const SOON_NS = 50_000;
/** Frames from outside at a time: a flood must not keep virtual time from passing. */
const MOST_FRAMES = 64;

export class JoinedNetwork {
  /** Frames that the real network had no room for. */
  lost = 0;
  readonly #options: JoinedOptions;
  readonly #timer: EngineTimer;
  readonly #quantumNs: number;
  /** One instant on both clocks. */
  #since: { readonly virtual: number; readonly host: number };

  constructor(options: JoinedOptions) {
    const { clock, port, hostNow } = this.#options = options;
    this.#quantumNs = options.quantumNs ?? QUANTUM_NS;
    this.#since = { virtual: clock.now(), host: hostNow() };
    this.#timer = clock.timer(`${port.name} joined`, () => this.#meet());
    port.onFrame = (frame, { badFcs }) => {
      if (!badFcs && !options.network.send(frame)) this.lost++;
    };
    this.#timer.set(clock.now() + this.#quantumNs);
  }

  /** How far the virtual clock is ahead of the host's; below 0 when it is behind. */
  get aheadNs(): number {
    const { clock, hostNow } = this.#options;
    const { virtual, host } = this.#since;
    return (clock.now() - virtual) - (hostNow() - host);
  }

  /** The network is not asked any more, and the clock is free. */
  leave(): void {
    this.#timer.cancel();
    this.#options.port.onFrame = undefined;
  }

  #meet(): void {
    const { clock, hostNow, network } = this.#options;
    let taken = this.#takeFrames();
    let aheadNs = this.aheadNs;
    while (aheadNs > 0 && (taken === 0 || aheadNs > 2 * this.#quantumNs)) {
      network.wait(aheadNs);
      taken += this.#takeFrames();
      aheadNs = this.aheadNs;
    }
    if (aheadNs < 0) this.#since = { virtual: clock.now(), host: hostNow() };
    this.#timer.set(clock.now() + (taken > 0 ? SOON_NS : this.#quantumNs));
    // Programs end and pipes fill in real time: who waits for that has to hear of it.
    clock.requestTurn();
  }

  #takeFrames(): number {
    const { network, port } = this.#options;
    for (let taken = 0; taken < MOST_FRAMES; taken++) {
      const frame = network.receive();
      if (!frame) return taken;
      port.send(frame);
    }
    return MOST_FRAMES;
  }
}
