/**
 * A network of real hosts on this machine: a namespace each, bridges between them, and nothing in
 * the machine's own network (network_namespaces(7), veth(4), tc-netem(8), nft(8)).
 */
import type { Availability } from "../../bench/mod.ts";
import { seconds, withLimit } from "../../time/mod.ts";
import {
  ip,
  ipBatch,
  namespacesRefused,
  newName,
  pathOf,
  removeNamespaces,
  removeOrphans,
  run,
} from "../netns/mod.ts";
import type { PacketRecord } from "../pcap/mod.ts";
import { Inside } from "./_inside.ts";
import { Impairments } from "./_impair.ts";
import {
  bridges,
  type Cable,
  cablesOf,
  configure,
  masquerading,
  plug,
  routesOf,
  settings,
} from "./_plan.ts";
import { LabHost } from "./host.ts";
import type { HostOptions, ImpairedBy, Impairment, LabOptions } from "./options.ts";

const NFT = "/usr/sbin/nft";

export class Lab implements AsyncDisposable {
  readonly #inside = new Inside();
  readonly #hosts = new Map<string, LabHost>();
  readonly #captures = new Set<PacketRecord>();
  readonly #cables: readonly Cable[];
  readonly #name = newName();
  readonly #adopted = new Set<string>();
  readonly #lines = new Impairments(this.#networks, this.#inside);
  /** What was asked for after the options, by port. */
  readonly #impairments = new Map<string, Impairment | undefined>();
  #closing: Promise<void> | undefined;

  private constructor(private readonly options: LabOptions) {
    this.#cables = cablesOf(options);
    const services = {
      inside: this.#inside,
      processEnv: options.processEnv ?? {},
      captures: this.#captures,
      impair: this.#impair.bind(this),
      setLink: this.#setLink.bind(this),
    };
    for (const host of Object.keys(options.hosts)) {
      this.#hosts.set(host, new LabHost(host, `${this.#name}-${host}`, services));
    }
  }

  /**
   * Also removes what killed runs have left. All of it works when it resolves.
   *
   * @throws TypeError for options that no lab can have
   * @throws IpError with what the system refuses
   */
  static async make(options: LabOptions): Promise<Lab> {
    const lab = new Lab(options);
    try {
      await removeOrphans();
      await lab.#make();
    } catch (error) {
      await lab.close().catch(() => {});
      throw error;
    }
    return lab;
  }

