/** permessage-deflate (RFC 7692): what is agreed on, and messages that are compressed. */
import { Random } from "hil/time/mod.ts";
import type { Step } from "../../raw_peer.ts";
import type { Case, Expectation, Role } from "../case.ts";
import { code, compressed, octets, saw, send, SHOULD } from "./build.ts";

const EXTENSIONS = "Sec-WebSocket-Extensions";
const NAME = "permessage-deflate";
const FAILS = { fails: 1002 } as const;

function offer(
  section: string,
  rule: string,
  value: string,
  pattern: RegExp,
  more: { orRefuses?: true } = {},
): Case {
  const expect = { fields: { [EXTENSIONS]: pattern }, ...more };
  return {
    section: `RFC 7692, ${section}`,
    rule,
    head: { fields: { [EXTENSIONS]: value } },
    expect,
  };
}

/** What an offer must not have, in words. */
const WRONG: Readonly<Record<string, string>> = {
  "a parameter that nobody knows": "x=1",
  "a window of 7 bits": "server_max_window_bits=7",
  "a window of 16 bits": "server_max_window_bits=16",
  "a window with a leading zero": "server_max_window_bits=09",
  "a window that is no number": "server_max_window_bits=x",
  "a server's window without a number": "server_max_window_bits",
  "a client's window of 7 bits": "client_max_window_bits=7",
  "a client's window of 16 bits": "client_max_window_bits=16",
  "a value of what has none": "server_no_context_takeover=1",
  "a value of what has none, of the client": "client_no_context_takeover=1",
  "a parameter that is there twice": "server_no_context_takeover; server_no_context_takeover",
};

const OFFERS: readonly Case[] = [
  ...Object.entries(WRONG).map(([what, parameter]) =>
    offer("7", `declines ${what}`, `${NAME}; ${parameter}`, /^$/, { orRefuses: true })
  ),
  offer(
    "7",
    "takes the second offer when the first is not to be taken",
    `${NAME}; x, ${NAME}`,
    /^$|^permessage-deflate\b(?!.*\bx\b)/,
    { orRefuses: true },
  ),
  offer("5", "takes one offer of two", `${NAME}, ${NAME}; server_no_context_takeover`, /^[^,]*$/),
  offer(
    "7.1.1.1",
    "declines, or keeps no context, when asked to keep none",
    `${NAME}; server_no_context_takeover`,
    /^$|server_no_context_takeover/,
  ),
  offer(
    "7.1.2.1",
    "declines, or keeps to a window, when asked to",
    `${NAME}; server_max_window_bits=10`,
    /^$|server_max_window_bits="?(8|9|10)\b/,
  ),
  offer("7.1.2.2", "does not bound a window that the client cannot", NAME, /^((?!client_max).)*$/),
  offer(
    "7.1.2.2",
    "bounds a client's window by no more than was offered",
    `${NAME}; client_max_window_bits=10`,
    /^((?!client_max).)*$|client_max_window_bits="?(8|9|10)\b/,
  ),
];

const FLAG = "(server|client)_no_context_takeover";
const BITS_VALUE = '="?([89]|1[0-5])"?';
const WINDOW = `server_max_window_bits${BITS_VALUE}|client_max_window_bits(${BITS_VALUE})?`;
const OFFER = `${NAME}( ?; ?(${FLAG}|${WINDOW}))*`;

const ANSWERS: readonly Case[] = [
  {
    section: "RFC 7692, 7.1.2",
    rule: "offers nothing, or parameters with values that they may have",
    expect: { fields: { [EXTENSIONS]: new RegExp(`^(${OFFER}( ?, ?(?=p)|$))*$`) } },
  },
  ...Object.entries({ ...WRONG, "a client's window without a number": "client_max_window_bits" })
    .map(([what, parameter]): Case => ({
      section: "RFC 7692, 7",
      rule: `refuses an answer with ${what}`,
      head: { fields: { [EXTENSIONS]: `${NAME}; ${parameter}` } },
      expect: { refuses: true },
    })),
  {
    section: "RFC 7692, 5",
    rule: "refuses an answer that takes it twice",
    head: { fields: { [EXTENSIONS]: `${NAME}, ${NAME}` } },
    expect: { refuses: true },
  },
  {
    section: "RFC 6455, 11.3.2",
    rule: "refuses two fields of extensions",
    head: { fields: { [EXTENSIONS]: [NAME, NAME] } },
    expect: { refuses: true },
  },
];

