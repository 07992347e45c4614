import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "hil/time/mod.ts";
import { factsOf, Hasher, METHOD } from "../core/mod.ts";
import { parseMessage } from "sims/sip/message/mod.ts";
import { answer, request } from "./_lan.ts";
import { MessageScanner } from "./scan.ts";

const TEXT = new TextEncoder();
const hasher = new Hasher(7);

function scan(text: string | Uint8Array) {
  const bytes = typeof text === "string" ? TEXT.encode(text) : text;
  const scanner = new MessageScanner(hasher);
  // Not at the beginning: what lies around it is not its own.
  const around = Uint8Array.of(...TEXT.encode("CSeq: 9 ACK\n"), ...bytes, ...TEXT.encode("Via: x"));
  const said = scanner.scan(around, 12, 12 + bytes.length);
  const glimpse = scanner.glimpse;
  return { said, glimpse, user: glimpse.userText() };
}

const h = (text: string) => hasher.text(text).a;

/** The same as the parser of the whole says. */
function agree(text: string): void {
  const facts = factsOf(parseMessage(TEXT.encode(text)))!;
  const { said, glimpse, user } = scan(text);
  assert.equal(said, "read", text);
  assert.deepEqual(
    [glimpse.isRequest, glimpse.method, glimpse.cseq, glimpse.callA, glimpse.branchA],
    [
      facts.type === "request",
      METHOD[facts.method as keyof typeof METHOD],
      facts.cseq,
      h(facts.callId),
      h(facts.branch),
    ],
    text,
  );
  assert.deepEqual([user, glimpse.toTag], [facts.user, facts.toTag ? h(facts.toTag) : 0], text);
  if (facts.type === "response") {
    assert.equal(glimpse.status, facts.status);
    assert.deepEqual([glimpse.stale, glimpse.registeredS], [facts.stale, facts.registeredS], text);
    const nonces = [...glimpse.nonces].filter((_, i) => i % 2 === 0 && i < 2 * glimpse.nonceCount);
    assert.deepEqual(nonces, facts.nonces.map(h), text);
  } else {
    const { credentials } = facts;
    assert.equal(glimpse.credentials !== 0, credentials !== undefined);
    if (!credentials) return;
    assert.deepEqual([glimpse.username, glimpse.nonceA], [
      h(credentials.username),
      h(credentials.nonce),
    ]);
  }
}

const head = (first: string, more: readonly string[] = [], cseq = "1 INVITE") =>
  [
    first,
    "Via: SIP/2.0/UDP 203.0.113.9:5060;rport;branch=z9hG4bKa, SIP/2.0/UDP 1.1.1.1;branch=z9hG4bKb",
    "Via: SIP/2.0/UDP 2.2.2.2;branch=z9hG4bKc",
    'From: "A, <b>; tag=x \\" y" <sip:1000@pbx.example:5060;transport=udp>;tag=from',
    "To: <sip:600@pbx.example>;x=y;tag=to",
    "Call-ID: one@two",
    `CSeq: ${cseq}`,
    ...more,
    "\r\n",
  ].join("\r\n");

Deno.test("its facts are those of the parser", () => {
  const digest = (more: string) => `Digest realm="a, nonce=\\"no\\"", nonce="n1"${more}`;
  for (const odd of [false, true]) {
    for (const host of ["203.0.113.9", "2001:db8::9"]) {
      for (const nonce of ["", "abc"]) agree(request(host, 3, 4, nonce, odd));
      for (const status of [401, 403]) agree(answer(host, 3, 4, status, odd));
    }
  }
  agree(head("SIP/2.0 404 Not Found"));
  agree(head("SIP/2.0 407 x", [`Proxy-Authenticate: ${digest(", stale=TRUE")}`]));
  agree(head("SIP/2.0 401 x", [
    `WWW-Authenticate: ${digest(", algorithm=MD5, stale=false")}`,
    `www-authenticate:\r\n ${digest("").replace("n1", "n2")}`,
  ]));
  agree(head("INVITE sip:600@pbx SIP/2.0", [
    `Authorization: Digest username="1000", realm="x",nonce = "n", uri="sip:a=b,c", response="r"`,
  ]));
  agree(head("ACK sip:600@pbx SIP/2.0", [], "1 ACK"));
  const ok = (...more: string[]) => head("SIP/2.0 200 OK", more, "7 REGISTER");
  agree(ok("Contact: <sip:a@b;expires=9>;expires=60, <sip:c@d>;expires=120"));
  agree(ok("m: <sip:a@b>", "Expires: 30"));
  agree(ok("Contact: <sip:a@b>"));
  agree(ok());
});