  /** @throws TypeError when it has none of that name */
  host(name: string): LabHost {
    const host = this.#hosts.get(name);
    if (host) return host;
    const known = [...this.#hosts.keys()].join(", ");
    throw new TypeError(`Cannot find the host "${name}": the lab has ${known}; name one of these`);
  }

  /**
   * From now on the namespace of a process is this host's, with the links, addresses and routes that
   * the options give it: of a container that was started without a network. Again, after it was
   * started again.
   *
   * @throws TypeError when it is in the network of this process
   */
  async adopt(name: string, pid: number): Promise<void> {
    const { namespace } = this.host(name);
    const cables = this.#cables.filter(({ host }) => host === name);
    await this.#refuseOwn(name, pid);
    await this.#lines.forget(cables);
    // At once, while a namespace takes its time: the ports are free then.
    await ipBatch(cables.map(({ port }) => `link delete ${port}`), {
      namespace: this.#networks,
      force: true,
    });
    // What runs in one that was adopted before is not ours to end.
    if (this.#adopted.has(name)) await ip("netns", "delete", namespace);
    else await removeNamespaces([namespace], { force: true });
    this.#adopted.add(name);
    await ip("netns", "attach", namespace, `${pid}`);
    await this.#build(cables);
  }

  /** Ends captures, kills what still runs in the lab, and removes it. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #networks(): string {
    return `${this.#name}-.networks`;
  }

  get #namespaces(): string[] {
    return [this.#networks, ...[...this.#hosts.values()].map(({ namespace }) => namespace)];
  }

  async #make(): Promise<void> {
    await ipBatch(this.#namespaces.map((name) => `netns add ${name}`));
    const quiet = { "ipv6/conf/default/disable_ipv6": "1" };
    this.#inside.set(pathOf(this.#networks), quiet);
    await ipBatch(bridges(this.options), { namespace: this.#networks });
    await this.#build(this.#cables);
  }

  /** Hosts whose namespaces are there, from their cables on. */
  async #build(cables: readonly Cable[]): Promise<void> {
    const names = new Set(cables.map(({ host }) => host));
    const hosts = [...names].map((name) => [this.host(name), this.options.hosts[name]!] as const);
    for (const [{ path }, options] of hosts) this.#inside.set(path, settings(options));
    const commands = plug(cables, this.options, (host) => this.host(host).namespace);
    await ipBatch(commands, { namespace: this.#networks });
    await Promise.all(hosts.map(([host, options]) => this.#configure(host, options)));
    for (const cable of cables) await this.#carries(cable);
  }

  async #configure(host: LabHost, options: HostOptions): Promise<void> {
    const { namespace, path } = host;
    this.#inside.wire(path, Object.keys(options.links));
    await ipBatch(configure(options), { namespace });
    if (options.masquerade !== undefined) {
      await run("nsenter", [`--net=${path}`, NFT, "-f", "-"], masquerading(options.masquerade));
    }
    for (const { port, link } of this.#cables.filter((cable) => cable.host === host.name)) {
      const asked = this.#impairments;
      const impairment = asked.has(port) ? asked.get(port) : options.links[link]!.impair;
      if (impairment) await this.#impair(host.name, link, impairment);
    }
  }

  /** Whatever is in the namespace of a host is ended with the lab. */
  async #refuseOwn(name: string, pid: number): Promise<void> {
    const probe = `${this.#name}-.adopted`;
    const pids = await ipBatch(
      [`netns attach ${probe} ${pid}`, `netns pids ${probe}`, `netns delete ${probe}`],
    );
    if (!pids.split("\n").includes(`${Deno.pid}`)) return;
    throw new TypeError(
      `Cannot adopt the process "${pid}" as ${name}: it is in the machine's own network; ` +
        `start it in another one, a container with --network none`,
    );
  }

  async #carries({ host, link, port }: Cable): Promise<void> {
    await this.#inside.carry(this.host(host).path, [link]);
    await this.#inside.carry(pathOf(this.#networks), [port]);
  }

  async #setLink(name: string, link: string, state: "up" | "down"): Promise<void> {
    const cable = this.#cable("set", name, link);
    const { namespace } = this.host(name);
    await ipBatch([`link set dev ${link} ${state}`], { namespace });
    if (state === "down") return;
    await this.#carries(cable);
    // Those over another link that is down stay away.
    await ipBatch(routesOf(this.options.hosts[name]!), { namespace, force: true });
  }

  #cable(verb: string, name: string, link: string): Cable {
    const cable = this.#cables.find((cable) => cable.host === name && cable.link === link);
    if (cable) return cable;
    throw new TypeError(`Cannot ${verb} "${link}": ${name} has no such link; name one`);
  }

  async #impair(
    name: string,
    link: string,
    impairment: Impairment | undefined,
  ): Promise<ImpairedBy> {
    const cable = this.#cable("impair", name, link);
    const by = await this.#lines.apply(cable, this.host(name).namespace, impairment);
    this.#impairments.set(cable.port, impairment);
    return by;
  }

  async #close(): Promise<void> {
    try {
      await Promise.all([...this.#captures].map((record) => record.stop()));
    } finally {
      await this.#lines.close();
      this.#inside.close();
      await removeNamespaces(this.#namespaces, { force: true });
    }
  }
}

/** Whether this machine can have labs. */
export async function labAvailable(): Promise<Availability> {
  const remedy = "be root, with CAP_NET_ADMIN and CAP_SYS_ADMIN, and give Deno --allow-ffi; " +
    "apt-get install iproute2 nftables";
  const refused = await withLimit(namespacesRefused(), seconds(10), () => {
    throw new Error("Cannot probe for namespaces: ip has not answered within 10 s; run ip netns");
  });
  if (refused === undefined) return { ok: true };
  return { ok: false, reason: `it makes no network namespaces: ${refused}`, remedy };
}
