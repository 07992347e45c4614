/** Bad lines of a lab: by the kernel's netem where it has one, and by this program where not. */
import { ipBatch, IpError, pathOf, run } from "../netns/mod.ts";
import type { Inside } from "./_inside.ts";
import { type Cable, checkImpairment, netem } from "./_plan.ts";
import { Relay } from "./_relay.ts";
import type { ImpairedBy, Impairment } from "./options.ts";

const TC = "/usr/sbin/tc";

export class Impairments {
  /** Those that are in force, by the port of the cable. */
  readonly #relays = new Map<string, Relay>();

  /** @param networks the namespace of the bridges */
  constructor(private readonly networks: string, private readonly inside: Inside) {}

  /** @param namespace of the host */
  async apply(
    cable: Cable,
    namespace: string,
    impairment: Impairment | undefined,
  ): Promise<ImpairedBy> {
    if (impairment) checkImpairment(impairment);
    await this.#bypass(cable);
    const byKernel = impairment?.seed === undefined &&
      await this.#shape(cable, namespace, impairment);
    if (byKernel || !impairment) return "kernel";
    await this.#shape(cable, namespace, undefined);
    await this.#relay(cable, impairment);
    return "program";
  }

  /** Of cables that are cut: nothing is left to relay. */
  async forget(cables: readonly Cable[]): Promise<void> {
    for (const cable of cables) await this.#bypass(cable);
  }

  async close(): Promise<void> {
    const relays = [...this.#relays.values()];
    this.#relays.clear();
    await Promise.all(relays.map((relay) => relay.close()));
  }

  /** @returns false when the kernel has no netem */
  async #shape(
    cable: Cable,
    host: string,
    impairment: Impairment | undefined,
  ): Promise<boolean> {
    const words = impairment && netem(impairment);
    const { direction = "both" } = impairment ?? {};
    const ends = [
      { way: "out", namespace: host, device: cable.link },
      { way: "in", namespace: this.networks, device: cable.port },
    ];
    for (const { way, namespace, device } of ends) {
      const bad = words !== undefined && (direction === "both" || direction === way);
      const change = bad ? `replace dev ${device} root ${words}` : `delete dev ${device} root`;
      try {
        await run(TC, ["-netns", namespace, "qdisc", ...change.split(" ")]);
      } catch (error) {
        // There is none to delete when the link was left alone.
        if (!bad) continue;
        if (error instanceof IpError && /qdisc kind is unknown/.test(error.said)) return false;
        throw error;
      }
    }
    return true;
  }

  /** Cuts the cable before its port of the bridge, and sits in between. */
  async #relay({ port, network }: Cable, impairment: Impairment): Promise<void> {
    const [near, far] = relayLinks(port);
    await ipBatch([
      `link add ${near} type veth peer name ${far}`,
      `link set dev ${port} nomaster`,
      `link set dev ${far} master ${network} up`,
      `link set dev ${near} up`,
    ], { namespace: this.networks });
    await this.inside.carry(pathOf(this.networks), [near, far]);
    this.#relays.set(port, new Relay(this.networks, port, near, impairment));
  }

  async #bypass({ port, network }: Cable): Promise<void> {
    const relay = this.#relays.get(port);
    if (!relay) return;
    this.#relays.delete(port);
    await relay.close();
    const commands = [
      `link delete ${relayLinks(port)[0]}`,
      `link set dev ${port} master ${network}`,
    ];
    await ipBatch(commands, { namespace: this.networks });
  }
}

/** "near1" and "far1" for "port1". */
function relayLinks(port: string): readonly [near: string, far: string] {
  return [port.replace("port", "near"), port.replace("port", "far")];
}
