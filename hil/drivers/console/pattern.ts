/**
 * Patterns, made fit for a stream: what matches does not depend on how the bytes were cut into
 * chunks. A pattern is matched as if it were tried after each byte: the first byte that makes it
 * match decides, and of what matches then, the leftmost counts. For this to be what people mean,
 * a regular expression is read so:
 *
 * - A character or class that repeats at the very end (`\d+`) goes on until a byte comes that does
 *   not belong to it: `/thread (\d+)/` gives "12" of "thread 12\r\n", however it arrives. The same
 *   for a last `?` and `{n,m}`. Lazy ones (`\d+?`) and groups that repeat take the least.
 * - `$` without flag `m` is "as soon as it is said": `/login: *$/` does not wait for what follows.
 *   `$` with flag `m` is the end of a line that has come, `\b` waits for the byte after it.
 * - `^` without flag `m` is the place where the last match ended; with it, the start of a line.
 * - Look-behind sees 64 bytes.
 * - `(?!…)` is refused: no byte may be there yet to tell. So is flag `v`.
 */
import type { Pattern } from "../../ports/mod.ts";
import { latin1 } from "./log.ts";

/** A literal: its bytes as Latin-1. */
export interface Literal {
  readonly type: "literal";
  readonly source: Pattern;
  readonly bytes: string;
}

export interface Expression {
  readonly type: "expression";
  readonly source: RegExp;
  /** Matched on UTF-8 characters (flag `u`), not on bytes. */
  readonly utf8: boolean;
  /** Finds a match, from `lastIndex` on. */
  readonly match: RegExp;
  /**
   * The same, without the alternatives that cannot match in `text` from `from` on, since something
   * is not there that they need; undefined when that is all of them.
   */
  matchIn(text: string, from: number): RegExp | undefined;
  /** Finds the first place from which a match may still come; undefined where that is not known. */
  readonly begun: RegExp | undefined;
  /** Most line feeds in a match; undefined when there is no telling. */
  readonly lineFeeds: number | undefined;
  /** The alternatives at the top, each as the expressions of its longer and longer beginnings. */
  readonly beginnings: readonly (readonly string[])[];
}

export type Compiled = Literal | Expression;

type Kind =
  | "atom"
  | "backreference"
  | "boundary"
  | "start"
  | "end"
  | "open"
  | "close"
  | "or";

interface Token {
  readonly kind: Kind;
  readonly text: string;
  /** "+", "{2,5}?", or "". */
  quantifier: string;
  /** Inside how many parentheses. */
  readonly depth: number;
  /** Inside a look-behind. */
  readonly behind: boolean;
  /** Of a "close": the text of its "open". */
  readonly opener: string;
}

const TOKEN =
  /(?<open>\((?:\?(?:<[=!]|<[^>]*>|[=!]|[a-z-]*:))?)|(?<close>\))|(?<or>\|)|(?<start>\^)|(?<end>\$)|(?<boundary>\\[bB])|(?<backreference>\\k<[^>]*>|\\[1-9]\d*)|(?<quantifier>[*+?]\??|\{\d+(?:,\d*)?\}\??)|(?<atom>\[(?:\\[^]|[^\]\\])*\]|\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\c[A-Za-z]|\\[pP]\{[^}]*\}|\\[^]|[^])/uy;

/** The end of what has been said; unlike `$`, whatever the flags. */
const END = "(?![^])";
const BYTE_FOLLOWS = "(?=[^])";
const LINE_END = "[\\n\\r\\u2028\\u2029]";
const BOUNDARY: Readonly<Record<string, string>> = {
  "\\b": "(?:(?<=\\w)(?=\\W)|(?<!\\w)(?=\\w))",
  "\\B": "(?:(?<=\\w)(?=\\w)|(?<!\\w)(?=\\W))",
};

/**
 * @throws TypeError for an empty literal, flag `v` and negative look-ahead
 */
