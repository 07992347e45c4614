/** Headers with a shape of their own: read and written (RFC 3261 section 20). */
import { SipSyntaxError } from "./error.ts";
import { header, headers, type SipMessage } from "./message.ts";
import { formatParams, type Params, quote, Scanner, splitList } from "./scanner.ts";
import { formatUri, HOST_PATTERN, isHost, parseUri, type Uri } from "./uri.ts";

/** From, To, Contact, Route, Record-Route. */
export interface NameAddress {
  readonly display?: string;
  readonly uri: Uri;
  /** The header's own, not the URI's. */
  readonly params: Params;
}

export interface Via {
  /** "UDP", "TCP", "TLS", "WS", "WSS" …, upper case. */
  readonly transport: string;
  /** Lower case; IPv6 in brackets. */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
}

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization. */
export interface AuthFields {
  /** "Digest" … */
  readonly scheme: string;
  readonly fields: Params;
}

const BEFORE_URI = /[^<"]*/y;
const IN_ANGLE = /[^>]*/y;
/** Without angle brackets parameters belong to the header (section 20.10). */
const BARE_URI = /[^;,?\s<>"]+/y;
const HOST = new RegExp(HOST_PATTERN, "y");
const DISPLAY = /^(?:[A-Za-z0-9\-.!%*_+`'~]+(?:\s+|$))*$/;
const METHOD_END = /[^\s]*/y;

export function parseNameAddress(text: string, where: string): NameAddress {
  const scan = new Scanner(text, where);
  scan.space();
  let display: string | undefined;
  if (scan.peek() === '"') display = scan.quoted();
  else if (text.includes("<", scan.at)) {
    display = scan.match(BEFORE_URI).trim();
    if (!DISPLAY.test(display)) {
      scan.fail(`the name "${display}" has characters that only a quoted name may have`);
    }
  }
  const angle = scan.take("<");
  if (display !== undefined && !angle) scan.fail("after a name comes <URI>");
  const uri = parseUri(scan.match(angle ? IN_ANGLE : BARE_URI), where);
  if (angle) scan.need(">");
  else if (scan.peek() === "?" || scan.peek() === ",") {
    scan.fail('a URI with "?" or "," needs angle brackets');
  }
  const params = scan.params();
  scan.end();
  return { ...(display && { display }), uri, params };
}

export function formatNameAddress({ display, uri, params }: NameAddress): string {
  const name = display === undefined ? "" : `${quote(display)} `;
  return `${name}<${formatUri(uri)}>${formatParams(params)}`;
}

const NUMBERS_OF_VIA = [["rport", 65535], ["ttl", 255]] as const;

export function parseVia(text: string): Via {
  const scan = new Scanner(text, "Via");
  scan.space();
  const protocol = scan.token("the protocol").toUpperCase();
  scan.need("/");
  scan.space();
  const version = scan.token("the version");
  if (protocol !== "SIP" || version !== "2.0") scan.fail(`${protocol}/${version} is not SIP/2.0`);
  scan.need("/");
  scan.space();
  const transport = scan.token("the transport").toUpperCase();
  scan.space();
  const host = (scan.match(HOST) || scan.fail("there is no host")).toLowerCase();
  if (!isHost(host)) scan.fail(`${host} is no IPv6 address`);
  let port: number | undefined;
  if (scan.take(":")) {
    scan.space();
    port = Number(scan.digits("the port"));
    if (port > 65535) scan.fail(`port ${port} is above 65535`);
  }
  const params = scan.params();
  for (const [name, most] of NUMBERS_OF_VIA) {
    const text = params.get(name);
    if (text !== undefined && !(/^[0-9]{1,5}$/.test(text) && Number(text) <= most)) {
      scan.fail(`${name} is no number from 0 to ${most}`);
    }
  }
  scan.end();
  return { transport, host, ...(port !== undefined && { port }), params };
}

export function formatVia({ transport, host, port, params }: Via): string {
  return `SIP/2.0/${transport} ${host}${port === undefined ? "" : `:${port}`}${
    formatParams(params)
  }`;
}

/** Section 8.1.1.5: below 2^31. */
const CSEQ_END = 2 ** 31;

export function parseCSeq(text: string): CSeq {
  const scan = new Scanner(text, "CSeq");
  scan.space();
  const number = Number(scan.digits("the sequence number"));
  if (number >= CSEQ_END) {
    throw new SipSyntaxError("range", "CSeq", text, "the sequence number is not below 2^31");
  }
  const before = scan.at;
  scan.space();
  if (before === scan.at) scan.fail("between number and method there is no white space");
  const method = scan.match(METHOD_END);
  if (!isMethod(method)) scan.fail("the method is no token");
  scan.end();
  return { number, method };
}

export function isMethod(text: string): boolean {
  return /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text);
}

/** One challenge or one set of credentials. */
export function parseAuth(text: string, where: string): AuthFields {
  const scan = new Scanner(text, where);
  scan.space();
  const scheme = scan.token("the scheme");
  const fields = new Map<string, string | undefined>();
  do {
    scan.space();
    const name = scan.token("a field's name").toLowerCase();
    scan.need("=");
    if (fields.has(name)) scan.fail(`field "${name}" is there twice`);
    fields.set(name, scan.value(name));
  } while (scan.take(","));
  scan.end();
  return { scheme, fields };
}

/** RFC 7616 sections 3.3 and 3.4: what is written without quotes; qop is quoted in a challenge. */
const UNQUOTED = {
  challenge: new Set(["algorithm", "stale", "userhash"]),
  credentials: new Set(["algorithm", "nc", "qop", "userhash"]),
} as const;

export function formatAuth(
  { scheme, fields }: AuthFields,
  kind: "challenge" | "credentials",
): string {
  const list = [...fields].map(([name, value = ""]) =>
    `${name}=${UNQUOTED[kind].has(name) ? value : quote(value)}`
  );
  return `${scheme} ${list.join(", ")}`;
}

/** A whole number that is not negative: Expires, Max-Forwards, Content-Length, Min-Expires. */
export function parseNumber(text: string, where: string, { below = 2 ** 32 } = {}): number {
  if (!/^[0-9]+$/.test(text)) {
    throw new SipSyntaxError("header", where, text, "it is no number from 0 on");
  }
  const number = Number(text);
  if (number >= below) {
    throw new SipSyntaxError("range", where, text, `the number is not below ${below}`);
  }
  return number;
}

function need(message: SipMessage, name: string): string {
  const value = header(message, name);
  if (value !== undefined) return value;
  throw new SipSyntaxError("missing", "message", name, `there is no header ${name}`);
}

/** All of them, topmost first. @throws SipSyntaxError */
export function viasOf(message: SipMessage): Via[] {
  return headers(message, "Via").flatMap(splitList).map(parseVia);
}

/** @throws SipSyntaxError when there is none or it is malformed */
export function topVia(message: SipMessage): Via {
  return parseVia(splitList(need(message, "Via"))[0]!);
}

export function cseqOf(message: SipMessage): CSeq {
  return parseCSeq(need(message, "CSeq"));
}

export function callIdOf(message: SipMessage): string {
  return need(message, "Call-ID");
}

export function fromOf(message: SipMessage): NameAddress {
  return parseNameAddress(need(message, "From"), "From");
}

export function toOf(message: SipMessage): NameAddress {
  return parseNameAddress(need(message, "To"), "To");
}

/** "*" stands for all contacts of a REGISTER (section 10.2.2). */
export function contactsOf(message: SipMessage): NameAddress[] | "*" {
  const list = headers(message, "Contact").flatMap(splitList);
  if (list.length === 1 && list[0] === "*") return "*";
  return list.map((text) => parseNameAddress(text, "Contact"));
}

export function routesOf(message: SipMessage, name: "Route" | "Record-Route"): NameAddress[] {
  return headers(message, name).flatMap(splitList).map((text) => parseNameAddress(text, name));
}

/** A number from one of the headers that hold nothing else. */
export function numberOf(
  message: SipMessage,
  name: "Expires" | "Max-Forwards" | "Content-Length" | "Min-Expires",
): number | undefined {
  const value = header(message, name);
  return value === undefined ? undefined : parseNumber(value, name);
}

export function tagOf({ params }: NameAddress): string | undefined {
  return params.get("tag");
}
