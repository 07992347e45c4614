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

/** The first match of what comes, cut in all ways into two. */
function first(pattern: Pattern, said: string): string | undefined {
  const bytes = utf8(said);
  const found = new Set<string | undefined>();
  for (let at = 0; at <= bytes.length; at++) {
    const [match] = search({ pattern }, [bytes.subarray(0, at), bytes.subarray(at)]);
    found.add(match && new TextDecoder().decode(bytes.subarray(match.start, match.end)));
  }
  deepEqual(found.size, 1, `${show(pattern)} gives ${[...found].join(" or ")}`);
  return [...found][0];
}

Deno.test("what repeats at the end goes on until something else comes", () => {
  deepEqual(first(/thread (\d+)/, "thread 12\r\n"), "thread 12");
  deepEqual(first(/thread (\d+)/, "thread 12"), undefined);
  deepEqual(first(/thread \d+$/, "thread 12"), "thread 1");
  deepEqual(first(/colou?/, "colours"), "colou");
  deepEqual(first(/x(\d{2,3}|y+)/, "xyy1234"), "xyy");
  deepEqual(first(/root@.*# /, "root@a:~# # "), "root@a:~# ");
});

Deno.test("ends of lines and words wait for what follows", () => {
  deepEqual(first(/^ok$/m, "okay\r\nok\r\n"), "ok");
  deepEqual(first(/\bok\b/, "okay ok "), "ok");
  deepEqual(first(/^ok/, "not ok"), undefined);
  deepEqual(first(/login: *$/, "login: "), "login:");
});

Deno.test("flag u matches characters, its absence bytes", () => {
  deepEqual(first(/é.x/u, "é€x"), "é€x");
  deepEqual(first(/\u{1f600}+/u, "a😀😀b"), "😀😀");
  deepEqual(first(/\xc3\xa9/, "é"), "é");
  deepEqual(first("€", "é€"), "€");
  const broken = [Uint8Array.of(0xe2, 0x82), Uint8Array.of(0x78)];
  deepEqual(search({ pattern: /\ufffd+x/u }, broken).map(({ start, end }) => [start, end]), [[
    0,
    3,
  ]]);
});

Deno.test("groups keep their numbers when an alternative cannot match", () => {
  deepEqual(search({ pattern: /(a)Q|(b)c/ }, [utf8("abc")])[0]!.groups, [undefined, "b"]);
});
