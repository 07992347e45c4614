/** All that may be set: one table for the command line, the configuration file and the help. */
import { DEFAULTS } from "../core/mod.ts";
import { BACKENDS } from "../filter/mod.ts";
import {
  duration,
  factor,
  loopback,
  network,
  oneOf,
  pattern,
  type Read,
  truth,
  url,
  whole,
} from "./values.ts";

export interface Option<T = unknown> {
  readonly read: Read<T>;
  /** It may be given several times, and is a list in YAML. */
  readonly list?: true;
  readonly default: unknown;
  readonly help: string;
}

function one<T>(read: Read<T>, fallback: T, help: string) {
  return { read, default: fallback, help } as const;
}

function list<T>(read: Read<T>, fallback: readonly T[], help: string) {
  return { read, list: true, default: fallback, help } as const;
}

const PATH = pattern(/^\/[^\0]{1,200}$/, "an absolute path");
const D = DEFAULTS;

// deno-fmt-ignore
export const OPTIONS = {
  "interface": list(pattern(/^[^\s/]{1,15}$/, "the name of an interface, or any"), ["any"], "where to listen: eth0, or any"),
  "ports": list(whole(1, 65535), [5060], "of SIP: UDP, TCP, WebSocket"),
  "own": list(network, [], "addresses of the PBX; default: those of the interfaces"),
  "allow": list(network, [], "networks that are never banned"),
  "proxies": list(network, [], "addresses of proxies whose X-Forwarded-For is believed"),
  "ipv6-prefix": one(whole(32, 128), D.prefix6, "bits of an IPv6 address that are one host"),
  "max-failures": one(whole(0), D.maxFailures, "so many are borne, one more bans"),
  "window": one(duration, D.windowS, "failures count for so long; 0: for ever"),
  "challenge-time": one(duration, D.challengeS, "after which an unanswered challenge is a failure"),
  "exempt": list(whole(400, 699), D.exempt, "statuses that are no failures"),
  "ban-time": one(duration, D.banS, "of the first ban; 0: for ever"),
  "escalation": one(factor, D.escalation, "each further ban is longer by this factor"),
  "max-ban-time": one(duration, D.maxBanS, "the longest that escalation makes"),
  "forget-time": one(duration, D.forgetS, "who was quiet for so long begins at the first ban"),
  "limit-time": one(duration, D.limitS, "how long a source is slowed that may be a lie"),
  "limit-rate": one(whole(1, 10_000), 5, "packets a second that a limited source may send"),
  "scan-targets": one(whole(0), D.scanTargets, "users one source may fail at; 0: no rule"),
  "user-hosts": one(whole(0), D.userHosts, "sources that may fail at one user before an alert"),
  "breach-failures": one(whole(0), D.breachFailures, "failures after which a success is an alert"),
  "max-hosts": one(whole(1), D.maxHosts, "entries of tables of hosts"),
  "max-transactions": one(whole(1), D.maxTransactions, "entries of tables of transactions"),
  "backend": one(oneOf(...BACKENDS), "nft", "the packet filter: nft, iptables or ipset"),
  "table": one(pattern(/^[A-Za-z][\w-]{0,15}$/, "a name of up to 16 letters"), "sipban", "of the filter's table, chain or sets"),
  "dry-run": one(truth, false, "says what it would do, and bans nobody"),
  "keep-bans": one(truth, true, "bans stay in force when it ends"),
  "state": one(PATH, "/var/lib/sipban/state.sqlite", "where bans are kept over a restart"),
  "control": one(PATH, "/run/sipban/control.sock", "the socket that list, ban, unban and status use"),
  "gather-time": one(duration, 0.01, "how long the kernel may gather packets"),
  "buffer-mib": one(whole(1, 1024), 16, "of each interface, for bursts"),
  "metrics": one(loopback, "127.0.0.1:9117", "for Prometheus, on loopback; or off"),
  "webhook": list(url, [], "gets each ban as JSON by POST"),
  "webhook-timeout": one(duration, 5, "of one try; there are three"),
  "command": list((text: string) => text, [], "a program and its arguments, run for each ban: {host} {rule} {level} {seconds} {type}"),
  "command-timeout": one(duration, 10, "after which it is killed"),
} as const;

export type OptionName = keyof typeof OPTIONS;

export type Config = {
  readonly [Name in OptionName]: typeof OPTIONS[Name] extends { list: true }
    ? readonly ReturnType<typeof OPTIONS[Name]["read"]>[]
    : ReturnType<typeof OPTIONS[Name]["read"]>;
};

export function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

/** The help, a line each. */
export function describeOptions(): string {
  return Object.entries<Option>(OPTIONS).map(([name, option]) => {
    const shown = Array.isArray(option.default) ? option.default.join(",") : `${option.default}`;
    const fallback = shown === "" ? "" : ` [${shown}]`;
    return `  ${`--${name}`.padEnd(20)}${option.help}${fallback}`;
  }).join("\n");
}
