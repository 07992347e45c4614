/**
 * A bad line made by this program, for kernels without netem and for chance that comes from a seed:
 * frames are taken off one interface and put on another when the model says so, to the millisecond.
 */
import { alarm, hostNow, ns, Random } from "../../time/mod.ts";
import { PacketSocket } from "../netns/mod.ts";
import { LineModel } from "./_line.ts";
import type { Impairment } from "./options.ts";

/** What is on the way; beyond it, frames are lost, as in netem. */
const MOST_ON_THE_WAY = 100_000;
/** Between two looks at other work. */
const BATCH = 256;

export class Relay {
  readonly #ends: readonly PacketSocket[];
  readonly #ways: readonly Way[];
  readonly #pumps: readonly Promise<void>[];

  /**
   * @param near the interface towards the host, in `namespace`
   * @param far the interface towards the network
   */
  constructor(namespace: string, near: string, far: string, impairment: Impairment) {
    const ends: PacketSocket[] = this.#ends = [];
    try {
      for (const link of [near, far]) ends.push(new PacketSocket({ name: namespace }, link));
    } catch (error) {
      for (const end of ends) end.close();
      throw error;
    }
    const [host, network] = ends as [PacketSocket, PacketSocket];
    const { direction = "both", seed = 0 } = impairment;
    const way = (name: "out" | "in", from: PacketSocket, to: PacketSocket) => {
      const bad = direction === "both" || direction === name;
      return new Way(from, to, new LineModel(bad ? impairment : {}, new Random(`${seed} ${name}`)));
    };
    this.#ways = [way("out", host, network), way("in", network, host)];
    this.#pumps = this.#ways.map((way) => way.pump());
  }

  /** What is on the way is lost. */
  async close(): Promise<void> {
    for (const way of this.#ways) way.stop();
    await Promise.all(this.#ends.map((end) => end.close()));
    await Promise.all(this.#pumps);
  }
}

interface OnTheWay {
  readonly atNs: number;
  readonly frame: Uint8Array;
}

/** One direction. */
class Way {
  /** By time. */
  readonly #queue: OnTheWay[] = [];
  #cancel = () => {};

  constructor(
    private readonly from: PacketSocket,
    private readonly to: PacketSocket,
    private readonly model: LineModel,
  ) {}

  async pump(): Promise<void> {
    while (await this.from.ready()) {
      for (let count = 0; count < BATCH; count++) {
        const frame = this.from.receive();
        if (!frame) break;
        for (const atNs of this.model.pass(hostNow(), frame.length)) this.#put({ atNs, frame });
      }
      this.#deliver();
    }
  }

  stop(): void {
    this.#cancel();
    this.#queue.length = 0;
  }

  #put(packet: OnTheWay): void {
    if (this.#queue.length >= MOST_ON_THE_WAY) return;
    let at = this.#queue.length;
    while (at > 0 && this.#queue[at - 1]!.atNs > packet.atNs) at--;
    this.#queue.splice(at, 0, packet);
  }

  #deliver(): void {
    const now = hostNow();
    let count = 0;
    while (count < this.#queue.length && this.#queue[count]!.atNs <= now) {
      this.to.send(this.#queue[count++]!.frame);
    }
    this.#queue.splice(0, count);
    this.#cancel();
    const [next] = this.#queue;
    if (next) this.#cancel = alarm(ns(next.atNs - now), () => this.#deliver());
  }
}
