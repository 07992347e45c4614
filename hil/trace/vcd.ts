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

/** So many changes are put in order of time; what comes later than that is set at the present time. */
const WINDOW = 65_536;

/**
 * A file in bounded memory, by reading the events twice: first each goes to {@link survey}, which
 * finds the channels; then {@link begin}, each event once more, and {@link end}.
 */
export class VcdFormat {
  /** Each channel's first value, and whether it has another than 0 and 1. */
  readonly #channels = new Map<string, { first: string; wire: boolean; id: string }>();
  readonly #options: VcdOptions;
  #waiting: Change[] = [];
  #t = -1;

  constructor(options: VcdOptions = {}) {
    this.#options = options;
  }

  survey(event: TraceEvent): void {
    const change = changeOf(event, this.#options);
    if (!change) return;
    const { channel, value } = change;
    const known = this.#channels.get(channel);
    const wire = value.length === 1;
    if (known) known.wire &&= wire;
    else this.#channels.set(channel, { first: value, wire, id: idOf(this.#channels.size) });
  }

  begin(): string {
    const channels = [...this.#channels];
    const lines = [
      "$version hil $end",
      "$timescale 1ns $end",
      `$scope module ${nameOf(this.#options.title ?? "hil")} $end`,
      ...channels.map(([name, { wire, id }]) =>
        `$var ${wire ? "wire" : "string"} 1 ${id} ${nameOf(name)} $end`
      ),
      "$upscope $end",
      "$enddefinitions $end",
      "$dumpvars",
      ...channels.map(([, { wire, first, id }]) =>
        wire ? `${first === "1" ? 0 : 1}${id}` : `s ${id}`
      ),
      "$end",
    ];
    return `${lines.join("\n")}\n`;
  }

  /** What may be written now; "" for nothing yet. */
  event(event: TraceEvent): string {
    const change = changeOf(event, this.#options);
    if (!change) return "";
    this.#waiting.push(change);
    return this.#waiting.length < 2 * WINDOW ? "" : this.#write(WINDOW);
  }

  end(): string {
    return this.#write(this.#waiting.length);
  }

  /** In the order of time; those of one instant as they were recorded. */
  #write(count: number): string {
    const sorted = this.#waiting.sort((a, b) => a.t - b.t);
    this.#waiting = sorted.slice(count);
    let text = "";
    for (const { t, channel, value } of sorted.slice(0, count)) {
      const { wire, id } = this.#channels.get(channel)!;
      if (t > this.#t) text += `#${this.#t = t}\n`;
      text += wire ? `${value}${id}\n` : `s${value} ${id}\n`;
    }
    return text;
  }
}

/**
 * The whole file.
 *
 * @example
 * ```ts ignore
 * const trace = await readTrace("reports/runs/1/led/trace.jsonl");
 * await Deno.writeTextFile("led.vcd", toVcd(await Array.fromAsync(trace)));
 * ```
 */
export function toVcd(events: Iterable<TraceEvent>, options: VcdOptions = {}): string {
  const format = new VcdFormat(options);
  const all = [...events];
  for (const event of all) format.survey(event);
  return [format.begin(), ...all.map((event) => format.event(event)), format.end()].join("");
}

function changeOf(event: TraceEvent, { channels, clock }: VcdOptions): Change | undefined {
  if (event.type !== "signal" && event.type !== "bytes") return undefined;
  if (event.clock !== clock || (channels && !channels.includes(event.channel))) return undefined;
  const { t, channel } = event;
  if (event.type === "signal") {
    return { t, channel, value: EDGES[event.kind] ?? text(event.kind, event.data) };
  }
  const said = event.text ?? `base64 ${event.base64}`;
  return { t, channel: `${channel}.${event.dir}`, value: text("", said) };
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
