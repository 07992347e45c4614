/** How a scenario parts from its recording, with both sides. */
import { callText } from "../../record/mod.ts";
import { cutEnd, oneLine } from "../../report/mod.ts";
import type { TraceEvent } from "../../trace/mod.ts";

/** Recorded events that are shown around the place. */
const BEFORE = 4, AFTER = 3;
const LINE_CHARACTERS = 160;

/** The scenario did something that the recording has not: what would have come of it is unknown. */
export class PlaybackDivergence extends Error {
  override readonly name = "PlaybackDivergence";
}

/** The recording is over, and the scenario waits for more. */
export class PlaybackEnded extends Error {
  override readonly name = "PlaybackEnded";
}

/** What ended the scenario when it was recorded, and ends it again. */
export class RecordedFailure extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export interface Sides {
  /** One sentence: where they part. */
  readonly what: string;
  /** What the scenario does now. */
  readonly now: string;
  /** What the recording has instead. */
  readonly recorded: string;
  readonly events: readonly TraceEvent[];
  /** Position of the place in `events`. */
  readonly at: number;
}

/** Objects are explained by the calls that gave them, so many deep. */
const EXPLAINED = 4;

/** Message of a {@link PlaybackDivergence}. */
export function sidesText({ what, now, recorded, events, at }: Sides): string {
  return [
    what,
    `  recorded: ${recorded}`,
    `  now:      ${now}`,
    ...origins(`${recorded} ${now}`, events),
    ...surroundings(events, at),
  ].join("\n");
}

/** What the objects in a text are: "#2" is what a call gave. */
function origins(text: string, events: readonly TraceEvent[]): string[] {
  const lines: string[] = [];
  const told = new Set<string>();
  for (let rest = text; lines.length < EXPLAINED;) {
    const [, id] = [...rest.matchAll(/(?<![\w"])#(\d+)/g)].find(([, id]) => !told.has(id!)) ?? [];
    if (id === undefined) break;
    told.add(id);
    const call = events.find((event) => event.type === "call" && event.id === Number(id));
    if (call?.type !== "call") continue;
    const made = callText(call);
    lines.push(`            where #${id} is what ${made} gave`);
    rest += ` ${made}`;
  }
  return lines;
}

/** The recording around a place, which is marked. */
export function surroundings(events: readonly TraceEvent[], at: number): string[] {
  const told = (event: TraceEvent) => describe(event) !== undefined;
  const before: number[] = [], after: number[] = [];
  for (let i = at - 1; i >= 0 && before.length < BEFORE; i--) {
    if (told(events[i]!)) before.unshift(i);
  }
  for (let i = at; i < events.length && after.length < AFTER; i++) {
    if (told(events[i]!)) after.push(i);
  }
  const shown = [...before, ...after];
  if (shown.length === 0) return [];
  const lines = shown.map((i) => `  ${i === at ? ">" : " "} ${line(events[i]!)}`);
  return ["  the recording there:", ...lines];
}

function line(event: TraceEvent): string {
  return `${timeText(event)}  ${describe(event)}`;
}

/** "12.340118 s", with the clock when it is not the scenario's own. */
export function timeText({ t, clock }: { readonly t: number; readonly clock?: string }): string {
  return `${(t / 1e9).toFixed(6)} s${clock === undefined ? "" : ` (${clock})`}`;
}

/** An event in a line; undefined for those that say nothing here. */
function describe(event: TraceEvent): string | undefined {
  switch (event.type) {
    case "call":
      return cut(event.back ? `calls ${callText(event)}` : callText(event));
    case "bytes": {
      const text = event.text === undefined ? `${event.base64}` : JSON.stringify(event.text);
      return cut(`${event.channel} ${event.dir === "rx" ? "said" : "was sent"} ${text}`);
    }
    case "signal":
      return cut(`${event.channel} ${event.kind} ${JSON.stringify(event.data) ?? ""}`);
    case "step.begin":
      return cut(`step "${event.name}"`);
    case "expect":
      return cut(`expectation ${event.ok ? "holds" : "FAILS"}: ${event.what}`);
    case "end":
      return cut(`end: ${event.outcome}${event.error ? `, ${event.error.message}` : ""}`);
    default:
      return undefined;
  }
}

function cut(text: string): string {
  return cutEnd(oneLine(text), LINE_CHARACTERS);
}
