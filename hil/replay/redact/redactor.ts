/**
 * Replaces secrets in texts and bytes. It is told everything once, to learn what is secret
 * ({@link Redactor.learn}), and then again, to replace it wherever it occurs: as it stands, and as
 * base64, hex, percent-encoding and escaped for JSON and XML.
 *
 * Texts are handled as their UTF-8 bytes, a character a byte, so that one rule serves consoles,
 * packets and files. Every replacement has the length of what it replaces.
 */
import type { Json } from "../../trace/mod.ts";
import { ADDRESS } from "../diff/noise.ts";
import { Addresses } from "./addresses.ts";
import { isSecret, isTelling, type SecretRule, SECRETS } from "./secrets.ts";
import { StandIns } from "./stand_in.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { fatal: true });
/** Base64 within base64 within base64. */
const DEEPEST = 3;
const RUN = /[A-Za-z0-9+/_-]{12,}={0,2}/g;

export class Redactor {
  readonly addresses = new Addresses();
  /** Rule to how many times it replaced something. */
  readonly counts = new Map<string, number>();
  readonly #rules: readonly SecretRule[];
  readonly #standIns = new StandIns((value) => spellings(bytesOf(value)));
  /** Values that are replaced wherever they are, with the name of the rule that found them. */
  readonly #telling = new Map<string, string>();
  #literals:
    | { readonly pattern: RegExp; readonly by: ReadonlyMap<string, [string, string]> }
    | undefined;

  constructor(own: readonly SecretRule[] = []) {
    this.#rules = [...own, ...SECRETS];
  }

  /** Values that are secret everywhere, as bytes of UTF-8, for a check of what was written. */
  get secrets(): readonly string[] {
    return [...this.#telling.keys()];
  }

  /** Distinct values that were replaced. */
  get values(): number {
    return this.#standIns.size + this.addresses.met.size;
  }

  /** Takes note of the secrets in a text. */
  learn(text: string): void {
    this.learnBytes(bytesOf(text));
  }

  learnBytes(bytes: string): void {
    for (const { name, match, there } of this.#rules) {
      if (!match || (there && name !== "basic")) continue;
      for (const found of bytes.matchAll(match)) {
        const secret = found.groups ? found.groups.secret : found[0];
        if (secret === undefined) continue;
        if (name === "basic") this.learnValue(passwordOf(secret), "passwords");
        else this.learnValue(secret, name);
      }
    }
  }

  /** Takes note of a value that is one secret, as bytes. */
  learnValue(value: string, rule: string): void {
    if (!isTelling(value) || this.#telling.has(value)) return;
    this.#telling.set(value, rule);
    this.#standIns.avoid(shown(value));
    this.#literals = undefined;
  }

  /** Takes note of the secrets in data, which fields may tell of. */
  learnData(value: Json | undefined): void {
    if (typeof value === "string") return this.learn(value);
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of fieldsOf(value)) {
      const rule = this.#fieldRule(key);
      if (rule && !rule.there && typeof inner === "string") {
        this.learnValue(bytesOf(inner), rule.name);
      }
      this.learnData(inner as Json);
    }
  }

  text(text: string): string {
    const bytes = bytesOf(text);
    const out = this.bytes(bytes);
    return out === bytes ? text : textOf(out);
  }

  /** All strings in data, names of fields too. */
  data<T extends Json | undefined>(value: T): T {
    return this.#data(value) as T;
  }

  #data(value: Json | undefined): Json | undefined {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#data(item)!);
    if (isEntries(value)) return this.#entries(value);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        this.text(key),
        this.#field(key, inner as Json),
      ]),
    );
  }

  #entries({ entries, ...rest }: Entries): Json {
    const redacted = entries.map(([key, value]) =>
      typeof key === "string"
        ? [this.text(key), this.#field(key, value)]
        : [this.#data(key)!, this.#data(value)!]
    );
    return { ...rest, entries: redacted };
  }

  #field(key: string, value: Json): Json {
    const rule = this.#fieldRule(key);
    if (!rule || (typeof value !== "string" && typeof value !== "number")) {
      return this.#data(value)!;
    }
    const bytes = bytesOf(`${value}`);
    if (!isSecret(bytes)) return value;
    const by = textOf(this.#standIn(bytes, rule.name));
    return typeof value === "number" ? Number(by.replace(/^0/, "1")) : by;
  }

  #fieldRule(key: string): SecretRule | undefined {
    return this.#rules.find(({ fields }) => fields?.test(key));
  }

  /** @param bytes a character a byte; so is what is given back, of the same length */
  bytes(bytes: string, depth = 0): string {
    let out = bytes;
    for (const { name, match } of this.#rules) {
      if (match) out = out.replace(match, (...found) => this.#match(name, found));
    }
    const { pattern, by } = this.#literals ??= this.#makeLiterals();
    out = out.replace(pattern, (literal) => {
      const [to, rule] = by.get(literal)!;
      this.#count(rule);
      return to;
    });
    out = out.replace(ADDRESS, (address) => this.addresses.text(address));
    return depth < DEEPEST ? out.replace(RUN, (run) => this.#run(run, depth)) : out;
  }

  /** What a console was told when it had asked for a secret. */
  typed(bytes: string): string {
    return bytes.replace(/[^\r\n]+/g, (line) => this.#standIn(line, "passwords"));
  }

  /** The end of `bytes` where a secret may begin that goes on elsewhere, replaced as far as it is there. */
  beginning(bytes: string, least = 3): string {
    for (const secret of this.secrets) {
      for (let length = Math.min(secret.length - 1, bytes.length); length >= least; length--) {
        if (!bytes.endsWith(secret.slice(0, length))) continue;
        return bytes.slice(0, -length) + this.#standInBytes(secret).slice(0, length);
      }
    }
    return bytes;
  }

  #match(name: string, found: readonly unknown[]): string {
    const whole = found[0] as string;
    const groups = found.at(-1) as { readonly secret?: string } | string;
    const secret = typeof groups === "object" ? groups.secret : whole;
    if (secret === undefined || !isSecret(secret)) return whole;
    const by = name === "basic" ? this.#basic(secret) : this.#standIn(secret, name);
    const at = whole.lastIndexOf(secret);
    return whole.slice(0, at) + by + whole.slice(at + secret.length);
  }

  /** The password within; the user's name stays. */
  #basic(encoded: string): string {
    const text = decoded(encoded);
    const password = passwordOf(encoded);
    if (text === undefined || !isSecret(password)) return encoded;
    return btoa(text.slice(0, -password.length) + this.#standIn(password, "passwords"));
  }

  #run(run: string, depth: number): string {
    const url = /[-_]/.test(run);
    const text = decoded(url ? run.replaceAll("-", "+").replaceAll("_", "/") : run);
    if (text === undefined) return run;
    const out = this.bytes(text, depth + 1);
    if (out === text) return run;
    const again = btoa(out);
    const coded = url ? again.replaceAll("+", "-").replaceAll("/", "_") : again;
    return run.endsWith("=") ? coded : coded.replace(/=+$/, "");
  }

  #standIn(value: string, rule: string): string {
    this.#count(rule);
    return this.#standInBytes(value);
  }

  #standInBytes(value: string): string {
    const text = shown(value);
    const to = this.#standIns.of(text);
    // What is no UTF-8 stays what it is: its bytes become other bytes above 0x7f.
    return text === value ? to : bytesOf(to);
  }

  #count(rule: string): void {
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + 1);
  }

  #makeLiterals() {
    const by = new Map<string, [string, string]>();
    for (const [value, rule] of this.#telling) {
      const from = spellings(value), to = spellings(this.#standInBytes(value));
      for (const [i, spelling] of from.entries()) {
        if (spelling.length === to[i]!.length) by.set(spelling, [to[i]!, rule]);
      }
    }
    const longest = [...by.keys()].sort((a, b) => b.length - a.length);
    const pattern = longest.map((literal) => literal.replace(/[^A-Za-z0-9_\x80-\xff]/g, escaped));
    return { pattern: new RegExp(pattern.join("|") || "(?!)", "g"), by };
  }
}

