/**
 * What RFC 6455 and RFC 7692 ask of a server, a case each. The server gives back every message. It
 * need not speak permessage-deflate.
 */
import type { RawFrame } from "../core/mod.ts";
import type { RawHead, Step } from "../raw_peer.ts";
import type { Case, Expectation } from "./case.ts";

const send = (...frames: RawFrame[]): readonly Step[] =>
  frames.map((frame) => ({ do: "frame", frame }));
const text = (payload: string | Uint8Array): RawFrame => ({ opcode: 1, payload });
const octets = (...octets: number[]) => Uint8Array.from(octets);
const code = (code: number, ...reason: number[]) => octets(code >> 8, code & 255, ...reason);
const BYTEWISE: Step = { do: "pace", chunkBytes: 1 };

/** Cases of the opening handshake: what the request has, and how it is answered. */
function handshake(
  section: string,
  rule: string,
  fields: RawHead["fields"],
  expect: Expectation = { status: null },
): Case {
  return { section: `RFC 6455, ${section}`, rule, head: { fields }, expect };
}

const KEY = "Sec-WebSocket-Key";
const VERSION = "Sec-WebSocket-Version";
const EXTENSIONS = "Sec-WebSocket-Extensions";

const HANDSHAKE: readonly Case[] = [
  handshake(
    "4.2.2",
    "makes Sec-WebSocket-Accept of the key",
    { [KEY]: "dGhlIHNhbXBsZSBub25jZQ==" },
    {
      answers: { "Sec-WebSocket-Accept": /^s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/ },
    },
  ),
  handshake("4.2.2", "answers Upgrade: websocket and Connection: Upgrade", {}, {
    answers: { Upgrade: /^websocket$/i, Connection: /^upgrade$/i },
  }),
  handshake("4.2.1", "takes tokens in any case, among others", {
    Upgrade: "WebSocket",
    Connection: "keep-alive, UPGRADE",
  }, { answers: { Upgrade: /^websocket$/i } }),
  handshake("4.2.2", "takes no sub-protocol that was not asked for", {}, {
    answers: { "Sec-WebSocket-Protocol": null },
  }),
  handshake("9.1", "takes no extension that it does not know", { [EXTENSIONS]: "x-unknown; a=1" }, {
    answers: { [EXTENSIONS]: null },
  }),
  handshake("4.2.1", "refuses a request without Host", { Host: null }),
  handshake("4.2.1", "refuses a request without Upgrade", { Upgrade: null }),
  handshake("4.2.1", "refuses an Upgrade to something else", { Upgrade: "h2c" }),
  handshake("4.2.1", "refuses a Connection without Upgrade", { Connection: "keep-alive" }),
  handshake("4.2.1", "refuses a request without a key", { [KEY]: null }),
  handshake("4.2.1", "refuses a key that is not 16 octets", { [KEY]: "dGhlIHNhbXBsZQ==" }),
  handshake("11.3.1", "refuses two keys", {
    [KEY]: ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="],
  }),
  handshake("4.2.2", "refuses a version that it does not speak, with 426", { [VERSION]: "12" }, {
    status: [426],
  }),
  handshake("4.2.1", "refuses a request without a version", { [VERSION]: null }),
  {
    section: "RFC 6455, 4.1",
    rule: "refuses a method other than GET",
    head: { startLine: "POST / HTTP/1.1" },
    expect: { status: null },
  },
  {
    section: "RFC 6455, 4.1",
    rule: "refuses HTTP/1.0",
    head: { startLine: "GET / HTTP/1.0" },
    expect: { status: null },
  },
];

function frame(section: string, rule: string, steps: readonly Step[], expect: Expectation): Case {
  return { section: `RFC 6455, ${section}`, rule, steps, expect };
}

const FRAMES: readonly Case[] = [
  ...[0, 1, 125, 126, 127, 65535, 65536].map((size) =>
    frame(
      "5.2",
      `takes a binary message of ${size} octets`,
      send({
        opcode: 2,
        payload: new Uint8Array(size).fill(0x61),
      }),
      { receives: [`binary ${size > 40 ? `of ${size}` : JSON.stringify("a".repeat(size))}`] },
    )
  ),
  frame("5.2", "takes a frame octet by octet", [BYTEWISE, ...send(text("slow"))], {
    receives: ['text "slow"'],
  }),
  ...[4, 2, 1].map((rsv) =>
    frame(
      "5.2",
      `fails on a reserved bit (RSV ${rsv}) without an extension`,
      send({
        ...text("x"),
        rsv,
      }),
      { fails: 1002 },
    )
  ),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) =>
    frame("5.2", `fails on the reserved opcode ${opcode}`, send({ opcode }), { fails: 1002 })
  ),
  ...([16, 64] as const).map((lengthBits) =>
    frame(
      "5.2",
      `fails on a short length in ${lengthBits} bits`,
      send({ ...text("x"), lengthBits }),
      {
        fails: 1002,
      },
    )
  ),
  frame(
    "5.2",
    "fails on a 64-bit length with its highest bit set",
    send({
      opcode: 2,
      length: 1n << 63n,
    }),
    { fails: 1002 },
  ),
  frame("5.1", "fails on a frame without a mask", send({ ...text("x"), mask: "none" }), {
    fails: 1002,
  }),
  frame("5.3", "takes a mask of zeros", send({ ...text("x"), mask: 0 }), {
    receives: ['text "x"'],
  }),
  frame(
    "5.4",
    "puts fragments together",
    send(
      { ...text("a"), fin: false },
      { opcode: 0, fin: false, payload: "" },
      { opcode: 0, payload: "b" },
    ),
    { receives: ['text "ab"'] },
  ),
  frame(
    "5.4",
    "answers a ping between fragments",
    send(
      { ...text("a"), fin: false },
      { opcode: 9, payload: "p" },
      { opcode: 0, payload: "b" },
    ),
    { receives: ['pong "p"', 'text "ab"'] },
  ),
  frame("5.4", "fails on a continuation of nothing", send({ opcode: 0, payload: "x" }), {
    fails: 1002,
  }),
  frame("5.4", "fails on a message within another", send({ ...text("a"), fin: false }, text("b")), {
    fails: 1002,
  }),
  frame("5.5", "fails on a fragmented ping", send({ opcode: 9, fin: false }), { fails: 1002 }),
  frame(
    "5.5",
    "fails on a ping of 126 octets",
    send({
      opcode: 9,
      payload: new Uint8Array(126),
    }),
    { fails: 1002 },
  ),
  frame("5.5.2", "answers a ping with its payload", send({ opcode: 9, payload: "abc" }), {
    receives: ['pong "abc"'],
  }),
  frame("5.5.2", "answers a ping of 125 octets", send({ opcode: 9, payload: "a".repeat(125) }), {
    receives: ["pong of 125"],
  }),
  frame("5.5.3", "ignores a pong that it did not ask for", send({ opcode: 10, payload: "x" }), {
    receives: [],
  }),
];

