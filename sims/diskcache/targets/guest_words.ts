/** The guest's answers and events (`guest/PROTOCOL.md`) as data. */
import type { LivingThread } from "../describe.ts";
import type { BlockContents, Entry, OperationData, Statistics } from "../port.ts";
import type { CacheSettings } from "../settings.ts";

/** What the guest says by itself. */
export type GuestEvent =
  | { readonly type: "ready"; readonly drives: readonly number[]; readonly entries: number }
  | { readonly type: "reset"; readonly drive: number }
  | {
    readonly type: "thread";
    readonly thread: number;
    readonly kind: "began" | "blocked" | "paused" | "done" | "failed";
    readonly data: Pick<OperationData, "why" | "stamp" | "whole">;
  };

/** What the guest said is not in its protocol. */
export class GuestLanguageError extends Error {
  override readonly name = "GuestLanguageError";

  constructor(what: string, readonly said: string) {
    super(
      `Cannot understand ${what} "${said}": guest/PROTOCOL.md has no such words; ` +
        `is this kernel of the same version as the harness?`,
    );
  }
}

/** @throws GuestLanguageError */
export function parseEvent(text: string): GuestEvent {
  const ready = text.match(/^ready drives=([0-3,]*) entries=(\d+)$/);
  if (ready) {
    const drives = ready[1]!.split(",").filter(Boolean).map(Number);
    return { type: "ready", drives, entries: Number(ready[2]) };
  }
  const reset = text.match(/^reset ([0-3])$/);
  if (reset) return { type: "reset", drive: Number(reset[1]) };
  const [, number, word, rest] = text.match(/^(\d+) (began|blocked|paused|done)(?: (.+))?$/) ?? [];
  if (!number) throw new GuestLanguageError("the guest's event", text);
  const thread = Number(number);
  if (word === "done") return { type: "thread", thread, ...parseEnd(rest ?? "", text) };
  const kind = word as "began" | "blocked" | "paused";
  return { type: "thread", thread, kind, data: rest === undefined ? {} : { why: rest } };
}

/** After "done": "ok", "ok STAMP WHOLE", or what went wrong. */
function parseEnd(rest: string, text: string) {
  if (rest === "ok") return { kind: "done", data: {} } as const;
  const [, stamp, whole] = rest.match(/^ok ([0-9a-f]{8}) ([01])$/) ?? [];
  if (stamp) return { kind: "done", data: contents(stamp, whole!) } as const;
  if (rest === "error=timeout") return { kind: "failed", data: { why: "timeout" } } as const;
  if (!/^(error=[0-9a-f]{2}|bad .+)$/.test(rest)) {
    throw new GuestLanguageError("the guest's event", text);
  }
  return { kind: "failed", data: { why: rest } } as const;
}

function contents(stamp: string, whole: string): BlockContents {
  return { stamp: parseInt(stamp, 16), whole: whole === "1" };
}

/** The command that makes the cache so; what is not named stays as it is. */
export function configureCommand(settings: CacheSettings): string {
  const { entries, list, scheduler, writeDeadline, timeout } = settings;
  const words = {
    entries,
    list,
    scheduler,
    write_deadline_ms: writeDeadline && Math.ceil(writeDeadline.ms),
    timeout_ms: timeout && Math.ceil(timeout.ms),
  };
  const named = Object.entries(words).filter(([, value]) => value !== undefined);
  return ["configure", ...named.map(([name, value]) => `${name}=${value}`)].join(" ");
}

/** The answer of a command that starts a thread. */
export function parseThread(output: string): number {
  const number = output.match(/^thread (\d+)$/)?.[1];
  if (number) return Number(number);
  throw new GuestLanguageError("the guest's answer", output);
}

function linesOf(output: string): string[] {
  return output.split("\n").filter(Boolean);
}

/** The answer of `entries`: `INDEX D LBA FLAGS ACCESS STAMP WHOLE` a line. */
export function parseEntries(output: string): Entry[] {
  return linesOf(output).map((line) => {
    const match = line.match(/^(\d+) ([0-3]) (\d+) (\d+) (\d+) (?:([0-9a-f]{8}) ([01])|-{8} \S+)$/);
    if (!match) throw new GuestLanguageError("an entry of the guest", line);
    const [index, drive, lba, flags, access] = match.slice(1, 6).map(Number) as number[];
    const entry = { index, drive, lba, flags, access } as Entry;
    return match[6] ? { ...entry, contents: contents(match[6], match[7]!) } : entry;
  });
}

/** The answer of `threads`: `T STATE WHY OPERATION` a line. */
export function parseThreads(output: string): LivingThread[] {
  return linesOf(output).map((line) => {
    const [, id, state, why, operation] = line.match(/^(\d+) (\w+) (\S+) (.+)$/) ?? [];
    if (!id) throw new GuestLanguageError("a thread of the guest", line);
    return {
      id: Number(id),
      operation: operation!,
      state: why === "-" ? state! : `${state} ${why}`,
    };
  });
}

// deno-fmt-ignore
const COUNTERS = [
  "hits", "misses", "joined", "reads", "writes", "flushes", "evictions", "waits_update",
  "waits_room", "interrupts", "spurious", "errors", "timeouts", "resets", "ticks", "switches",
  "preemptions",
] as const satisfies readonly (keyof Statistics)[];

/** The answer of `stats`: `NAME VALUE` a line. */
export function parseStatistics(output: string): Statistics {
  const told = new Map(linesOf(output).map((line) => line.split(" ") as [string, string]));
  const value = (name: string) => {
    const text = told.get(name) ?? "";
    if (/^\d+$/.test(text)) return Number(text);
    throw new GuestLanguageError(`the counter "${name}" in the guest's answer`, output);
  };
  return Object.fromEntries(COUNTERS.map((name) => [name, value(name)])) as Statistics;
}
