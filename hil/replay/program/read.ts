/**
 * From a trace to the {@link Program} of its stimuli. A trace that is cut off gives what it has; one
 * without calls (version 1, or imported) gives what was sent, if anything was.
 */
import type { Failure, Json, Thrown, Trace, TraceEvent, UsedRole } from "../../trace/mod.ts";
import { readTrace } from "../../trace/mod.ts";
import {
  type Awaited,
  type Back,
  CHANNEL,
  type Program,
  type Returned,
  type Stimulus,
} from "./program.ts";

/** Thrown for a trace, or a program, that cannot be driven. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";

  constructor(what: string, why: string, options?: ErrorOptions) {
    super(`Cannot drive what "${what}" has recorded: ${why}`, options);
  }
}

/**
 * The program of the trace at a path, or of one that is open.
 *
 * @throws TraceReadError when it cannot be read at all
 * @throws ProgramError when its scenario did nothing that can be done again
 */
export async function readProgram(from: string | Trace): Promise<Program> {
  const trace = typeof from === "string" ? await readTrace(from) : from;
  const collector = new Collector();
  for await (const event of trace) collector.take(event);
  const { stimuli, backs, awaits, until, failure } = collector.end();
  if (stimuli.length === 0) throw new ProgramError(trace.path, nothing(trace));
  const needs = needsOf(trace.header);
  return {
    header: trace.header,
    uses: new Map([...needs].map(([name, { role }]) => [name, role])),
    needs,
    stimuli,
    backs,
    awaits,
    until,
    ...(failure && { failure }),
  };
}

function nothing({ header, cutOff }: Trace): string {
  if (header.trace === 1) {
    return "it is of version 1, which has no calls, and nothing was sent on a channel; " +
      "run the scenario again to record them";
  }
  return cutOff
    ? "it was cut off before the scenario called a port; run the scenario again"
    : "the scenario called no port, and nothing was sent on a channel; give another trace";
}

/** Of a trace that does not tell (version 1, imported): each of its roles, by its own name. */
function needsOf({ uses, targets }: Trace["header"]): Map<string, UsedRole> {
  if (uses) return new Map(Object.entries(uses));
  const plain = (role: string) => ({ role, requires: [], options: {} });
  return new Map(Object.keys(targets).map((role) => [role, plain(role)]));
}

/** What a scenario does, and its targets do not. */
const OWN: ReadonlySet<TraceEvent["type"]> = new Set(
  ["step.begin", "step.end", "expect", "measure", "call", "return", "get"],
);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Events to calls, by and by. */
class Collector {
  readonly #stimuli: Mutable<Stimulus>[] = [];
  readonly #sent: Stimulus[] = [];
  readonly #backs: (Mutable<Back> & { after: number[] })[] = [];
  /** Calls of either kind that have not returned. */
  readonly #open = new Map<number, Mutable<Stimulus> | (Mutable<Back> & { after: number[] })>();
  /** Calls back among them, the latest one last. */
  readonly #inside: (Mutable<Back> & { after: number[] })[] = [];
  #returned: number[] = [];
  #failure: Failure | undefined;
  #until = 0;
  readonly #expected = new Expected();

  take(event: TraceEvent): void {
    if (event.clock === undefined && OWN.has(event.type)) this.#until = event.t;
    if (event.type === "call") this.#call(event);
    else if (event.type === "return") this.#return(event);
    else if (event.type === "end") this.#failure = event.error;
    else if (event.type === "get" && event.on === "") this.#expected.begin();
    else if (event.type === "signal") this.#expected.happened(event);
    else if (event.type === "expect" && event.ok) this.#expected.expected(event.what);
    else if (event.type === "bytes" && event.dir === "tx") this.#bytes(event);
  }

  end(): Pick<Program, "stimuli" | "backs" | "awaits" | "until" | "failure"> {
    const awaits = this.#expected.take();
    const also = { awaits, until: this.#until, ...(this.#failure && { failure: this.#failure }) };
    if (this.#stimuli.length > 0) return { stimuli: this.#stimuli, backs: this.#backs, ...also };
    return { stimuli: this.#sent, backs: [], ...also };
  }

  #call(event: TraceEvent & { type: "call" }): void {
    const { id, on, method, args } = event;
    if (event.back) {
      const back = { id, on, args, ...timeOf(event), after: [] };
      this.#backs.push(back);
      this.#inside.push(back);
      this.#open.set(id, back);
      return;
    }
    const within = this.#inside.at(-1)?.id;
    const after = this.#returned;
    this.#returned = [];
    const awaits = this.#expected.take();
    const stimulus = {
      ...{ id, on, method, args, ...timeOf(event), after },
      ...(awaits.length > 0 && { awaits }),
      ...(within && { within }),
    };
    this.#stimuli.push(stimulus);
    this.#open.set(id, stimulus);
    this.#sent.length = 0; // Calls are what made the harness send.
  }

  #return(event: TraceEvent & { type: "return" }): void {
    const call = this.#open.get(event.id);
    if (!call) return; // Its call is lost, in a damaged trace.
    this.#open.delete(event.id);
    call.returned = returnedOf(event);
    if (!("method" in call)) {
      this.#inside.splice(this.#inside.indexOf(call), 1);
      return;
    }
    this.#returned.push(event.id);
    this.#inside.find(({ id }) => id === call.within)?.after.push(event.id);
  }

  #bytes(event: TraceEvent & { type: "bytes" }): void {
    if (this.#stimuli.length > 0) return;
    const { text, base64, channel, seq } = event;
    const data: Json = text ?? { $: "bytes", base64: base64 ?? "" };
    const on = `${CHANNEL}${channel}`;
    this.#until = event.t;
    this.#sent.push({ id: seq, on, method: "write", args: [data], ...timeOf(event), after: [] });
  }
}

/** From one stimulus to the next: what targets did that an expectation was content with. */
class Expected {
  /** By channel: the latest. */
  readonly #latest = new Map<string, Awaited>();
  readonly #counts = new Map<string, number>();
  readonly #all = new Map<string, number>();
  #awaits: Awaited[] = [];

  /** The body begins: what was before is the start of targets. */
  begin(): void {
    this.#all.clear();
    this.take();
  }

  happened(event: TraceEvent & { type: "signal" }): void {
    const { channel, kind } = event;
    const key = `${channel} ${kind}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    const nth = (this.#all.get(key) ?? 0) + 1;
    this.#all.set(key, nth);
    this.#latest.set(channel, { channel, kind, count, nth, ...timeOf(event) });
  }

  /** It ends its wait as it comes; what it says of itself begins with the channel. */
  expected(what: string): void {
    for (const [channel, latest] of this.#latest) {
      const mine = what.startsWith(`${channel}: `) && !what.startsWith(`${channel}: no `);
      if (mine && !this.#awaits.includes(latest)) this.#awaits.push(latest);
    }
  }

  take(): readonly Awaited[] {
    const taken = this.#awaits;
    this.#awaits = [];
    this.#latest.clear();
    this.#counts.clear();
    return taken;
  }
}

function timeOf({ t, clock }: TraceEvent): { t: number; clock?: string } {
  return { t, ...(clock !== undefined && { clock }) };
}

function returnedOf(event: TraceEvent & { type: "return" }): Returned {
  const { sync = false, value, error } = event;
  const came: { value?: Json; error?: Thrown } = {
    ...(value !== undefined && { value }),
    ...(error && { error }),
  };
  return { ...timeOf(event), sync, ...came };
}
