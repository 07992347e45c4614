/**
 * The 49 properties of RFC 4475 (SIP torture tests), by the RFC's names for them. Every message is
 * our own: the RFC's have no code licence.
 */
import assert from "node:assert/strict";
import type { SipFault } from "./error.ts";
import { header, requestUri, type SipMessage, type SipRequest } from "./message.ts";
import { contactsOf, cseqOf, fromOf, numberOf, routesOf, toOf, topVia, viasOf } from "./typed.ts";
import { isSipUri, unescape } from "./uri.ts";

const BASE: Readonly<Record<string, string>> = {
  Via: "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKtorture",
  "Max-Forwards": "70",
  From: "<sip:ann@lab.example>;tag=a1",
  To: "<sip:bob@lab.example>",
  "Call-ID": "torture@198.51.100.7",
  CSeq: "7 OPTIONS",
};

type Changes = Readonly<Record<string, string | readonly string[] | undefined>>;

function text(start: string, changes: Changes = {}, body = ""): string {
  const lines = [start];
  for (const [name, value] of Object.entries({ ...BASE, ...changes })) {
    for (const one of [value ?? []].flat()) lines.push(`${name}: ${one}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

const options = (changes?: Changes, body?: string) =>
  text("OPTIONS sip:bob@lab.example SIP/2.0", changes, body);
export const bytes = (text: string) => new TextEncoder().encode(text);

export interface Good {
  readonly name: string;
  readonly says: string;
  readonly message: string | Uint8Array;
  readonly also?: (message: SipMessage) => void;
}

const asRequest = (message: SipMessage) => message as SipRequest;
const userOf = (message: SipMessage) => {
  const uri = requestUri(asRequest(message));
  return isSipUri(uri) ? unescape(uri.user ?? "") : undefined;
};

// deno-fmt-ignore
export const GOOD: readonly Good[] = [
  { name: "wsinv", says: "white space, folds, compact names and mixed case everywhere",
    message: "OPTIONS sip:bob@lab.example SIP/2.0\r\nTO :\r\n <sip:bob@lab.example>\r\nfRoM : \"A \\\" \\\\ nn\" <sip:ann@lab.example>\r\n  ;\r\n  tag =  a1\r\nMAX-forwards: 070\r\ni:\tx@y\r\ncseq: 0007\r\n  OPTIONS\r\nv: SIP  / 2.0\r\n /UDP\r\n    198.51.100.7 ; branch = z9hG4bKws\r\nVia: SIP/2.0/TCP a.example;branch=z9hG4bK2, SIP/2.0/UDP b.example\r\nRoute: <sip:p.example;lr;x=%20>\r\nm: \"Quoted\" <sip:c@lab.example>;q=0.5\r\nsubject:\r\n\r\n",
    also: (m) => {
      assert.equal(fromOf(m).display, 'A " \\ nn');
      assert.equal(cseqOf(m).number, 7);
      assert.deepEqual(viasOf(m).map(({ host }) => host), ["198.51.100.7", "a.example", "b.example"]);
      assert.equal(header(m, "Subject"), "");
    } },
  { name: "intmeth", says: "all characters that a token may have",
    message: text("!a%z_'0*~.`+- sip:1!~*'()&=+$,;?/%20@lab.example SIP/2.0",
      { CSeq: "1 !a%z_'0*~.`+-", To: "\"\u00e9\u{1f4de}\" <sip:x@lab.example>;a!%*_+`'~.-=b" }),
    also: (m) => assert.equal(toOf(m).display, "\u00e9\u{1f4de}") },
  { name: "esc01", says: "escapes in a user part are read, not confused with delimiters",
    message: text("OPTIONS sip:bob%40home%3ax@lab.example SIP/2.0"), also: (m) => assert.equal(userOf(m), "bob@home:x") },
  { name: "escnull", says: "an escaped NUL is a character of the user's name",
    message: text("OPTIONS sip:nul%00%00@lab.example SIP/2.0"), also: (m) => assert.equal(userOf(m), "nul\0\0") },
  { name: "esc02", says: "a percent sign in a method is no escape", message: text("RE%47ISTER sip:lab.example SIP/2.0", { CSeq: "1 RE%47ISTER" }),
    also: (m) => assert.equal(asRequest(m).method, "RE%47ISTER") },
  { name: "lwsdisp", says: "no white space between a name and <", message: options({ From: "ann<sip:ann@lab.example>;tag=1" }),
    also: (m) => assert.equal(fromOf(m).display, "ann") },
  { name: "longreq", says: "very long values", message: options({
      Via: Array.from({ length: 40 }, (_, i) => `SIP/2.0/UDP h${i}.example;branch=z9hG4bK${"b".repeat(200)}${i}`),
      From: `"${"n".repeat(3000)}" <sip:${"u".repeat(2000)}@lab.example>;tag=${"t".repeat(900)}` }),
    also: (m) => assert.equal(viasOf(m).length, 40) },
  { name: "dblreq", says: "what follows Content-Length in a datagram is left out",
    message: options({ "Content-Length": "0" }) + options({ CSeq: "8 OPTIONS" }), also: (m) => assert.equal(m.body.length, 0) },
  { name: "semiuri", says: "a semicolon in a user part is of the user", message: text("OPTIONS sip:bob;p=q@lab.example SIP/2.0"),
    also: (m) => assert.equal(userOf(m), "bob;p=q") },
  { name: "transports", says: "known and unknown transports in Via", message: options({
      Via: ["UDP", "SCTP", "TLS", "QUICK", "TCP"].map((t, i) => `SIP/2.0/${t} h.example;branch=z9hG4bK${i}`) }),
    also: (m) => assert.equal(viasOf(m)[3]!.transport, "QUICK") },
  { name: "mpart01", says: "a binary body stays as it is",
    message: new Uint8Array([...bytes(options({ "Content-Type": "application/octet-stream", "Content-Length": "6" })), 0, 255, 13, 10, 128, 0]),
    also: (m) => assert.deepEqual([...m.body], [0, 255, 13, 10, 128, 0]) },
  { name: "unreason", says: "a reason in UTF-8", message: text("SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e \u5341"),
    also: (m) => assert.match((m as { reason: string }).reason, /\u5341$/) },
  { name: "noreason", says: "no reason at all", message: text("SIP/2.0 100 "),
    also: (m) => assert.equal((m as { reason: string }).reason, "") },
  // Right messages about which a transaction or an agent has to decide.
  { name: "badbranch", says: "a branch that is the magic cookie alone", message: options({ Via: "SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK" }),
    also: (m) => assert.equal(topVia(m).params.get("branch"), "z9hG4bK") },
  { name: "unksm2", says: "unknown schemes in To, From and Contact", message: options({ To: "isbn:2983792873", From: "<http://lab.example>;tag=1", Contact: "<name:ann>" }),
    also: (m) => assert.equal(toOf(m).uri.scheme, "isbn") },
  { name: "bext01", says: "Require of what nobody knows", message: options({ Require: "nothing-supports-this" }),
    also: (m) => assert.equal(header(m, "Require"), "nothing-supports-this") },
  { name: "invut", says: "an unknown Content-Type", message: options({ "Content-Type": "application/unknown" }, "x") },
  { name: "regaut01", says: "an unknown scheme of credentials", message: options({ Authorization: 'NoOneKnows opaque="a, b"' }) },
  { name: "bcast", says: "a response with a broadcast address below the top Via",
    message: text("SIP/2.0 200 OK", { Via: [BASE.Via!, "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK9"] }) },
  { name: "zeromf", says: "Max-Forwards 0", message: options({ "Max-Forwards": "0" }), also: (m) => assert.equal(numberOf(m, "Max-Forwards"), 0) },
  { name: "cparam01", says: "an unknown parameter in a Contact's URI", message: options({ Contact: "<sip:a@lab.example;unknown>" }),
    also: (m) => assert.equal(contactsOf(m)[0] !== "*" && contactsOf(m).length, 1) },
  { name: "cparam02", says: "an unknown parameter of a Contact", message: options({ Contact: "<sip:a@lab.example>;unknown" }),
    also: (m) => {
      const [contact] = contactsOf(m);
      assert.ok(typeof contact === "object" && contact.params.has("unknown"));
    } },
  { name: "regescrt", says: "an escaped header in a Contact's URI", message: options({ Contact: "<sip:a@lab.example?Route=%3Csip:x.example%3E>" }),
    also: (m) => {
      const [contact] = contactsOf(m);
      assert.ok(typeof contact === "object" && isSipUri(contact.uri) && contact.uri.headers?.startsWith("Route="));
    } },
  { name: "sdp01", says: "a body that Accept does not cover", message: options({ Accept: "application/x-no", "Content-Type": "application/sdp" }, "v=0\r\n") },
  { name: "inv2543", says: "RFC 2543: no branch, no tag, no Max-Forwards, loose white space",
    message: text("INVITE sip:b@lab.example SIP/2.0", { Via: "SIP/2.0/UDP old.example", From: "sip:a@lab.example", CSeq: "1 INVITE", "Max-Forwards": undefined, "Record-Route": "<sip:p.example>" }),
    also: (m) => assert.equal(routesOf(m, "Record-Route").length, 1) },
];

