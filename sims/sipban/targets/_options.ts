/** The options of a need as those of the daemon. */
import { type Config, type OptionName, readConfig } from "../config/mod.ts";
import type { SipBanOptions } from "../port.ts";

const NAMES: Readonly<Record<keyof SipBanOptions, OptionName>> = {
  prefix6: "ipv6-prefix",
  maxFailures: "max-failures",
  windowS: "window",
  challengeS: "challenge-time",
  exempt: "exempt",
  banS: "ban-time",
  escalation: "escalation",
  maxBanS: "max-ban-time",
  forgetS: "forget-time",
  limitS: "limit-time",
  scanTargets: "scan-targets",
  userHosts: "user-hosts",
  breachFailures: "breach-failures",
  maxHosts: "max-hosts",
  maxTransactions: "max-transactions",
  allow: "allow",
  proxies: "proxies",
  backend: "backend",
  dryRun: "dry-run",
  keepBans: "keep-bans",
};

export type Texts = readonly (readonly [name: string, text: string])[];

/** @throws TypeError naming an option that there is not */
export function textsOf(options: SipBanOptions): Texts {
  return Object.entries(options).filter(([, value]) => value !== undefined)
    .map(([key, value]): readonly [string, string] => {
      const name = (NAMES as Readonly<Record<string, OptionName>>)[key];
      if (name !== undefined) return [name, `${value}`];
      const known = Object.keys(NAMES).join(", ");
      throw new TypeError(`Cannot set "${key}": sipban has no such option; it has ${known}`);
    });
}

export function configOf(texts: Texts): Config {
  // An empty list is one without entries, not one with an empty entry.
  return readConfig({ options: texts.filter(([, text]) => text !== "") });
}