export function compile(pattern: Pattern): Compiled {
  if (typeof pattern === "string") {
    if (pattern === "") throw refusal(pattern, "it is empty and matches everywhere; give a text");
    const bytes = latin1(new TextEncoder().encode(pattern));
    return { type: "literal", source: pattern, bytes };
  }
  if (pattern.flags.includes("v")) throw refusal(pattern, "flag v is not known here; use flag u");
  const tokens = tokenize(pattern.source);
  if (tokens.some(({ text }) => text === "(?!")) {
    throw refusal(
      pattern,
      "a negative look-ahead asks for bytes that may not have come; say what follows instead",
    );
  }
  const flags = pattern.flags.replace(/[gyd]/g, "");
  const multiline = pattern.multiline;
  const closed = closeTail(tokens, flags);
  const begun = tokens.some(({ kind }) => kind === "backreference")
    ? undefined
    : new RegExp(tokens.map((token, i) => beginning(token, closed[i], multiline)).join(""), flags);
  const sources = tokens.map((token, i) => closed[i] ?? whole(token, multiline));
  const { match, matchIn } = alternatives(tokens, sources, `g${flags}`);
  return {
    type: "expression",
    source: pattern,
    utf8: pattern.unicode,
    match,
    matchIn,
    begun: begun && new RegExp(begun.source, `g${flags}`),
    lineFeeds: lineFeeds(tokens, flags),
    beginnings: beginnings(tokens, multiline),
  };
}

/** The pattern as it is written. */
export function show(pattern: Pattern): string {
  return typeof pattern === "string" ? JSON.stringify(pattern) : String(pattern);
}

function refusal(pattern: Pattern, why: string): TypeError {
  return new TypeError(`Cannot wait for ${show(pattern)}: ${why}`);
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const open: { text: string; behind: boolean }[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const { groups: found } = TOKEN.exec(source)!;
    const [kind, text] = Object.entries(found!).find(([, text]) => text !== undefined)!;
    if (kind === "quantifier") {
      tokens.at(-1)!.quantifier = text;
      continue;
    }
    const opener = kind === "close" ? open.pop()!.text : "";
    const behind = open.at(-1)?.behind ?? false;
    tokens.push({ kind: kind as Kind, text, quantifier: "", depth: open.length, behind, opener });
    if (kind === "open") open.push({ text, behind: behind || isBehind(text) });
  }
  return tokens;
}

/** A token as it is matched. */
function whole({ kind, text, quantifier }: Token, multiline: boolean): string {
  if (kind === "end") return multiline ? `(?=${LINE_END})` : "";
  if (kind === "boundary") return BOUNDARY[text]!;
  return text + quantifier;
}

/** A token as it is matched or as what was said ends in it. */
function beginning(token: Token, closed: string | undefined, multiline: boolean): string {
  const { kind, text, quantifier, behind, opener } = token;
  const matched = closed ?? whole(token, multiline);
  if (behind) return matched;
  if (kind === "open") return isBehind(text) ? `(?:${END}|${text}` : text;
  if (kind === "or") return text;
  if (kind === "close") return isBehind(opener) ? "))" : text + quantifier;
  if (kind === "atom" && !closed) return `(?:${text}|${END})${quantifier}`;
  return closed ? `(?:(?:${text}|${END})${quantifier}${END}|${closed})` : `(?:${matched}|${END})`;
}

function isBehind(open: string): boolean {
  return open === "(?<=" || open === "(?<!";
}

/** For tokens that repeat at the end of the pattern: the expression that also sees them end. */
function closeTail(tokens: readonly Token[], flags: string): (string | undefined)[] {
  return tokens.map((token, i) => {
    const { kind, text, quantifier, behind } = token;
    if (kind !== "atom" || behind || !quantifier || !isTail(tokens, i)) return undefined;
    const [least, most] = bounds(quantifier);
    if (quantifier.length > 1 && quantifier.endsWith("?") || least === most) return undefined;
    if (!leavesAnythingOut(text, flags)) return undefined;
    const over = `(?!${text})${BYTE_FOLLOWS}`;
    if (most === Infinity) return `(?:${text}${quantifier}${over})`;
    return `(?:${text}{${most}}|${text}{${least},${most - 1}}${over})`;
  });
}

/** Whether nothing comes after the token but the ends of groups that are there once. */
function isTail(tokens: readonly Token[], index: number): boolean {
  let { depth } = tokens[index]!;
  for (let i = index + 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === "or" && token.depth === depth) {
      while (i + 1 < tokens.length && !isCloseOf(tokens[i + 1]!, depth)) i++;
    } else if (isCloseOf(token, depth)) {
      if (token.quantifier || /^\(\?<?[=!]/.test(token.opener)) return false;
      depth--;
    } else return false;
  }
  return true;
}

function isCloseOf(token: Token, depth: number): boolean {
  return token.kind === "close" && token.depth === depth - 1;
}

