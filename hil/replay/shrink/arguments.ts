/**
 * Smaller arguments, and options of needs: what is left out, emptied, cut in half, or made a smaller
 * number.
 */
import type { Json } from "../../trace/mod.ts";
import type { Action, Script } from "../typescript/mod.ts";
import { replaced } from "./edit.ts";

/** Makes a script that differs from another in its arguments only. */
export interface Change {
  readonly of: (script: Script) => Script;
  /**
   * Something is left out, or another text: whoever is called may not take it. Names what is called
   * and what it gets then: the same is taken everywhere, or nowhere. Left out where numbers differ.
   */
  readonly shape?: string;
}

/** Numbers that are tried in the place of a larger one. */
const SMALL = [0, 1, 2, 3, 4, 8];

/** What can be tried, the largest savings first. Each is of the script as it is. */
export function changesOf(script: Script): readonly Change[] {
  const changes: Change[] = [];
  for (const action of script.actions) {
    const { args } = action;
    if (args.length > 0) changes.push(atCall(action, args.slice(0, -1)));
    for (const [at, arg] of args.entries()) {
      for (const smaller of smallerParts(arg)) changes.push(atCall(action, args.with(at, smaller)));
    }
  }
  for (const { name, value } of numbersIn(script)) {
    for (const smaller of SMALL.filter((small) => small < value)) {
      changes.push(everywhere(name, value, smaller));
    }
  }
  for (const [name, { options }] of script.needs) {
    for (const smaller of smallerParts(options)) {
      const shape = `${name} ${JSON.stringify(smaller, withoutNumbers)}`;
      changes.push({ ...atNeed(name, () => smaller), shape });
    }
  }
  return [...changes, ...smallerNeeds(script)];
}

/** Smaller numbers among the options of needs. */
export function smallerNeeds(script: Script): readonly Change[] {
  const changes: Change[] = [];
  for (const [name, { options }] of script.needs) {
    for (const { name: field, value } of numbersOf([options], "")) {
      for (const smaller of SMALL.filter((small) => small < value)) {
        const change = (other: string, found: Json) =>
          other === field && found === value ? smaller : found;
        changes.push(atNeed(name, (options) => inside(" 0", options, change)));
      }
    }
  }
  return changes;
}

function atNeed(name: string, change: (options: Json) => Json): Change {
  return {
    of: (script) => {
      const need = script.needs.get(name)!;
      const needs = new Map(script.needs).set(name, { ...need, options: change(need.options) });
      return { ...script, needs };
    },
  };
}

function atCall(action: Action, args: readonly Json[]): Change {
  const { on, method } = action;
  return {
    shape: `${on.replace(/^#\d+/, "#")}.${method} ${JSON.stringify(args, withoutNumbers)}`,
    of: (script) => replaced(script, { ...action, args }),
  };
}

function withoutNumbers(_key: string, value: unknown): unknown {
  return typeof value === "number" ? 0 : value;
}

/** The value with one thing less in it. */
function* smallerParts(value: Json): Generator<Json> {
  if (typeof value === "string") {
    if (value.length > 0) yield "";
    if (value.length > 1) yield value.slice(0, value.length >> 1);
    if (value.length > 1) yield value.slice(value.length >> 1);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    if (value.length > 1) yield value.slice(0, value.length >> 1);
    if (value.length > 1) yield value.slice(value.length >> 1);
    for (const at of value.keys()) yield value.toSpliced(at, 1);
    for (const [at, each] of value.entries()) {
      for (const smaller of smallerParts(each)) yield value.with(at, smaller);
    }
    return;
  }
  const fields = value as { readonly [key: string]: Json };
  if ("$" in fields) {
    if (fields.$ === "bytes" && typeof fields.base64 === "string") {
      yield* smallerBytes(fields.base64);
    }
    return;
  }
  for (const key of Object.keys(fields)) {
    const { [key]: _gone, ...rest } = fields;
    yield rest;
  }
  for (const [key, each] of Object.entries(fields)) {
    for (const smaller of smallerParts(each)) yield { ...fields, [key]: smaller };
  }
}

function* smallerBytes(base64: string): Generator<Json> {
  const bytes = Uint8Array.fromBase64(base64);
  if (bytes.length < 2) return;
  for (const half of [bytes.slice(0, bytes.length >> 1), bytes.slice(bytes.length >> 1)]) {
    yield { $: "bytes", base64: half.toBase64() };
  }
}

interface Numbered {
  /** What it is: the field's name, or the method's and the argument's place. */
  readonly name: string;
  readonly value: number;
}

/** Numbers larger than the smallest, each once by what they are: equal ones mean the same thing. */
function numbersIn({ actions }: Script): readonly Numbered[] {
  return distinct(actions.flatMap(({ method, args }) => numbersOf(args, method)));
}

function numbersOf(args: readonly Json[], method: string): readonly Numbered[] {
  const found: Numbered[] = [];
  mapped(args, method, (name, value) => {
    if (typeof value === "number" && value > 0) found.push({ name, value });
    return value;
  });
  return distinct(found);
}

function distinct(numbers: readonly Numbered[]): readonly Numbered[] {
  return [...new Map(numbers.map((one) => [`${one.name} ${one.value}`, one])).values()];
}

function everywhere(name: string, value: number, smaller: number): Change {
  const change = (other: string, found: Json) =>
    other === name && found === value ? smaller : found;
  return {
    of: (script) => ({
      ...script,
      actions: script.actions.map((action) => ({
        ...action,
        args: mapped(action.args, action.method, change),
      })),
    }),
  };
}

type Visit = (name: string, value: Json) => Json;

export function mapped(args: readonly Json[], method: string, visit: Visit): readonly Json[] {
  return args.map((arg, at) => inside(`${method} ${at}`, arg, visit));
}

function inside(name: string, value: Json, visit: Visit): Json {
  if (typeof value !== "object" || value === null) return visit(name, value);
  if (Array.isArray(value)) return value.map((each) => inside(name, each, visit));
  // What a key "$" marks is no plain data.
  if ("$" in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, inside(key, each, visit)]),
  );
}
