/** A difference as people read it, and as programs do. */
import { cutEnd } from "../../report/mod.ts";
import type { Difference } from "./compare.ts";
import type { TraceDiff } from "./diff.ts";
import type { Facts } from "./facts.ts";
import type { Item } from "./items.ts";
import type { Pair } from "./past.ts";

/** How words are made to stand out; the identity where there are no colours. */
export interface Paints {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly a: (text: string) => string;
  readonly b: (text: string) => string;
}

export interface TextOptions {
  readonly paints: Paints;
  /** Items shown before and after the difference. */
  readonly context: number;
  /** Differences shown; the first one is explained. */
  readonly show: number;
  /** Makes any text fit for a terminal. */
  readonly plain: (text: string) => string;
  readonly names: { readonly a: string; readonly b: string };
}

const LONGEST = 200;
/** Items shown of one side of one difference. */
const MOST_ITEMS = 8;

export function diffText(diff: TraceDiff, options: TextOptions): string {
  const { comparison, verdict } = diff;
  const { paints, show, names } = options;
  const head = [
    `${paints.a("- A")}  ${names.a}  ${outcomeOf(diff.a)}`,
    `${paints.b("+ B")}  ${names.b}  ${outcomeOf(diff.b)}`,
  ];
  const [first] = comparison.differences;
  if (!first) return [...head, "", sameText(diff)].join("\n");
  const shown = comparison.differences.slice(1, show);
  return [
    ...head,
    "",
    paints.bold(`The first difference is on ${first.channel}${whereText(first, diff)}`),
    ...firstBlock(first, diff, options),
    ...shown.flatMap((
      found,
    ) => ["", paints.bold(`Then on ${found.channel}`), ...both(found, options, diff)]),
    "",
    restText(diff, shown.length + 1),
    "",
    paints.bold(`Likely place: ${verdict.likely ?? "cannot be told"}`),
    ...verdict.evidence.map(({ place, text }) => `  ${place.padEnd(8)}  ${options.plain(text)}`),
  ].join("\n");
}

function outcomeOf({ end, cutOff, items, header }: Facts): string {
  const outcome = cutOff ? "cut off" : end?.outcome ?? "cut off";
  const targets = Object.entries(header.targets)
    .map(([role, { target }]) => `${role}=${target}`).join(", ");
  return [outcome, `${items} items`, `seed ${header.seed}`, targets].filter(Boolean).join(", ");
}

function sameText({ comparison, ignored }: TraceDiff): string {
  const { equal, equalButForNoise, reordered } = comparison;
  const noise = equalButForNoise > 0 ? `, ${equalButForNoise} of them but for noise` : "";
  const order = reordered > 0 ? `; ${reordered} in another order` : "";
  return `No difference: ${itemsText(equal)}${noise}${order}${ignoredText(ignored)}`;
}

function ignoredText(ignored: ReadonlyMap<string, number>): string {
  if (ignored.size === 0) return "";
  return ` (ignored: ${[...ignored].map(([name, count]) => `${name} ${count}`).join(", ")})`;
}

function whereText({ moved, place }: Difference, { comparison }: TraceDiff): string {
  const { differences, equal } = comparison;
  const orders = differences.filter((other) => other.moved && other.place < place);
  const on = [...new Set(orders.map(({ channel }) => channel))].join(", ");
  const before = orders.length > 0 && !moved ? `; before it, another order on ${on}` : "";
  return `${moved ? ", an order" : ""}; ${itemsText(equal)}${before}`;
}

function itemsText(count: number): string {
  return `${count} ${count === 1 ? "item is" : "items are"} the same`;
}

function restText({ comparison, ignored }: TraceDiff, shown: number): string {
  const { differences, complete } = comparison;
  const more = differences.slice(shown);
  const counts = new Map<string, number>();
  for (const { channel } of more) counts.set(channel, (counts.get(channel) ?? 0) + 1);
  const list = [...counts].map(([channel, count]) => `${channel} ${count}`).join(", ");
  const rest = more.length > 0
    ? `${more.length} more ${more.length === 1 ? "difference" : "differences"}: ${list}`
    : "No more differences";
  const end = complete ? "" : "; what follows was not compared";
  return `${rest}${end}${ignoredText(ignored)}`;
}

/** What both had, what each had then, and how each went on. */
function firstBlock(first: Difference, diff: TraceDiff, options: TextOptions): string[] {
  const { before, after } = diff.comparison;
  const { context, paints } = options;
  const line = (mark: string, item: Item) => itemLine(mark, item, options);
  const goesOn = (name: string, items: readonly Item[]) =>
    items.length === 0 ? [] : [
      paints.dim(`  then, in ${name}`),
      ...items.slice(0, context).map((item) => paints.dim(line(" ", item))),
    ];
  return [
    ...contextOf(before, first.channel, context).map((pair) => paints.dim(line("=", pair[1]))),
    ...both(first, options, diff),
    ...goesOn("A", after.a),
    ...goesOn("B", after.b),
  ];
}

