/**
 * The search for one pattern in what is being said: each byte is looked at once, or a bounded
 * number of times, and the result does not depend on the chunks in which the bytes came.
 */
import type { Compiled, Expression, Literal } from "./pattern.ts";
import { utf8View, type View, viewOf } from "./view.ts";
import type { ByteLog } from "./log.ts";

/** Bytes looked at in one go. */
const PIECE_SIZE = 64 << 10;
/** What look-behind and `^` see of what was said before. */
export const CONTEXT_SIZE = 64;

/** Positions in the log. */
export interface Found {
  readonly start: number;
  readonly end: number;
  /** After the byte that decided. */
  readonly decided: number;
  readonly groups: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string | undefined>>;
}

export class Search {
  /** No match begins before this. */
  #from: number;
  /** No match is complete before this. */
  #seen: number;
  readonly #origin: number;
  /** Bytes from which a match might have come when that was last worked out. */
  #begun = 0;

  /**
   * @param from position in the log at which a match may begin
   * @param maxMatch longest match in bytes
   */
  constructor(
    readonly pattern: Compiled,
    from: number,
    private readonly maxMatch: number,
  ) {
    this.#from = this.#seen = this.#origin = from;
  }

  /** The first byte of the log that is still needed. */
  get needed(): number {
    return this.#from - CONTEXT_SIZE;
  }

  /** The next match; undefined while more must be said. */
  next(log: ByteLog): Found | undefined {
    this.#from = Math.max(this.#from, log.start);
    this.#seen = Math.max(this.#seen, this.#from);
    while (this.#seen < log.end) {
      const end = Math.min(log.end, this.#seen + PIECE_SIZE);
      const found = this.pattern.type === "literal"
        ? this.#literal(log, end, this.pattern)
        : this.#expression(log, end, this.pattern);
      this.#seen = found?.decided ?? end;
      if (!found) continue;
      this.#from = Math.max(found.end, this.#from);
      this.#begun = 0;
      return found;
    }
    return undefined;
  }

  #literal(log: ByteLog, end: number, { bytes }: Literal): Found | undefined {
    const at = log.text(this.#from, end).indexOf(bytes);
    if (at < 0) {
      this.#from = Math.max(this.#from, end - bytes.length + 1);
      return undefined;
    }
    const start = this.#from + at;
    const last = start + bytes.length;
    return { start, end: last, decided: last, groups: [], named: {} };
  }

  #expression(log: ByteLog, end: number, pattern: Expression): Found | undefined {
    // `^` is where the search began: nothing may be seen before that place.
    const context = this.#from === this.#origin && !pattern.source.multiline ? 0 : CONTEXT_SIZE;
    const base = Math.max(log.start, this.#from - context);
    const text = log.text(base, end);
    const view = pattern.utf8 ? utf8View(text, this.#from - base) : viewOf(text);
    for (;;) {
      const from = view.index(this.#from - base);
      const expression = pattern.matchIn(view.text, from);
      const match = expression &&
        firstMatch(expression, view, from, view.index(this.#seen - base));
      if (!match) break;
      const decided = base + view.byte(match.decided);
      const start = base + view.byte(match.index);
      if (decided - start <= this.maxMatch) {
        const { index, 0: { length }, groups } = match.result;
        return {
          start,
          end: base + view.byte(index + length),
          decided,
          groups: match.result.slice(1),
          named: { ...groups },
        };
      }
      // Too long, and so is what begins before this: nothing of it can match any more.
      this.#from = decided - this.maxMatch;
      this.#seen = decided - 1;
    }
    this.#forget(base, end, view, pattern);
    return undefined;
  }

  /** Moves on to the first byte from which a match may still come. */
  #forget(base: number, end: number, view: View, { begun, lineFeeds }: Expression): void {
    const left = end - this.#from;
    this.#from = Math.max(this.#from, end - this.maxMatch);
    if (lineFeeds !== undefined) {
      const line = view.byte(lastLines(view.text, lineFeeds));
      this.#from = Math.max(this.#from, base + line);
    }
    // Asked again only when as much is new as is old: so the work stays linear.
    if (!begun || left < 2 * this.#begun) return;
    begun.lastIndex = view.index(this.#from - base);
    const match = begun.exec(view.text);
    const at = match ? view.byte(match.index) : view.byte(view.text.length);
    this.#from = Math.max(this.#from, base + at);
    this.#begun = end - this.#from;
  }
}

/** Where the last lines of a text begin that have so many line feeds between and in them. */
function lastLines(text: string, lineFeeds: number): number {
  let at = text.length;
  for (let i = 0; i <= lineFeeds; i++) {
    if (at === 0) return 0;
    at = text.lastIndexOf("\n", at - 1);
    if (at < 0) return 0;
  }
  return at + 1;
}

interface FirstMatch {
  readonly result: RegExpExecArray;
  readonly index: number;
  /** The shortest beginning of the text that has a match. */
  readonly decided: number;
}

/**
 * The match in the shortest beginning of the text that has one; more than `none` characters.
 * Once there is one, there is one in each longer beginning: so the length can be bisected.
 */
function firstMatch(
  expression: RegExp,
  view: View,
  from: number,
  none: number,
): FirstMatch | undefined {
  const look = (length: number) => {
    expression.lastIndex = from;
    return expression.exec(view.text.slice(0, length));
  };
  let high = view.text.length;
  let result = look(high);
  if (!result) return undefined;
  let low = none;
  // Nearly always the last byte of the match decides.
  let probe = result.index + result[0].length;
  for (let tries = 0; high - low > 1; tries++) {
    if (tries > 1 || probe <= low || probe >= high) probe = (low + high) >> 1;
    const length = view.whole(probe);
    if (length <= low) {
      if (probe + 1 >= high) break;
      low = probe;
      continue;
    }
    const match = look(length);
    if (match) [result, high] = [match, length];
    else low = length;
    probe = high - 1;
  }
  return { result, index: result.index, decided: high };
}
