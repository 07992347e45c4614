/** What has a beginning and an end that name each other: requests, operations, transfers. */
import type { EventsDetail, ShownEvent } from "../model.ts";
import type { Item } from "./lanes.ts";

/** What ends a span or a state. */
export const ENDS = new Set([
  "done",
  "failed",
  "ended",
  "finished",
  "closed",
  "off",
  "cut",
  "hangup",
]);
/** What is nothing good. */
export const BAD = new Set([
  "failed",
  "error",
  "malformed",
  "cut",
  "lost",
  "refused",
  "uncaught",
  "fault",
]);
/** Of one lane. */
const MOST_ROWS = 8;

/** What an event of a channel is: the kind of a signal, the direction of bytes. */
export function kindOf(event: ShownEvent): string {
  return event.type === "signal" ? event.kind : event.type === "bytes" ? event.dir : event.type;
}

/** What names each event's span; undefined when the channel has no spans. */
export function spanKeys(
  indices: readonly number[],
  events: readonly ShownEvent[],
): readonly string[] | undefined {
  const keys: string[] = [];
  let ends = 0;
  for (const i of indices) {
    const event = events[i]!;
    if (event.type !== "signal" || typeof event.data !== "object" || event.data === null) return;
    const { drive, id, thread, file } = event.data as Record<string, unknown>;
    const name = id ?? thread ?? file;
    if (name === undefined) return;
    keys.push(`${drive ?? ""} ${name}`);
    if (ENDS.has(event.kind)) ends++;
  }
  return ends > 0 && ends < indices.length ? keys : undefined;
}

export interface Spans {
  readonly indices: readonly number[];
  readonly keys: readonly string[];
  readonly detail: EventsDetail;
}

interface Span {
  readonly item: Item;
  readonly drive: string;
  readonly kind: string;
}

/** Spans in rows, by drive: "" when the events name none. */
export function spanItems(
  { indices, keys, detail: { events, lastT } }: Spans,
): Map<string, readonly Item[]> {
  const open = new Map<string, Span>();
  const spans: Span[] = [];
  /** Ends what never ended by itself: on a drive (or any) that was started again, or at last. */
  const giveUp = (t: number, drive?: string) => {
    for (const [key, span] of open) {
      if (drive !== undefined && span.drive !== drive) continue;
      const item = {
        ...span.item,
        to: t,
        tone: "warn",
        text: `${span.item.text} (no end)`,
      } as const;
      spans.push({ ...span, item });
      open.delete(key);
    }
  };
  for (const [n, i] of indices.entries()) {
    const event = events[i]!, key = keys[n]!, kind = kindOf(event);
    const begun = open.get(key);
    if (begun && ENDS.has(kind)) {
      const tone = BAD.has(kind) ? "bad" : begun.item.tone;
      spans.push({ ...begun, item: { ...begun.item, to: event.t, end: i, tone } });
      open.delete(key);
      continue;
    }
    if (ENDS.has(kind) || begun && begun.kind !== kind) continue;
    const [drive = ""] = key.split(" ");
    if (begun || key.endsWith(" 1")) giveUp(event.t, drive); // Numbers begin at 1 again.
    const tone = kind === "write" ? "said" : kind === "read" ? "heard" : "plain";
    const item = {
      from: event.t,
      to: lastT,
      row: 0,
      event: i,
      text: spanText(event),
      tone,
    } as const;
    open.set(key, { drive, kind, item });
  }
  giveUp(lastT);
  const drives = [...new Set(spans.map(({ drive }) => drive))].sort();
  return new Map(drives.map((drive) => {
    return [drive, packed(spans.filter((span) => span.drive === drive).map(({ item }) => item))];
  }));
}

function spanText(event: ShownEvent): string {
  if (event.type !== "signal") return "";
  const { operation, lba, blocks, file } = event.data as Record<string, unknown>;
  if (operation !== undefined && lba !== undefined) return `${operation} ${lba}+${blocks}`;
  return String(operation ?? file ?? event.kind);
}

/** In as few rows as keep them apart; what finds none goes to the last. */
function packed(items: readonly Item[]): Item[] {
  const ends: number[] = [];
  return [...items].sort((a, b) => a.from - b.from).map((item) => {
    let row = ends.findIndex((end) => end <= item.from);
    if (row < 0) row = Math.min(ends.length, MOST_ROWS - 1);
    ends[row] = Math.max(ends[row] ?? 0, item.to);
    return { ...item, row };
  });
}
