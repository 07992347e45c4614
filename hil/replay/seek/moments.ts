/**
 * Moments of a run on disk, with what came in between: whoever looks at the run later goes to any time
 * of it without living through all of it again. Bytes that moments share are there once.
 *
 * A folder has `bytes.bin` with `bytes.idx` (offset and length of each piece, as two doubles),
 * `moments.jsonl`, `inputs.jsonl`, and `about.json`, which is written last.
 */
import type { Data, Moment, Past } from "../../time/mod.ts";

const VERSION = 1;

/** What is known of the recorded trace at a moment. */
export interface Place {
  /** The latest event, and the bytes of the trace before it. */
  readonly seq: number;
  readonly offset: number;
  /** Steps that run, outermost first. */
  readonly steps: readonly string[];
}

export interface StoredMoment extends Place {
  readonly t: number;
  /** Inputs before it. */
  readonly inputs: number;
  /** Number of the piece that the moment itself is, as JSON. */
  readonly data: number;
}

export interface StoredInput {
  readonly t: number;
  readonly input: Data;
}

interface About {
  readonly version: number;
  /** They reach that far, which is where the run has ended when they are complete. */
  readonly until: number;
  readonly complete: boolean;
  readonly intervalNs: number;
  readonly moments: number;
  readonly bytes: number;
}

const encoder = new TextEncoder();

/** Writes moments as time passes. */
export class MomentWriter implements Disposable {
  readonly #files: Record<"bytes" | "index" | "moments" | "inputs", Deno.FsFile>;
  /** By the object, which is the same as long as its contents are. */
  readonly #numbers = new WeakMap<Uint8Array, number>();
  #count = 0;
  #inputs = 0;
  #length = 0;
  #until = 0;
  #moments = 0;

