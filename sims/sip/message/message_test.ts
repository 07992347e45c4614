import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "hil/time/mod.ts";
import { faultsOf } from "./check.ts";
import { SipSyntaxError } from "./error.ts";
import { formatMessage, summary } from "./format.ts";
import { header, replyTo, request, response, type SipMessage, withHeaders } from "./message.ts";
import { parseMessage } from "./parse.ts";
import { SipStream } from "./stream.ts";
import {
  contactsOf,
  cseqOf,
  formatAuth,
  formatNameAddress,
  formatVia,
  parseAuth,
  parseNameAddress,
  parseVia,
  toOf,
} from "./typed.ts";
import { addressOfRecord, formatUri, parseUri } from "./uri.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function invite(number: number, body = ""): SipMessage {
  return request("INVITE", "sip:600@pbx.example", [
    ["Via", "SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK" + number],
    ["From", '"Ann" <sip:7@pbx.example>;tag=1'],
    ["To", "<sip:600@pbx.example>"],
    ["Call-ID", "c1"],
    ["CSeq", `${number} INVITE`],
    ["Content-Type", body ? "application/sdp" : undefined],
  ], body);
}

Deno.test("CSeq:1 INVITE, without white space after the colon, is read", () => {
  const text =
    "SIP/2.0 401 Unauthorized\r\nv:SIP/2.0/UDP h;branch=z9hG4bK1\r\nf:<sip:a@b>;tag=1\r\n" +
    "t:<sip:a@b>;tag=2\r\ni:x\r\nCSeq:1 INVITE\r\nl:0\r\n\r\n";
  const message = parseMessage(bytes(text), { strict: true });
  assert.deepEqual(cseqOf(message), { number: 1, method: "INVITE" });
});

Deno.test("bare line feeds are read leniently, and refused strictly", () => {
  const text = "OPTIONS sip:b SIP/2.0\nCSeq: 1 OPTIONS\n\n";
  assert.equal(cseqOf(parseMessage(bytes(text))).number, 1);
  assert.throws(() => parseMessage(bytes(text), { strict: true }), { fault: "encoding" });
});

Deno.test("a stream gives the same messages however it is cut", () => {
  const sent = [invite(1, "v=0\r\n"), invite(2), invite(3, "\r\n\r\nINVITE x SIP/2.0\r\n\r\n")];
  const raw = [bytes("\r\n\r\n"), ...sent.flatMap((m) => [formatMessage(m), bytes("\r\n\r\n")])];
  const all = Uint8Array.from(raw.flatMap((part) => [...part]));
  for (let seed = 0; seed < 50; seed++) {
    const random = new Random(seed);
    const stream = new SipStream({ strict: true });
    const got: SipMessage[] = [];
    for (let at = 0; at < all.length;) {
      const size = 1 + random.below(seed === 0 ? 1 : 200);
      got.push(...stream.push(all.subarray(at, at + size)));
      at += size;
    }
    assert.deepEqual(got.map((m) => [cseqOf(m).number, m.body]), [
      [1, sent[0]!.body],
      [2, sent[1]!.body],
      [3, sent[2]!.body],
    ], `seed ${seed}`);
  }
});

Deno.test("a stream that cannot be read gives what came before, fails, and stays failed", () => {
  const stream = new SipStream();
  const got: SipMessage[] = [];
  const bad = bytes("OPTIONS sip:b SIP/2.0\r\nCSeq: 9 OPTIONS\r\n\r\n");
  assert.throws(() => {
    for (const m of stream.push(Uint8Array.from([...formatMessage(invite(1)), ...bad]))) {
      got.push(m);
    }
  }, { message: 'Cannot parse message "": a stream needs Content-Length' });
  assert.equal(got.length, 1);
  assert.throws(() => [...stream.push(new Uint8Array())], SipSyntaxError);
});

Deno.test("headers and bodies without end do not fill the memory of a stream", () => {
  const endless = new SipStream({ maxHeadBytes: 1000 });
  assert.throws(() => [...endless.push(bytes("A: b\r\n".repeat(200)))], { fault: "length" });
  const large = bytes("OPTIONS sip:b SIP/2.0\r\nl: 99999999\r\n\r\n");
  assert.throws(() => [...new SipStream().push(large)], { fault: "length" });
});

Deno.test("nobody smuggles a header in by a value", () => {
  const message = withHeaders(invite(1), [["Subject", "x\r\nContact: <sip:evil>"]]);
  assert.throws(() => formatMessage(message), TypeError);
});

