/**
 * A SIP message's facts by a scan of its bytes: what the engine counts, and no more. No strings, no
 * parse of the whole; it never throws. Lenient where PBXs are: compact and folded headers, `CSeq:1
 * INVITE`, what is missing is 0.
 */
import { Glimpse, type Hasher, METHOD, MOST_NONCES } from "../core/mod.ts";
import { longestRegistration } from "./contacts.ts";

/** `skipped`: nothing that counts, as other methods, 1xx, or no SIP at all. */
export type Scanned = "read" | "skipped" | "malformed";

const [LF, CR, SPACE, TAB, COLON, SEMICOLON, COMMA, EQUALS, QUOTE] = [
  10,
  13,
  32,
  9,
  58,
  59,
  44,
  61,
  34,
] as const;
const [LESS, GREATER, AT, QUESTION, BACKSLASH] = [60, 62, 64, 63, 92] as const;

const name = (text: string) => new TextEncoder().encode(text);
const [SIP, REGISTER, INVITE, ACK] = ["sip/2.0 ", "register ", "invite ", "ack "].map(name) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const NAMES = {
  via: name("via"),
  from: name("from"),
  to: name("to"),
  callId: name("call-id"),
  cseq: name("cseq"),
  www: name("www-authenticate"),
  proxyChallenge: name("proxy-authenticate"),
  authorization: name("authorization"),
  proxyAuthorization: name("proxy-authorization"),
  v: name("v"),
  f: name("f"),
  t: name("t"),
  i: name("i"),
} as const;
const BRANCH = name("branch");
const TAG = name("tag");
const USERNAME = name("username");
const NONCE = name("nonce");
const RESPONSE = name("response");
const STALE = name("stale");

export class MessageScanner {
  /** Of the message that was read last; its text lies in that message's bytes. */
  readonly glimpse = new Glimpse();
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #fromAt = 0;
  #fromEnd = 0;
  #toAt = 0;
  #toEnd = 0;
  #seen = 0;
  #response = 0;

  constructor(private readonly hasher: Hasher) {}

