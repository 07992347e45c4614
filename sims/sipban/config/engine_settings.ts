/** The engine's settings, by their names of the configuration. */
import type { Settings } from "../core/mod.ts";
import type { Config } from "./options.ts";

export function engineSettings(config: Config, own: readonly string[]): Partial<Settings> {
  return {
    own,
    allow: config.allow,
    prefix6: config["ipv6-prefix"],
    maxFailures: config["max-failures"],
    windowS: config.window,
    challengeS: config["challenge-time"],
    exempt: config.exempt,
    banS: config["ban-time"],
    escalation: config.escalation,
    maxBanS: config["max-ban-time"],
    forgetS: config["forget-time"],
    limitS: config["limit-time"],
    scanTargets: config["scan-targets"],
    userHosts: config["user-hosts"],
    breachFailures: config["breach-failures"],
    maxHosts: config["max-hosts"],
    maxTransactions: config["max-transactions"],
  };
}
