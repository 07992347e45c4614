/**
 * What happened to a damaged line: which single change makes it whole. A change is found by
 * algebra, not by trying: CRC-32 can be run backwards, so a byte that is wrong, missing or too many
 * is where the state after what is before it meets the state that what is after it needs.
 */
import type { DamageKind } from "./error.ts";
import { crcOf, type Frame, parseFrame, type Shape, SHAPES } from "./frame.ts";

export interface Change {
  readonly kind: Exclude<DamageKind, "unclear">;
  /** Bytes. */
  readonly count: number;
}

export interface Repair extends Change {
  readonly frame: Frame;
  /** The line as it was sent. */
  readonly sent: string;
}

/** Bytes at the start of a line in which the fields before the text are. */
const HEADER_SIZE = 48;
const HEADER_ALPHABET = "0123456789abcdef .<=!?";
const MAX_FOREIGN = 512;

/** The one change that was made to a frame; undefined when there were more, or it is none. */
export function repair(line: string): Repair | undefined {
  // Without the most of a checksum it is not worth the trouble.
  if (!/[0-9a-f]{3}/.test(line.slice(0, HEADER_SIZE + MAX_FOREIGN))) return undefined;
  return repairContent(line) ?? repairHeader(line);
}

/** Changes in what the CRC is over, and in the CRC and the length themselves. */
function repairContent(line: string): Repair | undefined {
  const shape = SHAPES.find(({ sigil }) => sigil === line[0]);
  const fields = shape?.line.exec(line)?.groups;
  if (!shape || !fields) return undefined;
  const { head = "", len, crc = "", text = "" } = fields;
  const content = shape.content(head, text);
  const wrongFields = [build(shape, content, { len, crc: crcOf(content) })];
  if (len !== undefined) {
    wrongFields.push(build(shape, content, { len: String(text.length), crc }));
  }
  for (const sent of wrongFields) {
    const found = accept(sent, line);
    if (found?.count === 1) return found;
  }
  for (const whole of wholes(content, parseInt(crc, 16))) {
    const found = accept(build(shape, whole, { len, crc }), line);
    if (found) return found;
  }
  return undefined;
}

function build(shape: Shape, content: string, { len, crc }: { len?: string; crc: string }): string {
  const words = content.split(" ");
  const head = words.slice(0, shape.headWords).join(" ");
  const text = words.slice(shape.headWords).join(" ");
  const length = len === undefined ? "" : `${len} `;
  return `${shape.sigil}${head}${head ? " " : ""}${length}${crc} ${text}`;
}

/** Changes in the fields before the text, by trying. */
function repairHeader(line: string): Repair | undefined {
  for (let at = 0; at <= Math.min(HEADER_SIZE, line.length); at++) {
    const before = line.slice(0, at);
    const after = line.slice(at);
    for (const byte of HEADER_ALPHABET) {
      const found = accept(before + byte + after, line) ??
        accept(before + byte + after.slice(1), line);
      if (found) return found;
    }
    for (let size = 1; size <= Math.min(MAX_FOREIGN, after.length); size++) {
      const found = accept(before + after.slice(size), line);
      if (found) return found;
    }
  }
  return undefined;
}

function accept(sent: string, received: string): Repair | undefined {
  const frame = parseFrame(sent);
  const change = frame && compare(sent, received);
  return change && { ...change, frame: frame!, sent };
}

/** The one stretch in which `received` differs from `sent`. */
export function compare(sent: string, received: string): Change | undefined {
  const shorter = Math.min(sent.length, received.length);
  let same = 0;
  while (same < shorter && sent[same] === received[same]) same++;
  let end = 0;
  while (end < shorter - same && sent.at(-1 - end) === received.at(-1 - end)) end++;
  const gone = sent.slice(same, sent.length - end);
  const came = received.slice(same, received.length - end);
  if (gone === "" && came === "") return undefined;
  if (came === "") return { kind: "lost", count: gone.length };
  if (gone.length === came.length) return { kind: "altered", count: gone.length };
  if (gone !== "") return undefined;
  const twice = received.slice(0, same).endsWith(came) ||
    received.slice(received.length - end).startsWith(came);
  return { kind: twice ? "doubled" : "interleaved", count: came.length };
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ 0xedb88320 : value >>> 1;
  return value;
});
/** The entry of the table by its highest byte, which no two have in common. */
const ENTRY = new Uint8Array(256);
TABLE.forEach((value, byte) => ENTRY[value >>> 24] = byte);

/** Texts that differ from `content` in one byte or one stretch too many, and have that CRC. */
function* wholes(content: string, crc: number): Generator<string> {
  const size = content.length;
  const forward = new Uint32Array(size + 1);
  const backward = new Uint32Array(size + 1);
  forward[0] = 0xffffffff;
  backward[size] = ~crc;
  for (let i = 0; i < size; i++) {
    const state = forward[i]!;
    forward[i + 1] = TABLE[(state ^ content.charCodeAt(i)) & 0xff]! ^ state >>> 8;
  }
  for (let i = size - 1; i >= 0; i--) {
    const state = backward[i + 1]!;
    const entry = ENTRY[state >>> 24]!;
    backward[i] = (state ^ TABLE[entry]!) << 8 | entry ^ content.charCodeAt(i);
  }
  for (let i = 0; i <= size; i++) {
    const before = content.slice(0, i);
    const missing = byteBetween(forward[i]!, backward[i]!);
    if (missing !== undefined) yield before + missing + content.slice(i);
    if (i === size) break;
    const right = byteBetween(forward[i]!, backward[i + 1]!);
    if (right !== undefined) yield before + right + content.slice(i + 1);
  }
  const reached = new Map<number, number>();
  for (let i = 0; i <= size; i++) {
    const from = reached.get(backward[i]!);
    if (from !== undefined) yield content.slice(0, from) + content.slice(i);
    if (!reached.has(forward[i]!)) reached.set(forward[i]!, i);
  }
}

/** The byte that leads from one state to the other. */
function byteBetween(from: number, to: number): string | undefined {
  const entry = ENTRY[to >>> 24]!;
  if ((to ^ TABLE[entry]!) >>> 0 !== from >>> 8) return undefined;
  return String.fromCharCode((from ^ entry) & 0xff);
}
