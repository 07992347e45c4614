/**
 * Events to lanes over one time axis: steps as bars, consoles as lines said and heard, edges as
 * waveforms, states as a bus, requests as spans from beginning to end, all else as ticks.
 */
import type { EventsDetail, ShownEvent, Thinned } from "../model.ts";
import { compactJson, visible } from "./format.ts";
import { BAD, ENDS, kindOf, spanItems, spanKeys } from "./spans.ts";

export type Tone = "plain" | "heard" | "said" | "good" | "bad" | "warn" | "dim";
export type LaneShape = "bars" | "ticks" | "wave" | "bus";

/** Something in a lane. A tick's `to` is its `from`. */
export interface Item {
  readonly from: number;
  readonly to: number;
  readonly row: number;
  /** Index of its event, and of the one that ended it. */
  readonly event: number;
  readonly end?: number;
  readonly text: string;
  readonly tone: Tone;
  /** Of a wave: 1 or 0. */
  readonly level?: number;
}

export interface Lane {
  /** Of {@link Thinned.lane}, or with more behind it. */
  readonly name: string;
  readonly label: string;
  readonly shape: LaneShape;
  readonly rows: number;
  readonly items: readonly Item[];
  readonly thinned: readonly Thinned[];
}

const MOST_LANES = 80;
const EDGES: Readonly<Record<string, number>> = { rise: 1, fall: 0, high: 1, low: 0 };
const OWN_LANES = ["step.begin", "expect", "measure", "attachment", "log", "call"];
const OWN_LABELS: Readonly<Record<string, string>> = {
  ...{ "step.begin": "steps", expect: "expectations", measure: "measurements" },
  ...{ attachment: "attachments", log: "log", call: "calls" },
};

/** The lane that an event belongs to. */
export function laneName(event: ShownEvent): string {
  if (event.type === "step.end") return "step.begin";
  if (event.type === "end") return "expect";
  if (event.type === "return" || event.type === "get") return "call";
  if (event.type !== "bytes" && event.type !== "signal") return event.type;
  return event.clock === undefined ? event.channel : `${event.channel} @${event.clock}`;
}

/** All lanes of a trace, and how many there is no room for. */
export function makeLanes(detail: EventsDetail): { lanes: Lane[]; more: number } {
  const groups = new Map<string, number[]>(OWN_LANES.map((name) => [name, []]));
  for (const [i, event] of detail.events.entries()) {
    const name = laneName(event);
    const group = groups.get(name);
    if (group) group.push(i);
    else groups.set(name, [i]);
  }
  const lanes = [...groups].filter(([, events]) => events.length > 0)
    .flatMap(([name, events]) => lanesOf(name, events, detail));
  return { lanes: lanes.slice(0, MOST_LANES), more: Math.max(0, lanes.length - MOST_LANES) };
}

function lanesOf(name: string, indices: readonly number[], detail: EventsDetail): Lane[] {
  const { events, lastT, thinned } = detail;
  const lane = (shape: LaneShape, items: readonly Item[], label = name): Lane => ({
    ...{ name, label, shape, items },
    rows: items.reduce((most, { row }) => Math.max(most, row + 1), 1),
    thinned: thinned.filter((one) => one.lane === name),
  });
  if (name === "step.begin") return [lane("bars", stepItems(indices, events, lastT), "steps")];
  const own = OWN_LABELS[name];
  if (own) return [lane("ticks", indices.map((i) => ownItem(i, events[i]!)), own)];
  const kinds = new Set(indices.map((i) => kindOf(events[i]!)));
  if ([...kinds].every((kind) => kind in EDGES)) {
    return [lane("wave", waveItems(indices, events, lastT))];
  }
  if (kinds.has("rx") || kinds.has("tx")) {
    return [lane("ticks", indices.map((i) => byteItem(i, events[i]!)))];
  }
  const keys = spanKeys(indices, events);
  if (keys) {
    return [...spanItems({ indices, keys, detail })].map(([drive, items]) => {
      return lane("bars", items, drive === "" ? name : `${name} ${drive}`);
    });
  }
  if (kinds.size > 1 && indices.length <= 200 && [...kinds].some((kind) => ENDS.has(kind))) {
    return [lane("bus", busItems(indices, events, lastT))];
  }
  return [lane("ticks", indices.map((i) => signalItem(i, events[i]!)))];
}

