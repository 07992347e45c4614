/** A cursor over a header's value: tokens, quoted strings, parameters (RFC 3261 section 25.1). */
import { SipSyntaxError } from "./error.ts";

/** Names in lower case; `undefined`: a parameter without a value. Quotes and their escapes are taken off. */
export type Params = ReadonlyMap<string, string | undefined>;

const TOKEN = /[A-Za-z0-9\-.!%*_+`'~]+/y;
/** gen-value also takes a host; brackets for IPv6. What lies between quotes is taken apart before. */
const VALUE = /[A-Za-z0-9\-.!%*_+`'~[\]:/?&$@]+/y;
const SPACE = /[ \t\r\n]*/y;
const DIGITS = /[0-9]+/y;

export class Scanner {
  at = 0;

  /** @param where the header's name, for errors */
  constructor(readonly text: string, readonly where: string) {}

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  peek(): string {
    return this.text[this.at] ?? "";
  }

  space(): void {
    this.match(SPACE);
  }

  /** The text that a sticky pattern matches here, or "". */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  /** Whether `char` is next, after white space; it is taken. */
  take(char: string): boolean {
    const before = this.at;
    this.space();
    if (this.peek() === char) {
      this.at++;
      return true;
    }
    this.at = before;
    return false;
  }

  need(char: string): void {
    if (!this.take(char)) this.fail(`"${char}" is missing at ${this.at}`);
  }

  token(what: string): string {
    return this.match(TOKEN) || this.fail(`${what} is missing at ${this.at}`);
  }

  digits(what: string): string {
    return this.match(DIGITS) || this.fail(`${what} is no number at ${this.at}`);
  }

  /** A quoted string that begins here, without quotes and escapes. */
  quoted(): string {
    this.need('"');
    let value = "";
    for (;;) {
      const char = this.text[this.at++];
      if (char === undefined) this.fail("a quoted string has no end");
      if (char === '"') return value;
      if (char !== "\\") value += char;
      else value += this.text[this.at++] ?? this.fail("a quoted string has no end");
    }
  }

  /** `;name`, `;name=value` … as long as there are some. */
  params(): Map<string, string | undefined> {
    const params = new Map<string, string | undefined>();
    while (this.take(";")) {
      this.space();
      const name = this.token("a parameter's name").toLowerCase();
      if (params.has(name)) this.fail(`parameter "${name}" is there twice`);
      params.set(name, this.take("=") ? this.value(name) : undefined);
    }
    return params;
  }

  /** What stands after `=`. */
  value(name: string): string {
    this.space();
    if (this.peek() === '"') return this.quoted();
    return this.match(VALUE) || this.fail(`parameter "${name}" has no value at ${this.at}`);
  }

  /** @throws SipSyntaxError when something is left */
  end(): void {
    this.space();
    if (!this.ended) this.fail(`"${this.peek()}" at ${this.at} does not belong there`);
  }

  fail(because: string): never {
    throw new SipSyntaxError("header", this.where, this.text, because);
  }
}

/** Pieces between commas that lie neither in quotes nor in angle brackets. */
export function splitList(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  let quoted = false;
  let angle = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "<") angle = true;
    else if (char === ">") angle = false;
    else if (char === "," && !angle) {
      pieces.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  pieces.push(text.slice(from).trim());
  return pieces;
}

const WHOLE_TOKEN = /^[A-Za-z0-9\-.!%*_+`'~[\]:]+$/;

export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

export function formatParams(params: Params): string {
  let text = "";
  for (const [name, value] of params) {
    text += `;${name}`;
    if (value !== undefined) text += `=${WHOLE_TOKEN.test(value) ? value : quote(value)}`;
  }
  return text;
}
