/** SIP after RFC 3261: messages, digest, transactions, a user agent, a PBX; on any transport and time. */
export * from "./message/mod.ts";
export {
  ALGORITHMS,
  type Credentials,
  type DigestAlgorithm,
  DigestClient,
  digestResponse,
  DigestServer,
  type DigestServerOptions,
  ha1,
  type Verdict,
} from "./digest.ts";
export * from "./transport/mod.ts";
export * from "./transaction/mod.ts";
export * from "./agent/mod.ts";
export * from "./pbx/mod.ts";
