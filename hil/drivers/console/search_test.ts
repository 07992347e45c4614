import { deepEqual } from "node:assert/strict";
import type { Pattern } from "../../ports/mod.ts";
import { Seeded } from "./_seeded.ts";
import { ByteLog, latin1 } from "./log.ts";
import { compile, show } from "./pattern.ts";
import { Search } from "./search.ts";

interface Plain {
  readonly start: number;
  readonly end: number;
  readonly decided: number;
  readonly groups: readonly (string | undefined)[];
}

interface Case {
  readonly pattern: Pattern;
  readonly maxMatch?: number;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** All matches, one after the other, of what comes in these chunks. */
function search({ pattern, maxMatch = 1000 }: Case, chunks: Iterable<Uint8Array>): Plain[] {
  const log = new ByteLog(1 << 20);
  const one = new Search(compile(pattern), 0, maxMatch);
  const all: Plain[] = [];
  let raw = 0;
  for (const chunk of chunks) {
    log.append(chunk, { t: 0, raw });
    raw += chunk.length;
    for (let found = one.next(log); found; found = one.next(log)) {
      const { start, end, decided, groups } = found;
      all.push({ start, end, decided, groups });
    }
    log.release(one.needed);
  }
  return all;
}

/** The definition: tried after each byte, the leftmost counts. Latin-1 only. */
function byDefinition({ pattern, maxMatch = 1000 }: Case, bytes: Uint8Array): Plain[] {
  const compiled = compile(pattern);
  const all: Plain[] = [];
  const text = latin1(bytes);
  let from = 0;
  for (let length = 1; length <= text.length; length++) {
    const begin = Math.max(from, length - maxMatch);
    if (compiled.type === "literal") {
      const at = text.slice(0, length).indexOf(compiled.bytes, from);
      if (at < 0) continue;
      from = at + compiled.bytes.length;
      all.push({ start: at, end: from, decided: length, groups: [] });
      continue;
    }
    compiled.match.lastIndex = begin;
    const match = compiled.match.exec(text.slice(0, length));
    if (!match) continue;
    from = match.index + match[0].length;
    all.push({ start: match.index, end: from, decided: length, groups: match.slice(1) });
  }
  return all;
}

/** Each is cut in many ways; all must give what the definition gives. */
const PATTERNS: readonly Pattern[] = [
  "ab",
  "aab",
  "abab",
  /ab/,
  /a+/,
  /a+b?/,
  /(a|b)c/,
  /ab*c|b/,
  /(ab)+/,
  /a.*b/,
  /a.*b/s,
  /a.*?b/s,
  /b(?=a)/,
  /\bab?\b/,
  /^a/m,
  /b$/m,
  /(?<=b)a+/,
  /(?<!b)a+/,
  /a{2,3}/,
  /(a)(b)?c/,
  /(a+)b\1/,
  /[^a]+/,
  /c(a*|b+)/,
  /(?:a|bc*)/,
  /a?b?c/i,
  /(?<x>a|b)(?<y>c\n)/,
  /\n\r?a*$/,
];

Deno.test("what matches does not depend on the chunks", () => {
  const seeded = new Seeded(1);
  for (let round = 0; round < 3000; round++) {
    const pattern = round % 2 ? seeded.pick(PATTERNS) : randomExpression(seeded);
    const size = 1 + seeded.below(60);
    const alphabet = seeded.pick(["ab", "abc", "abc\n", "ab \n\r"]);
    const bytes = utf8(Array.from({ length: size }, () => seeded.pick([...alphabet])).join(""));
    const maxMatch = seeded.pick([4, 10, 1000]);
    const wanted = byDefinition({ pattern, maxMatch }, bytes);
    const most = seeded.pick([1, 2, 5, 1000]);
    const found = search({ pattern, maxMatch }, seeded.cut(bytes, most));
    const what = `round ${round}: ${show(pattern)} max ${maxMatch}, chunks of ${most}, ` +
      JSON.stringify(latin1(bytes));
    deepEqual(found, wanted, what);
  }
});

/** Nothing in it but what is read as it is written. */
function randomExpression(seeded: Seeded): RegExp {
  const atoms = ["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\s", "\\n", "\\b"];
  const quantifiers = ["", "", "", "+", "*", "?", "{2}", "{1,2}", "+?", "*?"];
  // A repeated group of repeated parts takes forever, in every engine that goes back.
  const groupQuantifiers = ["", "?", "{2}"];
  const part = (level: number): string =>
    Array.from({ length: 1 + seeded.below(3) }, () => {
      if (level < 2 && seeded.below(4) === 0) {
        const other = seeded.below(2) ? `|${part(level + 1)}` : "";
        const group = `${seeded.pick(["(", "(?:"])}${part(level + 1)}${other})`;
        return group + seeded.pick(groupQuantifiers);
      }
      const atom = seeded.pick(atoms);
      return atom === "\\b" ? atom : atom + seeded.pick(quantifiers);
    }).join("");
  return new RegExp(part(0), seeded.pick(["", "s", "m", "i"]));
}
