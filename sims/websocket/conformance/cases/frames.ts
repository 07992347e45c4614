/** Frames, fragments and control frames (RFC 6455, section 5). */
import type { RawFrame } from "../../core/mod.ts";
import type { Case, Role } from "../case.ts";
import { BYTEWISE, code, rule, saw, send, sendAtOnce, SHOULD, text } from "./build.ts";

const FAILS = { fails: 1002 } as const;
const TOO_BIG = { fails: 1009 } as const;
/** Around what 7, 16 and 64 bits say, and what a signed octet or half-word would misread. */
const SIZES = [0, 1, 125, 126, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 200_000];

const LENGTHS: readonly Case[] = [
  ...SIZES.map((size) =>
    rule(
      "5.2",
      `takes a binary message of ${size} octets`,
      send({ opcode: 2, payload: new Uint8Array(size).fill(0x61) }),
      { receives: [saw("binary", size > 40 ? size : "a".repeat(size))] },
      // What is longer may be more than is taken (10.4).
      size > 32_768 ? SHOULD : {},
    )
  ),
  rule("5.2", "takes a frame octet by octet", [BYTEWISE, ...send(text("slow"))], {
    receives: [saw("text", "slow")],
  }),
  rule("5.2", "takes an empty frame octet by octet", [BYTEWISE, ...send(text(""))], {
    receives: [saw("text", "")],
  }),
  ...([[1, 16], [1, 64], [125, 16], [126, 64], [65_535, 64]] as const).map(([size, lengthBits]) =>
    rule(
      "5.2",
      `fails on a length of ${size} in ${lengthBits} bits`,
      send({ opcode: 2, payload: new Uint8Array(size), lengthBits }),
      FAILS,
    )
  ),
  rule(
    "5.2",
    "fails on a 64-bit length with its highest bit set",
    send({ opcode: 2, length: 1n << 63n }),
    FAILS,
  ),
  rule(
    "10.4",
    "fails on a frame of 4 EiB when its header is there",
    send({ opcode: 2, length: 1n << 62n }),
    TOO_BIG,
    SHOULD,
  ),
];

const BITS: readonly Case[] = [
  ...[4, 2, 1].map((rsv) =>
    rule(
      "5.2",
      `fails on a reserved bit (RSV ${rsv}) without an extension`,
      send({ ...text("x"), rsv }),
      FAILS,
    )
  ),
  rule("5.2", "fails on a reserved bit in a control frame", send({ opcode: 9, rsv: 2 }), FAILS),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) =>
    rule("5.2", `fails on the reserved opcode ${opcode}`, send({ opcode }), FAILS)
  ),
];

const FRAGMENTS: readonly Case[] = [
  rule(
    "5.4",
    "puts fragments together in their order",
    send(
      { ...text("a"), fin: false },
      { opcode: 0, fin: false, payload: "" },
      { opcode: 0, fin: false, payload: "b" },
      { opcode: 0, payload: "c" },
    ),
    { receives: [saw("text", "abc")] },
  ),
  rule(
    "5.4",
    "takes a message of empty fragments",
    send({ ...text(""), fin: false }, { opcode: 0, fin: false }, { opcode: 0 }),
    { receives: [saw("text", "")] },
  ),
  rule(
    "5.6",
    "keeps messages apart",
    send({ ...text("a"), fin: false }, { opcode: 0, payload: "b" }, text("c"), {
      opcode: 2,
      payload: "d",
    }),
    { receives: [saw("text", "ab"), saw("text", "c"), saw("binary", "d")] },
  ),
  rule(
    "5.4",
    "answers a ping between fragments",
    send({ ...text("a"), fin: false }, { opcode: 9, payload: "p" }, { opcode: 0, payload: "b" }),
    { receives: [saw("pong", "p"), saw("text", "ab")] },
  ),
  rule("5.4", "fails on a continuation of nothing", send({ opcode: 0, payload: "x" }), FAILS),
  rule(
    "5.4",
    "fails on a continuation of what has ended",
    send({ ...text("a"), fin: false }, { opcode: 0, payload: "b" }, { opcode: 0, payload: "c" }),
    { fails: 1002, after: [saw("text", "ab")] },
  ),
  rule(
    "5.4",
    "fails on a message within another",
    send({ ...text("a"), fin: false }, text("b")),
    FAILS,
  ),
  rule(
    "5.4",
    "fails on a binary message within a text",
    send({ ...text("a"), fin: false }, { opcode: 2, payload: "b" }),
    FAILS,
  ),
];

