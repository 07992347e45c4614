/** Scripts with something taken out of them: whatever depends on it goes too. */
import type { Json } from "../../trace/mod.ts";
import { type Action, keysIn, makerOf, makersOf, type Script } from "../typescript/mod.ts";

/** By action: those that it cannot be made without. */
export function parentsOf({ actions, callbacks }: Script): ReadonlyMap<number, readonly number[]> {
  const owners = new Map<string, number>();
  for (const { id, args } of actions) {
    for (const key of args.flatMap(keysIn)) if (key.startsWith("fn")) owners.set(key, id);
  }
  const around = new Map<number, number>();
  for (const { id, on } of callbacks) {
    const owner = owners.get(on);
    if (owner !== undefined) around.set(id, owner);
  }
  return new Map(actions.map((action) => {
    const outer = action.within === undefined ? undefined : around.get(action.within);
    return [action.id, [...makersOf(action), ...outer === undefined ? [] : [outer]]];
  }));
}

/**
 * The script without these calls and what depends on them. What was waited for before one of them,
 * and how long, is waited for before the next one of its level.
 */
export function without(script: Script, gone: ReadonlySet<number>): Script {
  const parents = parentsOf(script);
  const all = new Set(gone);
  for (const { id } of script.actions) {
    if (parents.get(id)!.some((parent) => all.has(parent))) all.add(id);
  }
  const left = new Map<number | undefined, { awaits: number[]; delayNs: number }>();
  const actions: Action[] = [];
  for (const action of script.actions) {
    const owed = left.get(action.within) ?? { awaits: [], delayNs: 0 };
    const awaits = [...owed.awaits, ...action.awaits].filter((id) => !all.has(id));
    const delayNs = owed.delayNs + action.delayNs;
    if (all.has(action.id)) {
      left.set(action.within, { awaits, delayNs });
      continue;
    }
    left.delete(action.within);
    const same = awaits.join() === action.awaits.join() && delayNs === action.delayNs;
    actions.push(same ? action : { ...action, awaits, delayNs });
  }
  const functions = new Set(actions.flatMap(({ args }) => args.flatMap(keysIn)));
  const callbacks = script.callbacks.filter(({ on }) => functions.has(on)).map((callback) => {
    const awaits = callback.awaits.filter((id) => !all.has(id));
    const value = callback.value === undefined ? undefined : pruned(callback.value, all);
    return { ...callback, awaits, ...(value !== undefined && { value }) };
  });
  return { ...script, actions, callbacks };
}

/** The value with nothing in the place of what is gone. */
function pruned(value: Json, gone: ReadonlySet<number>): Json {
  const maker = keysIn(value).map(makerOf).find((id) => id !== undefined && gone.has(id));
  if (maker === undefined || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => pruned(each, gone));
  if ("$" in value) return { $: "undefined" };
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, pruned(each, gone)]),
  );
}

/** With another action in the place of the one of its call. */
export function replaced(script: Script, action: Action): Script {
  return {
    ...script,
    actions: script.actions.map((other) => other.id === action.id ? action : other),
  };
}

/** The next call of the same level waits for that one: they are no longer at once. */
export function serialised(script: Script, id: number): Script | undefined {
  const at = script.actions.findIndex((action) => action.id === id);
  const { within, came } = script.actions[at]!;
  if (!came || came.sync) return undefined;
  const next = script.actions.slice(at + 1).find((action) => action.within === within);
  if (!next || next.awaits.includes(id)) return undefined;
  const actions = script.actions.map((action) => {
    if (action.id === next.id) return { ...action, awaits: [...action.awaits, id] };
    return action.awaits.includes(id)
      ? { ...action, awaits: action.awaits.filter((other) => other !== id) }
      : action;
  });
  return { ...script, actions };
}

/** What a function did, done without the call that it was given to. */
export function unwrapped(script: Script, id: number): Script | undefined {
  const owner = script.actions.find((action) => action.id === id)!;
  const functions = owner.args.flatMap(keysIn).filter((key) => key.startsWith("fn"));
  const inner = script.callbacks.filter(({ on }) => functions.includes(on));
  if (inner.length === 0) return undefined;
  const ids = new Set(inner.map(({ id }) => id));
  const users = script.actions.some((action) => makersOf(action).includes(id));
  if (users) return undefined;
  const actions = script.actions.filter((action) => action.id !== id).map((action) => {
    const { within, ...rest } = action;
    const awaits = action.awaits.filter((other) => other !== id);
    const isInner = within !== undefined && ids.has(within);
    return isInner ? { ...rest, within: owner.within, awaits } : { ...action, awaits };
  });
  const callbacks = script.callbacks.filter((callback) => !ids.has(callback.id));
  return { ...script, actions, callbacks };
}
