/**
 * The head of an HTTP/1.1 request or response (RFC 9112, sections 2 to 5), read strictly: what two
 * readers could understand in two ways is refused.
 */
import { HandshakeError } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** The head's lines, split; names in small letters. */
export interface Head {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** What came behind the empty line. */
  readonly rest: Uint8Array;
}

const CR = 0x0d, LF = 0x0a;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters, spaces, tabs, and what is not ASCII (obs-text). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Collects a head from chunks of any size. */
export class HeadReader {
  readonly #limits: Limits;
  #bytes = new Uint8Array(512);
  #used = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * The head once it is whole.
   *
   * @throws HandshakeError 400 when it is malformed, 431 when it is too long
   */
  push(chunk: Uint8Array): Head | undefined {
    for (let i = 0; i < chunk.length; i++) {
      if (this.#used === this.#limits.maxHeadBytes) {
        throw new HandshakeError(
          `The head is longer than the ${this.#limits.maxHeadBytes} octets that are taken`,
          431,
          "RFC 6585, section 5",
        );
      }
      if (this.#used === this.#bytes.length) this.#grow();
      this.#bytes[this.#used++] = chunk[i]!;
      if (chunk[i] === LF && this.#lineEnds()) {
        const text = latin1(this.#bytes.subarray(0, this.#used - 4));
        return { ...parseHead(text, this.#limits), rest: chunk.subarray(i + 1) };
      }
    }
    return undefined;
  }

  /** Whether the line feed ends the head. */
  #lineEnds(): boolean {
    const bytes = this.#bytes;
    const at = this.#used - 1;
    if (bytes[at - 1] !== CR) throw malformed("A line does not end with CR LF", "2.2");
    return bytes[at - 2] === LF && bytes[at - 3] === CR;
  }

  #grow(): void {
    const grown = new Uint8Array(Math.min(this.#bytes.length * 2, this.#limits.maxHeadBytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

function parseHead(text: string, limits: Limits): Pick<Head, "startLine" | "fields"> {
  const [startLine = "", ...lines] = text.split("\r\n");
  if (!/^[\x20-\x7e]+$/.test(startLine)) {
    throw malformed("The first line is empty or has control characters", "2.2");
  }
  if (lines.length > limits.maxHeaderFields) {
    const what = `There are more than the ${limits.maxHeaderFields} header fields that are taken`;
    throw new HandshakeError(what, 431, "RFC 6585, section 5");
  }
  return { startLine, fields: lines.map(parseField) };
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
  for (const octet of bytes) text += String.fromCharCode(octet);
  return text;
}

function malformed(what: string, section: string): HandshakeError {
  return new HandshakeError(what, 400, `RFC 9112, section ${section}`);
}
