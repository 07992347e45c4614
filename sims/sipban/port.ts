/** The ban daemon as a scenario sees it: beside a simulated PBX on its time, beside a real one a process. */
import { type Need, need, type Signal } from "hil";
import type { ListedBan } from "./guard/mod.ts";

export type { ListedBan };

/** As the daemon's options of the same meaning; what is left out is as there. */
export interface SipBanOptions {
  /** Bits of an IPv6 address that are one host. */
  readonly prefix6?: number;
  readonly maxFailures?: number;
  readonly windowS?: number;
  readonly challengeS?: number;
  readonly exempt?: readonly number[];
  readonly banS?: number;
  readonly escalation?: number;
  readonly maxBanS?: number;
  readonly forgetS?: number;
  readonly limitS?: number;
  readonly scanTargets?: number;
  readonly userHosts?: number;
  readonly breachFailures?: number;
  readonly maxHosts?: number;
  readonly maxTransactions?: number;
  /** Networks that are never banned. */
  readonly allow?: readonly string[];
  /** Proxies whose X-Forwarded-For is believed. */
  readonly proxies?: readonly string[];
  /** Of a real one. Default: nft. */
  readonly backend?: "nft" | "iptables" | "ipset";
  readonly dryRun?: boolean;
  /** Whether bans stay in force when it ends. Default: yes. */
  readonly keepBans?: boolean;
}

/** Kinds: "ban", "unban", "limit", "alert"; each when it is in force. */
export type DecisionData = {
  /** An address, or a network that was banned by hand. */
  readonly host: string;
  readonly rule?: string;
  readonly level?: number;
  /** For how long. */
  readonly seconds?: number;
  readonly because?: string;
  readonly user?: string;
  readonly count?: number;
  /** From the packet that decided to the rule in force. */
  readonly latencyMs: number;
};

export interface SipBan {
  readonly decisions: Signal<DecisionData>;
  /** Who is banned, networks too. */
  list(): Promise<ListedBan[]>;
  /**
   * In force when it resolves.
   *
   * @param target an address or a network
   * @param options.seconds 0: for ever; left out: as long as a ban of its own accord
   * @throws Error that says why it may not be
   */
  ban(target: string, options?: { readonly seconds?: number }): Promise<void>;
  /** @throws Error when it is not banned */
  unban(target: string): Promise<void>;
  /** What is in the packet filter, as the filter says it. */
  filtered(): Promise<string[]>;
  /** What does not work now. */
  problems(): Promise<string[]>;
  /** Figures by name and labels: `sipban_decisions_total{type="ban"}`. */
  metrics(): Promise<Readonly<Record<string, number>>>;
  /** As its operator does. */
  stop(): Promise<void>;
  /** Without a word. */
  kill(): Promise<void>;
  /** After {@link stop} or {@link kill}: with the state that it had. */
  start(): Promise<void>;
}

/** The need for a ban daemon: named behind the PBX that it guards. */
export function sipban(options: SipBanOptions = {}): Need<SipBan> {
  return need<SipBan>("sipban", { options: { ...options } });
}
