/** What may be set, and what is set when nobody says otherwise. */

export interface Settings {
  /** The PBX's own addresses: they decide what is an answer of its own, and are never banned. */
  readonly own: readonly string[];
  /** Networks that are never banned. */
  readonly allow: readonly string[];
  /** Bits of an IPv6 address that make a host: what shares them counts as one, and is banned as one. */
  readonly prefix6: number;
  /** So many failures are borne; one more bans. */
  readonly maxFailures: number;
  /** Failures count for so long; 0: for ever. */
  readonly windowS: number;
  /** A challenge that nobody has answered by then is a failure. */
  readonly challengeS: number;
  /** Statuses that are no failure though they are 400 or more. */
  readonly exempt: readonly number[];
  /** The first ban; 0: for ever. */
  readonly banS: number;
  /** Each further one is longer by this factor, up to the longest. */
  readonly escalation: number;
  readonly maxBanS: number;
  /** A host that stayed quiet for so long begins at the first ban again. */
  readonly forgetS: number;
  /** How long a source is slowed down that nobody can prove to be the sender. */
  readonly limitS: number;
  /** Different users or extensions that one host may fail at; 0: no such rule. */
  readonly scanTargets: number;
  /** Hosts that may fail at one user before it is reported; 0: no such rule. */
  readonly userHosts: number;
  /** Failures at one user after which its success is reported; 0: no such rule. */
  readonly breachFailures: number;
  /** Entries of each table: memory has a bound. */
  readonly maxHosts: number;
  readonly maxTransactions: number;
  /** Of the tables' hashes. Live: drawn by chance, so that nobody can choose names that meet. */
  readonly seed: number;
}

export const DEFAULTS: Settings = {
  own: [],
  allow: [],
  prefix6: 64,
  maxFailures: 10,
  windowS: 600,
  challengeS: 32,
  // Too short a registration; and how calls end of who was let in: an office has many of them.
  exempt: [423, 480, 486, 487, 488, 491, 600, 603],
  banS: 3600,
  escalation: 4,
  maxBanS: 7 * 24 * 3600,
  forgetS: 30 * 24 * 3600,
  limitS: 60,
  scanTargets: 5,
  userHosts: 25,
  breachFailures: 5,
  maxHosts: 250_000,
  maxTransactions: 150_000,
  seed: 0,
};

/** @throws RangeError naming the setting */
export function settings(chosen: Partial<Settings>): Settings {
  const all = { ...DEFAULTS, ...chosen };
  for (const [name, value] of Object.entries(all)) {
    if (typeof value !== "number") continue;
    const least = name.startsWith("max") && name !== "maxFailures" || name === "escalation" ? 1 : 0;
    if (Number.isFinite(value) && value >= least) continue;
    throw new RangeError(
      `Cannot set ${name} to "${value}": it is below ${least}; give a number from ${least} on`,
    );
  }
  return all;
}
