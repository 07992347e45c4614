/** What two different targets tell of the same thing: fields that only one of them gives say nothing. */
import type { Item } from "../diff/items.ts";
import { type Normaliser, TIMES } from "../diff/noise.ts";
import type { Json } from "../../trace/mod.ts";

type Data = { readonly [key: string]: Json };

/**
 * Gives keys without them to the items, and their names: "pbx registered name". Only of kinds that
 * both have.
 */
export function leaveOutOwnFields(
  a: readonly Item[],
  b: readonly Item[],
  noise: Normaliser,
): string[] {
  const [x, y] = [fieldsOf(a), fieldsOf(b)];
  const own = new Map<string, ReadonlySet<string>>();
  for (const [what, fields] of x) {
    const others = y.get(what);
    const only = others ? fields.symmetricDifference(others) : new Set<string>();
    if (only.size > 0) own.set(what, only);
  }
  for (const item of [...a, ...b]) {
    const [what, data] = told(item) ?? [];
    const left = what === undefined ? undefined : own.get(what);
    if (left) item.key = keyWithout(item, data!, left, noise);
  }
  return [...own].flatMap(([what, fields]) => [...fields].map((field) => `${what} ${field}`));
}

function fieldsOf(items: readonly Item[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const item of items) {
    const [what, data] = told(item) ?? [];
    if (what === undefined) continue;
    const known = found.get(what) ?? new Set();
    for (const key of Object.keys(data!)) known.add(key);
    found.set(what, known);
  }
  return found;
}

/** Channel and kind, and the data. */
function told({ event, channel }: Item): [what: string, data: Data] | undefined {
  if (event?.type !== "signal") return undefined;
  const { kind, data } = event;
  const plain = typeof data === "object" && data !== null && !Array.isArray(data);
  return plain ? [`${channel} ${kind}`, data as Data] : undefined;
}

function keyWithout(
  { event, t }: Item,
  data: Data,
  fields: ReadonlySet<string>,
  noise: Normaliser,
): string {
  const kept = Object.fromEntries(Object.entries(data).filter(([key]) => !fields.has(key)));
  const { kind } = event as { readonly kind: string };
  return `${noise.has(TIMES) ? "" : `@${t} `}${kind} ${noise.data(kept)}`;
}