const WRONG_CODES = [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535];
const RIGHT_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999];

const CLOSING: readonly Case[] = [
  frame("5.5.1", "answers a close without a code", send({ opcode: 8 }), { closes: 1005 }),
  frame("5.5.1", "fails on a close frame of one octet", send({ opcode: 8, payload: octets(3) }), {
    fails: 1002,
  }),
  frame(
    "5.5.1",
    "answers nothing that comes after a close",
    send(
      { opcode: 8, payload: code(1000) },
      text("late"),
      { opcode: 9 },
    ),
    { closes: 1000 },
  ),
  ...RIGHT_CODES.map((number) =>
    frame(
      "7.4",
      `answers a close with code ${number}`,
      send({ opcode: 8, payload: code(number) }),
      {
        closes: number,
      },
    )
  ),
  ...WRONG_CODES.map((number) =>
    frame(
      "7.4",
      `fails on a close with code ${number}`,
      send({ opcode: 8, payload: code(number) }),
      {
        fails: 1002,
      },
    )
  ),
  frame(
    "8.1",
    "fails on a reason that is no UTF-8",
    send({ opcode: 8, payload: code(1000, 0xff) }),
    {
      fails: 1007,
    },
  ),
];

/** RFC 3629: overlong forms, surrogates, past the end, cut short, alone. */
const NOT_UTF8: Readonly<Record<string, readonly number[]>> = {
  "a lone continuation octet": [0x80],
  "an overlong slash": [0xc0, 0xaf],
  "an overlong form of three": [0xe0, 0x9f, 0xbf],
  "a surrogate": [0xed, 0xa0, 0x80],
  "an overlong form of four": [0xf0, 0x8f, 0xbf, 0xbf],
  "a number past U+10FFFF": [0xf4, 0x90, 0x80, 0x80],
  "a character cut short": [0x61, 0xe2, 0x82],
};

const UTF8: readonly Case[] = [
  frame("8.1", "takes UTF-8 octet by octet", [BYTEWISE, ...send(text("κόσμε €🌍"))], {
    receives: ['text "κόσμε €🌍"'],
  }),
  frame(
    "8.1",
    "takes a character that is cut between fragments",
    send(
      { ...text(octets(0xe2)), fin: false },
      { opcode: 0, fin: false, payload: octets(0x82) },
      { opcode: 0, payload: octets(0xac) },
    ),
    { receives: ['text "€"'] },
  ),
  ...Object.entries(NOT_UTF8).map(([what, bytes]) =>
    frame("8.1", `fails on ${what}`, send(text(Uint8Array.from(bytes))), { fails: 1007 })
  ),
  frame(
    "8.1",
    "fails on a surrogate that is cut between fragments",
    send(
      { ...text(octets(0xed)), fin: false },
      { opcode: 0, payload: octets(0xa0, 0x80) },
    ),
    { fails: 1007 },
  ),
];

function offer(rule: string, value: string, pattern: RegExp): Case {
  return {
    section: "RFC 7692, 7.1",
    rule,
    head: { fields: { [EXTENSIONS]: value } },
    expect: { answers: { [EXTENSIONS]: pattern } },
  };
}

const DEFLATE: readonly Case[] = [
  offer("answers no offer with what nobody knows", "permessage-deflate; x=1", /^$/),
  offer("answers no window of 7 bits", "permessage-deflate; server_max_window_bits=7", /^$/),
  offer("answers no window of 16 bits", "permessage-deflate; server_max_window_bits=16", /^$/),
  offer(
    "answers no parameter that is there twice",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    /^$/,
  ),
  offer(
    "declines, or keeps no context, when asked to keep none",
    "permessage-deflate; server_no_context_takeover",
    /^$|server_no_context_takeover/,
  ),
  offer(
    "declines, or keeps to a window, when asked to",
    "permessage-deflate; server_max_window_bits=10",
    /^$|server_max_window_bits="?(8|9|10)\b/,
  ),
  offer(
    "does not bound a window that the client cannot",
    "permessage-deflate",
    /^((?!client_max).)*$/,
  ),
];

export const CASES: readonly Case[] = [...HANDSHAKE, ...FRAMES, ...CLOSING, ...UTF8, ...DEFLATE];