/** A map, or an object with a key `$`, as hil/record has them. */
type Entries = { readonly $: string; readonly entries: readonly (readonly [Json, Json])[] };

function isEntries(value: object): value is Entries {
  const { $, entries } = value as Partial<Entries>;
  return ($ === "map" || $ === "plain") && Array.isArray(entries) &&
    entries.every((entry) => Array.isArray(entry) && entry.length === 2);
}

/** Names and values; those of entries too, which are not fields in JSON. */
function fieldsOf(value: object): [string, Json][] {
  const fields = Object.entries(value) as [string, Json][];
  if (!isEntries(value)) return fields;
  const named = value.entries.filter(([key]) => typeof key === "string");
  return [...fields, ...named as [string, Json][]];
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** A value in all the ways in which it may be written, in one order. */
export function spellings(value: string): string[] {
  const hex = latin1(value).toHex();
  const percent = value.replace(
    /[^A-Za-z0-9_.~-]/g,
    (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
  );
  const json = JSON.stringify(value).slice(1, -1);
  const xml = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
  return [value, ...base64Cores(value), hex, hex.toUpperCase(), percent, json, xml];
}

/** What base64 has of a value alone, at each of the three places where it can begin. */
function base64Cores(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const whole = btoa("\0".repeat(before) + value);
    return whole.slice(Math.ceil(8 * before / 6), Math.floor(8 * (before + value.length) / 6));
  });
}

function decoded(base64: string): string | undefined {
  try {
    const text = atob(base64);
    return btoa(text).replace(/=+$/, "") === base64.replace(/=+$/, "") ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Of "user:password" in base64; "" when it is none. */
function passwordOf(encoded: string): string {
  const text = decoded(encoded) ?? "";
  return text.includes(":") ? text.slice(text.indexOf(":") + 1) : "";
}

/** Bytes as the text that they are, or, when they are none, a character a byte. */
function shown(bytes: string): string {
  try {
    return decoder.decode(latin1(bytes));
  } catch {
    return bytes;
  }
}

/** A text's UTF-8, a character a byte. */
export function bytesOf(text: string): string {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : fromLatin1(encoder.encode(text));
}

function textOf(bytes: string): string {
  return new TextDecoder().decode(latin1(bytes));
}

export function latin1(bytes: string): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes.charCodeAt(i);
  return out;
}

export function fromLatin1(bytes: Uint8Array): string {
  let out = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    out += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return out;
}
