/** Encoded values (hil/record/value.ts) as expressions of TypeScript, as a person would write them. */
import type { Json, ObjectKey } from "../../trace/mod.ts";

/** What expressions need of the file that they stand in. */
export interface Surroundings {
  /** The expression of an object or a function. */
  readonly object: (key: ObjectKey) => string;
  /** Has the file import a name from "hil". */
  readonly uses: (name: string) => void;
}

/** Bytes that are spelt out; more are Base64. */
const BYTES_SPELT = 64;
/** Shorter texts of control characters are spelt out as bytes. */
// deno-lint-ignore no-control-regex
const PRINTABLE = /^[\t\n\r\x1b\x20-\x7e]+$/;
/** From here on numbers are likely to be addresses, stamps or masks: hexadecimal. */
const HEXADECIMAL_FROM = 0x1_0000;

/** The expression of an encoded value. */
export function expressionOf(value: Json, around: Surroundings): string {
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = (each: Json) => expressionOf(each, around);
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  const { $ } = value as { readonly $?: Json };
  if (typeof $ === "string") {
    const special = SPECIAL[$];
    return special ? special(value as Fields, around) : opaque(value as Fields);
  }
  const fields = Object.entries(value).map(([key, each]) => `${keyText(key)}: ${inner(each)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** Of a duration in nanoseconds: "ms(5)". */
export function durationText(ns: number, uses: (name: string) => void): string {
  const units = [["minutes", 60e9], ["seconds", 1e9], ["ms", 1e6], ["us", 1e3]] as const;
  const [name, unit] = units.find(([, unit]) => ns >= unit && digitsOf(ns / unit) <= 5) ??
    ["ns", 1];
  uses(name);
  return `${name}(${decimal(ns / unit)})`;
}

function digitsOf(amount: number): number {
  return `${amount}`.replace(/^0\.|\.|0+$/g, "").length;
}

type Fields = { readonly [key: string]: Json };

const SPECIAL: Readonly<Record<string, (value: Fields, around: Surroundings) => string>> = {
  undefined: () => "undefined",
  number: ({ is }) => `${is}`,
  bigint: ({ is }) => `${is}n`,
  duration: ({ ns }, { uses }) => durationText(Number(ns), uses),
  date: ({ ms }) => `new Date(${ms ?? NaN})`,
  regexp: ({ source, flags }) => `/${source}/${flags}`,
  bytes: bytesText,
  map: ({ entries }, around) => `new Map(${expressionOf(entries!, around)})`,
  set: ({ entries }, around) => `new Set(${expressionOf(entries!, around)})`,
  plain: ({ entries }, around) => `Object.fromEntries(${expressionOf(entries!, around)})`,
  error: ({ message }) => `new Error(${JSON.stringify(message)})`,
  object: ({ is }, { object }) => object(`${is}`),
  promise: ({ is }, { object }) => object(`${is}`),
  function: ({ is }, { object }) => object(`${is}`),
};

function opaque({ $, is }: Fields): string {
  return `undefined /* ${`${$} ${is ?? ""}`.trim().replaceAll("*/", "")} */`;
}

function bytesText({ base64, of }: Fields): string {
  if (typeof base64 !== "string") return "new Uint8Array() /* too large for a trace */";
  const bytes = Uint8Array.fromBase64(base64);
  const text = new TextDecoder().decode(bytes);
  if (of !== undefined) return `new ${of}(Uint8Array.fromBase64("${base64}").buffer)`;
  if (PRINTABLE.test(text)) return `new TextEncoder().encode(${JSON.stringify(text)})`;
  if (bytes.length > BYTES_SPELT) return `Uint8Array.fromBase64("${base64}")`;
  const spelt = Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`);
  return bytes.length === 0 ? "new Uint8Array()" : `Uint8Array.of(${spelt.join(", ")})`;
}

function numberText(value: number): string {
  const hexadecimal = Number.isSafeInteger(value) && value >= HEXADECIMAL_FROM &&
    value % 1000 !== 0;
  return hexadecimal ? `0x${value.toString(16)}` : decimal(value);
}

/** Thousands apart, where there are many. */
function decimal(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) < 10_000) return `${value}`;
  return `${value}`.replace(/\B(?=(\d{3})+$)/g, "_");
}

function keyText(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}
