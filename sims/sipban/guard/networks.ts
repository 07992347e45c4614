/** Networks that were banned by hand: the engine knows hosts only. */
import { contains, type Network, parseNetwork } from "../core/mod.ts";
import { NEVER } from "../core/address.ts";

export interface NetworkBan {
  readonly target: string;
  /** `undefined`: for ever. */
  readonly untilNs?: number;
}

export class NetworkBans {
  readonly #bans = new Map<string, NetworkBan>();

  get all(): readonly NetworkBan[] {
    return [...this.#bans.values()];
  }

  has(target: string): boolean {
    return this.#bans.has(target);
  }

  set(ban: NetworkBan): void {
    this.#bans.set(ban.target, ban);
  }

  delete(target: string): boolean {
    return this.#bans.delete(target);
  }

  /** Takes those off whose time is over. */
  takeExpired(t: number): NetworkBan[] {
    const over = this.all.filter(({ untilNs = Infinity }) => untilNs <= t);
    for (const { target } of over) this.#bans.delete(target);
    return over;
  }

  nextNs(): number {
    return Math.min(Infinity, ...this.all.map(({ untilNs = Infinity }) => untilNs));
  }

  /** A host that is a network itself, and lies in one of these: filters have no two that overlap. */
  covers(host: string): boolean {
    return this.all.some(({ target }) => liesIn(host, target));
  }

  /** Why `target` may not be banned: it would shut out who may never be, or meet another one. */
  objection(
    target: string,
    { never, others = [] }: {
      readonly never: readonly string[];
      readonly others?: readonly string[];
    },
  ): string | undefined {
    const network = parseNetwork(target);
    const spared = [...never.map(parseNetwork), ...NEVER].find((one) => meet(one, network));
    if (spared) return `it has ${spared.text} in common with what may never be banned`;
    const networks = [...this.all.map(({ target }) => target), ...others.filter(isNetwork)];
    const other = networks.find((one) => one !== target && meet(parseNetwork(one), network));
    return other && `${other} is banned already, which it overlaps; unban that first`;
  }
}

function meet(a: Network, b: Network): boolean {
  return a.bits <= b.bits ? contains(a, b.bytes) : contains(b, a.bytes);
}

/** A host that is a network itself, in another one. */
export function liesIn(host: string, network: string): boolean {
  return isNetwork(host) && contains(parseNetwork(network), parseNetwork(host).bytes);
}

/** Hosts that are addresses are kept apart from networks: they may lie in one. */
function isNetwork(target: string): boolean {
  return target.includes("/");
}