function message(
  section: string,
  rule: string,
  steps: readonly Step[],
  expect: Expectation,
  more: Partial<Case> = {},
): Case {
  return { section: `RFC 7692, ${section}`, rule, deflate: NAME, steps, expect, ...more };
}

const HELLO = octets(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00);
const hello = { opcode: 1, rsv: 4, payload: HELLO };
const first = { ...hello, fin: false, payload: HELLO.subarray(0, 3) };
const last = { opcode: 0, payload: HELLO.subarray(3) };
const GETS_HELLO = { receives: [saw("text", "Hello")] };

/** The examples of section 7.2.3. */
const EXAMPLES: readonly Case[] = [
  message("7.2.3.1", "takes a compressed message", send(hello), GETS_HELLO),
  message("7.2.3.1", "takes a compressed message in fragments", send(first, last), GETS_HELLO),
  message(
    "7.2.3.2",
    "keeps its window from message to message",
    send(hello, { ...hello, payload: octets(0xf2, 0x00, 0x11, 0x00, 0x00) }),
    { receives: [saw("text", "Hello"), saw("text", "Hello")] },
  ),
  message(
    "7.2.3.3",
    "takes a block that is not compressed",
    send({ ...hello, payload: octets(0, 5, 0, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0) }),
    GETS_HELLO,
  ),
  message(
    "7.2.3.4",
    "takes a block that says it is the last",
    send({ ...hello, payload: octets(0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00) }),
    GETS_HELLO,
  ),
  message(
    "7.2.3.5",
    "takes two blocks in a message",
    send({
      ...hello,
      payload: octets(0xf2, 0x48, 5, 0, 0, 0, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0),
    }),
    GETS_HELLO,
  ),
  message("7.2.3.6", "takes an empty message", send({ ...hello, payload: octets(0) }), {
    receives: [saw("text", "")],
  }),
];

const BITS: readonly Case[] = [
  message(
    "6",
    "takes a message that is not compressed",
    send({ opcode: 1, payload: "Hello" }),
    GETS_HELLO,
  ),
  message(
    "6",
    "takes compressed and other messages in turn",
    send(hello, { opcode: 1, payload: "plain" }, {
      ...hello,
      payload: octets(0xf2, 0x00, 0x11, 0x00, 0x00),
    }),
    { receives: [saw("text", "Hello"), saw("text", "plain"), saw("text", "Hello")] },
  ),
  message(
    "6.1",
    "answers a ping between compressed fragments",
    send(first, { opcode: 9, payload: "p" }, last),
    { receives: [saw("pong", "p"), saw("text", "Hello")] },
  ),
  message(
    "6.1",
    "takes empty fragments of a compressed message",
    send({ ...hello, fin: false, payload: "" }, { opcode: 0, fin: false, payload: HELLO }, {
      opcode: 0,
    }),
    GETS_HELLO,
  ),
  message("6.1", "fails on RSV1 in a continuation", send(first, { ...last, rsv: 4 }), FAILS),
  message("6.1", "fails on RSV1 in a ping", send({ opcode: 9, rsv: 4 }), FAILS),
  message(
    "6.1",
    "fails on RSV1 in a close",
    send({ opcode: 8, rsv: 4, payload: code(1000) }),
    FAILS,
  ),
  ...[2, 1].map((rsv) =>
    message(
      "6",
      `fails on a bit that it gave no meaning (RSV ${rsv})`,
      send({ ...hello, rsv: 4 | rsv }),
      FAILS,
    )
  ),
];

const random = new Random(7692);
const NOISE = Uint8Array.from({ length: 600 }, () => random.below(256));
/** It comes back 3000 octets later: farther than a window of 11 bits reaches. */
const FAR = Uint8Array.from([
  ...NOISE,
  ...Array.from({ length: 2400 }, () => random.below(256)),
  ...NOISE,
]);
const SENTENCES = "The quick brown fox jumps over the lazy dog. ".repeat(40);
const MANY = Array.from({ length: 4 }, (_, i) => `${SENTENCES}${i}`);

