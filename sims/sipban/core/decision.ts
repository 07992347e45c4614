/**
 * What the engine decides. Hosts are in the spelling of `formatAddress`; those that are banned may be
 * networks of IPv6: "2001:db8:bad:0:0:0:0:0/64".
 */

export type Rule = "failures" | "scan" | "manual";

/**
 * `breach`: a success after many failures; `distributed`: one user from many hosts; `spoofed`: many
 * failures that name a registered phone and that it cannot be proved to have sent.
 */
export type AlertRule = "breach" | "distributed" | "spoofed";

export type Decision =
  | {
    readonly type: "ban";
    readonly t: number;
    readonly host: string;
    readonly rule: Rule;
    /** `undefined`: for ever. */
    readonly untilNs?: number;
    /** 1 for the first ban of this host. */
    readonly level: number;
  }
  | {
    readonly type: "unban";
    readonly t: number;
    readonly host: string;
    readonly because: "expired" | "manual";
  }
  /** Slow it down: its address may be a lie, so it is not shut out. */
  | {
    readonly type: "limit";
    readonly t: number;
    readonly host: string;
    readonly rule: Rule;
    readonly untilNs: number;
  }
  | {
    readonly type: "alert";
    readonly t: number;
    readonly rule: AlertRule;
    readonly host: string;
    readonly user: string;
    readonly count: number;
  };
