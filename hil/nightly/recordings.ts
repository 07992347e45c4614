/**
 * The recordings of nights: a folder for each, with the trace, the attachments and `recording.json`.
 * Files are linked, not copied, where the file system can. Pruned by size and age: what passed goes
 * first, then the oldest failure; the newest failure of a scenario never goes.
 */
import { basename, dirname, resolve } from "node:path";
import { type Attempt, oneLine, type ScenarioResult } from "../report/mod.ts";
import { many, sizeText } from "./phrases.ts";
import { type KeepLimits, type Recording, toPrune } from "./prune.ts";

export interface RecordingsOptions {
  /** Absolute folder of all recordings. */
  readonly folder: string;
  /** Of the repository, that paths in results are relative to; absolute. */
  readonly root: string;
  readonly limits: KeepLimits;
  readonly wall: () => Date;
  /** For a path as results have it. */
  readonly shown: (path: string) => string;
  /** Default: the file system's. */
  readonly remove?: (path: string) => void;
}

const FILE = "recording.json";

export class Recordings {
  readonly #all: Map<string, Recording>;

  constructor(private readonly options: RecordingsOptions) {
    this.#all = new Map(readAll(options.folder).map((each) => [each.path, each]));
  }

  get all(): readonly Recording[] {
    return [...this.#all.values()];
  }

  /**
   * Keeps what a result has left; of those that passed only the latest of a scenario.
   *
   * @returns the result with the paths of what is kept
   * @throws Error when the disk refuses
   */
  keep(night: string, pass: number, result: ScenarioResult): ScenarioResult {
    const { id, outcome, repeat = 1 } = result;
    if (outcome !== "passed" && outcome !== "failed" && outcome !== "flaky") return result;
    const wanted = result.attempts.filter(({ trace }) => trace !== "");
    if (wanted.length === 0) return result;
    const at = this.options.wall().getTime();
    const name = basename(dirname(wanted[0]!.trace));
    const path = `${this.options.folder}/${night}-p${pass}${
      repeat > 1 ? `r${repeat}` : ""
    }-${name}`;
    try {
      const kept = new Map(wanted.map((attempt, i) => [attempt, this.#link(attempt, path, i)]));
      const about = { id, outcome, at, seed: result.seed, reproduce: result.reproduce };
      Deno.writeTextFileSync(`${path}/${FILE}`, `${JSON.stringify(about, null, 2)}\n`);
      if (outcome === "passed") this.#forgetPassed(id);
      this.#all.set(path, { path, id, outcome, at, bytes: sizeOf(path) });
      return { ...result, attempts: result.attempts.map((each) => kept.get(each) ?? each) };
    } catch (error) {
      throw new Error(
        `Cannot keep the recording "${path}": ${(error as Error).message}; look at the disk`,
        { cause: error },
      );
    }
  }

  /** Removes what is too old or too much; gives a sentence for each that could not be removed. */
  prune(): string[] {
    const { limits, wall } = this.options;
    const problems: string[] = [];
    for (const recording of toPrune(this.all, limits, wall().getTime())) {
      const problem = this.#remove(recording);
      if (problem) problems.push(problem);
    }
    const total = this.all.reduce((sum, { bytes }) => sum + bytes, 0);
    if (problems.length === 0 && total > limits.sizeBytes) {
      problems.push(
        `Cannot prune the recordings "${this.options.folder}" to ${sizeText(limits.sizeBytes)}: ` +
          `the newest failures of ${many(this.all.length, "scenario")} are ${sizeText(total)}; ` +
          `give a larger --keep-size, or remove some`,
      );
    }
    return problems;
  }

  #remove({ path }: Recording): string | undefined {
    const { remove = (path: string) => Deno.removeSync(path, { recursive: true }) } = this.options;
    try {
      remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        const why = oneLine((error as Error).message);
        return `Cannot prune the recording "${path}": ${why}; remove it by hand`;
      }
    }
    this.#all.delete(path);
  }

  #forgetPassed(id: string): void {
    for (const each of this.all) {
      if (each.id === id && each.outcome === "passed") this.#remove(each);
    }
  }

  /** The files of one attempt: they are all in the folder of its trace. */
  #link(attempt: Attempt, path: string, index: number): Attempt {
    const { root, shown } = this.options;
    const from = resolve(root, dirname(attempt.trace));
    const to = index === 0 ? path : `${path}/attempt-${index + 1}`;
    linkTree(from, to);
    const moved = (file: string) => {
      const full = resolve(root, file);
      return full.startsWith(`${from}/`) ? shown(to + full.slice(from.length)) : file;
    };
    const attachments = attempt.attachments.map((each) => ({ ...each, path: moved(each.path) }));
    return { ...attempt, trace: moved(attempt.trace), attachments };
  }
}

function linkTree(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory, isFile } of Deno.readDirSync(from)) {
    if (isDirectory) linkTree(`${from}/${name}`, `${to}/${name}`);
    else if (isFile) linkOrCopy(`${from}/${name}`, `${to}/${name}`);
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    Deno.linkSync(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    Deno.copyFileSync(from, to); // Another file system, or one without links.
  }
}

function sizeOf(path: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    const full = `${path}/${name}`;
    bytes += isDirectory ? sizeOf(full) : Deno.lstatSync(full).size;
  }
  return bytes;
}

/** Of a night that was killed: it has no story, so it goes with the first. */
const OURS = /^\d{8}-\d{6}(-\d+)?-p\d+/;

/** A folder that somebody else put there is nobody's recording. */
function readAll(folder: string): Recording[] {
  const found: Recording[] = [];
  let names: string[] = [];
  try {
    names = [...Deno.readDirSync(folder)].filter((each) => each.isDirectory).map(({ name }) =>
      name
    );
  } catch {
    return []; // The first night.
  }
  for (const name of names.sort()) {
    const path = `${folder}/${name}`;
    const about = readAbout(path);
    if (about) found.push({ path, ...about, bytes: sizeOf(path) });
    else if (OURS.test(name)) {
      const at = Deno.lstatSync(path).mtime?.getTime() ?? 0;
      found.push({ path, id: "", outcome: "passed", at, bytes: sizeOf(path) });
    }
  }
  return found;
}

function readAbout(path: string): Pick<Recording, "id" | "outcome" | "at"> | undefined {
  try {
    const { id, outcome, at } = JSON.parse(Deno.readTextFileSync(`${path}/${FILE}`));
    const known = ["passed", "failed", "flaky"].includes(outcome);
    return known && typeof id === "string" && Number.isFinite(at) ? { id, outcome, at } : undefined;
  } catch {
    return undefined;
  }
}
