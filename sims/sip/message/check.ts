/** What RFC 3261 says of a message that could be read: sections 8.1.1, 8.2, 16.3 and 20, as a table. */
import { SipSyntaxError } from "./error.ts";
import { header, headers, requestUri, SIP_VERSION, type SipMessage } from "./message.ts";
import { type NameAddress, numberOf, parseAuth, routesOf } from "./typed.ts";
import { callIdOf, contactsOf, cseqOf, fromOf, toOf, viasOf } from "./typed.ts";
import { splitList } from "./scanner.ts";

export interface Fault {
  readonly error: SipSyntaxError;
  /** What a server answers a request that has it; a response that has it is dropped. */
  readonly status: number;
}

/** All that is wrong; empty: the message is right. */
export function faultsOf(message: SipMessage): Fault[] {
  const faults: Fault[] = [];
  for (const check of CHECKS) {
    try {
      check(message);
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error;
      faults.push({ error, status: STATUS_OF[error.fault] ?? 400 });
    }
  }
  return faults;
}

const STATUS_OF: Readonly<Partial<Record<SipSyntaxError["fault"], number>>> = {
  version: 505,
  scheme: 416,
};

const ONCE = [
  "Call-ID",
  "CSeq",
  "From",
  "To",
  "Max-Forwards",
  "Content-Length",
  "Content-Type",
  "Expires",
  "Date",
] as const;

const DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

type Check = (message: SipMessage) => unknown;

const CHECKS: readonly Check[] = [
  (message) => {
    if (message.version !== SIP_VERSION) fail("version", "start line", message.version, "");
  },
  (message) => {
    if (message.type !== "response" || (message.status >= 100 && message.status <= 699)) return;
    fail("range", "status line", `${message.status}`, "a status is from 100 to 699");
  },
  (message) => {
    if (message.type !== "request") return;
    const uri = requestUri(message);
    if (!["sip", "sips", "tel", "urn"].includes(uri.scheme)) {
      fail("scheme", "Request-URI", message.uri, "SIP has no such scheme; use sip, sips or tel");
    }
    if ("headers" in uri) fail("uri", "Request-URI", message.uri, "it has headers");
  },
  (message) => {
    for (const name of ONCE) {
      if (headers(message, name).length > 1) {
        fail("repeated", "message", name, "this header may be there once only");
      }
    }
  },
  callId,
  cseq,
  (message) => uriIn(fromOf(message), "From"),
  (message) => uriIn(toOf(message), "To"),
  (message) => {
    if (viasOf(message).length === 0) fail("missing", "message", "Via", "there is no header Via");
  },
  contacts,
  (message) => routesOf(message, "Route"),
  (message) => routesOf(message, "Record-Route"),
  (message) => {
    const hops = numberOf(message, "Max-Forwards");
    if (hops !== undefined && hops > 255) {
      fail("range", "Max-Forwards", `${hops}`, "it is not from 0 to 255");
    }
  },
  (message) => numberOf(message, "Expires"),
  (message) => numberOf(message, "Content-Length"),
  (message) => auth(message),
  (message) => {
    const date = header(message, "Date");
    if (date !== undefined && !DATE.test(date)) {
      fail("header", "Date", date, "it is no date of RFC 1123 in GMT");
    }
  },
  (message) => {
    if (message.body.length > 0 && header(message, "Content-Type") === undefined) {
      fail("missing", "message", "Content-Type", "there is a body, and no header Content-Type");
    }
  },
  warnings,
];

function callId(message: SipMessage): void {
  const id = callIdOf(message);
  const word = "[A-Za-z0-9\\-.!%*_+`'~()<>:\\\\\"/\\[\\]?{}]+";
  if (new RegExp(`^${word}(@${word})?$`).test(id)) return;
  fail("header", "Call-ID", id, "it is not word or word@word");
}

function cseq(message: SipMessage): void {
  const { method } = cseqOf(message);
  if (message.type === "request" && method !== message.method) {
    fail("mismatch", "CSeq", method, `the request's method is ${message.method}`);
  }
}

/** Section 20.10: contacts, each with its expires and q. */
function contacts(message: SipMessage): void {
  const list = contactsOf(message);
  if (list === "*") return;
  for (const { params } of list) {
    const expires = params.get("expires");
    if (expires !== undefined && !/^[0-9]{1,10}$/.test(expires)) {
      fail("header", "Contact", expires, "expires is no number");
    }
    const q = params.get("q");
    if (q !== undefined && !/^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(q)) {
      fail("header", "Contact", q, "q is no number from 0 to 1 with three places");
    }
  }
}

function uriIn({ uri }: NameAddress, where: string): void {
  if ("headers" in uri) fail("uri", where, `?${uri.headers}`, "its URI may have no headers");
}

const AUTH = [
  "WWW-Authenticate",
  "Proxy-Authenticate",
  "Authorization",
  "Proxy-Authorization",
] as const;

function auth(message: SipMessage): void {
  for (const name of AUTH) for (const text of headers(message, name)) parseAuth(text, name);
}

/** Section 20.43: code, agent, quoted text. */
function warnings(message: SipMessage): void {
  for (const text of headers(message, "Warning").flatMap(splitList)) {
    if (!/^[0-9]{3} \S+ "(?:[^"\\]|\\.)*"$/s.test(text)) {
      fail("header", "Warning", text, 'it is not code agent "text"');
    }
  }
}

function fail(...[fault, where, text, because]: ConstructorParameters<typeof SipSyntaxError>) {
  throw new SipSyntaxError(fault, where, text, because || "we speak SIP/2.0 only");
}
