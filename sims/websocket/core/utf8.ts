/**
 * UTF-8 validated as it arrives (RFC 3629, section 4; RFC 6455, section 8.1): a wrong octet is found
 * at once, however the text is cut. No overlong forms, no surrogates, nothing past U+10FFFF.
 */
import { Buffer } from "node:buffer";

export class Utf8Validator {
  /** Continuation octets that are still to come. */
  #left = 0;
  /** What the next continuation octet may be: narrower after E0, ED, F0 and F4. */
  #low = 0x80;
  #high = 0xbf;

  /** Whether what came so far may be the beginning of valid text. Not to be asked after a no. */
  push(bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) {
      const octet = bytes[i]!;
      if (this.#left > 0) {
        if (octet < this.#low || octet > this.#high) return false;
        this.#left--;
        this.#low = 0x80;
        this.#high = 0xbf;
      } else if (octet >= 0x80 && !this.#begin(octet)) return false;
    }
    return true;
  }

  /** Whether no character is incomplete. */
  get complete(): boolean {
    return this.#left === 0;
  }

  #begin(octet: number): boolean {
    if (octet < 0xc2 || octet > 0xf4) return false;
    this.#left = octet < 0xe0 ? 1 : octet < 0xf0 ? 2 : 3;
    if (octet === 0xe0) this.#low = 0xa0;
    else if (octet === 0xed) this.#high = 0x9f;
    else if (octet === 0xf0) this.#low = 0x90;
    else if (octet === 0xf4) this.#high = 0x8f;
    return true;
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of octets, or undefined when they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.length <= SHORT_BYTES) {
    const text = asciiOf(bytes);
    if (text !== undefined) return text;
  }
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Up to here a loop is faster than a call of the platform's. */
const SHORT_BYTES = 125;

function asciiOf(bytes: Uint8Array): string | undefined {
  let seen = 0;
  for (let i = 0; i < bytes.length; i++) seen |= bytes[i]!;
  return seen < 0x80 ? Buffer.prototype.toString.call(bytes, "latin1") : undefined;
}
