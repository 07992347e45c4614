/** What a client has to ask for, and answers that it has to refuse (RFC 6455, section 4.1). */
import { encodeRawFrame } from "../../core/mod.ts";
import type { RawHead } from "../../raw_peer.ts";
import type { Case, Expectation, Special } from "../case.ts";
import { saw } from "./build.ts";

const PROTOCOL = "Sec-WebSocket-Protocol";
const EXTENSIONS = "Sec-WebSocket-Extensions";
const ACCEPT = "Sec-WebSocket-Accept";

function asks(section: string, rule: string, expect: Expectation, more: Partial<Case> = {}): Case {
  return { section: `RFC 6455, ${section}`, rule, expect, ...more };
}

function special(section: string, rule: string, special: Special): Case {
  return asks(section, rule, { special });
}

/** An answer that differs from a good one. */
function refuses(section: string, rule: string, head: RawHead, more: Partial<Case> = {}): Case {
  const expect = { refuses: true } as const;
  return { section: `RFC 6455, ${section}`, rule: `refuses ${rule}`, head, expect, ...more };
}

function takes(section: string, rule: string, fields: RawHead["fields"]): Case {
  const expect = { receives: [] };
  return { section: `RFC 6455, ${section}`, rule: `takes ${rule}`, head: { fields }, expect };
}

export const REQUEST_CASES: readonly Case[] = [
  asks("4.1", "asks by GET and HTTP/1.1 for the path and query of the URL", {
    startLine: /^GET \/conformance\?case=1 HTTP\/1\.1$/,
    fields: {},
  }),
  asks("4.1", "names the host and the port", {
    fields: { Host: /^(127\.0\.0\.1|localhost):\d+$/ },
  }),
  asks("4.1", "asks for an upgrade to websocket", {
    fields: { Upgrade: /^websocket$/i, Connection: /\bupgrade\b/i },
  }),
  asks("4.1", "has one key of 16 octets in base64", {
    fields: { "Sec-WebSocket-Key": /^[A-Za-z0-9+/]{21}[AQgw]==$/ },
  }),
  asks("4.1", "asks for version 13", { fields: { "Sec-WebSocket-Version": /^13$/ } }),
  asks("4.1", "asks for no sub-protocol that it was not told to", { fields: { [PROTOCOL]: null } }),
  asks("4.1", "asks for sub-protocols in order, each once", {
    fields: { [PROTOCOL]: /^a1, ?b2, ?c3$/ },
  }, { protocols: ["a1", "b2", "c3"] }),
  special("4.1", "chooses a new nonce for each connection", "nonces"),
  special("4.1", "sends nothing before the answer is there", "waits"),
  special("4.1", "opens one connection after another to the same address", "serializes"),
  special("4.1", "says in TLS whom it wants (SNI)", "says-its-name"),
  special("5.3", "masks each frame, with a new key", "keys"),
  special("7.1.2", "begins the closing handshake when it is told to close", "closes"),
];

const HELLO = encodeRawFrame({ opcode: 1, payload: "early", mask: "none" });

export const ANSWERS: readonly Case[] = [
  takes("4.1", "tokens in any case", { Upgrade: "WebSocket", Connection: "upgrade" }),
  takes("4.1", "fields that it does not know", { "X-Unknown": "1", Server: "raw" }),
  {
    ...takes("4.1", "a frame that comes with the answer", {}),
    head: { behind: HELLO },
    expect: { receives: [saw("text", "early")] },
  },
  ...["200 OK", "400 Bad Request", "401 Unauthorized", "426 Upgrade Required", "503 No"].map((
    status,
  ) => refuses("4.1", `an answer ${status}`, { startLine: `HTTP/1.1 ${status}` })),
  refuses("4.1", "a redirection", {
    startLine: "HTTP/1.1 302 Found",
    fields: { Location: "ws://127.0.0.1:9/" },
  }),
  refuses("4.2.2", "HTTP/1.0", { startLine: "HTTP/1.0 101 Switching Protocols" }),
  refuses("4.1", "an answer without Upgrade", { fields: { Upgrade: null } }),
  refuses("4.1", "an Upgrade to something else", { fields: { Upgrade: "h2c" } }),
  refuses("4.1", "an answer without Connection", { fields: { Connection: null } }),
  refuses("4.1", "a Connection without Upgrade", { fields: { Connection: "keep-alive" } }),
  refuses("4.1", "an answer without Sec-WebSocket-Accept", { fields: { [ACCEPT]: null } }),
  refuses("4.1", "an accept of another key", {
    fields: { [ACCEPT]: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
  }),
  refuses("11.3.3", "two accepts", {
    fields: { [ACCEPT]: ["{accept}", "{accept}"] },
  }),
  refuses("4.1", "a sub-protocol when it asked for none", { fields: { [PROTOCOL]: "x" } }),
  refuses("4.1", "a sub-protocol that it did not ask for", { fields: { [PROTOCOL]: "x" } }, {
    protocols: ["a1", "b2"],
  }),
  refuses("11.3.4", "two sub-protocols", { fields: { [PROTOCOL]: ["a1", "b2"] } }, {
    protocols: ["a1", "b2"],
  }),
  refuses("4.1", "an extension that it did not ask for", { fields: { [EXTENSIONS]: "x-unknown" } }),
  refuses("9.1", "extensions that are malformed", { fields: { [EXTENSIONS]: "; =, @" } }),
  refuses("4.1", "what is no HTTP", { bytes: "hello\r\n\r\n" }),
];
