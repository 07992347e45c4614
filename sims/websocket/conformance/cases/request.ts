/** Requests that a server has to answer, or to refuse (RFC 6455, section 4.2). */
import type { RawHead } from "../../raw_peer.ts";
import type { Case, Expectation } from "../case.ts";

/** What the request has, and how it is answered. */
function request(
  section: string,
  rule: string,
  fields: RawHead["fields"],
  expect: Expectation = { status: null },
): Case {
  return { section: `RFC 6455, ${section}`, rule, head: { fields }, expect };
}

/** @param startLine `{path}` is the path of the server's URL */
function line(section: string, rule: string, startLine: string, expect: Expectation): Case {
  return { section: `RFC 6455, ${section}`, rule, head: { startLine }, expect };
}

const KEY = "Sec-WebSocket-Key";
const VERSION = "Sec-WebSocket-Version";
const EXTENSIONS = "Sec-WebSocket-Extensions";
const PROTOCOL = "Sec-WebSocket-Protocol";
const SAMPLE = "dGhlIHNhbXBsZSBub25jZQ==";
const REFUSED = { status: null } as const;

export const REQUESTS: readonly Case[] = [
  request("4.2.2", "makes Sec-WebSocket-Accept of the key", { [KEY]: SAMPLE }, {
    fields: { "Sec-WebSocket-Accept": /^s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/ },
  }),
  request("4.2.2", "answers Upgrade: websocket and Connection: Upgrade", {}, {
    fields: { Upgrade: /^websocket$/i, Connection: /^upgrade$/i },
  }),
  request("4.2.1", "takes tokens in any case, among others", {
    Upgrade: "WebSocket",
    Connection: "keep-alive, UPGRADE",
  }, { fields: { Upgrade: /^websocket$/i } }),
  request("4.2.1", "takes fields that it does not know", {
    "X-Forwarded-For": "192.0.2.1",
    Cookie: "a=b",
  }, { fields: { Upgrade: /^websocket$/i } }),
  line("4.1", "takes a path with a query", "GET {path}?room=1 HTTP/1.1", {
    fields: { Upgrade: /^websocket$/i },
  }),
  line("4.1", "takes an absolute URI", "GET http://localhost{path} HTTP/1.1", {
    fields: { Upgrade: /^websocket$/i },
  }),
  request("4.2.2", "takes no sub-protocol when none is asked for", { [PROTOCOL]: null }, {
    fields: { [PROTOCOL]: null },
    orRefuses: true,
  }),
  request("4.2.2", "takes no sub-protocol but one of those that are asked for", {
    [PROTOCOL]: "x-unknown, x-other",
  }, { fields: { [PROTOCOL]: /^(x-unknown|x-other)?$/ }, orRefuses: true }),
  request("9.1", "takes no extension when none is asked for", {}, {
    fields: { [EXTENSIONS]: null },
  }),
  request("9", "takes no extension that it does not know", { [EXTENSIONS]: "x-unknown; a=1" }, {
    fields: { [EXTENSIONS]: null },
  }),
  request("9.1", "refuses extensions that are malformed", { [EXTENSIONS]: "; =, @" }),
  request("9.1", "refuses a quoted parameter that is no token", { [EXTENSIONS]: 'x; a="b c"' }),
  request("4.2.1", "refuses a request without Host", { Host: null }),
  request("4.2.1", "refuses a request without Upgrade", { Upgrade: null }),
  request("4.2.1", "refuses an Upgrade to something else", { Upgrade: "h2c" }),
  request("4.2.1", "refuses a request without Connection", { Connection: null }),
  request("4.2.1", "refuses a Connection without Upgrade", { Connection: "keep-alive" }),
  request("4.2.1", "refuses a request without a key", { [KEY]: null }),
  request("4.2.1", "refuses a key that is not 16 octets", { [KEY]: "dGhlIHNhbXBsZQ==" }),
  request("4.2.1", "refuses a key that is no base64", { [KEY]: "!!!!IHNhbXBsZSBub25jZQ==" }),
  request("11.3.1", "refuses two keys", { [KEY]: [SAMPLE, SAMPLE] }),
  request("4.2.1", "refuses a request without a version", { [VERSION]: null }),
  request("11.3.5", "refuses two versions", { [VERSION]: ["13", "13"] }),
  request("4.2.2", "refuses a version that it does not speak, with 426", { [VERSION]: "12" }, {
    status: [426],
  }),
  request("4.4", "says what versions it speaks", { [VERSION]: "255" }, {
    startLine: /^HTTP\/1\.1 4\d\d /,
    fields: { [VERSION]: /\b13\b/ },
  }),
  line("4.1", "refuses a method other than GET", "POST {path} HTTP/1.1", REFUSED),
  line("4.1", "refuses HTTP/1.0", "GET {path} HTTP/1.0", REFUSED),
  line("4.2.1", "refuses what is no request line", "GET {path}", REFUSED),
];