Deno.test("what does not count is skipped, what names no transaction is malformed", () => {
  const said = (text: string) => scan(text).said;
  for (
    const text of [
      head("SIP/2.0 100 Trying"),
      head("SIP/2.0 183 x"),
      head("SIP/2.0 200 OK", [], "1 OPTIONS"),
      head("SIP/2.0 4x4 x"),
      head("OPTIONS sip:x SIP/2.0"),
      "",
      "\r\n\r\n",
      "\0\0\0\0",
      "SIP/2.0 ",
    ]
  ) assert.equal(said(text), "skipped", text);
  assert.equal(said("\r\n\r\n" + head("SIP/2.0 403 x")), "read");
  assert.equal(said("SIP/2.0 403 x\r\nCSeq: 1 INVITE\r\n\r\nCall-ID: body"), "malformed");
  assert.equal(said("SIP/2.0 403 x\r\nCall-ID: a\r\nCSeq: INVITE\r\n\r\n"), "malformed");
  assert.equal(said("SIP/2.0 403 x\nCall-ID: a\nCSeq:1\n INVITE"), "read");
});

Deno.test("targets are told apart by the user part", () => {
  const target = (text: string) => scan(text).glimpse.target;
  const invite = (uri: string) => target(head(`INVITE ${uri} SIP/2.0`));
  assert.equal(invite("sip:600@pbx"), invite("sip:600@other;x=y"));
  assert.notEqual(invite("sip:600@pbx"), invite("sip:601@pbx"));
  assert.equal(invite("sip:pbx"), 0);
  const register = request("203.0.113.9", 1, 1, "");
  assert.equal(target(register), invite("sip:1000@pbx"));
});

Deno.test("whatever the bytes are: it ends, it does not throw, it reads nothing beyond them", () => {
  const bases = [
    request("203.0.113.9", 1, 2, "n"),
    answer("203.0.113.9", 1, 2, 401),
    head("SIP/2.0 200 OK", ["m: <sip:a@b>;expires=3"], "1 REGISTER"),
  ].map((text) => TEXT.encode(text));
  const special = TEXT.encode('\r\n \t:;,="<>@\\[]\0').toString().split(",").map(Number);
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed);
      const base = bases[random.below(bases.length)]!;
      const bytes = base.slice(
        random.below(4) === 0 ? random.below(base.length) : 0,
        random.below(2) ? base.length : random.below(base.length),
      );
      for (let n = random.below(6); n > 0 && bytes.length > 0; n--) {
        bytes[random.below(bytes.length)] = random.below(2)
          ? special[random.below(special.length)]!
          : random.below(256);
      }
      const { said, glimpse } = scan(bytes);
      const alone = new MessageScanner(hasher);
      assert.equal(alone.scan(bytes, 0, bytes.length), said);
      if (said === "read") {
        const { userSource: _a, userFrom: _b, userTo: _c, ...rest } = glimpse;
        const { userSource: _d, userFrom: _e, userTo: _f, ...same } = alone.glimpse;
        assert.deepEqual(same, rest);
      }
    }),
    { seed: 6, numRuns: 4000 },
  );
});