Deno.test("a reply takes the tag only where To has none of its own", () => {
  const first = invite(1);
  assert.equal(first.type, "request");
  if (first.type !== "request") return;
  const reply = replyTo(first, 401, { toTag: "t" });
  assert.equal(toOf(reply).params.get("tag"), "t");
  const tagged = withHeaders(first, [["To", "<sip:600@pbx.example;tag=uri>;tag=own"]]);
  assert.equal(toOf(replyTo(tagged, 200, { toTag: "t" })).params.get("tag"), "own");
  assert.equal(summary(reply), "401 Unauthorized");
  assert.deepEqual(faultsOf(reply), []);
});

Deno.test("two spellings of one user are one address of record", () => {
  const spelled = ["sip:%61nn@PBX.example:5060;transport=tcp", "sip:ann@pbx.example"];
  assert.deepEqual(spelled.map((text) => addressOfRecord(parseUri(text))), [
    "sip:ann@pbx.example",
    "sip:ann@pbx.example",
  ]);
});

Deno.test("typed headers are the same after they were written and read", () => {
  const word = fc.stringMatching(/^[a-z0-9.!%*_+~-]{1,12}$/);
  const params = fc.uniqueArray(
    fc.tuple(
      word.map((w) => w.toLowerCase()),
      fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    ),
    { selector: ([name]) => name, maxLength: 4 },
  ).map((list) => new Map(list));
  const uri = fc.constantFrom(
    "sip:a@b.example",
    "sips:[2001:db8::1]:5061;lr",
    "tel:+4412",
    "sip:a%20;x=1:pw@b?h=1",
  )
    .map((text) => parseUri(text));
  const display = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
  fc.assert(fc.property(display, uri, params, (display, uri, params) => {
    const address = { ...(display !== undefined && { display }), uri, params };
    assert.deepEqual(parseNameAddress(formatNameAddress(address), "To"), address);
    assert.deepEqual(parseUri(formatUri(uri)), uri);
    const via = { transport: "UDP", host: "h.example", port: 5060, params };
    assert.deepEqual(parseVia(formatVia(via)), via);
    const fields = new Map([["realm", display ?? ""], ["nc", "00000001"], ["qop", "auth"]]);
    for (const kind of ["challenge", "credentials"] as const) {
      assert.deepEqual(
        parseAuth(formatAuth({ scheme: "Digest", fields }, kind), "x").fields,
        fields,
      );
    }
  }));
});

Deno.test("a contact list with commas in quotes and URIs falls apart where it should", () => {
  const message = response(200, [["Contact", '"a, <b" <sip:a,b@x;p=1>;q=1 , <sip:b@x>'], [
    "Contact",
    "sip:c@x",
  ]]);
  const contacts = contactsOf(message);
  assert.ok(contacts !== "*");
  assert.deepEqual(contacts.map(({ uri }) => formatUri(uri)), [
    "sip:a,b@x;p=1",
    "sip:b@x",
    "sip:c@x",
  ]);
});

/** Bytes changed, taken out, doubled: whatever comes, a message or a SipSyntaxError. */
Deno.test("no bytes make the parser fail in another way, or hang", () => {
  const seeds = [
    invite(1, "v=0\r\n"),
    response(401, [["WWW-Authenticate", 'Digest realm="x", nonce="y"']]),
  ];
  const bits = [
    '"',
    "<",
    ">",
    ";",
    ",",
    "\r\n",
    "\r\n ",
    "%",
    "\0",
    "\\",
    ":",
    "@",
    "[",
    "\xff",
    "1e9",
    "  ",
  ];
  let read = 0;
  for (let seed = 0; seed < 4000; seed++) {
    const random = new Random(seed);
    let raw = [...formatMessage(seeds[random.below(seeds.length)]!)];
    for (let n = 1 + random.below(6); n > 0; n--) {
      const at = random.below(raw.length + 1);
      const cut = random.below(3) === 0 ? random.below(20) : 0;
      const bit = [...bytes(bits[random.below(bits.length)]!)];
      raw = [...raw.slice(0, at), ...bit, ...raw.slice(at + cut)];
    }
    for (const strict of [false, true]) {
      try {
        const message = parseMessage(Uint8Array.from(raw), { strict });
        faultsOf(message);
        const again = parseMessage(formatMessage(message));
        assert.equal(header(again, "Call-ID"), header(message, "Call-ID"), `seed ${seed}`);
        read++;
      } catch (error) {
        assert.ok(error instanceof SipSyntaxError, `seed ${seed}: ${(error as Error).stack}`);
      }
    }
  }
  assert.ok(read > 1000, `only ${read} could be read`);
});
