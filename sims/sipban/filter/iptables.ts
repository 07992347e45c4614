/**
 * iptables, one rule a ban, for hosts that have neither nftables nor ipset. The kernel ends no ban by
 * itself here, and each packet walks the rules one by one: for hundreds of bans, not thousands.
 */
import { Chain, rateRule } from "./_chain.ts";
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

interface Family {
  readonly chain: Chain;
  /** What the chain has now; iptables itself would take the same rule twice. */
  readonly banned: Set<string>;
  readonly limited: Set<string>;
}

export class IptablesFilter implements Filter {
  readonly #families: Readonly<Record<4 | 6, Family>>;
  readonly #rate: string;

  private constructor(options: FilterOptions) {
    const { name, ports, packetsPerSecond, namespace } = { ...FILTER_DEFAULTS, ...options };
    const family = (number: 4 | 6): Family => ({
      chain: new Chain(number, name, namespace),
      banned: new Set(),
      limited: new Set(),
    });
    this.#families = { 4: family(4), 6: family(6) };
    this.#rate = rateRule(name, ports, packetsPerSecond, BURST);
  }

  /**
   * Makes the chains, or takes them over with what is banned in them.
   *
   * @throws FilterError when iptables is not there or refuses
   */
  static async open(options: FilterOptions = {}): Promise<IptablesFilter> {
    const filter = new IptablesFilter(options);
    await filter.#read();
    await filter.#write();
    return filter;
  }

  async ban(entries: readonly Entry[]): Promise<void> {
    await this.#each(uniqueTargets(entries), async ({ chain, banned }, targets) => {
      const fresh = targets.filter((text) => !banned.has(text));
      await chain.add(fresh.map(drop));
      for (const text of fresh) banned.add(text);
    });
  }

  async unban(targets: readonly string[]): Promise<void> {
    await this.#each(targets.map(targetOf), async ({ chain, banned }, texts) => {
      const there = texts.filter((text) => banned.has(text));
      await chain.delete(there.map(drop));
      for (const text of there) banned.delete(text);
    });
  }

  async limit(entries: readonly Entry[]): Promise<void> {
    await this.#each(uniqueTargets(entries), async ({ chain, limited }, targets) => {
      const fresh = targets.filter((text) => !limited.has(text));
      await chain.add(fresh.map(this.#slow));
      for (const text of fresh) limited.add(text);
    });
  }

  async unlimit(targets: readonly string[]): Promise<void> {
    await this.#each(targets.map(targetOf), async ({ chain, limited }, texts) => {
      const there = texts.filter((text) => limited.has(text));
      await chain.delete(there.map(this.#slow));
      for (const text of there) limited.delete(text);
    });
  }

  async list(): Promise<Entry[]> {
    await this.#read();
    return Object.values(this.#families)
      .flatMap(({ banned }) => [...banned].map((target) => ({ target })));
  }

  async intact(): Promise<boolean> {
    const [four, six] = [this.#families[4], this.#families[6]];
    return await four.chain.intact() && await six.chain.intact();
  }

  async renew(): Promise<void> {
    await this.#write();
  }

  async dropped(): Promise<number> {
    return await this.#families[4].chain.dropped() + await this.#families[6].chain.dropped();
  }

  async remove(): Promise<void> {
    for (const { chain } of Object.values(this.#families)) await chain.remove();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #slow = (text: string) => `-s ${text} ${this.#rate}`;

  async #read(): Promise<void> {
    for (const { chain, banned } of Object.values(this.#families)) {
      banned.clear();
      for (const rule of await chain.rules() ?? []) {
        const [, source] = /^-s (\S+) -j DROP$/.exec(rule) ?? [];
        if (source) banned.add(targetOf(source).text);
      }
    }
  }

  /** The chains as they are to be, each in one go. Limits end soon: those of an earlier run are gone. */
  async #write(): Promise<void> {
    for (const { chain, banned, limited } of Object.values(this.#families)) {
      await chain.renew([...[...banned].map(drop), ...[...limited].map(this.#slow)]);
    }
  }

  async #each(
    targets: readonly Target[],
    change: (family: Family, texts: readonly string[]) => Promise<void>,
  ): Promise<void> {
    for (const number of [4, 6] as const) {
      const texts = targets.filter(({ family }) => family === number).map(({ text }) => text);
      if (texts.length > 0) await change(this.#families[number], [...new Set(texts)]);
    }
  }
}

function drop(text: string): string {
  return `-s ${text} -j DROP`;
}