/** A block that is not compressed, of 32,768 octets, and an empty one. */
const STORED_32_KIB = octets(
  ...[0x00, 0x00, 0x80, 0xff, 0x7f],
  ...new TextEncoder().encode("7ab".padEnd(32_768, "c")),
  0x00,
);
/** Three octets of 32,768 octets before. */
const FARTHEST = octets(0x02, 0xde, 0xff, 0x0f, 0x00);

const CONTENT: readonly Case[] = [
  message("7.2", "takes long messages that share a window", send(...compressed(MANY)), {
    receives: MANY.map(({ length }) => saw("text", length)),
  }),
  message(
    "7.2.2",
    "takes messages each of which is compressed alone",
    send(...compressed(MANY, { takeover: false })),
    { receives: MANY.map(({ length }) => saw("text", length)) },
  ),
  message(
    "7.2.2",
    "remembers 32,768 octets of the message before",
    send(
      { opcode: 2, rsv: 4, payload: STORED_32_KIB },
      { opcode: 2, rsv: 4, payload: FARTHEST },
    ),
    { receives: [saw("binary", 32_768), 'binary "7ab"'] },
  ),
  message("7.2", "takes what cannot be compressed", send(...compressed([FAR])), {
    receives: [saw("binary", FAR.length)],
  }),
  message("7.2", "takes a million octets", send(...compressed(["a".repeat(1_000_000)])), {
    receives: [saw("text", 1_000_000)],
  }),
  message(
    "7.2.2",
    "fails on what is no DEFLATE",
    send({ ...hello, payload: octets(0xff, 0xff, 0xff, 0xff) }),
    { fails: null },
  ),
  message(
    "7.2.2",
    "fails on a match before the first octet",
    send({
      ...hello,
      payload: octets(0xf2, 0x00, 0x11, 0x00, 0x00),
    }),
    { fails: null },
  ),
  {
    ...message(
      "8.1",
      "fails on compressed text that is no UTF-8",
      send({
        ...compressed([octets(0x61, 0xff, 0x62)])[0]!,
        opcode: 1,
      }),
      { fails: 1007 },
    ),
    section: "RFC 6455, 8.1",
  },
];

/** 200 MiB of zeros: a mebibyte that does not look back, over and over. */
function bomb(): Uint8Array {
  const { payload } = compressed([new Uint8Array(1 << 20)])[0]!;
  const chunk = octets(...payload as Uint8Array, 0, 0, 0xff, 0xff);
  const all = new Uint8Array(chunk.length * 200);
  for (let at = 0; at < all.length; at += chunk.length) all.set(chunk, at);
  return all.subarray(0, -4);
}

const BOMB: Case = {
  ...message(
    "8",
    "fails on a message that inflates to 200 MiB",
    send({ opcode: 2, rsv: 4, payload: bomb() }),
    { fails: 1009 },
    SHOULD,
  ),
  section: "RFC 6455, 10.4",
};

/** What who is looked at is told to keep to, when it compresses. */
function bounded(role: Role): readonly Case[] {
  const section = role === "server" ? "7.1.2.1" : "7.1.2.2";
  return [
    ...[9, 11, 8].map((bits): Case => ({
      ...message(
        section,
        `looks no farther back than a window of ${bits} bits`,
        send(
          ...compressed([FAR, FAR]),
          { opcode: 2, payload: FAR },
        ),
        { receives: [FAR, FAR, FAR].map(({ length }) => saw("binary", length)) },
      ),
      deflate: `${NAME}; ${role}_max_window_bits=${bits}`,
    })),
    {
      ...message(
        role === "server" ? "7.1.1.1" : "7.1.1.2",
        "looks back to no other message when told not to",
        send(
          ...compressed(MANY),
        ),
        { receives: MANY.map(({ length }) => saw("text", length)) },
      ),
      deflate: `${NAME}; ${role}_no_context_takeover`,
    },
  ];
}

export function deflateCases(role: Role): readonly Case[] {
  const agreement = role === "server" ? OFFERS : ANSWERS;
  return [...agreement, ...EXAMPLES, ...BITS, ...CONTENT, ...bounded(role), BOMB];
}
