/** `reports/runs/`: a folder for each run, in it one for each attempt with its trace. */
import { wallClock } from "../time/mod.ts";

/** Runs that are kept, with the present one. */
const KEPT = 20;
const RUN_NAME = /^\d{8}-\d{6}(-\d+)?$/;
const LONGEST_SLUG = 100;

export class Archive {
  readonly #slugs = new Set<string>();

  private constructor(
    /** "20260131-235959": sorts by time. */
    readonly id: string,
    /** Absolute. */
    readonly folder: string,
    readonly startedAt: string,
  ) {}

  /** Makes the folder of a run that begins now, and removes those of old runs. */
  static open(reports: string): Archive {
    const startedAt = wallClock().toISOString();
    const name = startedAt.slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
    const runs = `${reports}/runs`;
    for (let number = 1;; number++) {
      const id = number === 1 ? name : `${name}-${number}`;
      try {
        Deno.mkdirSync(runs, { recursive: true });
        Deno.mkdirSync(`${runs}/${id}`);
      } catch (error) {
        if (error instanceof Deno.errors.AlreadyExists && number < 1000) continue;
        // The traces of the scenarios will say what is wrong with the disk.
      }
      prune(runs);
      return new Archive(id, `${runs}/${id}`, startedAt);
    }
  }

  /** A folder for one attempt: readable, unique in its run. */
  traceDir(parts: readonly string[]): string {
    const slug = parts.map((part) => part.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-"))
      .join("-").replace(/-+/g, "-").replace(/^-|-$/g, "") || "scenario";
    for (let number = 1;; number++) {
      const unique = cut(slug) + (number === 1 ? "" : `-${number}`);
      if (this.#slugs.has(unique)) continue;
      this.#slugs.add(unique);
      return `${this.folder}/${unique}`;
    }
  }
}

/** To the length in bytes that a file system takes, with some to spare. */
function cut(slug: string): string {
  const bytes = new TextEncoder().encode(slug);
  if (bytes.length <= LONGEST_SLUG) return slug;
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_SLUG)).replace(/[\ufffd-]+$/, "");
}

function prune(runs: string): void {
  try {
    const names = [...Deno.readDirSync(runs)].filter(({ name, isDirectory }) =>
      isDirectory && RUN_NAME.test(name)
    ).map(({ name }) => name).sort();
    for (const old of names.slice(0, Math.max(0, names.length - KEPT))) {
      Deno.removeSync(`${runs}/${old}`, { recursive: true });
    }
  } catch { /* Untidy is no reason to fail. */ }
}
