/**
 * A redacted recording has stand-ins where the scenario has the secrets themselves. Each secret is
 * known by the first call that it is in, and put back into what the recording gives after that.
 */
import type { Json } from "../../trace/mod.ts";
import { fromLatin1 } from "../redact/redactor.ts";
import { shapeOf, standInNumber } from "../redact/stand_in.ts";

/** Stand-ins are the first texts of their shape; some are passed over, and more than one shape counts. */
const SLACK = 16;

/** Characters of a text that may be a stand-in: of less, too many are. */
const SHORTEST = 4;

export class Secrets {
  /** Stand-in to secret. */
  readonly #known = new Map<string, string>();

  /** @param values how many were replaced; 0: it was not redacted */
  constructor(private readonly values: number) {}

  get some(): boolean {
    return this.values > 0;
  }

  /** Whether `recorded` is `now` but for secrets, which are known from then on. */
  isAlike(recorded: Json, now: Json): boolean {
    const found = new Map(this.#known);
    if (!this.#isAlike(recorded, now, found)) return false;
    for (const [standIn, secret] of found) this.#known.set(standIn, secret);
    return true;
  }

  /** With the secrets that are known in place of their stand-ins. */
  restored<T extends Json | undefined>(json: T): T {
    if (this.#known.size === 0) return json;
    return this.#restored(json as Json) as T;
  }

  #restored(json: Json): Json {
    if (typeof json === "string") return this.#text(json);
    if (typeof json !== "object" || json === null) return json;
    if (Array.isArray(json)) return json.map((each) => this.#restored(each));
    const entries = Object.entries(json).map(([key, each]) => [key, this.#restored(each)]);
    return Object.fromEntries(entries);
  }

  #text(text: string): string {
    for (const [standIn, secret] of this.#known) text = text.replaceAll(standIn, secret);
    return text;
  }

  #isAlike(recorded: Json, now: Json, found: Map<string, string>): boolean {
    if (typeof recorded === "string" && typeof now === "string") {
      return this.#isAlikeText(recorded, now, found);
    }
    if (typeof recorded !== "object" || typeof now !== "object" || !recorded || !now) {
      return recorded === now;
    }
    const [a, b] = [Object.entries(recorded), Object.entries(now)];
    if (isBytes(recorded) && isBytes(now)) {
      return this.#isAlikeText(textOf(recorded), textOf(now), found);
    }
    return a.length === b.length && a.every(([key, value], n) => {
      const [otherKey, other] = b[n]!;
      return key === otherKey && this.#isAlike(value, other, found);
    });
  }

  #isAlikeText(recorded: string, now: string, found: Map<string, string>): boolean {
    if (recorded === now) return true;
    if (recorded.length !== now.length) return false;
    const [from, to] = span(recorded, now);
    const [standIn, secret] = [recorded.slice(from, to), now.slice(from, to)];
    const known = found.get(standIn);
    if (known !== undefined) return known === secret;
    if (standIn.length < SHORTEST || shapeOf(standIn) !== shapeOf(secret)) return false;
    if (standInNumber(standIn) > this.values + SLACK) return false;
    found.set(standIn, secret);
    return true;
  }
}

/** The whole words in which two texts of a length differ. */
function span(a: string, b: string): [number, number] {
  const isWord = (at: number) => /[\p{L}\p{N}]/u.test(a[at] ?? "") && a[at] === b[at];
  let from = 0, to = a.length;
  while (a[from] === b[from]) from++;
  while (a[to - 1] === b[to - 1]) to--;
  while (isWord(from - 1)) from--;
  while (isWord(to)) to++;
  return [from, to];
}

function textOf({ base64 }: { readonly base64: string }): string {
  return fromLatin1(Uint8Array.fromBase64(base64));
}

function isBytes(json: object): json is { readonly $: "bytes"; readonly base64: string } {
  return "$" in json && json.$ === "bytes" && "base64" in json;
}
