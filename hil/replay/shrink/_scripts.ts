/** Scripts for the tests of this folder and its neighbour. */
import type { Json } from "../../trace/mod.ts";
import type { Action, Callback, Script } from "../typescript/mod.ts";

/** `[on, method, ...args]`, each awaited before the next one is made. */
export type Line = readonly [on: string, method: string, ...args: Json[]];

export function action(
  id: number,
  [on, method, ...args]: Line,
  more: Partial<Action> = {},
): Action {
  return { id, on, method, args, awaits: [], delayNs: 0, came: { sync: false }, ...more };
}

export function script(
  actions: readonly Action[],
  callbacks: readonly Callback[] = [],
  names: readonly string[] = ["cache"],
): Script {
  const needs = new Map(names.map((name) => [name, { role: name, requires: [], options: {} }]));
  return { needs, actions, callbacks };
}

/** One after the other. */
export function sequence(...lines: readonly Line[]): Script {
  return script(lines.map((line, at) => action(at + 1, line, { awaits: at === 0 ? [] : [at] })));
}

/** "on.method" of each call. */
export function calls({ actions }: Script): string[] {
  return actions.map(({ on, method }) => `${on}.${method}`);
}