function bounds(quantifier: string): [least: number, most: number] {
  if (quantifier.startsWith("*")) return [0, Infinity];
  if (quantifier.startsWith("+")) return [1, Infinity];
  if (quantifier.startsWith("?")) return [0, 1];
  const [, least, comma, most] = quantifier.match(/\{(\d+)(,?)(\d*)/)!;
  return [Number(least), most ? Number(most) : comma ? Infinity : Number(least)];
}

/** Whether there is a byte that the class does not have: what has them all has no end. */
function leavesAnythingOut(atom: string, flags: string): boolean {
  const one = new RegExp(`^${atom}$`, flags.replace("m", ""));
  for (let byte = 0; byte < 256; byte++) if (!one.test(String.fromCharCode(byte))) return true;
  return false;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\n": "\n",
  "\\r": "\r",
  "\\t": "\t",
};

/** The character of an atom that is one. */
function literalOf({ kind, text }: Token): string | undefined {
  if (kind !== "atom" || text === "." || text.startsWith("[")) return undefined;
  if (text.length === 1) return text;
  return ESCAPES[text] ?? (/^\\[^\w]$/.test(text) ? text[1] : undefined);
}

/**
 * The alternatives at the top of a pattern. One whose needs are not there costs nothing: so an
 * `a.*b` without a `b` is not tried at each `a`, which would be quadratic.
 */
function alternatives(
  tokens: readonly Token[],
  sources: readonly string[],
  flags: string,
): Pick<Expression, "match" | "matchIn"> {
  const all: { source: string; tokens: Token[] }[] = [{ source: "", tokens: [] }];
  for (const [i, token] of tokens.entries()) {
    if (token.kind === "or" && token.depth === 0) all.push({ source: "", tokens: [] });
    else {
      all.at(-1)!.source += sources[i];
      all.at(-1)!.tokens.push(token);
    }
  }
  const needed = all.map((alternative) => needs(alternative.tokens, flags));
  const made = new Map<string, RegExp>();
  const build = (there: readonly boolean[]): RegExp => {
    const key = there.join();
    // The others stay, unable to match, so that groups keep their numbers.
    const source = all.map(({ source }, i) => there[i] ? source : `(?!)${source}`).join("|");
    if (!made.has(key)) made.set(key, new RegExp(source, flags));
    return made.get(key)!;
  };
  const matchIn = (text: string, from: number) => {
    const there = needed.map((needs) => needs.every((need) => isThere(need, text, from)));
    return there.includes(true) ? build(there) : undefined;
  };
  return { match: build(all.map(() => true)), matchIn };
}

type Needed = string | RegExp;

function isThere(need: Needed, text: string, from: number): boolean {
  if (typeof need === "string") return text.includes(need, from);
  need.lastIndex = from;
  return need.test(text);
}

/** What each match of an alternative has in it: runs of literal characters, and classes. */
function needs(tokens: readonly Token[], flags: string): Needed[] {
  const needed: Needed[] = [];
  let run = "";
  const flush = () => {
    if (run) needed.push(run);
    run = "";
  };
  for (const token of tokens) {
    const character = flags.includes("i") ? undefined : literalOf(token);
    if (token.depth === 0 && character !== undefined && !token.quantifier) {
      run += character;
      continue;
    }
    flush();
    const there = !token.quantifier || bounds(token.quantifier)[0] > 0;
    if (
      token.kind === "atom" && token.depth === 0 && there && leavesAnythingOut(token.text, flags)
    ) {
      needed.push(new RegExp(token.text, flags));
    }
  }
  flush();
  return needed;
}

function lineFeeds(tokens: readonly Token[], flags: string): number | undefined {
  if (tokens.some(({ kind }) => kind === "backreference")) return undefined;
  const able = tokens.filter(({ kind, text, behind }) =>
    kind === "atom" && !behind && new RegExp(`^${text}$`, flags.replace(/[gm]/g, "")).test("\n")
  );
  const repeats = ({ quantifier }: Token) => quantifier !== "" && bounds(quantifier)[1] > 1;
  if (able.some(repeats)) return undefined;
  const groupsRepeat = tokens.some((token) => token.kind === "close" && repeats(token));
  return groupsRepeat && able.some(({ depth }) => depth > 0) ? undefined : able.length;
}

function beginnings(tokens: readonly Token[], multiline: boolean): string[][] {
  const alternatives: string[][] = [[]];
  let source = "";
  for (const token of tokens) {
    if (token.kind === "or" && token.depth === 0) {
      alternatives.push([]);
      source = "";
      continue;
    }
    source += whole(token, multiline);
    const opens = token.kind === "open" || token.depth > 0;
    if (!opens) alternatives.at(-1)!.push(source);
  }
  return alternatives;
}
