/** ipset(8): sets with timeouts, and for each of them one rule of iptables. */
import { Chain, rateRule } from "./_chain.ts";
import { run } from "./_process.ts";
import {
  BURST,
  type Entry,
  type Filter,
  FILTER_DEFAULTS,
  type FilterOptions,
  type Target,
  targetOf,
  uniqueTargets,
} from "./filter.ts";

const IPSET = "/usr/sbin/ipset";
/** The kernel's timer cannot do more; longer bans are for ever there, and the daemon ends them. */
const LONGEST_S = 2_147_483;
const FAMILIES = [4, 6] as const;
const KINDS = { ban: "hash:ip", net: "hash:net", limit: "hash:ip" } as const;
type Kind = keyof typeof KINDS;

export class IpsetFilter implements Filter {
  readonly #chains: readonly Chain[];
  readonly #name: string;

  private constructor(private readonly options: FilterOptions) {
    this.#name = options.name ?? FILTER_DEFAULTS.name;
    this.#chains = FAMILIES.map((family) => new Chain(family, this.#name, options.namespace));
  }

  /**
   * Makes the sets, or takes them over with what is in them.
   *
   * @throws FilterError when ipset or iptables is not there or refuses
   */
  static async open(options: FilterOptions = {}): Promise<IpsetFilter> {
    const filter = new IpsetFilter(options);
    await filter.renew();
    return filter;
  }

  async ban(entries: readonly Entry[]): Promise<void> {
    await this.#restore(
      uniqueTargets(entries).map((target) => {
        return `add ${this.#set(target.isNetwork ? "net" : "ban", target)} ${element(target)}`;
      }),
    );
  }

  async unban(targets: readonly string[]): Promise<void> {
    await this.#restore(
      targets.map(targetOf).map((target) => {
        return `del ${this.#set(target.isNetwork ? "net" : "ban", target)} ${target.text}`;
      }),
    );
  }

  async limit(entries: readonly Entry[]): Promise<void> {
    await this.#restore(
      uniqueTargets(entries).map((target) => {
        return `add ${this.#set("limit", target)} ${element(target)}`;
      }),
    );
  }

  async unlimit(targets: readonly string[]): Promise<void> {
    await this.#restore(
      targets.map(targetOf).map((target) => {
        return `del ${this.#set("limit", target)} ${target.text}`;
      }),
    );
  }

  async list(): Promise<Entry[]> {
    const text = await this.#run(["save"]);
    const lines = text.matchAll(/^add (\S+) (\S+)(?: timeout (\d+))?/gm);
    return [...lines].filter(([, set]) => this.#holdsBans(set!)).map(([, , target, seconds]) => ({
      target: targetOf(target!).text,
      ...(Number(seconds) > 0 && { seconds: Number(seconds) }),
    }));
  }

  async intact(): Promise<boolean> {
    for (const chain of this.#chains) {
      if (!await chain.intact() || (await chain.rules())?.length !== 3) return false;
    }
    return true;
  }

  async renew(): Promise<void> {
    await this.#restore(
      FAMILIES.flatMap((family) =>
        Object.entries(KINDS).map(([kind, type]) =>
          `create ${this.#set(kind as Kind, { family })} ${type} ` +
          `family inet${family === 6 ? "6" : ""} timeout 0 maxelem 1000000`
        )
      ),
    );
    const { ports, packetsPerSecond } = { ...FILTER_DEFAULTS, ...this.options };
    for (const chain of this.#chains) {
      const match = (kind: Kind) => `-m set --match-set ${this.#set(kind, chain)} src`;
      await chain.renew([
        `${match("ban")} -j DROP`,
        `${match("net")} -j DROP`,
        `${match("limit")} ${rateRule(this.#name, ports, packetsPerSecond, BURST)}`,
      ]);
    }
  }

  async dropped(): Promise<number> {
    let sum = 0;
    for (const chain of this.#chains) sum += await chain.dropped();
    return sum;
  }

  async remove(): Promise<void> {
    for (const chain of this.#chains) await chain.remove();
    const there = (await this.#run(["list", "-n"])).split("\n");
    const ours = FAMILIES.flatMap((family) =>
      Object.keys(KINDS).map((kind) => this.#set(kind as Kind, { family }))
    );
    await this.#restore(ours.filter((set) => there.includes(set)).map((set) => `destroy ${set}`));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #set(kind: Kind, { family }: Pick<Target, "family">): string {
    return `${this.#name}-${kind}${family}`;
  }

  #holdsBans(set: string): boolean {
    return FAMILIES.some((family) =>
      set === this.#set("ban", { family }) || set === this.#set("net", { family })
    );
  }

  async #restore(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#run(["restore", "-exist"], `${lines.join("\n")}\n`);
  }

  #run(args: readonly string[], input = ""): Promise<string> {
    const { namespace } = this.options;
    return run(IPSET, args, { input, ...(namespace !== undefined && { namespace }) });
  }
}

function element({ text, seconds }: Target & { readonly seconds?: number }): string {
  const whole = seconds === undefined ? 0 : Math.max(1, Math.ceil(seconds));
  return `${text} timeout ${whole > LONGEST_S ? 0 : whole}`;
}
