/**
 * Our strict reading beside another's grammar: JsSIP's, which is generated from that of RFC 3261.
 * What one takes the other must take, but for the differences that are declared here.
 */
import assert from "node:assert/strict";
import Grammar from "jssip/lib/Grammar.js";
import Parser from "jssip/lib/Parser.js";
import { Random } from "hil/time/mod.ts";
import { BAD, GOOD } from "./_torture.ts";
import { faultsOf } from "./check.ts";
import { SipSyntaxError } from "./error.ts";
import { type HeaderList, type SipMessage } from "./message.ts";
import { request, withHeaders } from "./message.ts";
import { parseMessage } from "./parse.ts";
import { formatMessage } from "./format.ts";

const grammar = Grammar as unknown as { parse(text: string, rule: string): unknown };

const parser = Parser as unknown as { parseMessage(text: string, agent: unknown): unknown };

const BASE = request("OPTIONS", "sip:bob@lab.example", [
  ["Via", "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKbase"],
  ["Max-Forwards", "70"],
  ["From", "<sip:ann@lab.example>;tag=a1"],
  ["To", "<sip:bob@lab.example>"],
  ["Call-ID", "oracle"],
  ["CSeq", "7 OPTIONS"],
]);

/** By the grammar's rule: the header it is of, and values that are right. */
// deno-fmt-ignore
const RULES: Readonly<Record<string, { readonly name: string; readonly values: readonly string[] }>> = {
  Via: { name: "Via", values: [
    "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1;rport",
    "SIP / 2.0 / TLS [2001:db8::9]:5061;branch=z9hG4bK2;received=192.0.2.1",
    'SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK3;x="q\\""',
    "SIP/2.0/QUICK a.example;ttl=7;maddr=h.example;rport=9",
  ] },
  From: { name: "From", values: [
    '"Ann \\" B" <sip:ann@lab.example:5060;transport=tcp>;tag=a1',
    "ann <sips:ann%40x@[2001:db8::1]>;tag=1;x",
    "sip:ann@lab.example;tag=1",
    'a b <sip:b>;tag=q;y="z"',
  ] },
  To: { name: "To", values: ["<sip:bob@lab.example>", "Bob<sip:bob;x=1@lab.example;lr>;tag=9"] },
  Contact: { name: "Contact", values: [
    "<sip:a@b.example>;expires=60;q=0.5",
    '"x, y" <sip:a,b@c>;q=1, sip:d@e',
    "<sip:a@b?Route=%3Csip:x%3E>",
  ] },
  Record_Route: { name: "Record-Route", values: ["<sip:p1.example;lr>,<sip:p2.example;lr>;x=1"] },
  SIP_URI: { name: "", values: [
    "sip:a:pw@b.example:5060;user=phone;x=%20",
    "sips:[2001:db8::1]",
    "sip:1!~*'()&=+$,;?/%20@h",
  ] },
  challenge: { name: "WWW-Authenticate", values: [
    'Digest realm="a b", nonce="x\\"y", algorithm=MD5, qop="auth,auth-int", stale=TRUE, opaque=""',
    'Digest realm="asterisk",nonce="1/2=",algorithm=SHA-256',
  ] },
  Max_Forwards: { name: "Max-Forwards", values: ["70", "0"] },
};

interface Difference {
  readonly why: string;
  readonly taker: "ours" | "JsSIP";
  readonly matches: RegExp;
  /** Default: all rules. */
  readonly rules?: readonly string[];
}

const ADDRESSES = ["From", "To", "Contact", "Record_Route"];