function stepItems(
  indices: readonly number[],
  events: readonly ShownEvent[],
  lastT: number,
): Item[] {
  const items = new Map<number, Item>();
  const depths = new Map<number, number>();
  for (const i of indices) {
    const event = events[i]!;
    if (event.type === "step.begin") {
      const row = event.parent === undefined ? 0 : (depths.get(event.parent) ?? 0) + 1;
      depths.set(event.id, row);
      const base = { from: event.t, to: Math.max(lastT, event.t), row: Math.min(row, 5), event: i };
      items.set(event.id, { ...base, text: event.name, tone: "warn" });
    } else if (event.type === "step.end") {
      const begun = items.get(event.id);
      const tone = event.ok ? "plain" : "bad";
      if (begun) items.set(event.id, { ...begun, to: event.t, end: i, tone });
    }
  }
  return [...items.values()].sort((a, b) => a.from - b.from);
}

function ownItem(index: number, event: ShownEvent): Item {
  const base = { from: event.t, to: event.t, row: 0, event: index };
  switch (event.type) {
    case "expect":
      return { ...base, text: event.what, tone: event.ok ? "good" : "bad" };
    case "measure": {
      const tone = event.verdict === "pass" ? "good" : event.verdict === "fail" ? "bad" : "warn";
      return { ...base, text: event.name, tone };
    }
    case "log": {
      const tone = event.level === "error" ? "bad" : event.level === "warn" ? "warn" : "dim";
      return { ...base, text: event.text, tone };
    }
    case "end":
      return { ...base, text: event.outcome, tone: event.outcome === "failed" ? "bad" : "good" };
    default:
      return { ...base, text: event.type === "attachment" ? event.title : "", tone: "plain" };
  }
}

function byteItem(index: number, event: ShownEvent): Item {
  const heard = event.type === "bytes" && event.dir === "rx";
  return {
    ...{ from: event.t, to: event.until ?? event.t, row: heard ? 0 : 1, event: index },
    text: event.type === "bytes" ? visible(event.text ?? "(bytes)") : "",
    tone: heard ? "heard" : "said",
  };
}

function signalItem(index: number, event: ShownEvent): Item {
  const base = { from: event.t, to: event.t, row: 0, event: index };
  if (event.type !== "signal") return { ...base, text: event.type, tone: "plain" };
  const { kind, data } = event;
  const fields = typeof data === "object" && data !== null && !Array.isArray(data)
    ? data as Record<string, unknown>
    : {};
  const status = Number(kind);
  const tone = BAD.has(kind) || status >= 500 ? "bad" : status >= 400 ? "warn" : "plain";
  const { firstLine, direction } = fields;
  const text = typeof firstLine === "string" && firstLine ? firstLine : kind;
  return { ...base, text, tone, row: firstLine !== undefined && direction === "out" ? 1 : 0 };
}

function waveItems(
  indices: readonly number[],
  events: readonly ShownEvent[],
  lastT: number,
): Item[] {
  const first = events[indices[0]!]!;
  const before = EDGES[kindOf(first)] === 1 ? 0 : 1;
  const base = { row: 0, text: "", tone: "plain" as const };
  const items: Item[] = [{ ...base, from: 0, to: first.t, event: indices[0]!, level: before }];
  for (const [n, i] of indices.entries()) {
    const next = indices[n + 1];
    const to = next === undefined ? Math.max(lastT, events[i]!.t) : events[next]!.t;
    items.push({ ...base, from: events[i]!.t, to, event: i, level: EDGES[kindOf(events[i]!)]! });
  }
  return items;
}

function busItems(
  indices: readonly number[],
  events: readonly ShownEvent[],
  lastT: number,
): Item[] {
  return indices.map((i, n) => {
    const next = indices[n + 1];
    const event = events[i]!, kind = kindOf(event);
    const to = next === undefined ? Math.max(lastT, event.t) : events[next]!.t;
    const data = event.type === "signal" ? compactJson(event.data) : "";
    const tone = BAD.has(kind) ? "bad" : ENDS.has(kind) ? "dim" : "plain";
    return { from: event.t, to, row: 0, event: i, text: data ? `${kind} ${data}` : kind, tone };
  });
}
