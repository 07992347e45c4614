/** Plays recordings made by hand into a body, without a runner. For the tests of this folder. */
import { fileURLToPath } from "node:url";
import { Membrane } from "../../record/mod.ts";
import { contextOf } from "../../scenario/_lab.ts";
import { runIn } from "../../scenario/context.ts";
import { ms, seconds } from "../../time/mod.ts";
import { Timeline, type TraceEvent, type TraceHeader } from "../../trace/mod.ts";
import { HEADER, type Timed } from "../_samples.ts";
import { Ports } from "./ports.ts";
import { Recording } from "./recording.ts";
import { waitingPort } from "./waiting_port.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

// deno-lint-ignore no-explicit-any
export type AnyPort = any;

export interface Played {
  /** What it left in its own trace. */
  readonly events: readonly TraceEvent[];
  /** Why it failed; undefined when it passed. */
  readonly error: Error | undefined;
}

/** Plays `bodies`, a millisecond from one to the next, into a scenario's body. */
export async function play(
  bodies: readonly Timed[],
  body: (ports: Record<string, AnyPort>) => Promise<void>,
  options: {
    readonly patience?: number;
    readonly imported?: readonly string[];
    readonly header?: TraceHeader;
  } = {},
): Promise<Played> {
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  const recording = new Recording(
    "recorded/trace.jsonl",
    options.header ?? HEADER,
    eventsOf(bodies),
  );
  const ports = new Ports(recording, timeline, {
    root: ROOT,
    patience: ms(options.patience ?? 20),
  });
  const abort = new AbortController();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  timeline.onFailure((error) => failed.reject(error));
  const membrane = new Membrane({ timeline });
  const run = async () => {
    ports.player.begin();
    const names = bodies.flatMap((event) =>
      event.type === "get" && event.on === "" ? [event.name] : []
    );
    ports.player.run(abort.signal);
    const made = [
      ...names.map((name) => [name, ports.port(name)] as const),
      ...(options.imported ?? []).map((name) =>
        [name, waitingPort(name, recording, ports)] as const
      ),
    ];
    await body(Object.fromEntries(made.map(([name, port]) => [name, membrane.port(name, port)])));
    ports.player.finish();
  };
  try {
    await Promise.race([failed.promise, runIn(contextOf(timeline), undefined, run)]);
    return { events, error: undefined };
  } catch (error) {
    return { events, error: error as Error };
  } finally {
    abort.abort();
  }
}

export function eventsOf(bodies: readonly Timed[]): TraceEvent[] {
  let now = 0;
  return bodies.map(({ ms, clock, ...body }, n) => {
    now = ms ?? now + 1;
    return { seq: n + 1, t: Math.round(now * 1e6), ...(clock && { clock }), ...body } as TraceEvent;
  });
}

/** The port that most of them have. */
export const BOARD: Timed = {
  type: "get",
  on: "",
  name: "board",
  value: { $: "object", is: "board" },
};

/** A signal of the board's, as a property of it. */
export function signal(name: string): Timed {
  const value = { $: "object", is: `board.${name}`, signal: name, clock: "board" };
  return { type: "get", on: "board", name, value };
}

export const LIMIT = seconds(1);
