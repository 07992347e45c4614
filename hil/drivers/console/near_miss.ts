/** What came nearest to a pattern that did not come: for the message of a timeout. */
import type { Compiled } from "./pattern.ts";
import type { ByteLog } from "./log.ts";

/** How far back expressions are tried. A literal is looked for in everything. */
const EXPRESSION_WINDOW = 64 << 10;
const PIECE_SIZE = 64 << 10;

export interface NearMiss {
  /** How much of the pattern matched: characters of a literal, what an expression's part matched. */
  readonly matched: string;
  /** What came where the pattern went on; undefined when nothing came. */
  readonly instead: string | undefined;
  /** What a literal has there. */
  readonly expected: string | undefined;
  /** Position in the raw stream at which they differ. */
  readonly offset: number;
  /** All that in words. */
  readonly text: string;
}

/** The longest beginning of the pattern in the log from `from` on; the last one among equals. */
export function nearMiss(pattern: Compiled, log: ByteLog, from: number): NearMiss | undefined {
  const found = pattern.type === "literal"
    ? nearLiteral(pattern.bytes, log, Math.max(from, log.start))
    : nearExpression(
      pattern.beginnings,
      pattern.source,
      log,
      Math.max(from, log.start, log.end - EXPRESSION_WINDOW),
    );
  if (!found) return undefined;
  const { end, length, expected } = found;
  const matched = log.text(end - length, end);
  const next = end < log.end ? log.text(end, end + 1) : undefined;
  const offset = end < log.end ? log.rawOf(end) : end === 0 ? 0 : log.rawOf(end - 1) + 1;
  const came = next === undefined ? "nothing more came" : `${byte(next)} came`;
  const wanted = expected === undefined ? "" : ` instead of ${byte(expected)}`;
  const hint = found.whole && next === undefined
    ? "; what repeats at the end of a pattern waits for what ends it, unless $ follows"
    : "";
  const text = `${JSON.stringify(matched)} matched, then ${came}${wanted} at byte ${offset}${hint}`;
  return { matched, instead: next, expected, offset, text };
}

/** A byte for people: `"p" (0x70)`. */
function byte(character: string): string {
  const code = character.charCodeAt(0);
  const hex = `0x${code.toString(16).padStart(2, "0")}`;
  return code > 0x20 && code < 0x7f ? `"${character}" (${hex})` : hex;
}

interface Near {
  /** Position after the part that matched. */
  readonly end: number;
  readonly length: number;
  readonly expected?: string;
  /** All of the pattern matched, and it could go on. */
  readonly whole?: boolean;
}

/** Knuth, Morris and Pratt: the longest beginning that ends at each byte. */
function nearLiteral(literal: string, log: ByteLog, from: number): Near | undefined {
  const fallback = fallbacks(literal);
  let length = 0;
  let best = { end: 0, length: 0 };
  for (let at = from; at < log.end; at += PIECE_SIZE) {
    const piece = log.text(at, at + PIECE_SIZE);
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      while (length > 0 && literal.charCodeAt(length) !== code) length = fallback[length - 1]!;
      if (literal.charCodeAt(length) === code) length++;
      if (length > 0 && length >= best.length) best = { end: at + i + 1, length };
      if (length === literal.length) length = fallback[length - 1]!;
    }
  }
  return best.length === 0 ? undefined : { ...best, expected: literal[best.length] };
}

function fallbacks(literal: string): number[] {
  const table = [0];
  for (let i = 1, length = 0; i < literal.length; i++) {
    while (length > 0 && literal[i] !== literal[length]) length = table[length - 1]!;
    if (literal[i] === literal[length]) length++;
    table.push(length);
  }
  return table;
}

/** The most parts of one alternative that match; each part more can only match less often. */
function nearExpression(
  alternatives: readonly (readonly string[])[],
  { flags }: RegExp,
  log: ByteLog,
  from: number,
): Near | undefined {
  const text = log.text(from, log.end);
  let best: Near | undefined;
  for (const parts of alternatives) {
    let low = 0;
    let high = parts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const match = last(new RegExp(parts[middle]!, `g${flags.replace(/[gyd]/g, "")}`), text);
      if (!match) {
        high = middle;
        continue;
      }
      low = middle + 1;
      const length = match[0].length;
      if (!best || length >= best.length) {
        const whole = middle === parts.length - 1;
        best = { end: from + match.index + length, length, whole };
      }
    }
  }
  return best?.length ? best : undefined;
}

function last(expression: RegExp, text: string): RegExpExecArray | undefined {
  return text.matchAll(expression).reduce<RegExpExecArray | undefined>(
    (_, match) => match,
    undefined,
  );
}
