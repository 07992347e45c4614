/**
 * The head of an HTTP/1.1 request or response (RFC 9112, sections 2 to 5), read strictly: what two
 * readers could understand in two ways is refused.
 */
import { HandshakeError } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** Names in small letters. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** The head's lines, split. */
export interface Head {
  readonly startLine: string;
  readonly fields: Fields;
  /** All of it, without the line feeds at its end. */
  readonly text: string;
  /** What came behind the empty line. */
  readonly rest: Uint8Array;
}

const CR_LF = 0x0d0a, LF = 0x0a;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters, spaces, tabs, and what is not ASCII (obs-text). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Collects a head from chunks of any size. */
export class HeadReader {
  readonly #limits: Limits;
  #text = "";
  /** The last four octets. */
  #last = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * The head once it is whole.
   *
   * @throws HandshakeError 400 when it is malformed, 431 when it is too long
   */
  push(chunk: Uint8Array): Head | undefined {
    const room = this.#limits.maxHeadBytes - this.#text.length;
    for (let i = 0; i < chunk.length; i++) {
      if (i === room) throw tooLong(`The head is longer than ${this.#limits.maxHeadBytes} octets`);
      this.#last = this.#last << 8 | chunk[i]!;
      if (chunk[i] === LF && this.#lineEnds()) {
        const text = this.#text + latin1(chunk.subarray(0, i + 1));
        return { ...parseHead(text.slice(0, -4), this.#limits), rest: chunk.subarray(i + 1) };
      }
    }
    this.#text += latin1(chunk);
    return undefined;
  }

  /** Whether the line feed ends the head. */
  #lineEnds(): boolean {
    if ((this.#last & 0xffff) !== CR_LF) throw malformed("A line does not end with CR LF", "2.2");
    return this.#last >>> 16 === CR_LF;
  }
}

function parseHead(text: string, limits: Limits): Omit<Head, "rest"> {
  const [startLine = "", ...lines] = text.split("\r\n");
  if (!/^[\x20-\x7e]+$/.test(startLine)) {
    throw malformed("The first line is empty or has control characters", "2.2");
  }
  if (lines.length > limits.maxHeaderFields) {
    throw tooLong(`There are more than ${limits.maxHeaderFields} header fields`);
  }
  return { startLine, fields: lines.map(parseField), text };
}

/** The fields of a head's text: who keeps a head for long keeps that alone. */
export function fieldsOf(text: string): Fields {
  return text.split("\r\n").slice(1).map(parseField);
}

function parseField(line: string): readonly [string, string] {
  if (/^[ \t]/.test(line)) throw malformed("A header field is folded", "5.2");
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon));
  if (!TOKEN.test(name)) throw malformed("A header field has no name that is a token", "5.1");
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  if (!VALUE.test(value)) throw malformed("A header field has control characters", "5.5");
  return [name.toLowerCase(), value];
}

/** All values of a field. */
export function valuesOf(head: Pick<Head, "fields">, name: string): readonly string[] {
  return head.fields.filter(([known]) => known === name).map(([, value]) => value);
}

/** The elements of a field that is a list (RFC 9110, section 5.6.1), empty ones left out. */
export function listOf(head: Pick<Head, "fields">, name: string): readonly string[] {
  return valuesOf(head, name)
    .flatMap((value) => value.split(","))
    .map((element) => element.trim())
    .filter((element) => element !== "");
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** @throws TypeError when the text would end the field, or has what ISO 8859-1 has not */
export function formatHead(
  startLine: string,
  fields: Iterable<readonly [string, string]>,
): Uint8Array {
  const lines = [startLine];
  for (const [name, value] of fields) {
    if (!TOKEN.test(name) || !VALUE.test(value)) {
      throw new TypeError(
        `Cannot write the header field "${name}: ${value}": it is no token with visible text; ` +
          `leave out line ends and what is not ISO 8859-1`,
      );
    }
    lines.push(`${name}: ${value}`);
  }
  return Uint8Array.from(`${lines.join("\r\n")}\r\n\r\n`, (char) => char.charCodeAt(0));
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 1024) {
    text += String.fromCharCode(...bytes.subarray(at, at + 1024));
  }
  return text;
}

function tooLong(what: string): HandshakeError {
  return new HandshakeError(what, 431, "RFC 6585, section 5");
}

function malformed(what: string, section: string): HandshakeError {
  return new HandshakeError(what, 400, `RFC 9112, section ${section}`);
}
