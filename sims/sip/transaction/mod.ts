/** Transactions of RFC 3261, section 17, on any transport and any time. */
export { type ClientEvents, type ClientState, ClientTransaction } from "./client.ts";
export { type LayerOptions, TransactionLayer, type TransactionUser } from "./layer.ts";
export { type ServerState, ServerTransaction } from "./server.ts";
export { longestNs, TIMING, type Timing, TRYING_NS } from "./timing.ts";
