/** What a packet filter does for the ban daemon: one interface, whatever the kernel has. */
import { formatAddress, parseNetwork } from "../core/mod.ts";

export interface Entry {
  /** An address, or by hand a network: "203.0.113.0/24". */
  readonly target: string;
  /** Left out: until it is taken back. */
  readonly seconds?: number;
}

/** All changes are in force when their promise resolves. */
export interface Filter {
  /** Drops all that comes from there. What is banned already gets the new time. */
  ban(entries: readonly Entry[]): Promise<void>;
  /** Those that are not banned, or no longer, are none of its errors. */
  unban(targets: readonly string[]): Promise<void>;
  /** Lets only so much SIP by UDP through, from addresses that may be lies. */
  limit(entries: readonly Entry[]): Promise<void>;
  unlimit(targets: readonly string[]): Promise<void>;
  /** What is banned now, in the spelling of {@link targetOf}; with its time where the kernel has it. */
  list(): Promise<Entry[]>;
  /** Whether its rules are still there: a firewall that is loaded again may take all with it. */
  intact(): Promise<boolean>;
  /** Makes its rules again, where they are not; what was banned may be lost. */
  renew(): Promise<void>;
  /** Packets of banned and limited sources that were dropped. */
  dropped(): Promise<number>;
  /** Takes back all that it has made, and nothing else. */
  remove(): Promise<void>;
  /** What is banned stays so. */
  close(): Promise<void>;
}

export interface FilterOptions {
  /** A network namespace: its name or path. Default: this one. */
  readonly namespace?: string;
  /** Of the table, chain or sets. Default: sipban. */
  readonly name?: string;
  /** SIP by UDP, for limits. Default: 5060. */
  readonly ports?: readonly number[];
  /** Of one limited address. Default: 5, after a burst of 10. */
  readonly packetsPerSecond?: number;
}

export const FILTER_DEFAULTS = { name: "sipban", ports: [5060], packetsPerSecond: 5 } as const;
export const BURST = 10;

/** What a back-end cannot do, and what to do about it. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

export interface Target {
  readonly text: string;
  readonly family: 4 | 6;
  /** Less than its whole address counts. */
  readonly isNetwork: boolean;
}

/**
 * One spelling for one address or network; and nothing else comes into a command.
 *
 * @throws RangeError when it is neither
 */
export function targetOf(text: string): Target {
  const { bytes, bits } = parseNetwork(text);
  const family = bytes.length === 4 ? 4 : 6;
  const isNetwork = bits < bytes.length * 8;
  const first = formatAddress(bytes.map((byte, i) => byte & mask(bits - 8 * i)));
  return { text: isNetwork ? `${first}/${bits}` : first, family, isNetwork };
}

function mask(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}

/** The last of those that are said twice, by their spelling. */
export function uniqueTargets(entries: readonly Entry[]): (Target & { seconds?: number })[] {
  const unique = new Map<string, Target & { seconds?: number }>();
  for (const { target, seconds } of entries) {
    const known = targetOf(target);
    unique.set(known.text, { ...known, ...(seconds !== undefined && { seconds }) });
  }
  return [...unique.values()];
}
