/** The closing handshake and its codes (RFC 6455, sections 5.5.1 and 7). */
import type { Case } from "../case.ts";
import { code, octets, rule, send, text } from "./build.ts";

/** Not to be sent, or not given out. */
const WRONG_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
const RIGHT_CODES = [
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999],
];

export const CLOSING: readonly Case[] = [
  rule("5.5.1", "answers a close without a code", send({ opcode: 8 }), { closes: null }),
  rule("5.5.1", "answers a close with a reason", send({ opcode: 8, payload: code(1000, "bye") }), {
    closes: 1000,
  }),
  rule(
    "5.5.1",
    "answers a close with a reason of 123 octets",
    send({ opcode: 8, payload: code(1000, "é".repeat(61) + "e") }),
    { closes: 1000 },
  ),
  rule("5.5.1", "fails on a close frame of one octet", send({ opcode: 8, payload: octets(3) }), {
    fails: 1002,
  }),
  rule(
    "5.5.1",
    "answers nothing that comes after a close",
    send({ opcode: 8, payload: code(1000) }, text("late"), { opcode: 9 }),
    { closes: 1000 },
  ),
  rule(
    "5.5.1",
    "answers a close between fragments",
    send({ ...text("half"), fin: false }, { opcode: 8, payload: code(1000) }),
    { closes: 1000 },
  ),
  ...RIGHT_CODES.map((number) =>
    rule("7.4", `answers a close with code ${number}`, send({ opcode: 8, payload: code(number) }), {
      closes: number,
    })
  ),
  ...WRONG_CODES.map((number) =>
    rule(
      "7.4",
      `fails on a close with code ${number}`,
      send({ opcode: 8, payload: code(number) }),
      {
        fails: 1002,
      },
    )
  ),
  rule(
    "8.1",
    "fails on a reason that is no UTF-8",
    send({ opcode: 8, payload: octets(...code(1000), 0xff) }),
    { fails: 1007 },
  ),
  rule("7.1.1", "ends the connection when the peer sends no more", [{ do: "end-sending" }], {
    fails: null,
  }),
  rule(
    "7.1.1",
    "ends the connection when the peer sends no more of a frame",
    [{ do: "bytes", bytes: octets(0x81) }, { do: "end-sending" }],
    { fails: null },
  ),
];
