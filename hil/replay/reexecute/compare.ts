/**
 * Whether what happens is what was recorded, event by event and to the bit. Host times, which are in
 * `environment`, and stacks, which are of this harness, do not count.
 */
import { isDeepStrictEqual } from "node:util";
import type { TraceEvent } from "../../trace/mod.ts";
import { type RecordedLine, RecordedLines } from "./recorded_lines.ts";

/** The first event that is another one. */
export interface Difference {
  /** Left out when the recording has no such event any more. */
  readonly recorded?: TraceEvent;
  /** Left out when nothing more happened. */
  readonly now?: TraceEvent;
  /** What both have before it, the last of it. */
  readonly before: readonly TraceEvent[];
}

export interface Compared {
  /** Events that are the same. */
  readonly same: number;
  /** Events that the recording has lost to damage. */
  readonly lost: number;
  /** The recording breaks off: it was compared up to there. */
  readonly cutOff: boolean;
  readonly difference?: Difference;
}

/** Events before a difference that are kept. */
const CONTEXT = 3;

export class Comparison implements Disposable {
  /** Bytes of the recorded trace up to and with the latest event that is the same. */
  offset = 0;
  readonly #lines: RecordedLines;
  #pending: { readonly event: TraceEvent; readonly line: RecordedLine } | undefined;
  #before: string[] = [];
  #same = 0;
  #lost = 0;
  #cutOff = false;
  #difference: Difference | undefined;

  /**
   * @param path of the recorded trace
   * @throws TraceReadError
   */
  constructor(path: string) {
    this.#lines = new RecordedLines(path);
    this.#lines.end();
    this.#lines.next(); // The header.
  }

  get difference(): Difference | undefined {
    return this.#difference;
  }

  /** Whether the recording still has what an event could be compared with. */
  get open(): boolean {
    return !this.#difference && !this.#cutOff;
  }

  /** An event happened: its line of the new trace. */
  accept(text: string): void {
    if (!this.open) return;
    if (!this.#pending) {
      const line = this.#lines.next();
      if (line?.text === text) return this.#isSame(text, line);
      this.#pend(line);
    }
    this.#compare(text);
  }

  /** When it is left before its end. */
  get soFar(): Compared {
    const difference = this.#difference && { difference: this.#difference };
    return { same: this.#same, lost: this.#lost, cutOff: false, ...difference };
  }

  /** Nothing more happens. */
  finish(): Compared {
    if (this.open) {
      if (!this.#pending) this.#pend(this.#lines.next());
      const recorded = this.#pending?.event;
      if (recorded && !isCut(recorded)) this.#differs({ recorded });
      else if (recorded) this.#cutOff = true;
    }
    const { length } = this.#before;
    return {
      same: this.#same,
      lost: this.#lost,
      // Without an end, nobody knows what would have come.
      cutOff: this.#cutOff ||
        (!this.#difference && length > 0 && !isEnd(this.#before[length - 1]!)),
      ...(this.#difference && { difference: this.#difference }),
    };
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }

  #compare(text: string): void {
    const now = JSON.parse(text) as TraceEvent;
    const recorded = this.#pending;
    if (!recorded) { // It has ended, or was cut off.
      if (this.#before.length > 0 && isEnd(this.#before.at(-1)!)) this.#differs({ now });
      else this.#cutOff = true;
    } else if (recorded.event.seq > now.seq) this.#lost++;
    else if (isCut(recorded.event)) this.#cutOff = true;
    else if (isDeepStrictEqual(bare(recorded.event), bare(now))) {
      this.#pending = undefined;
      this.#isSame(text, recorded.line);
    } else this.#differs({ recorded: recorded.event, now });
  }

  /** The next line that is an event. */
  #pend(first: RecordedLine | undefined): void {
    for (let line = first; line; line = this.#lines.next()) {
      const event = parsed(line.text);
      if (event) return void (this.#pending = { event, line });
    }
  }

  #isSame(text: string, { offset }: RecordedLine): void {
    this.#same++;
    this.offset = offset;
    this.#before.push(text);
    if (this.#before.length > 2 * CONTEXT) this.#before = this.#before.slice(-CONTEXT);
  }

  #differs(sides: Omit<Difference, "before">): void {
    const before = this.#before.slice(-CONTEXT).map((text) => JSON.parse(text) as TraceEvent);
    this.#difference = { ...sides, before };
  }
}

function parsed(text: string | undefined): TraceEvent | undefined {
  try {
    const event = JSON.parse(text ?? "");
    return Number.isSafeInteger(event?.seq) && typeof event.type === "string" ? event : undefined;
  } catch {
    return undefined; // Damaged, or cut off.
  }
}

/** Without what differs from run to run. */
function bare(event: TraceEvent): unknown {
  const { environment: _, ...rest } = event as TraceEvent & { environment?: unknown };
  if (rest.type !== "end" || !rest.error) return rest;
  const { stack: _stack, ...error } = rest.error;
  return { ...rest, error };
}

/** Somebody ended the recorded run, which went no further: that says nothing of the targets. */
function isCut(event: TraceEvent): boolean {
  return event.type === "end" && event.outcome === "interrupted";
}

function isEnd(text: string): boolean {
  return (JSON.parse(text) as TraceEvent).type === "end";
}
