/**
 * A SIP message's facts by a scan of its bytes: what the engine counts, and no more. No strings, no
 * parse of the whole; it never throws. Lenient where PBXs are: compact and folded headers, `CSeq:1
 * INVITE`, what is missing is 0.
 */
import { Glimpse, type Hasher, METHOD, MOST_NONCES } from "../core/mod.ts";
import { longestRegistration } from "./contacts.ts";
import {
  COLON,
  COMMA,
  CR,
  hostEnd,
  isWord,
  LF,
  lineAfter,
  name,
  Pairs,
  paramValue,
  QUOTE,
  quoteEnd,
  SEMICOLON,
  SPACE,
  spaceEnd,
  TAB,
  trimmed,
  userEnd,
  wordEnd,
} from "./words.ts";

/** `skipped`: nothing that counts, as other methods, 1xx, or no SIP at all. */
export type Scanned = "read" | "skipped" | "malformed";

const [LESS, GREATER] = [60, 62] as const;

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
  readonly #pairs = new Pairs();
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
    glimpse.isRequest = !isWord(bytes, at, this.#end, SIP);
    if (glimpse.isRequest) return this.#requestLine(at);
    const status = (bytes[at + 8]! - 48) * 100 + (bytes[at + 9]! - 48) * 10 + bytes[at + 10]! - 48;
    if (at + 11 > this.#end || !(status >= 200 && status < 700)) return -1;
    glimpse.status = status;
    return lineAfter(bytes, at, this.#end);
  }

  #requestLine(at: number): number {
    const { glimpse } = this;
    const bytes = this.#bytes;
    let uri = 0;
    if (isWord(bytes, at, this.#end, REGISTER)) [glimpse.method, uri] = [METHOD.REGISTER, at + 9];
    else if (isWord(bytes, at, this.#end, INVITE)) [glimpse.method, uri] = [METHOD.INVITE, at + 7];
    else if (isWord(bytes, at, this.#end, ACK)) [glimpse.method, uri] = [METHOD.ACK, at + 4];
    else return -1;
    const end = lineAfter(bytes, at, this.#end);
    let stop = uri;
    while (stop < end && bytes[stop]! > SPACE) stop++;
    this.#target(uri, stop);
    return end;
  }

  #headers(at: number): void {
    const bytes = this.#bytes;
    while (at < this.#end) {
      const first = bytes[at]!;
      if (first === LF || first === CR) return;
      let end = lineAfter(bytes, at, this.#end);
      // Folded: the next line begins with white space.
      while (end < this.#end && (bytes[end] === SPACE || bytes[end] === TAB)) {
        end = lineAfter(bytes, end, this.#end);
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
      const value = paramValue(bytes, at + 1, end, BRANCH);
      if (value < 0) continue;
      ({ a: this.glimpse.branchA, b: this.glimpse.branchB } = this.hasher
        .bytes(bytes, value, wordEnd(bytes, value, end)));
      return;
    }
  }

  #to(at: number, end: number): void {
    if (this.#toEnd > 0) return;
    const bytes = this.#bytes;
    this.#toAt = this.#uriAt(at, end);
    this.#toEnd = this.#uriEnd;
    for (at = this.#toEnd; at < end; at++) {
      if (bytes[at] !== SEMICOLON) continue;
      const value = paramValue(bytes, at + 1, end, TAG);
      if (value < 0) continue;
      this.glimpse.toTag = this.hasher.bytes(bytes, value, wordEnd(bytes, value, end)).a;
      return;
    }
  }

  #callId(at: number, end: number): void {
    if (this.#seen & CALL_ID) return;
    this.#seen |= CALL_ID;
    const bytes = this.#bytes;
    at = spaceEnd(bytes, at, end);
    ({ a: this.glimpse.callA, b: this.glimpse.callB } = this.hasher
      .bytes(bytes, at, trimmed(bytes, at, end)));
  }

  #cseq(at: number, end: number): void {
    if (this.#seen & CSEQ) return;
    const bytes = this.#bytes;
    at = spaceEnd(bytes, at, end);
    const first = at;
    let number = 0;
    for (; at < end && bytes[at]! >= 48 && bytes[at]! <= 57; at++) {
      number = (number * 10 + bytes[at]! - 48) % 0x1_0000_0000;
    }
    if (at === first) return;
    this.#seen |= CSEQ;
    this.glimpse.cseq = number;
    if (this.glimpse.isRequest) return;
    at = spaceEnd(bytes, at, end);
    const length = trimmed(bytes, at, end) - at;
    if (length === 8 && isWord(bytes, at, this.#end, REGISTER, 8)) {
      this.glimpse.method = METHOD.REGISTER;
    } else if (length === 6 && isWord(bytes, at, this.#end, INVITE, 6)) {
      this.glimpse.method = METHOD.INVITE;
    } else this.glimpse.method = METHOD.OTHER;
  }

  #challenge(at: number, end: number): void {
    const { glimpse } = this;
    const pairs = this.#pairs;
    pairs.begin(this.#bytes, at, end);
    while (pairs.next()) {
      if (pairs.isName(NONCE) && glimpse.nonceCount < MOST_NONCES) {
        const { a, b } = this.hasher.bytes(this.#bytes, pairs.valueAt, pairs.valueEnd);
        glimpse.nonces[2 * glimpse.nonceCount] = a;
        glimpse.nonces[2 * glimpse.nonceCount + 1] = b;
        glimpse.nonceCount++;
      } else if (pairs.isName(STALE)) {
        // t of true
        glimpse.stale ||= (this.#bytes[pairs.valueAt]! | 32) === 0x74;
      }
    }
  }

  #credentials(at: number, end: number): void {
    const { glimpse, hasher } = this;
    if (glimpse.credentials !== 0) return;
    glimpse.credentials = 1;
    const pairs = this.#pairs;
    pairs.begin(this.#bytes, at, end);
    while (pairs.next()) {
      const isNonce = pairs.isName(NONCE);
      if (!isNonce && !pairs.isName(USERNAME) && !pairs.isName(RESPONSE)) continue;
      const { a, b } = hasher.bytes(this.#bytes, pairs.valueAt, pairs.valueEnd);
      if (isNonce) [glimpse.nonceA, glimpse.nonceB] = [a, b];
      else if (pairs.isName(USERNAME)) glimpse.username = pairs.valueAt < pairs.valueEnd ? a : 0;
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
    glimpse.userTo = hostEnd(this.#bytes, at, end);
    glimpse.user = this.hasher.bytes(this.#bytes, at, glimpse.userTo).a;
  }

  /** The user part of a URI, or all that it has. */
  #target(at: number, end: number): void {
    const stop = userEnd(this.#bytes, at, end);
    // Without a user nobody is called or registered in particular.
    this.glimpse.target = stop === end ? 0 : this.hasher.bytes(this.#bytes, at, stop).a;
  }

  /** Where the URI ends that {@link uriAt} has found. */
  #uriEnd = 0;

  /** Of `"Name" <uri>;params` or `uri;params`. */
  #uriAt(at: number, end: number): number {
    const bytes = this.#bytes;
    const begin = spaceEnd(bytes, at, end);
    for (at = begin; at < end && bytes[at] !== LESS; at++) {
      if (bytes[at] === QUOTE) at = quoteEnd(bytes, at, end);
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

  /** Past the colon, when the header that begins here has this name; -1: it has another. */
  #valueOf(at: number, long: Uint8Array, short?: Uint8Array): number {
    const bytes = this.#bytes;
    let colon = isWord(bytes, at, this.#end, long)
      ? at + long.length
      : short
      ? at + short.length
      : -1;
    if (colon < 0) return -1;
    while (colon < this.#end && (bytes[colon] === SPACE || bytes[colon] === TAB)) colon++;
    return colon < this.#end && bytes[colon] === COLON ? colon + 1 : -1;
  }
}

const [VIA, CALL_ID, CSEQ] = [1, 2, 4] as const;
/** Without these a message is of no transaction. */
const NEEDED = CALL_ID | CSEQ;
