/**
 * One call in the place of another: a way out of a script of which nothing can be left out by itself,
 * though another one that fails is smaller. What stands in is of the kinds that the program has, on
 * objects and with numbers that the script has: equal ones collide, and that is what defects are of.
 */
import type { Json, ObjectKey } from "../../trace/mod.ts";
import { type Action, keysIn, makerOf, makersOf, rootOf, type Script } from "../typescript/mod.ts";
import { mapped } from "./arguments.ts";
import { replaced, without } from "./edit.ts";

/** Calls of a program, by what they are: "cache.read", "cache.read().finished". */
export type Kinds = ReadonlyMap<string, Action>;

/** Numbers that are tried beside those of the script. */
const SMALL = [0, 1];
/** Each number is tried with each: of calls with more there are too many. */
const MOST_NUMBERS = 3;

/** Of each kind the one with the shortest arguments. What hands over objects or functions is none. */
export function kindsOf(program: Script): Kinds {
  const kinds = new Map<string, Action>();
  const names = namesOf(program);
  for (const action of program.actions) {
    if (!isPlain(action)) continue;
    const name = names.get(action.id)!;
    const known = kinds.get(name);
    if (!known || lengthOf(action) < lengthOf(known)) kinds.set(name, action);
  }
  return kinds;
}

/** Each differs in one call. What cannot be called on what comes of that is not in it. */
export function* exchanges(script: Script, kinds: Kinds): Generator<Script> {
  const numbers = numbersOf(script);
  const handedOver = handedOverIn(script);
  for (const [at, old] of script.actions.entries()) {
    if (!isPlain(old) || handedOver.has(old.id)) continue;
    for (const call of callsAt(script, at, kinds, numbers)) {
      const { came: _, ...rest } = old;
      const action = { ...rest, ...call };
      if (!sameCall(action, old)) yield callable(replaced(script, action), kinds);
    }
  }
}

type Call = Pick<Action, "on" | "method" | "args" | "came">;

/** Each kind of call, on each object that there is for it, with each of the numbers. */
function* callsAt(script: Script, at: number, kinds: Kinds, numbers: Numbers): Generator<Call> {
  const objects = objectsOf(script, at);
  for (const [name, { on, method, args, came }] of kinds) {
    const part = on.slice(rootOf(on).length);
    const maker = name.slice(0, -`${part}.${method}`.length);
    for (const object of objects.get(maker) ?? []) {
      for (const some of withNumbers(args, method, numbers)) {
        yield { on: object + part, method, args: some, ...(came && { came }) };
      }
    }
  }
}

function callable(script: Script, kinds: Kinds): Script {
  const names = namesOf(script);
  const gone = script.actions.filter((action) => {
    return isPlain(action) && !kinds.has(names.get(action.id)!);
  });
  return without(script, new Set(gone.map(({ id }) => id)));
}

/** Calls of which somebody gets what they give: nobody knows what else would do there. */
function handedOverIn({ actions, callbacks }: Script): ReadonlySet<number> {
  const values = callbacks.flatMap(({ value }) => value === undefined ? [] : [value]);
  return new Set(makersOf({ on: "", args: [...actions.flatMap(({ args }) => args), ...values] }));
}

/** The body makes it, with plain data. */
function isPlain({ within, args }: Action): boolean {
  return within === undefined && args.every((arg) => keysIn(arg).length === 0);
}

function lengthOf({ args }: Action): number {
  return JSON.stringify(args).length;
}

function sameCall(one: Action, other: Action): boolean {
  return one.on === other.on && one.method === other.method &&
    JSON.stringify(one.args) === JSON.stringify(other.args);
}

/** By call: "cache.read", "cache.read().finished". */
function namesOf({ actions }: Script): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { id, on, method } of actions) {
    const maker = makerOf(on);
    const object = maker === undefined ? on : `${names.get(maker)}()${on.slice(rootOf(on).length)}`;
    names.set(id, `${object}.${method}`);
  }
  return names;
}

/** What can be called at a place of the body, by what made it: "cache", "cache.read()". */
function objectsOf(script: Script, at: number): ReadonlyMap<string, readonly ObjectKey[]> {
  const names = namesOf(script);
  const made = script.actions.slice(0, at).filter(({ within }) => within === undefined);
  const objects = [
    ...[...script.needs.keys()].map((name) => [name, name] as const),
    ...made.map(({ id }) => [`${names.get(id)}()`, `#${id}`] as const),
  ];
  return new Map(
    [...Map.groupBy(objects, ([maker]) => maker)].map(([maker, some]) => {
      return [maker, some.map(([, key]) => key)];
    }),
  );
}

/** By what they are: the field's name, or the method's and the argument's place. */
type Numbers = ReadonlyMap<string, ReadonlySet<number>>;

function numbersOf({ actions }: Script): Numbers {
  const numbers = new Map<string, Set<number>>();
  for (const { method, args } of actions) {
    mapped(args, method, (name, value) => {
      const known = numbers.get(name) ?? new Set(SMALL);
      if (typeof value === "number") numbers.set(name, known.add(value));
      return value;
    });
  }
  return numbers;
}

/** The arguments with each number of the script in the place of each. */
function withNumbers(
  args: readonly Json[],
  method: string,
  numbers: Numbers,
): readonly (readonly Json[])[] {
  const places: string[] = [];
  const note = (name: string, value: Json) => {
    if (typeof value === "number") places.push(name);
    return value;
  };
  mapped(args, method, note);
  if (places.length > MOST_NUMBERS) return [args];
  const choices = places.map((name) => [...numbers.get(name) ?? SMALL]);
  return productOf(choices).map((chosen) => {
    let next = 0;
    return mapped(args, method, (_, value) => typeof value === "number" ? chosen[next++]! : value);
  });
}

function productOf(choices: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return choices.reduce<readonly (readonly number[])[]>(
    (some, choice) => some.flatMap((one) => choice.map((value) => [...one, value])),
    [[]],
  );
}
