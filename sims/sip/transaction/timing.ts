/** The timers of RFC 3261, table 4 in section 17.1.1.2 and RFC 6026. */

const MS = 1_000_000;

export interface Timing {
  /** Round trip, T1: 500 ms. */
  readonly t1Ns: number;
  /** The longest wait between retransmissions, T2: 4 s. */
  readonly t2Ns: number;
  /** How long a message may stay in the network, T4: 5 s. */
  readonly t4Ns: number;
}

export const TIMING: Timing = { t1Ns: 500 * MS, t2Ns: 4000 * MS, t4Ns: 5000 * MS };

/** After 200 ms of an INVITE without an answer the transaction says 100 (section 17.2.1). */
export const TRYING_NS = 200 * MS;

/** B, F, H, J, L, M. */
export function longestNs({ t1Ns }: Timing): number {
  return 64 * t1Ns;
}
