/**
 * nftables (nft(8)): sets with timeouts in a table of our own, before connection tracking (priority
 * -310), by one nft process that stays. When it dies, or somebody flushes the rules, it begins anew.
 */
import { NftError, NftSession } from "hil/drivers/nft/mod.ts";
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

type Timed = Target & { readonly seconds?: number };
type Kind = "ban" | "net" | "limit";
type Value = string | { readonly prefix: { readonly addr: string; readonly len: number } } | {
  readonly elem: { readonly val: Value; readonly expires?: number };
};

/** Commands of more elements are split: nft takes a long line slowly. */
const MOST_AT_ONCE = 500;
const FAMILIES = [4, 6] as const;
const KINDS: readonly Kind[] = ["ban", "net", "limit"];

export class NftFilter implements Filter {
  readonly #table: string;
  #session: NftSession;

  private constructor(session: NftSession, private readonly options: FilterOptions) {
    this.#session = session;
    this.#table = options.name ?? FILTER_DEFAULTS.name;
  }

  /**
   * Makes the table, or takes it over with what is banned in it.
   *
   * @throws NftError when nft is not there or refuses
   */
  static async open(options: FilterOptions = {}): Promise<NftFilter> {
    const filter = new NftFilter(await NftSession.open(sessionOptions(options)), options);
    try {
      await filter.#session.run(layOut(options));
      return filter;
    } catch (error) {
      await filter.close();
      throw error;
    }
  }

  async ban(entries: readonly Entry[]): Promise<void> {
    const all = uniqueTargets(entries);
    await this.#put("ban", all.filter(({ isNetwork }) => !isNetwork));
    await this.#put("net", all.filter(({ isNetwork }) => isNetwork));
  }

  async limit(entries: readonly Entry[]): Promise<void> {
    await this.#put("limit", uniqueTargets(entries));
  }

  async unban(targets: readonly string[]): Promise<void> {
    const all = targets.map(targetOf);
    await this.#take("ban", all.filter(({ isNetwork }) => !isNetwork));
    await this.#take("net", all.filter(({ isNetwork }) => isNetwork));
  }

  async unlimit(targets: readonly string[]): Promise<void> {
    await this.#take("limit", targets.map(targetOf));
  }

  async list(): Promise<Entry[]> {
    const listed: Entry[] = [];
    for (const kind of ["ban", "net"]) {
      for (const family of FAMILIES) {
        const answer = await this.#session.query(`list set inet ${this.#table} ${kind}${family}`);
        const set = answer.find((item) => "set" in item)?.["set"] as { elem?: readonly Value[] };
        for (const value of set.elem ?? []) listed.push(entryOf(value));
      }
    }
    return listed;
  }

  async intact(): Promise<boolean> {
    try {
      return (await this.#rules()).length === KINDS.length * FAMILIES.length;
    } catch (error) {
      if (error instanceof NftError) return false;
      throw error;
    }
  }

  async renew(): Promise<void> {
    try {
      await this.#session.run(layOut(this.options));
    } catch {
      await this.#session.close();
      this.#session = await NftSession.open(sessionOptions(this.options));
      await this.#session.run(layOut(this.options));
    }
  }

  async dropped(): Promise<number> {
    return (await this.#rules()).flat()
      .reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0);
  }

  async remove(): Promise<void> {
    // Made first, lest it be gone already.
    await this.#session.run(`add table inet ${this.#table}; delete table inet ${this.#table}`);
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async #rules(): Promise<readonly { counter?: { packets: number } }[][]> {
    const answer = await this.#session.query(`list chain inet ${this.#table} prerouting`);
    return answer.flatMap(({ rule }) => rule ? [(rule as { expr: [] }).expr] : []);
  }

  /**
   * Before Linux 6.12 an element that is there keeps its timeout when it is added, and one that is not
   * there cannot be deleted: so it is made to be there first. In one transaction nobody sees it gone.
   */
  async #put(kind: Kind, targets: readonly Timed[]): Promise<void> {
    await this.#change(kind, targets, (set, some) => {
      const timed = some.map(({ text, seconds }) =>
        seconds === undefined ? text : `${text} timeout ${Math.max(1, Math.ceil(seconds * 1e3))}ms`
      );
      const bare = some.map(({ text }) => text);
      return `${exchange(set, bare)}; add element ${set} { ${timed.join(", ")} }`;
    });
  }

  async #take(kind: Kind, targets: readonly Target[]): Promise<void> {
    await this.#change(kind, targets, (set, some) => exchange(set, some.map(({ text }) => text)));
  }

  async #change(
    kind: Kind,
    targets: readonly Timed[],
    command: (set: string, targets: readonly Timed[]) => string,
  ): Promise<void> {
    for (const family of FAMILIES) {
      const some = targets.filter((target) => target.family === family);
      for (let at = 0; at < some.length; at += MOST_AT_ONCE) {
        const set = `inet ${this.#table} ${kind}${family}`;
        await this.#session.run(command(set, some.slice(at, at + MOST_AT_ONCE)));
      }
    }
  }
}

function exchange(set: string, texts: readonly string[]): string {
  const bare = [...new Set(texts)].join(", ");
  return `add element ${set} { ${bare} }; delete element ${set} { ${bare} }`;
}

function sessionOptions({ namespace }: FilterOptions) {
  return namespace === undefined ? {} : { namespace };
}

function entryOf(value: Value): Entry {
  if (typeof value === "string") return { target: targetOf(value).text };
  if ("prefix" in value) {
    return { target: targetOf(`${value.prefix.addr}/${value.prefix.len}`).text };
  }
  const { val, expires } = value.elem;
  return { ...entryOf(val), ...(expires !== undefined && { seconds: expires }) };
}

/** Sets that are there keep what is in them. */
function layOut(options: FilterOptions): string {
  const { name: table, ports, packetsPerSecond } = { ...FILTER_DEFAULTS, ...options };
  const chain = `inet ${table} prerouting`;
  const sets = FAMILIES.flatMap((family) => {
    const type = `type ipv${family}_addr`;
    const set = (name: string, flags: string) =>
      `add set inet ${table} ${name}${family} { ${type}; ${flags}; }`;
    return [
      set("ban", "flags timeout"),
      set("net", "flags interval, timeout"),
      set("limit", "flags timeout"),
      set("rate", "size 65536; flags dynamic, timeout; timeout 1m"),
    ];
  });
  const rules = FAMILIES.flatMap((family) => {
    const source = family === 4 ? "ip saddr" : "ip6 saddr";
    const rate = `${source} limit rate over ${packetsPerSecond}/second burst ${BURST} packets`;
    return [
      `add rule ${chain} ${source} @ban${family} counter drop`,
      `add rule ${chain} ${source} @net${family} counter drop`,
      `add rule ${chain} ${source} @limit${family} udp dport { ${ports.join(", ")} } ` +
      `update @rate${family} { ${rate} } counter drop`,
    ];
  });
  return [
    `add table inet ${table}`,
    ...sets,
    `add chain ${chain} { type filter hook prerouting priority -310; policy accept; }`,
    `flush chain ${chain}`,
    ...rules,
  ].join("; ");
}
