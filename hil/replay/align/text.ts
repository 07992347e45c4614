/** An alignment as people read it. */
import { formatNs } from "../../time/mod.ts";
import { itemLine } from "../diff/text.ts";
import type { Alignment, Divergence, Paired } from "./align.ts";
import { stretchOf } from "./clocks.ts";
import type { Latency, Spread } from "./latency.ts";
import type { Line, Side } from "./side.ts";

export interface AlignTextOptions {
  /** What the two sides are called. Default: the targets of their headers. */
  readonly names?: { readonly a: string; readonly b: string };
  /** Lines shown before and after the first divergence. Default 3. */
  readonly context?: number;
  /** Divergences shown. Default 1. */
  readonly show?: number;
  /** Makes any text fit for a terminal. */
  readonly plain?: (text: string) => string;
}

/** Lines shown of one side of one divergence. */
const MOST_LINES = 8;

type Shown = Required<AlignTextOptions>;

export function alignText(alignment: Alignment, options: AlignTextOptions = {}): string {
  const { a, b, first, divergences, stimuli, answered, pairs, shifted } = alignment;
  const shown: Shown = {
    names: { a: nameOf(a), b: nameOf(b) },
    context: 3,
    show: 1,
    plain: (text) => text,
    ...options,
  };
  const more = divergences.length - shown.show;
  return [
    `- ${shown.names.a}  ${a.calls.length} stimuli, ${a.items.length} events`,
    `+ ${shown.names.b}  ${b.calls.length} stimuli, ${b.items.length} events`,
    "",
    ...(first ? firstText(first, alignment, shown) : ["Both did the same"]),
    ...divergences.slice(1, shown.show).flatMap((found) => ["", ...oneText(found, shown)]),
    ...(more > 0 ? [`${more} more: ${countsOf(divergences.slice(shown.show))}`] : []),
    "",
    `${answered} of ${stimuli.length} stimuli were answered alike, ${pairs.length} events are the ` +
    `same${shifted > 0 ? `, ${shifted} of them on the other side of a stimulus` : ""}`,
    ...ownText(alignment, shown),
    ...clockText(alignment),
    ...latencyText(alignment.latencies),
  ].join("\n");
}

function nameOf({ header: { targets } }: Side): string {
  return Object.entries(targets).map(([role, { target }]) => `${role}=${target}`).join(", ");
}

function countsOf(divergences: readonly Divergence[]): string {
  const counts = Map.groupBy(divergences, ({ channel }) => channel);
  return [...counts].map(([channel, found]) => `${channel} ${found.length}`).join(", ");
}

function firstText(first: Divergence, alignment: Alignment, options: Shown): string[] {
  const { before, after } = around(first, alignment, options.context);
  const then = (name: string, lines: readonly Line[]) =>
    lines.length === 0
      ? []
      : [`  then, on ${name}`, ...lines.map((one) => itemLine(" ", one, options))];
  const [head, ...both] = oneText(first, options);
  return [
    `The first divergence is ${head}`,
    ...before.map((one) => itemLine("=", one, options)),
    ...both,
    ...then(options.names.a, after.a),
    ...then(options.names.b, after.b),
  ];
}

function oneText({ channel, a, b, after }: Divergence, options: Shown): string[] {
  const where = after ? `, after call #${after.a.id}, ${options.plain(after.a.text)}` : "";
  return [
    `on ${channel}${where}`,
    ...some("-", a, options.names.a, options),
    ...some("+", b, options.names.b, options),
  ];
}

function some(mark: string, lines: readonly Line[], name: string, options: Shown): string[] {
  if (lines.length === 0) return [`${mark} ${"".padStart(14)}  (nothing on ${name})`];
  const more = lines.length - MOST_LINES;
  return [
    ...lines.slice(0, MOST_LINES).map((one) => itemLine(mark, one, options)),
    ...(more > 0 ? [`${mark} ${"".padStart(14)}  (and ${more} more)`] : []),
  ];
}

/** All that a side has, in its order. */
function timelineOf({ calls, items }: Side): Line[] {
  const answers = calls.flatMap(({ answer }) => answer ? [answer] : []);
  return [...calls, ...answers, ...items].sort((x, y) => x.seq - y.seq);
}

/** What both had before a divergence, as A has it, and how each side went on. */
function around({ a, b, after }: Divergence, alignment: Alignment, count: number) {
  const [x, y] = [timelineOf(alignment.a), timelineOf(alignment.b)];
  const paired = new Map<Line, Line>();
  for (const pair of [...alignment.stimuli, ...alignment.pairs] as Paired[]) {
    paired.set(pair.a, pair.b);
  }
  const own = new Set([...a, ...b]);
  const startB = b[0]?.seq ?? after?.b.seq ?? 0;
  const start = a[0]?.seq ??
    (x.findLast((line) => (paired.get(line)?.seq ?? Infinity) < startB)?.seq ?? -1) + 1;
  const goesOn = (lines: readonly Line[], from: number) =>
    lines.filter((line) => line.seq >= from && !own.has(line)).slice(0, count);
  return {
    before: count === 0
      ? []
      : x.filter((line) => line.seq < start && paired.has(line)).slice(-count),
    after: { a: goesOn(x, start), b: goesOn(y, startB) },
  };
}

function ownText({ own, ownFields }: Alignment, { names }: Shown): string[] {
  const channels = [...own].map(([channel, { on, events }]) =>
    `${channel} (${events} events on ${names[on]})`
  );
  const list = [...channels, ...ownFields];
  return list.length > 0 ? [`Not compared, as only one has them: ${list.join(", ")}`] : [];
}

function clockText({ stimuli, clocks }: Alignment): string[] {
  const [first, last] = [clocks[0], clocks.at(-1)];
  if (!first || !last) return [];
  const stretch = stretchOf(stimuli);
  const ppm = (stretch - 1) * 1e6;
  const drift = Math.abs(ppm) < 1e5 ? `${ppm.toFixed(0)} ppm` : `×${stretch.toFixed(3)}`;
  return [
    `Clocks: ${signed(first.offsetNs)} at the first stimulus, ${signed(last.offsetNs)} at the ` +
    `last one, drift ${drift}`,
  ];
}

function signed(ns: number): string {
  return `${ns < 0 ? "-" : "+"}${formatNs(Math.abs(ns))}`;
}

function latencyText(latencies: readonly Latency[]): string[] {
  const shown = latencies.filter(({ a, b }) => a.maxNs > 0 || b.maxNs > 0);
  if (shown.length === 0) return [];
  const rows = shown.map(({ stimulus, response, count, a, b }) => [
    `${stimulus} → ${response}`,
    `×${count}`,
    spreadText(a),
    spreadText(b),
  ]);
  const head = ["Latencies", "", "- median, 95 %, longest", "+ median, 95 %, longest"];
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  return [
    "",
    ...all.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()),
  ];
}

function spreadText({ medianNs, p95Ns, maxNs }: Spread): string {
  return [medianNs, p95Ns, maxNs].map(formatNs).join(", ");
}