const CONTROL: readonly Case[] = [
  ...([["close", 8], ["ping", 9], ["pong", 10]] as const).flatMap(([name, opcode]) => [
    rule("5.5", `fails on a fragmented ${name}`, send({ opcode, fin: false }), FAILS),
    rule(
      "5.5",
      `fails on a ${name} of 126 octets`,
      send({ opcode, payload: opcode === 8 ? code(1000, "a".repeat(124)) : new Uint8Array(126) }),
      FAILS,
    ),
  ]),
  rule("5.5.2", "answers a ping with its payload", send({ opcode: 9, payload: "abc" }), {
    receives: [saw("pong", "abc")],
  }),
  rule("5.5.2", "answers an empty ping", send({ opcode: 9 }), { receives: [saw("pong", "")] }),
  rule("5.5.2", "answers a ping of 125 octets", send({ opcode: 9, payload: "a".repeat(125) }), {
    receives: [saw("pong", 125)],
  }),
  rule("5.5.3", "answers no pong that it did not ask for", send({ opcode: 10, payload: "x" }), {
    receives: [],
  }),
  rule(
    "7.1.7",
    "answers nothing behind what it fails on",
    send({ opcode: 3 }, { opcode: 9, payload: "p" }, text("late")),
    FAILS,
  ),
];

/** What a peer can make us keep or do, by frames that are all good. */
function floods(role: Role): readonly Case[] {
  const empties = new Array<RawFrame>(10_000).fill({ opcode: 0, fin: false });
  const ones = new Array<RawFrame>(131_000).fill({ opcode: 0, fin: false, payload: "b" });
  return [
    rule(
      "10.4",
      "is not brought down by 10,000 empty fragments",
      [sendAtOnce(role, [{ ...text("a"), fin: false }, ...empties, { opcode: 0, payload: "b" }])],
      { receives: [saw("text", "ab")] },
      SHOULD,
    ),
    rule(
      "10.4",
      "is not brought down by 131,000 fragments of one octet that do not end",
      [sendAtOnce(role, [{ ...text("a"), fin: false }, ...ones, { opcode: 9, payload: "p" }])],
      { receives: [saw("pong", "p")] },
      SHOULD,
    ),
  ];
}

/** Masks are for servers alone (section 5.1). */
const MASKS: Readonly<Record<Role, readonly Case[]>> = {
  server: [
    rule("5.1", "fails on a frame without a mask", send({ ...text("x"), mask: "none" }), FAILS),
    rule("5.1", "fails on a ping without a mask", send({ opcode: 9, mask: "none" }), FAILS),
    rule("5.3", "takes a mask of zeros", send({ ...text("x"), mask: 0 }), {
      receives: [saw("text", "x")],
    }),
    rule("5.3", "takes a mask of ones", send({ ...text("xyzzy"), mask: 0xffff_ffff }), {
      receives: [saw("text", "xyzzy")],
    }),
    rule("5.1", "masks nothing that it sends", send(text("x")), { receives: [saw("text", "x")] }),
  ],
  client: [
    rule("5.1", "fails on a frame with a mask", send({ ...text("x"), mask: 1 }), FAILS),
    rule("5.1", "fails on a ping with a mask", send({ opcode: 9, mask: 1 }), FAILS),
  ],
};

export function frameCases(role: Role): readonly Case[] {
  return [...LENGTHS, ...BITS, ...MASKS[role], ...FRAGMENTS, ...CONTROL, ...floods(role)];
}
