/** Writes calls into a timeline: their numbers, their values, and the files of those that are large. */
import type { Json, ObjectKey, Thrown, TraceBody } from "../trace/event.ts";
import { TraceWriteError } from "../trace/error.ts";
import type { Timeline } from "../trace/timeline.ts";
import { Names } from "./_names.ts";
import type { Encoding, Reference } from "./value.ts";

export interface RecorderOptions {
  readonly timeline: Timeline;
  /** Folder of the trace, for values that are files. Default: all are in the events. */
  readonly folder?: string;
}

/** What came of a call. */
export interface Outcome {
  readonly sync?: true;
  readonly value?: Json;
  readonly error?: Thrown;
}

export class Recorder {
  readonly names = new Names();
  readonly #files = new Set<string>();
  /** Of them, those that no event has named yet. */
  readonly #untold: string[] = [];
  #calls = 0;
  #ended = false;

  constructor(private readonly options: RecorderOptions) {}

  /** Nothing is recorded from now on. */
  end(): void {
    this.#ended = true;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The number of the next call, which its values may be named by. */
  nextCall(): number {
    return ++this.#calls;
  }

  call(id: number, on: ObjectKey, method: string, args: readonly Json[], back?: true): void {
    this.#record({ type: "call", id, on, method, args, ...(back && { back }) });
  }

  returned(id: number, outcome: Outcome): void {
    this.#record({ type: "return", id, ...outcome });
  }

  get(on: ObjectKey, name: string, value: Json | undefined): void {
    this.#record({ type: "get", on, name, ...(value !== undefined && { value }) });
  }

  encoding(reference: (value: object, path: string) => Reference | undefined): Encoding {
    const { folder } = this.options;
    if (folder === undefined || this.#ended) return { reference };
    return { reference, keep: (content, ending) => this.#keep(folder, content, ending) };
  }

  #record(body: TraceBody): void {
    if (this.#ended) return;
    // Quiet: a wait that looks at a port at each event would have no end.
    for (const path of this.#untold.splice(0)) {
      const file = { type: "attachment", path, title: "a value of a call" } as const;
      this.options.timeline.record(file, { quiet: true });
    }
    this.options.timeline.record(body, { quiet: true });
  }

  /** By its content, so that it is there once however often it is asked for. */
  #keep(folder: string, content: Uint8Array, ending: string): string {
    // Late: it takes 20 ms, and most scenarios have no such value.
    const { createHash } = process.getBuiltinModule("node:crypto");
    const name = `blob-${createHash("sha256").update(content).digest("hex")}.${ending}`;
    if (this.#files.has(name)) return name;
    this.#files.add(name);
    const path = `${folder}/${name}`;
    try {
      // It may be a value of the header, before anything is there.
      Deno.mkdirSync(folder, { recursive: true });
      Deno.writeFileSync(path, content);
    } catch (error) {
      this.options.timeline.fail(new TraceWriteError(path, error));
    }
    this.#untold.push(name);
    return name;
  }
}
