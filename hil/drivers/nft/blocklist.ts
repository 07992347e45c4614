/**
 * Addresses whose packets the kernel drops, by sets with timeouts in a table of our own. Dropped
 * before connection tracking (priority -310): behind it a rule that accepts established flows, as
 * most firewalls have, would let them in.
 */
import { isIPv4, isIPv6 } from "node:net";
import type { Duration } from "../../time/mod.ts";
import { type NftOptions, NftSession } from "./session.ts";

export interface BlocklistOptions extends NftOptions {
  /** Of family inet. Default: hil. */
  readonly table?: string;
}

export interface Blocked {
  readonly address: string;
  /** Left out: until it is deleted. */
  readonly timeout?: Duration;
}

export interface Listed {
  readonly address: string;
  /** Left out: for ever. Whole seconds, as nft says them. */
  readonly secondsLeft?: number;
}

/** Commands of more addresses are split: nft takes a long line slowly. */
const MOST_AT_ONCE = 500;
const SETS = { ipv4: "ipv4_addr", ipv6: "ipv6_addr" } as const;
const FAMILIES = { ipv4: "ip", ipv6: "ip6" } as const;
type SetName = keyof typeof SETS;

/**
 * @example
 * ```ts ignore
 * await using blocklist = await Blocklist.open({ table: "sipban" });
 * await blocklist.add([{ address: "203.0.113.7", timeout: seconds(600) }]);
 * ```
 */
export class Blocklist implements AsyncDisposable {
  #removed = false;

  private constructor(private readonly nft: NftSession, readonly table: string) {}

  /**
   * Makes the table, or takes it over with the addresses in it.
   *
   * @throws NftError when nft is not there or refuses
   */
  static async open({ table = "hil", ...options }: BlocklistOptions = {}): Promise<Blocklist> {
    if (!/^[A-Za-z][\w-]{0,30}$/.test(table)) {
      throw new TypeError(
        `Cannot use the table "${table}": that is no name; begin with a letter, and go on with ` +
          `letters, digits, "-" and "_"`,
      );
    }
    const nft = await NftSession.open(options);
    try {
      await nft.run(layOut(table));
      return new Blocklist(nft, table);
    } catch (error) {
      await nft.close();
      throw error;
    }
  }

  /**
   * In force when it resolves. One that is there gets the new timeout.
   *
   * @throws TypeError when one is no address; then none of them is added
   */
  async add(blocked: readonly Blocked[]): Promise<void> {
    const elements = new Map<string, string>();
    for (const { address, timeout } of blocked) {
      const time = timeout ? ` timeout ${Math.max(1, Math.ceil(timeout.ms))}ms` : "";
      elements.set(canonical(address), time);
    }
    await this.#change([...elements.keys()], (set, addresses) => {
      const bare = addresses.join(", ");
      const timed = addresses.map((address) => address + elements.get(address)).join(", ");
      // Before Linux 6.12 an element that is there keeps its timeout when it is added, and one that is
      // not there cannot be deleted: so it is made to be there first. In one transaction nobody sees it gone.
      return `add element ${set} { ${bare} }; delete element ${set} { ${bare} }; ` +
        `add element ${set} { ${timed} }`;
    });
  }

  /** Those that are not there, or no longer, are none of its errors. */
  async delete(addresses: readonly string[]): Promise<void> {
    const all = [...new Set(addresses.map(canonical))];
    await this.#change(all, (set, some) => {
      const bare = some.join(", ");
      return `add element ${set} { ${bare} }; delete element ${set} { ${bare} }`;
    });
  }

  /** What is in force now. */
  async list(): Promise<Listed[]> {
    const listed: Listed[] = [];
    for (const set of Object.keys(SETS)) {
      const answer = await this.nft.query(`list set inet ${this.table} ${set}`);
      const found = answer.find((item) => "set" in item)?.["set"] as { elem?: readonly Element[] };
      for (const element of found.elem ?? []) listed.push(listedOf(element));
    }
    return listed;
  }

  /** How many packets were dropped since it was opened. */
  async dropped(): Promise<number> {
    const answer = await this.nft.query(`list chain inet ${this.table} prerouting`);
    let packets = 0;
    for (const { rule } of answer as readonly { rule?: { expr: readonly Expression[] } }[]) {
      for (const { counter } of rule?.expr ?? []) packets += counter?.packets ?? 0;
    }
    return packets;
  }

  /** Takes back all that it has made, and nothing else. */
  async remove(): Promise<void> {
    if (this.#removed) return;
    // Made first, lest it be gone already.
    await this.nft.run(`add table inet ${this.table}; delete table inet ${this.table}`);
    this.#removed = true;
  }

  /** Ends nft only: what is blocked stays so, and the next one that opens the table takes it over. */
  async close(): Promise<void> {
    await this.nft.close();
  }

  /** Removes the table. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.remove();
    } finally {
      await this.close();
    }
  }

  async #change(
    addresses: readonly string[],
    command: (set: string, addresses: readonly string[]) => string,
  ): Promise<void> {
    for (const [name, some] of Object.entries(bySet(addresses))) {
      const set = `inet ${this.table} ${name}`;
      for (let at = 0; at < some.length; at += MOST_AT_ONCE) {
        await this.nft.run(command(set, some.slice(at, at + MOST_AT_ONCE)));
      }
    }
  }
}

type Timed = { readonly elem: { readonly val: string; readonly expires?: number } };
type Element = string | Timed;
type Expression = { readonly counter?: { readonly packets: number } };

function listedOf(element: Element): Listed {
  if (typeof element === "string") return { address: element };
  const { val, expires } = element.elem;
  return { address: val, ...(expires !== undefined && { secondsLeft: expires }) };
}

/** Sets that are there keep what is in them. */
function layOut(table: string): string {
  const names = Object.keys(SETS) as SetName[];
  const chain = `inet ${table} prerouting`;
  return [
    `add table inet ${table}`,
    ...names.map((set) => `add set inet ${table} ${set} { type ${SETS[set]}; flags timeout; }`),
    `add chain ${chain} { type filter hook prerouting priority -310; policy accept; }`,
    `flush chain ${chain}`,
    ...names.map((set) => `add rule ${chain} ${FAMILIES[set]} saddr @${set} counter drop`),
  ].join("; ");
}

function bySet(addresses: readonly string[]): Record<SetName, string[]> {
  const sets: Record<SetName, string[]> = { ipv4: [], ipv6: [] };
  for (const address of addresses) sets[isIPv4(address) ? "ipv4" : "ipv6"].push(address);
  return sets;
}

/** One form for one address; and nothing else comes into a command. */
function canonical(address: string): string {
  if (isIPv4(address)) return address;
  if (isIPv6(address) && !address.includes("%")) {
    return new URL(`http://[${address}]`).hostname.slice(1, -1);
  }
  throw new TypeError(
    `Cannot block "${address}": that is no address; give one of IPv4 or IPv6, without a zone`,
  );
}