/** The last pairs at all, and the last of the channel, in their order. */
function contextOf(before: readonly Pair[], channel: string, count: number): readonly Pair[] {
  const last = new Set(
    count === 0 ? [] : [
      ...before.slice(-count),
      ...before.filter(([, item]) => item.channel === channel).slice(-count),
    ],
  );
  return before.filter((pair) => last.has(pair));
}

function both({ a, b }: Difference, options: TextOptions, { normalised }: TraceDiff): string[] {
  const { paints } = options;
  // Of long texts, what differs in them.
  const from = a.map(({ text }, i) => b[i] ? differsFrom(text, b[i].text, normalised) : 0);
  return [
    ...some(a, "A", (item, i) => paints.a(itemLine("-", item, options, from[i]))),
    ...some(b, "B", (item, i) => paints.b(itemLine("+", item, options, from[i]))),
  ];
}

/** Where the first line begins that is not the same; lines may be those of a text in quotes. */
function differsFrom(a: string, b: string, normalised: (text: string) => string): number {
  const end = /(?:\\r)?\\n|\n/g;
  const [left, right] = [a, b].map((text) => text.split(end)) as [string[], string[]];
  const differs = left.findIndex((line, i) => normalised(line) !== normalised(right[i] ?? ""));
  const ends = [...a.matchAll(end)];
  const before = differs > 0 ? ends[differs - 1]! : undefined;
  return before ? before.index + before[0].length : 0;
}

function some(
  items: readonly Item[],
  name: string,
  line: (item: Item, i: number) => string,
): string[] {
  if (items.length === 0) return [`       (nothing in ${name})`];
  const more = items.length - MOST_ITEMS;
  return [
    ...items.slice(0, MOST_ITEMS).map(line),
    ...(more > 0 ? [`       (and ${more} more in ${name})`] : []),
  ];
}

/** "- 12.340118 s  #4711   uart0: login:"; of a long text its beginning, and what is `from` there. */
export function itemLine(
  mark: string,
  { t, channel, text, seq, clock }: Pick<Item, "t" | "channel" | "text" | "seq" | "clock">,
  { plain }: Pick<TextOptions, "plain">,
  from = 0,
): string {
  const time = `${(t / 1e9).toFixed(6)} s${clock ? ` ${clock}` : ""}`;
  const far = from > LONGEST / 2;
  const said = far
    ? `${plain(text.slice(0, LONGEST / 4))}… ${plain(text.slice(from))}`
    : plain(text);
  return `${mark} ${time.padStart(14)}  ${`#${seq}`.padEnd(7)} ${channel}: ${
    cutEnd(said, LONGEST)
  }`;
}

/** For programs: plain data, stable names. */
export function diffJson(diff: TraceDiff, { context }: { readonly context: number }) {
  const { comparison, verdict, same, ignored } = diff;
  const { differences, before, after, equal, equalButForNoise, reordered } = comparison;
  const [first] = differences;
  return {
    same,
    a: sideJson(diff.a),
    b: sideJson(diff.b),
    equal,
    equalButForNoise,
    reordered,
    complete: comparison.complete,
    ...(first && {
      first: {
        ...differenceJson(first),
        before: contextOf(before, first.channel, context).map(([a, b]) => ({
          a: itemJson(a),
          b: itemJson(b),
        })),
        after: {
          a: after.a.slice(0, context).map(itemJson),
          b: after.b.slice(0, context).map(itemJson),
        },
      },
      ...(verdict.likely && { likely: verdict.likely }),
      evidence: verdict.evidence,
    }),
    differences: differences.map(({ channel, a, b, moved }) => ({
      channel,
      a: a.length,
      b: b.length,
      moved,
    })),
    ignored: Object.fromEntries(ignored),
  };
}

function differenceJson({ channel, a, b, moved }: Difference) {
  return { channel, moved, a: a.map(itemJson), b: b.map(itemJson) };
}

function itemJson({ seq, t, clock, channel, source, text }: Item) {
  return { seq, t, ...(clock && { clock }), channel, source, text };
}

function sideJson({ path, header, end, cutOff, items, problems }: Facts) {
  const { scenario, file, seed, bench, targets } = header;
  const outcome = end?.outcome ?? "interrupted";
  return { path, scenario, file, seed, bench, targets, outcome, cutOff, items, problems };
}