export interface Bad {
  readonly name: string;
  readonly says: string;
  readonly message: string;
  readonly fault: SipFault;
  /** What faultsOf would have answered; left out: it cannot even be read. */
  readonly status?: number;
}

// deno-fmt-ignore
export const BAD: readonly Bad[] = [
  { name: "badinv01", says: "empty parameters", message: options({ Via: "SIP/2.0/UDP h.example;;,;,," }), fault: "header", status: 400 },
  { name: "clerr", says: "Content-Length beyond the datagram", message: options({ "Content-Type": "a/b", "Content-Length": "9999" }, "short"), fault: "length" },
  { name: "ncl", says: "a negative Content-Length", message: options({ "Content-Length": "-999" }), fault: "header", status: 400 },
  { name: "scalar02", says: "a request's numbers out of range", message: options({ CSeq: "36893488147419103232 OPTIONS", "Max-Forwards": "300" }), fault: "range", status: 400 },
  { name: "scalarlg", says: "a response's numbers out of range", message: text("SIP/2.0 503 No", { CSeq: "9292394834772304023312 OPTIONS" }), fault: "range", status: 400 },
  { name: "quotbal", says: "a quote without its end", message: options({ To: "\"Bob <sip:bob@lab.example>" }), fault: "header", status: 400 },
  { name: "ltgtruri", says: "a Request-URI in angle brackets", message: text("OPTIONS <sip:bob@lab.example> SIP/2.0"), fault: "uri", status: 400 },
  { name: "lwsruri", says: "white space in a Request-URI", message: text("OPTIONS sip:bob@lab.example; lr SIP/2.0"), fault: "start-line", status: 400 },
  { name: "lwsstart", says: "more than one space in a start line", message: text("OPTIONS  sip:bob@lab.example  SIP/2.0"), fault: "start-line" },
  { name: "trws", says: "white space after the version", message: text("OPTIONS sip:bob@lab.example SIP/2.0  "), fault: "start-line" },
  { name: "escruri", says: "headers in a Request-URI", message: text("OPTIONS sip:bob@lab.example?Route=%3Csip:x%3E SIP/2.0"), fault: "uri", status: 400 },
  { name: "baddate", says: "a date that is not in GMT", message: options({ Date: "Fri, 01 Jan 2027 16:00:00 EST" }), fault: "header", status: 400 },
  { name: "regbadct", says: "a Contact that needs angle brackets", message: options({ Contact: "sip:u@lab.example?Route=%3Csip:x%3E" }), fault: "header", status: 400 },
  { name: "badaspec", says: "white space within an address", message: options({ To: '"Bob" <sip:bob@lab.example >' }), fault: "uri", status: 400 },
  { name: "baddn", says: "an unquoted name with characters that are no token", message: options({ From: "Bell, Ann <sip:a@lab.example>;tag=1" }), fault: "header", status: 400 },
  { name: "badvers", says: "SIP/7.0", message: text("OPTIONS sip:bob@lab.example SIP/7.0"), fault: "version", status: 505 },
  { name: "mismatch01", says: "the start line's method and CSeq's differ", message: options({ CSeq: "8 INVITE" }), fault: "mismatch", status: 400 },
  { name: "mismatch02", says: "so for a method that nobody knows", message: text("NEWMETHOD sip:b@lab.example SIP/2.0", { CSeq: "8 INVITE" }), fault: "mismatch", status: 400 },
  { name: "bigcode", says: "a status of many digits", message: text("SIP/2.0 4294967301 better not"), fault: "range" },
  { name: "insuf", says: "Call-ID, From and To are missing", message: options({ "Call-ID": undefined, From: undefined, To: undefined }), fault: "missing", status: 400 },
  { name: "unkscm", says: "a Request-URI of an unknown scheme", message: text("OPTIONS nobodyknows:x SIP/2.0"), fault: "scheme", status: 416 },
  { name: "novelsc", says: "a Request-URI of a known scheme that is not SIP's", message: text("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0"), fault: "scheme", status: 416 },
  { name: "multi01", says: "headers that may be there once, twice", message: options({ CSeq: ["1 OPTIONS", "2 OPTIONS"], "Call-ID": ["a", "b"] }), fault: "repeated", status: 400 },
  { name: "mcl01", says: "two Content-Lengths", message: options({ "Content-Length": ["0", "2"] }), fault: "repeated", status: 400 },
];
