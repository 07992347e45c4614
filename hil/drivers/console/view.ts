/** Bytes as the text that an expression is matched on, and the way back to their positions. */

export interface View {
  readonly text: string;
  /** Position of the byte at which the character at `index` begins. */
  byte(index: number): number;
  /** Index of the character that begins at `position`, or the next one. */
  index(position: number): number;
  /** `length`, or one less where that would cut a character in two. */
  whole(length: number): number;
}

/** One character a byte. */
export function viewOf(text: string): View {
  const same = (value: number) => value;
  return { text, byte: same, index: same, whole: same };
}

/**
 * The characters of UTF-8. A byte that is in none is U+FFFD; an incomplete character at the end is
 * left out, since more may come.
 *
 * @param bytes one character a byte
 * @param from where the search begins; half a character before it is left out
 */
export function utf8View(bytes: string, from: number): View {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(bytes)) return viewOf(bytes);
  let start = 0;
  while (start < from && isContinuation(bytes.charCodeAt(start))) start++;
  let text = "";
  const places: number[] = [];
  let at = start;
  while (at < bytes.length) {
    const size = characterSize(bytes, at);
    if (size === "incomplete") break;
    const character = size === 0 ? "\ufffd" : String.fromCodePoint(codePoint(bytes, at, size));
    for (let i = 0; i < character.length; i++) places.push(at);
    text += character;
    at += size || 1;
  }
  places.push(at);
  return {
    text,
    byte: (index) => places[index]!,
    index: (position) => firstFrom(places, position),
    whole: (length) => places[length] === places[length - 1] ? length - 1 : length,
  };
}

/** Bytes of the character that begins at `at`; 0 when none does. */
export function characterSize(bytes: string, at: number): number | "incomplete" {
  const lead = bytes.charCodeAt(at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let i = 1; i < size; i++) {
    if (at + i >= bytes.length) return "incomplete";
    const byte = bytes.charCodeAt(at + i);
    if (!isContinuation(byte) || (i === 1 && !isSecond(lead, byte))) return 0;
  }
  return size;
}

/** RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF. */
function isSecond(lead: number, byte: number): boolean {
  if (lead === 0xe0) return byte >= 0xa0;
  if (lead === 0xed) return byte < 0xa0;
  if (lead === 0xf0) return byte >= 0x90;
  return lead !== 0xf4 || byte < 0x90;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function codePoint(bytes: string, at: number, size: number): number {
  let code = bytes.charCodeAt(at);
  if (size > 1) code &= 0x7f >> size;
  for (let i = 1; i < size; i++) code = code << 6 | bytes.charCodeAt(at + i) & 0x3f;
  return code;
}

/** Index of the first of the sorted `values` that is not below `value`. */
function firstFrom(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
