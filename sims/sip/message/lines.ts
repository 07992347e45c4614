/** Heads of messages as bytes: where they end, which header says what; no strings made on the way. */

const [CR, LF, SPACE, TAB, COLON] = [13, 10, 32, 9, 58] as const;

/** Past the empty line; -1: there is none yet. */
export function headEnd(bytes: Uint8Array, from: number, to = bytes.length): number {
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < to; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF && at + 2 <= to) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF && at + 3 <= to) return at + 3;
  }
  return -1;
}

/** What Content-Length (compact: l) says of the head between `from` and `end`; 0 when it says nothing. */
export function byteLength(bytes: Uint8Array, from: number, end: number): number {
  const text = valueOf(bytes, from, end, CONTENT_LENGTH) ?? valueOf(bytes, from, end, SHORT);
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
}

const CONTENT_LENGTH = new TextEncoder().encode("content-length");
const SHORT = new TextEncoder().encode("l");
const TEXT = new TextDecoder();

/** All values of one header, in their order, folded lines made one. */
export function valuesOf(
  bytes: Uint8Array,
  from: number,
  end: number,
  name: Uint8Array,
): string[] {
  const values: string[] = [];
  for (let at = lineAfter(bytes, from, end); at < end; at = lineAfter(bytes, at, end)) {
    const colon = matches(bytes, at, end, name);
    if (colon < 0) continue;
    let stop = lineAfter(bytes, at, end);
    while (stop < end && (bytes[stop] === SPACE || bytes[stop] === TAB)) {
      stop = lineAfter(bytes, stop, end);
    }
    values.push(TEXT.decode(bytes.subarray(colon + 1, stop)).replace(/\s+/g, " ").trim());
  }
  return values;
}

function valueOf(bytes: Uint8Array, from: number, end: number, name: Uint8Array) {
  return valuesOf(bytes, from, end, name)[0];
}

/** Where its colon is; -1: it is another header. `name` in lower case. */
function matches(bytes: Uint8Array, at: number, end: number, name: Uint8Array): number {
  for (let i = 0; i < name.length; i++) if ((bytes[at + i]! | 32) !== name[i]) return -1;
  let colon = at + name.length;
  while (colon < end && (bytes[colon] === SPACE || bytes[colon] === TAB)) colon++;
  return bytes[colon] === COLON ? colon : -1;
}

function lineAfter(bytes: Uint8Array, at: number, end: number): number {
  const lf = bytes.indexOf(LF, at);
  return lf < 0 || lf >= end ? end : lf + 1;
}
