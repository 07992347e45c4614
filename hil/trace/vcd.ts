/**
 * Waveforms: the pins and whatever else happened in a trace as a value change dump (IEEE 1364-2005,
 * clause 18), for GTKWave, Surfer and PulseView. A channel of edges becomes a wire; any other
 * signal and every console becomes a string variable, as GTKWave introduced it, that shows each
 * occurrence until the next one.
 */
import type { Json, TraceEvent } from "./event.ts";

export interface VcdOptions {
  /** Heads the file; default "hil". */
  readonly title?: string;
  /** Only these channels; default all. */
  readonly channels?: readonly string[];
  /** Only what this clock stamped; default the scenario's own, whose events name none. */
  readonly clock?: string;
}

interface Change {
  readonly t: number;
  readonly channel: string;
  readonly value: string;
}

const EDGES: Readonly<Record<string, string>> = { rise: "1", fall: "0" };
const FIRST_ID = 33, IDS = 94; // Printable ASCII.
/** Longer texts are cut: a viewer shows a few words. */
const TEXT_CHARACTERS = 120;

/**
 * @example
 * ```ts ignore
 * const trace = await readTrace("reports/runs/1/led/trace.jsonl");
 * await Deno.writeTextFile("led.vcd", toVcd(await Array.fromAsync(trace)));
 * ```
 */
export function toVcd(events: Iterable<TraceEvent>, options: VcdOptions = {}): string {
  const changes = changesOf(events, options);
  /** Each channel's first value. */
  const firsts = new Map<string, string>();
  const wires = new Set(changes.map(({ channel }) => channel));
  for (const { channel, value } of changes) {
    if (!firsts.has(channel)) firsts.set(channel, value);
    if (value.length > 1) wires.delete(channel);
  }
  const channels = [...firsts.keys()];
  const ids = new Map(channels.map((channel, n) => [channel, idOf(n)]));
  const value = ({ channel, value }: Change) =>
    wires.has(channel) ? `${value}${ids.get(channel)}` : `s${value} ${ids.get(channel)}`;
  const lines = [
    `$version hil $end`,
    `$timescale 1ns $end`,
    `$scope module ${nameOf(options.title ?? "hil")} $end`,
    ...channels.map((name) =>
      `$var ${wires.has(name) ? "wire" : "string"} 1 ${ids.get(name)} ${nameOf(name)} $end`
    ),
    "$upscope $end",
    "$enddefinitions $end",
    "$dumpvars",
    ...channels.map((channel) =>
      wires.has(channel)
        ? `${firsts.get(channel) === "1" ? 0 : 1}${ids.get(channel)}`
        : `s ${ids.get(channel)}`
    ),
    "$end",
  ];
  let t = -1;
  for (const change of changes) {
    if (change.t !== t) lines.push(`#${t = change.t}`);
    lines.push(value(change));
  }
  return `${lines.join("\n")}\n`;
}

/** In the order of time; those of one instant as they were recorded. */
function changesOf(events: Iterable<TraceEvent>, { channels, clock }: VcdOptions): Change[] {
  const changes: Change[] = [];
  for (const event of events) {
    if (event.type !== "signal" && event.type !== "bytes") continue;
    if (event.clock !== clock || (channels && !channels.includes(event.channel))) continue;
    const { t } = event;
    if (event.type === "signal") {
      const { channel, kind, data } = event;
      changes.push({ t, channel, value: EDGES[kind] ?? text(kind, data) });
    } else {
      const said = event.text ?? `base64 ${event.base64}`;
      changes.push({ t, channel: `${event.channel}.${event.dir}`, value: text("", said) });
    }
  }
  return changes.sort((a, b) => a.t - b.t);
}

/** Two characters at least, so that it cannot be taken for a level. */
function text(kind: string, data: Json | undefined): string {
  const more = typeof data === "string" ? data : data === undefined ? "" : JSON.stringify(data);
  const all = [kind, more].filter(Boolean).join(" ").slice(0, TEXT_CHARACTERS);
  return all.replace(
    /[^!-[\]-~]/g,
    (c) => `\\x${(c.charCodeAt(0) & 0xff).toString(16).padStart(2, "0")}`,
  )
    .padEnd(2, "\u005f");
}

function idOf(n: number): string {
  const digit = String.fromCharCode(FIRST_ID + n % IDS);
  return n < IDS ? digit : digit + idOf(Math.floor(n / IDS) - 1);
}

function nameOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_.[\]-]/g, "_") || "_";
}
