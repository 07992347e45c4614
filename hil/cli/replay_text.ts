/** A replay as people read it: events, stops, differences. */
import { callText, valueText } from "../record/mod.ts";
import { plainText } from "../report/mod.ts";
import type { Compared, Difference } from "../replay/reexecute/mod.ts";
import type { Stop } from "../replay/seek/mod.ts";
import type { TraceEvent } from "../trace/mod.ts";

const LONGEST = 160;

/** "12.348000 s". */
export function timeText(ns: number): string {
  return `${(ns / 1e9).toFixed(6)} s`;
}

/** On one line, without what a terminal would act upon. */
export function plain(text: string): string {
  const line = plainText(text).replaceAll("\n", " ⏎ ").replaceAll("\t", " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

export function eventLine(event: TraceEvent): string {
  const clock = event.clock === undefined ? "" : ` ${event.clock}`;
  const time = `${timeText(event.t)}${clock}`.padStart(14);
  return `${time}  ${`#${event.seq}`.padEnd(7)} ${plain(eventText(event))}`;
}

function eventText(event: TraceEvent): string {
  switch (event.type) {
    case "bytes": {
      const bytes = event.text === undefined
        ? `base64 ${event.base64}`
        : JSON.stringify(event.text);
      return `${event.channel} ${event.dir === "rx" ? "said" : "was told"} ${bytes}`;
    }
    case "signal":
      return `${event.channel} ${event.kind} ${
        event.data === undefined ? "" : JSON.stringify(event.data)
      }`;
    case "step.begin":
      return `step "${event.name}" begins`;
    case "step.end":
      return `step ${event.id} ends${event.ok ? "" : `: ${event.error ?? "failed"}`}`;
    case "expect":
      return `expected: ${event.what}: ${event.ok ? "so" : `not so: ${event.detail ?? ""}`}`;
    case "measure":
      return `measured: ${event.name}: ${event.value} ${event.unit} (${event.verdict})`;
    case "log":
      return `${event.level}: ${event.text}`;
    case "attachment":
      return `attached: ${event.path}`;
    case "end":
      return `the end: ${event.outcome}${event.error ? `: ${event.error.message}` : ""}`;
    default:
      return callOrReturn(event);
  }
}

function callOrReturn(event: TraceEvent & { readonly type: "call" | "return" | "get" }): string {
  if (event.type === "call") return `call ${event.id}: ${callText(event)}`;
  if (event.type === "get") {
    const name = event.on === "" ? event.name : `${event.on}.${event.name}`;
    return `${name} is ${valueText(event.value)}`;
  }
  if (event.error) return `call ${event.id} threw ${event.error.name}: ${event.error.message}`;
  return `call ${event.id} gave ${valueText(event.value)}`;
}

/** Both sides of the first difference, and what was before it. */
export function differenceLines({ recorded, now, before }: Difference): string[] {
  return [
    ...before.map((event) => `= ${eventLine(event)}`),
    recorded ? `- ${eventLine(recorded)}` : "-                (nothing more was recorded)",
    now ? `+ ${eventLine(now)}` : "+                (nothing more happens)",
    ...(recorded && now && eventLine(recorded) === eventLine(now)
      ? [`  recorded: ${JSON.stringify(recorded)}`, `  now:      ${JSON.stringify(now)}`]
      : []),
  ];
}

/** "1,234 events are the same". */
export function sameText({ same, lost, cutOff }: Compared): string {
  const count = `${same.toLocaleString("en")} ${same === 1 ? "event is" : "events are"} the same`;
  const damage = lost > 0 ? `; ${lost} that the recording lost to damage were not compared` : "";
  return `${count}${cutOff ? ", up to where the recording is cut off" : ""}${damage}`;
}

export function stopLines(stop: Stop): string[] {
  const { why, t, view, alive, difference } = stop;
  const [first = "", ...more] = plainText(why).split("\n");
  const other = difference?.now ?? difference?.recorded;
  return [
    `at ${timeText(t)}${first ? `: ${first}` : ""}`,
    ...more.map((line) => `  ${line}`),
    ...(view.last ? [eventLine(view.last)] : []),
    ...(view.steps.length > 0 ? [`  running: ${view.steps.map(plain).join(" › ")}`] : []),
    ...(alive === "nothing" ? ["  no target is alive: this is the recording"] : []),
    ...(other ? [`  it is not as it was since event ${other.seq}: see "diff"`] : []),
    ...(stop.touched() ? ["  you had the targets do something: they go their own way"] : []),
  ];
}
