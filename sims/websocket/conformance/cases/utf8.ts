/** Text (RFC 6455, sections 5.6 and 8.1; RFC 3629). */
import type { Case } from "../case.ts";
import { BYTEWISE, octets, rule, saw, send, SHOULD, text } from "./build.ts";

/** Overlong forms, surrogates, past the end, cut short, alone (RFC 3629, section 4). */
const NOT_UTF8: Readonly<Record<string, readonly number[]>> = {
  "a lone continuation octet": [0x80],
  "an overlong slash": [0xc0, 0xaf],
  "an overlong form of three": [0xe0, 0x9f, 0xbf],
  "a surrogate": [0xed, 0xa0, 0x80],
  "the last surrogate": [0xed, 0xbf, 0xbf],
  "an overlong form of four": [0xf0, 0x8f, 0xbf, 0xbf],
  "a number past U+10FFFF": [0xf4, 0x90, 0x80, 0x80],
  "a first octet F5": [0xf5, 0x80, 0x80, 0x80],
  "a form of five": [0xf8, 0x88, 0x80, 0x80, 0x80],
  "an octet FF": [0x61, 0xff],
  "a character cut short": [0x61, 0xe2, 0x82],
  "a character that another one interrupts": [0xe2, 0x82, 0x61],
};

/** All that is a character, or not even one but is encoded. */
const GOOD: Readonly<Record<string, string>> = {
  "U+0000": "\0",
  "the last of each length": "\x7f߿￿\u{10ffff}",
  "the first of each length": "\x80ࠀ\u{10000}",
  "what is around the surrogates": "\ud7ff\ue000",
  "a byte order mark": "\ufeffx",
  "numbers that are no characters": "\ufffe\u{1fffe}",
};

export const UTF8: readonly Case[] = [
  ...Object.entries(GOOD).map(([what, good]) =>
    rule("5.6", `takes ${what}`, send(text(good)), { receives: [saw("text", good)] })
  ),
  rule("8.1", "takes UTF-8 octet by octet", [BYTEWISE, ...send(text("κόσμε €🌍"))], {
    receives: [saw("text", "κόσμε €🌍")],
  }),
  rule(
    "5.6",
    "takes a character that is cut between fragments",
    send(
      { ...text(octets(0xe2)), fin: false },
      { opcode: 0, fin: false, payload: octets(0x82) },
      { opcode: 0, payload: octets(0xac) },
    ),
    { receives: [saw("text", "€")] },
  ),
  ...Object.entries(NOT_UTF8).map(([what, bytes]) =>
    rule("8.1", `fails on ${what}`, send(text(Uint8Array.from(bytes))), { fails: 1007 })
  ),
  rule(
    "8.1",
    "fails on a surrogate that is cut between fragments",
    send({ ...text(octets(0xed)), fin: false }, { opcode: 0, payload: octets(0xa0, 0x80) }),
    { fails: 1007 },
  ),
  rule(
    "8.1",
    "fails on a wrong octet before the message's end",
    send({ ...text(octets(0x61, 0xff)), fin: false }),
    { fails: 1007 },
    SHOULD,
  ),
  rule(
    "5.6",
    "gives binary messages that are no UTF-8 back",
    send({ opcode: 2, payload: new Uint8Array(50).fill(0xff) }),
    { receives: [saw("binary", 50)] },
  ),
];
