/**
 * SIP messages (RFC 3261): bytes to messages and back, headers with a type, what is wrong with one.
 *
 * @example
 * ```ts
 * import { cseqOf, formatMessage, parseMessage, request, topVia } from "sims/sip/message/mod.ts";
 *
 * const options = request("OPTIONS", "sip:pbx.example", [
 *   ["Via", "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1"],
 *   ["From", "<sip:7@pbx.example>;tag=1"],
 *   ["To", "<sip:pbx.example>"],
 *   ["Call-ID", "a84b4c76"],
 *   ["CSeq", "1 OPTIONS"],
 *   ["Max-Forwards", "70"],
 * ]);
 * const message = parseMessage(formatMessage(options, { compact: true }), { strict: true });
 * console.log(topVia(message).host, cseqOf(message).method); // 198.51.100.7 OPTIONS
 * ```
 */
export { type SipFault, SipSyntaxError } from "./error.ts";
export {
  type Header,
  header,
  type HeaderList,
  headers,
  replyTo,
  request,
  requestUri,
  response,
  SIP_VERSION,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  withHeaders,
} from "./message.ts";
export { compactName, headerName, REASONS } from "./names.ts";
export { parseHead, parseMessage, type ParseOptions } from "./parse.ts";
export { type Fault, faultsOf } from "./check.ts";
export { formatMessage, type FormatOptions, summary } from "./format.ts";
export { SipStream, type StreamOptions } from "./stream.ts";
export { Framer } from "./framer.ts";
export { headEnd, valuesOf } from "./lines.ts";
export {
  addressOfRecord,
  formatUri,
  isSipUri,
  type OtherUri,
  parseUri,
  type SipUri,
  unescape,
  type Uri,
} from "./uri.ts";
export {
  type AuthFields,
  callIdOf,
  contactsOf,
  type CSeq,
  cseqOf,
  formatAuth,
  formatNameAddress,
  formatVia,
  fromOf,
  type NameAddress,
  numberOf,
  parseAuth,
  parseCSeq,
  parseNameAddress,
  parseVia,
  routesOf,
  tagOf,
  toOf,
  topVia,
  type Via,
  viasOf,
} from "./typed.ts";
export { formatParams, type Params, splitList } from "./scanner.ts";
