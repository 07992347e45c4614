/**
 * The ban decision: what was seen of SIP goes in, whom to ban, to limit and to report comes out. Pure:
 * no clock, no packets, no firewall.
 */
export {
  contains,
  formatAddress,
  formatWords,
  type Network,
  NetworkSet,
  parseAddress,
  parseNetwork,
  toWords,
} from "./address.ts";
export type { Ban } from "./bans.ts";
export type { Decision, Rule } from "./decision.ts";
export { BanEngine } from "./engine.ts";
export {
  factsOf,
  type Peer,
  type RequestFacts,
  type ResponseFacts,
  type Seen,
  type SipFacts,
} from "./event.ts";
export { Glimpse, METHOD, MOST_NONCES } from "./glimpse.ts";
export { Hasher, mix } from "./hash.ts";
export { DEFAULTS, type Settings, settings } from "./settings.ts";