  /** The message in these bytes, from `from` to `to`. */
  scan(bytes: Uint8Array, from: number, to: number): Scanned {
    const { glimpse } = this;
    this.#bytes = bytes;
    this.#end = to;
    const at = this.#firstLine(from);
    if (at < 0) return "skipped";
    this.#headers(at);
    if ((this.#seen & NEEDED) !== NEEDED) return "malformed";
    if (glimpse.method === METHOD.OTHER) return "skipped";
    const isRegister = glimpse.method === METHOD.REGISTER;
    this.#who(isRegister);
    if (glimpse.isRequest && isRegister) this.#target(this.#toAt, this.#toEnd);
    if (glimpse.credentials === 1) {
      glimpse.credentials = glimpse.username ^ glimpse.nonceA ^ this.#response || 1;
    }
    if (isRegister && glimpse.status >= 200 && glimpse.status < 300) {
      glimpse.registeredS = longestRegistration(bytes, from, to);
    }
    return "read";
  }

  /** Where the second line begins; -1: nothing that counts. */
  #firstLine(at: number): number {
    const { glimpse } = this;
    const bytes = this.#bytes;
    glimpse.clear();
    this.#seen =
      this.#fromAt =
      this.#fromEnd =
      this.#toAt =
      this.#toEnd =
      this.#response =
        0;
    // Keep-alives may stand before it (RFC 3261 section 7.5).
    while (at < this.#end && (bytes[at] === CR || bytes[at] === LF)) at++;
    glimpse.isRequest = !this.#is(at, SIP);
    if (glimpse.isRequest) return this.#requestLine(at);
    const status = (bytes[at + 8]! - 48) * 100 + (bytes[at + 9]! - 48) * 10 + bytes[at + 10]! - 48;
    if (at + 11 > this.#end || !(status >= 200 && status < 700)) return -1;
    glimpse.status = status;
    return this.#lineAfter(at);
  }

  #requestLine(at: number): number {
    const { glimpse } = this;
    let uri = 0;
    if (this.#is(at, REGISTER)) [glimpse.method, uri] = [METHOD.REGISTER, at + 9];
    else if (this.#is(at, INVITE)) [glimpse.method, uri] = [METHOD.INVITE, at + 7];
    else if (this.#is(at, ACK)) [glimpse.method, uri] = [METHOD.ACK, at + 4];
    else return -1;
    const end = this.#lineAfter(at);
    let stop = uri;
    while (stop < end && this.#bytes[stop]! > SPACE) stop++;
    this.#target(uri, stop);
    return end;
  }

  #headers(at: number): void {
    const bytes = this.#bytes;
    while (at < this.#end) {
      const first = bytes[at]!;
      if (first === LF || first === CR) return;
      let end = this.#lineAfter(at);
      // Folded: the next line begins with white space.
      while (end < this.#end && (bytes[end] === SPACE || bytes[end] === TAB)) {
        end = this.#lineAfter(end);
      }
      this.#header(first | 32, at, end);
      at = end;
    }
  }

  #header(first: number, at: number, end: number): void {
    let value = -1;
    switch (first) {
      case 0x76: // v
        if (this.#seen & VIA) return;
        if ((value = this.#valueOf(at, NAMES.via, NAMES.v)) >= 0) this.#via(value, end);
        return;
      case 0x66: // f
        if ((value = this.#valueOf(at, NAMES.from, NAMES.f)) < 0 || this.#fromEnd > 0) return;
        this.#fromAt = this.#uriAt(value, end);
        this.#fromEnd = this.#uriEnd;
        return;
      case 0x74: // t
        if ((value = this.#valueOf(at, NAMES.to, NAMES.t)) >= 0) this.#to(value, end);
        return;
      case 0x69: // i
        if ((value = this.#valueOf(at, NAMES.i)) >= 0) this.#callId(value, end);
        return;
      case 0x63: // c
        if ((value = this.#valueOf(at, NAMES.callId)) >= 0) this.#callId(value, end);
        else if ((value = this.#valueOf(at, NAMES.cseq)) >= 0) this.#cseq(value, end);
        return;
      case 0x77: // w
        if ((value = this.#valueOf(at, NAMES.www)) >= 0) this.#challenge(value, end);
        return;
      case 0x70: // p
        if ((value = this.#valueOf(at, NAMES.proxyChallenge)) >= 0) this.#challenge(value, end);
        else if ((value = this.#valueOf(at, NAMES.proxyAuthorization)) >= 0) {
          this.#credentials(value, end);
        }
        return;
      case 0x61: // a
        if ((value = this.#valueOf(at, NAMES.authorization)) >= 0) this.#credentials(value, end);
    }
  }

  #via(at: number, end: number): void {
    this.#seen |= VIA;
    const bytes = this.#bytes;
    for (; at < end && bytes[at] !== COMMA; at++) {
      if (bytes[at] !== SEMICOLON) continue;
      const value = this.#param(at + 1, end, BRANCH);
      if (value < 0) continue;
      ({ a: this.glimpse.branchA, b: this.glimpse.branchB } = this.hasher
        .bytes(bytes, value, this.#wordEnd(value, end)));
      return;
    }
  }

  #to(at: number, end: number): void {
    if (this.#toEnd > 0) return;
    this.#toAt = this.#uriAt(at, end);
    this.#toEnd = this.#uriEnd;
    for (at = this.#toEnd; at < end; at++) {
      if (this.#bytes[at] !== SEMICOLON) continue;
      const value = this.#param(at + 1, end, TAG);
      if (value < 0) continue;
      this.glimpse.toTag = this.hasher.bytes(this.#bytes, value, this.#wordEnd(value, end)).a;
      return;
    }
  }

  #callId(at: number, end: number): void {
    if (this.#seen & CALL_ID) return;
    this.#seen |= CALL_ID;
    at = this.#space(at, end);
    ({ a: this.glimpse.callA, b: this.glimpse.callB } = this.hasher
      .bytes(this.#bytes, at, this.#trimmed(at, end)));
  }

  #cseq(at: number, end: number): void {
    if (this.#seen & CSEQ) return;
    const bytes = this.#bytes;
    at = this.#space(at, end);
    const first = at;
    let number = 0;
    for (; at < end && bytes[at]! >= 48 && bytes[at]! <= 57; at++) {
      number = (number * 10 + bytes[at]! - 48) % 0x1_0000_0000;
    }
    if (at === first) return;
    this.#seen |= CSEQ;
    this.glimpse.cseq = number;
    if (this.glimpse.isRequest) return;
    at = this.#space(at, end);
    const length = this.#trimmed(at, end) - at;
    if (length === 8 && this.#is(at, REGISTER, 8)) this.glimpse.method = METHOD.REGISTER;
    else if (length === 6 && this.#is(at, INVITE, 6)) this.glimpse.method = METHOD.INVITE;
    else this.glimpse.method = METHOD.OTHER;
  }

  #challenge(at: number, end: number): void {
    const { glimpse } = this;
    this.#cursor = at;
    while (this.#nextParam(end)) {
      if (this.#isName(NONCE) && glimpse.nonceCount < MOST_NONCES) {
        const { a, b } = this.hasher.bytes(this.#bytes, this.#valueAt, this.#valueEnd);
        glimpse.nonces[2 * glimpse.nonceCount] = a;
        glimpse.nonces[2 * glimpse.nonceCount + 1] = b;
        glimpse.nonceCount++;
      } else if (this.#isName(STALE)) {
        // t of true
        glimpse.stale ||= (this.#bytes[this.#valueAt]! | 32) === 0x74;
      }
    }
  }

  #credentials(at: number, end: number): void {
    const { glimpse, hasher } = this;
    if (glimpse.credentials !== 0) return;
    glimpse.credentials = 1;
    this.#cursor = at;
    while (this.#nextParam(end)) {
      const isNonce = this.#isName(NONCE);
      if (!isNonce && !this.#isName(USERNAME) && !this.#isName(RESPONSE)) continue;
      const { a, b } = hasher.bytes(this.#bytes, this.#valueAt, this.#valueEnd);
      if (isNonce) [glimpse.nonceA, glimpse.nonceB] = [a, b];
      else if (this.#isName(USERNAME)) glimpse.username = this.#valueAt < this.#valueEnd ? a : 0;
      else this.#response = a;
    }
  }

  /** To's address of record of a REGISTER, From's of all others. */
  #who(isRegister: boolean): void {
    const { glimpse } = this;
    const [at, end] = isRegister ? [this.#toAt, this.#toEnd] : [this.#fromAt, this.#fromEnd];
    if (end === 0) return;
    glimpse.userSource = this.#bytes;
    glimpse.userFrom = at;
    glimpse.userTo = this.#hostEnd(at, end);
    glimpse.user = this.hasher.bytes(this.#bytes, at, glimpse.userTo).a;
  }

  /** The user part of a URI, or all that it has. */
  #target(at: number, end: number): void {
    const bytes = this.#bytes;
    let stop = at;
    while (stop < end && bytes[stop] !== AT) stop++;
    // Without a user nobody is called or registered in particular.
    this.glimpse.target = stop === end ? 0 : this.hasher.bytes(bytes, at, stop).a;
  }

  /** Where a URI's parameters and port begin. */
  #hostEnd(at: number, end: number): number {
    const bytes = this.#bytes;
    let stop = at;
    for (let i = at; i < end; i++) if (bytes[i] === AT) stop = i;
    if (stop === at) { while (stop < end && bytes[stop] !== COLON) stop++; }
    let bracket = false;
    for (stop++; stop < end; stop++) {
      const byte = bytes[stop];
      if (byte === 0x5b) bracket = true;
      else if (byte === 0x5d) bracket = false;
      else if (byte === SEMICOLON || byte === QUESTION || byte === COLON && !bracket) break;
    }
    return Math.min(stop, end);
  }

  /** Where the URI ends that {@link uriAt} has found. */
  #uriEnd = 0;

  /** Of `"Name" <uri>;params` or `uri;params`. */
  #uriAt(at: number, end: number): number {
    const bytes = this.#bytes;
    const begin = this.#space(at, end);
    for (at = begin; at < end && bytes[at] !== LESS; at++) {
      if (bytes[at] === QUOTE) at = this.#quoteEnd(at, end);
    }
    const angle = at < end;
    at = angle ? at + 1 : begin;
    let stop = at;
    while (
      stop < end &&
      (angle ? bytes[stop] !== GREATER : bytes[stop] !== SEMICOLON && bytes[stop]! > SPACE)
    ) stop++;
    this.#uriEnd = stop;
    return at;
  }

  /** The value of the parameter that begins here, when it has this name; -1: it has another. */
  #param(at: number, end: number, wanted: Uint8Array): number {
    at = this.#space(at, end);
    if (!this.#is(at, wanted)) return -1;
    at = this.#space(at + wanted.length, end);
    if (this.#bytes[at] !== EQUALS || at >= end) return -1;
    return this.#space(at + 1, end);
  }

  #nameAt = 0;
  #nameEnd = 0;
  #valueAt = 0;
  #valueEnd = 0;

  #cursor = 0;

  /** Of `Digest name="value", name=value`: the next pair from the cursor on; false: there is none. */
  #nextParam(end: number): boolean {
    const bytes = this.#bytes;
    for (let at = this.#cursor; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) at = this.#quoteEnd(at, end);
      if (byte !== EQUALS) continue;
      let stop = at;
      while (stop > this.#cursor && bytes[stop - 1]! <= SPACE) stop--;
      let begin = stop;
      while (begin > this.#cursor && bytes[begin - 1]! > SPACE && bytes[begin - 1] !== COMMA) {
        begin--;
      }
      this.#nameAt = begin;
      this.#nameEnd = stop;
      at = this.#space(at + 1, end);
      const isQuoted = at < end && bytes[at] === QUOTE;
      this.#valueAt = isQuoted ? at + 1 : at;
      this.#valueEnd = isQuoted ? this.#quoteEnd(at, end) : this.#wordEnd(at, end);
      this.#cursor = isQuoted ? this.#valueEnd + 1 : this.#valueEnd;
      return true;
    }
    return false;
  }

  #isName(wanted: Uint8Array): boolean {
    return this.#nameEnd - this.#nameAt === wanted.length && this.#is(this.#nameAt, wanted);
  }

  /** Where the quote that begins here ends. */
  #quoteEnd(at: number, end: number): number {
    const bytes = this.#bytes;
    for (at++; at < end && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    return Math.min(at, end);
  }

  #wordEnd(at: number, end: number): number {
    const bytes = this.#bytes;
    while (
      at < end && bytes[at]! > SPACE && bytes[at] !== SEMICOLON && bytes[at] !== COMMA
    ) at++;
    return at;
  }

  #trimmed(at: number, end: number): number {
    while (end > at && this.#bytes[end - 1]! <= SPACE) end--;
    return end;
  }

  /** Past white space, also folded. */
  #space(at: number, end: number): number {
    while (at < end && this.#bytes[at]! <= SPACE) at++;
    return at;
  }

  /** Past the colon, when the header that begins here has this name; -1: it has another. */
  #valueOf(at: number, long: Uint8Array, short?: Uint8Array): number {
    const bytes = this.#bytes;
    let colon = this.#is(at, long) ? at + long.length : short ? at + short.length : -1;
    if (colon < 0) return -1;
    while (colon < this.#end && (bytes[colon] === SPACE || bytes[colon] === TAB)) colon++;
    return colon < this.#end && bytes[colon] === COLON ? colon + 1 : -1;
  }

  /** Without regard to case; `wanted` is in lower case. */
  #is(at: number, wanted: Uint8Array, length = wanted.length): boolean {
    if (at + length > this.#end) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      const byte = bytes[at + i]!;
      if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== wanted[i]) return false;
    }
    return true;
  }

  #lineAfter(at: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    while (at < end && bytes[at] !== LF) at++;
    return at < end ? at + 1 : end;
  }
}

const [VIA, CALL_ID, CSEQ] = [1, 2, 4] as const;
/** Without these a message is of no transaction. */
const NEEDED = CALL_ID | CSEQ;