  /** @param folder is made anew */
  constructor(private readonly folder: string, private readonly intervalNs: number) {
    remove(folder);
    Deno.mkdirSync(folder, { recursive: true });
    const file = (name: string) =>
      Deno.openSync(`${folder}/${name}`, { create: true, write: true });
    this.#files = {
      ...{ bytes: file("bytes.bin"), index: file("bytes.idx") },
      ...{ moments: file("moments.jsonl"), inputs: file("inputs.jsonl") },
    };
  }

  moment(past: Past, place: Place): void {
    const moment = past.take();
    const encoded = past.encode(moment, (bytes) => this.#keep(bytes));
    const data = this.#keep(encoder.encode(JSON.stringify(encoded)));
    const { t } = moment;
    const { seq, offset, steps } = place;
    const stored: StoredMoment = { t, seq, offset, inputs: this.#inputs, data, steps };
    this.#line("moments", stored);
    this.#moments++;
    this.#until = t;
  }

  input(t: number, input: Data): void {
    this.#inputs++;
    this.#line("inputs", { t, input } satisfies StoredInput);
  }

  /** What is there can be read from now on; all inputs up to `until` are. */
  finish({ until, complete }: { readonly until: number; readonly complete: boolean }): void {
    const { intervalNs } = this;
    const about: About = {
      ...{
        version: VERSION,
        until: Math.max(until, this.#until),
        complete,
        intervalNs,
        moments: this.#moments,
        bytes: this.#length,
      },
    };
    Deno.writeTextFileSync(`${this.folder}/about.json`, JSON.stringify(about));
  }

  [Symbol.dispose](): void {
    for (const file of Object.values(this.#files)) file.close();
  }

  #keep(bytes: Uint8Array): number {
    const known = this.#numbers.get(bytes);
    if (known !== undefined) return known;
    writeAll(this.#files.bytes, bytes);
    const entry = new Float64Array([this.#length, bytes.length]);
    writeAll(this.#files.index, new Uint8Array(entry.buffer));
    this.#length += bytes.length;
    this.#numbers.set(bytes, this.#count);
    return this.#count++;
  }

  #line(file: "moments" | "inputs", value: unknown): void {
    writeAll(this.#files[file], encoder.encode(`${JSON.stringify(value)}\n`));
  }
}

/** The moments of a folder. */
export class Moments implements Disposable {
  /** They reach that far, which is where the run has ended when they are complete. */
  readonly until: number;
  readonly complete: boolean;
  readonly intervalNs: number;
  /** Bytes on disk of what moments share. */
  readonly size: number;
  readonly inputs: readonly StoredInput[];
  readonly #moments: readonly StoredMoment[];
  readonly #index: Float64Array;
  readonly #bytes: Deno.FsFile;

  private constructor(folder: string, about: About) {
    this.until = about.until;
    this.complete = about.complete;
    this.intervalNs = about.intervalNs;
    this.size = about.bytes;
    this.inputs = linesOf(`${folder}/inputs.jsonl`).map((line) => JSON.parse(line));
    this.#moments = linesOf(`${folder}/moments.jsonl`).slice(0, about.moments)
      .map((line) => JSON.parse(line));
    this.#index = new Float64Array(Deno.readFileSync(`${folder}/bytes.idx`).buffer);
    this.#bytes = Deno.openSync(`${folder}/bytes.bin`);
  }

  /** Undefined when there are none, or none that are whole. */
  static open(folder: string): Moments | undefined {
    try {
      const about: About = JSON.parse(Deno.readTextFileSync(`${folder}/about.json`));
      return about.version === VERSION ? new Moments(folder, about) : undefined;
    } catch {
      return undefined;
    }
  }

  get count(): number {
    return this.#moments.length;
  }

  /** The last one at `t` or before it. */
  before(t: number): StoredMoment | undefined {
    return this.#moments.findLast((moment) => moment.t <= t);
  }

  /** The last one before event `seq`. */
  beforeEvent(seq: number): StoredMoment | undefined {
    return this.#moments.findLast((moment) => moment.seq < seq);
  }

  restore(past: Past, { data }: StoredMoment): Moment {
    const encoded: Data = JSON.parse(new TextDecoder().decode(this.#read(data)));
    const moment = past.decode(encoded, (number) => this.#read(number));
    past.goTo(moment);
    return moment;
  }

  [Symbol.dispose](): void {
    this.#bytes.close();
  }

  #read(number: number): Uint8Array {
    const [offset, length] = [this.#index[2 * number], this.#index[2 * number + 1]];
    if (offset === undefined || length === undefined) {
      throw new RangeError(`Cannot read piece ${number} of the moments: there are fewer`);
    }
    const bytes = new Uint8Array(length);
    this.#bytes.seekSync(offset, Deno.SeekMode.Start);
    for (let done = 0; done < length;) {
      const count = this.#bytes.readSync(bytes.subarray(done));
      if (count === null) throw new RangeError("Cannot read the moments: their bytes are cut off");
      done += count;
    }
    return bytes;
  }
}

/** The folder for moments of a trace, as some code lives through it, under `cache`. */
export async function momentsFolder(
  cache: string,
  { trace, code }: { readonly trace: string; readonly code: string },
): Promise<string> {
  const { createHash } = await import("node:crypto");
  const path = await Deno.realPath(trace);
  const { size, mtime } = await Deno.stat(path);
  const name = JSON.stringify([path, size, mtime?.getTime(), code, VERSION]);
  return `${cache}/${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
}

/** Folders of moments under `folder`, but for the `kept` that were used last, are removed. */
export function prune(folder: string, kept: number): void {
  try {
    const found = [...Deno.readDirSync(folder)].map(({ name }) => {
      return { name, at: Deno.statSync(`${folder}/${name}`).mtime?.getTime() ?? 0 };
    });
    for (const { name } of found.sort((a, b) => b.at - a.at).slice(kept)) {
      remove(`${folder}/${name}`);
    }
  } catch { /* Untidy is no reason to fail. */ }
}

function remove(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function linesOf(path: string): string[] {
  return Deno.readTextFileSync(path).split("\n").filter(Boolean);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}
