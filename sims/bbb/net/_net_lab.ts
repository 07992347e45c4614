/** Two hosts on a LAN, and a bare port beside them. */
import { Random, VirtualClock } from "sims/engine/mod.ts";
import { type EthernetFrame, formatFrame, parseFrame } from "./ethernet.ts";
import { Host } from "./host.ts";
import { Lan, type LanFaults } from "./lan.ts";

export class NetLab {
  readonly clock = new VirtualClock("test");
  readonly lan: Lan;
  readonly a: Host;
  readonly b: Host;
  /** What came by the bare port. */
  readonly heard: EthernetFrame[] = [];
  readonly #bare;

  constructor(faults: LanFaults = {}) {
    const { clock } = this;
    this.lan = new Lan({ name: "lan", clock, random: new Random(1), faults });
    this.a = this.host("a", 1);
    this.b = this.host("b", 2);
    this.#bare = this.lan.port("bare");
    this.#bare.onFrame = (frame) => {
      const parsed = parseFrame(frame);
      if (parsed) this.heard.push(parsed);
    };
  }

  host(name: string, n: number, gateway?: string): Host {
    return new Host({
      name,
      clock: this.clock,
      port: this.lan.port(name),
      mac: `02:00:00:00:00:0${n}`,
      address: `198.51.100.${n}`,
      ...(gateway && { gateway }),
    });
  }

  /** From the bare port. */
  say(frame: EthernetFrame | Uint8Array): void {
    this.#bare.send(frame instanceof Uint8Array ? frame : formatFrame(frame));
  }

  run(ns = 1_000_000): void {
    this.clock.runTo(this.clock.now() + ns);
  }

  get parts() {
    return [this.lan, this.a, this.b];
  }
}