const DIFFERENCES: readonly Difference[] = [
  {
    why: "real phones put / ? & $ @ : [ ] into the values of parameters, without quotes",
    taker: "ours",
    matches: /[;,]\s*[^;=<>"]+=\s*[^;"=]*[/?&$@:[\]]/,
  },
  {
    why: "hosts have names with _, with a last dot, and of digits alone",
    taker: "ours",
    matches: /[@:\s][^@;>\s]*(?:_|\.?\d[^.;>]*|\.)(?:[;>?:,]|$)/,
  },
  {
    why: "tel: and others are URIs too; JsSIP knows sip: and sips: there",
    taker: "ours",
    matches: /(?:^|<|,\s*)(?!sips?:)[A-Za-z][A-Za-z0-9+.-]*:/i,
    rules: [...ADDRESSES, "SIP_URI"],
  },
  { why: "# is left in a user's name: old phones dial it", taker: "ours", matches: /#/ },
  {
    why: "JsSIP takes a name that begins with a known one for that one",
    taker: "ours",
    matches: /;\s*(?:lr|transport|user|method|ttl|maddr|rport|received|branch|expires|q)[^=;>]+/,
  },
  {
    why: "an extension's value may look like a token where JsSIP wants a host",
    taker: "ours",
    matches: /(?:maddr|received)=[^;]*[%*]/,
  },
  { why: "JsSIP leaves the port out after its colon", taker: "JsSIP", matches: /:(?=[;>?,]|$)/ },
  {
    why: "a version other than SIP/2.0 is another answer (505)",
    taker: "JsSIP",
    matches: /^(?!SIP ?\/ ?2\.0 ?\/)/,
    rules: ["Via"],
  },
  {
    why: "a parameter may be there once (section 7.3.1)",
    taker: "JsSIP",
    matches: /[;,]\s*([^;=,]+)[^;]*[;,](?:.*[;,])?\s*\1(?:[;=]|$)/,
  },
  {
    why: "without angle brackets parameters are the header's (section 20.10)",
    taker: "JsSIP",
    matches: /(?:^|,\s*)sips?:[^<>"]*[;,?][^<>"]*/,
    rules: ADDRESSES,
  },
  {
    why: "From and To have no headers in their URIs, a Request-URI neither (section 19.1.1)",
    taker: "JsSIP",
    matches: /\?/,
    rules: ["From", "To", "SIP_URI"],
  },
  {
    why: "what is a number by its name is one, and no value of an unknown parameter",
    taker: "JsSIP",
    matches: /;\s*(?:rport|ttl|expires|q)\s*=\s*(?!\d+(?:\.\d*)?\s*(?:[;,>]|$))/,
  },
  {
    why: "Max-Forwards goes up to 255",
    taker: "JsSIP",
    matches: /^\d{3,}$/,
    rules: ["Max_Forwards"],
  },
];

const bytes = (message: SipMessage) => formatMessage(message);

function weTake(rule: string, value: string): boolean {
  const { name } = RULES[rule]!;
  const changes: HeaderList = [[name, value]];
  const message = name === "" ? { ...BASE, uri: value } : withHeaders(BASE, changes);
  try {
    return faultsOf(parseMessage(bytes(message), { strict: true })).length === 0;
  } catch (error) {
    if (error instanceof SipSyntaxError) return false;
    throw error;
  }
}

/** A defect that makes it throw something else is a refusal. */
function jssipTakes(rule: string, value: string): boolean {
  try {
    return grammar.parse(value, rule) !== -1;
  } catch {
    return false;
  }
}

// deno-fmt-ignore
const BITS = ['"', "<", ">", ";", ",", "%", "\\", ":", "@", "[", "]", "=", "?", "/", " ", "a", "0", "*", "#", "(", "&", "%41", ";x", "=y", "\t"];

function mutant(values: readonly string[], random: Random): string {
  let text = values[random.below(values.length)]!;
  for (let n = 1 + random.below(2); n > 0; n--) {
    const at = random.below(text.length + 1);
    const bit = random.below(4) > 0 ? BITS[random.below(BITS.length)]! : "";
    text = text.slice(0, at) + bit + text.slice(at + (random.below(3) ? 0 : 1 + random.below(3)));
  }
  return text.trim();
}

const met = new Set<Difference>();

for (const [rule, { values }] of Object.entries(RULES)) {
  Deno.test(`${rule}: we take what JsSIP's grammar takes, and nothing else`, () => {
    for (const value of values) {
      assert.ok(weTake(rule, value), value);
      assert.ok(jssipTakes(rule, value), value);
    }
    let taken = 0;
    const undeclared: string[] = [];
    for (let seed = 0; seed < 600; seed++) {
      const value = mutant(values, new Random(`${rule} ${seed}`));
      const ours = weTake(rule, value);
      if (ours) taken++;
      if (ours === jssipTakes(rule, value)) continue;
      const taker = ours ? "ours" : "JsSIP";
      const declared = DIFFERENCES.find(({ taker: by, matches, rules = [rule] }) =>
        by === taker && rules.includes(rule) && matches.test(value)
      );
      if (declared) met.add(declared);
      else undeclared.push(`seed ${seed}: only ${taker} takes ${JSON.stringify(value)}`);
    }
    assert.deepEqual(undeclared, []);
    assert.ok(taken > 60 && taken < 540, `${taken} of 600 are taken`);
  });
}

Deno.test("every difference that is declared was met", () => {
  const others = DIFFERENCES.filter((difference) => !met.has(difference));
  assert.deepEqual(others.map(({ why }) => why), []);
});

/** JsSIP's answer to those properties of RFC 4475 on which it does not agree with us. */
const TORTURE: Readonly<Record<string, string>> = {
  unksm2: "refused: it knows sip: and sips: alone in From and To",
  baddate: "taken: it does not read Date",
  badvers: "taken: any version is one",
  clerr: "taken: lengths are left to its transport",
  escruri: "taken: headers of a Request-URI are left to who routes",
  insuf: "taken: what is missing is found by another part of it",
  mcl01: "taken: the last one counts",
  multi01: "taken: the last one counts",
  mismatch01: "taken: CSeq and start line are not compared",
  mismatch02: "taken: CSeq and start line are not compared",
  novelsc: "taken: any absolute URI is one",
  unkscm: "taken: any absolute URI is one",
  scalar02: "taken: numbers have no upper bound",
  scalarlg: "taken: numbers have no upper bound",
};

Deno.test("on the messages after RFC 4475 we agree with JsSIP, but where it is declared", () => {
  const differ: string[] = [];
  for (const { name, message } of [...GOOD, ...BAD]) {
    const text = typeof message === "string" ? message : new TextDecoder("latin1").decode(message);
    const expected = GOOD.some((good) => good.name === name);
    if (takes(text) !== expected) differ.push(name);
  }
  assert.deepEqual(differ.toSorted(), Object.keys(TORTURE).toSorted());
});

function takes(text: string): boolean {
  try {
    return parser.parseMessage(text, {}) !== undefined;
  } catch {
    return false;
  }
}
