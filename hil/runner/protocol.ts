/**
 * What the runner and its workers say to each other: one JSON object a line over a Unix socket.
 * The runner asks one thing at a time; `abort` and `output` may come while the worker is at it.
 */
import type { BenchTarget, Tool } from "../bench/mod.ts";
import type { Attachment } from "../report/mod.ts";
import type { Failure, MeasureEvent, Outcome } from "../trace/mod.ts";

/** One attempt at one scenario. */
export interface Assignment {
  readonly file: string;
  /** No scenario of a file, but the health of its one target. */
  readonly health?: true;
  /** Position in its file, in the order of declaration. */
  readonly index: number;
  readonly seed: number;
  readonly timeoutNs: number;
  readonly bench: string;
  readonly targets: Readonly<Record<string, BenchTarget>>;
  /** Role to what goes into the trace's header. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Absolute folder of the trace; must not be there yet. */
  readonly traceDir: string;
  readonly tempDir: string;
  readonly environment: Readonly<Record<string, string | number>>;
  /** A recording in place of the targets: its absolute path, and the URL of the module that plays it. */
  readonly playback?: { readonly trace: string; readonly module: string };
}

/** Why everything is to end now. */
export type Stop =
  | { readonly why: "interrupt" }
  | { readonly why: "time"; readonly run: string; readonly limitNs: number };

interface Requests {
  /** Import a scenario file and say what it declares. */
  readonly load: { readonly file: string };
  /** The same of many at once, by way of a module that is made at `index`; all must be good. */
  readonly loadAll: { readonly files: readonly string[]; readonly index: string };
  readonly describe: { readonly target: BenchTarget };
  readonly prepare: { readonly target: BenchTarget };
  readonly run: { readonly assignment: Assignment };
}

export type RequestOf<K extends keyof Requests> = { readonly ask: K } & Requests[K];
export type Request = { [K in keyof Requests]: RequestOf<K> }[keyof Requests];

export type ToWorker =
  | Request
  | { readonly tell: "abort"; readonly stop: Stop }
  /** What the worker's process, or a child of it, wrote to its standard output or error. */
  | { readonly tell: "output"; readonly text: string }
  /** All that was written before the mark has been told. */
  | { readonly tell: "drained" };

/** A scenario as its file declares it. */
export interface Declared {
  readonly name: string;
  readonly line: number;
  readonly tags: readonly string[];
  readonly timeoutNs?: number;
  readonly seed?: number;
  readonly needs: readonly { readonly role: string; readonly requires: readonly string[] }[];
}

/** What a target module says of itself. */
export interface TargetFacts {
  readonly title: string;
  readonly offers: readonly string[];
  /** What it takes behind a colon. */
  readonly argument?: string;
  readonly exclusive?: string;
  readonly tools: readonly Tool[];
  readonly prepares: boolean;
  /** How long it may take to say whether it is well; undefined when it cannot. */
  readonly healthNs?: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Why this machine cannot offer it. */
  readonly missing?: { readonly reason: string; readonly remedy: string };
}

export interface AttemptReport {
  readonly outcome: Outcome;
  /** When it failed, on the scenario's own clock. */
  readonly failedAtNs?: number;
  /** Set-up, body and clean-up. */
  readonly durationNs: number;
  readonly failure?: Failure;
  readonly attachments: readonly Attachment[];
  readonly measurements: readonly MeasureEvent[];
  readonly output: string;
}

export interface Answers {
  readonly load: { readonly declared: readonly Declared[] } | { readonly failure: Failure };
  readonly loadAll:
    | { readonly declared: readonly (readonly Declared[])[] }
    | { readonly failure: Failure };
  readonly describe: { readonly facts: TargetFacts } | { readonly failure: Failure };
  readonly prepare: { readonly failure?: Failure; readonly missing?: TargetFacts["missing"] };
  readonly run: AttemptReport;
}

export type FromWorker =
  | { readonly say: "answer"; readonly answer: Answers[Request["ask"]] }
  /** What follows ends within this time, or the worker hangs. */
  | { readonly say: "watch"; readonly limitNs: number; readonly doing: string }
  | { readonly say: "step"; readonly name: string }
  | { readonly say: "progress"; readonly text: string }
  /** An error that came when no scenario was running any more. */
  | { readonly say: "stray"; readonly failure: Failure };

/** Ends what a worker has written so far; the worker's name makes it unlike anything else. */
export function outputMark(worker: string): string {
  return `\x1e${worker}\n`;
}

/** JSON lines over a connection. */
export class Channel<Out, In> {
  #queue: Uint8Array[] = [];
  #writing = false;
  readonly #encoder = new TextEncoder();

  constructor(private readonly conn: Deno.Conn) {}

  /** Sends without waiting; the first write is handed to the kernel before this returns. */
  send(message: Out): void {
    this.#queue.push(this.#encoder.encode(`${JSON.stringify(message)}\n`));
    if (!this.#writing) this.#drain();
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    try {
      for (let next; (next = this.#queue.shift());) {
        for (let at = 0; at < next.length;) at += await this.conn.write(next.subarray(at));
      }
    } catch {
      this.#queue = []; // The other side is gone; whoever reads learns that.
    } finally {
      this.#writing = false;
    }
  }

  /** Messages until the other side is gone, however it went. */
  async *messages(): AsyncGenerator<In, void> {
    const buffer = new Uint8Array(64 * 1024);
    const decoder = new TextDecoder();
    let parts: string[] = [];
    for (;;) {
      const count = await this.conn.read(buffer).catch(() => null);
      if (count === null) return;
      const lines = decoder.decode(buffer.subarray(0, count), { stream: true }).split("\n");
      parts.push(lines.shift()!);
      if (lines.length === 0) continue; // Joined once, however long the line becomes.
      const whole = [parts.join(""), ...lines];
      parts = [whole.pop()!];
      for (const line of whole) yield JSON.parse(line) as In;
    }
  }

  close(): void {
    try {
      this.conn.close();
    } catch { /* The other side closed it. */ }
  }
}
