/** Words of SIP as bytes (RFC 3261 section 25.1), for a scan: where they begin and end. No strings. */

export const [LF, CR, SPACE, TAB, COLON, SEMICOLON, COMMA, EQUALS, QUOTE] = [
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
const [AT, QUESTION, BACKSLASH, OPEN, CLOSE] = [64, 63, 92, 0x5b, 0x5d] as const;

/** As {@link isWord} wants it. */
export function name(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Without regard to case; `wanted` is in lower case. */
export function isWord(
  bytes: Uint8Array,
  at: number,
  end: number,
  wanted: Uint8Array,
  length = wanted.length,
): boolean {
  if (at + length > end) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + i]!;
    if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== wanted[i]) return false;
  }
  return true;
}

export function lineAfter(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== LF) at++;
  return at < end ? at + 1 : end;
}

/** Past white space, also folded. */
export function spaceEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at]! <= SPACE) at++;
  return at;
}

/** `end` without the white space before it. */
export function trimmed(bytes: Uint8Array, at: number, end: number): number {
  while (end > at && bytes[end - 1]! <= SPACE) end--;
  return end;
}

export function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at]! > SPACE && bytes[at] !== SEMICOLON && bytes[at] !== COMMA) at++;
  return at;
}

/** Where the quote that begins here ends. */
export function quoteEnd(bytes: Uint8Array, at: number, end: number): number {
  for (at++; at < end && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
  return Math.min(at, end);
}

/** The value of the parameter that begins here, when it has this name; -1: it has another. */
export function paramValue(
  bytes: Uint8Array,
  at: number,
  end: number,
  wanted: Uint8Array,
): number {
  at = spaceEnd(bytes, at, end);
  if (!isWord(bytes, at, end, wanted)) return -1;
  at = spaceEnd(bytes, at + wanted.length, end);
  return at < end && bytes[at] === EQUALS ? spaceEnd(bytes, at + 1, end) : -1;
}

/** Where the user part of a URI ends, at its @; `end`: it has none. */
export function userEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== AT) at++;
  return at;
}

/** Where a URI's parameters and port begin. */
export function hostEnd(bytes: Uint8Array, at: number, end: number): number {
  let stop = at;
  for (let i = at; i < end; i++) if (bytes[i] === AT) stop = i;
  if (stop === at) { while (stop < end && bytes[stop] !== COLON) stop++; }
  let bracket = false;
  for (stop++; stop < end; stop++) {
    const byte = bytes[stop];
    if (byte === OPEN) bracket = true;
    else if (byte === CLOSE) bracket = false;
    else if (byte === SEMICOLON || byte === QUESTION || byte === COLON && !bracket) break;
  }
  return Math.min(stop, end);
}

/** `Digest name="value", name=value`, pair by pair. */
export class Pairs {
  valueAt = 0;
  valueEnd = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #cursor = 0;
  #nameAt = 0;
  #nameEnd = 0;

  begin(bytes: Uint8Array, at: number, end: number): void {
    this.#bytes = bytes;
    this.#cursor = at;
    this.#end = end;
  }

  /** False: there is none any more. */
  next(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    for (let at = this.#cursor; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) at = quoteEnd(bytes, at, end);
      if (byte !== EQUALS) continue;
      this.#nameEnd = trimmed(bytes, this.#cursor, at);
      let begin = this.#nameEnd;
      while (begin > this.#cursor && bytes[begin - 1]! > SPACE && bytes[begin - 1] !== COMMA) {
        begin--;
      }
      this.#nameAt = begin;
      at = spaceEnd(bytes, at + 1, end);
      const isQuoted = at < end && bytes[at] === QUOTE;
      this.valueAt = isQuoted ? at + 1 : at;
      this.valueEnd = isQuoted ? quoteEnd(bytes, at, end) : wordEnd(bytes, at, end);
      this.#cursor = isQuoted ? this.valueEnd + 1 : this.valueEnd;
      return true;
    }
    return false;
  }

  isName(wanted: Uint8Array): boolean {
    return this.#nameEnd - this.#nameAt === wanted.length &&
      isWord(this.#bytes, this.#nameAt, this.#end, wanted);
  }
}
