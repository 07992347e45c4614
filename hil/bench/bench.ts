/** Bench files: which target plays each role, and the module that makes it. */
import { BenchError, type BenchProblem } from "./error.ts";
import type { NamedModule } from "./_shape.ts";
import type { Place } from "./_tree.ts";

export interface BenchTarget {
  readonly role: string;
  /** "qemu", as `--use diskcache=qemu` names it; with its argument, where it has one. */
  readonly name: string;
  /** Absolute `file:` URL. */
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface BenchRole {
  readonly role: string;
  /**
   * Targets that scenarios run on when nobody says otherwise: at least one of `targets`, each as
   * {@link targetNamed} takes it.
   */
  readonly default: readonly string[];
  readonly targets: ReadonlyMap<string, BenchTarget>;
}

export interface Bench {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly roles: ReadonlyMap<string, BenchRole>;
}

/** "capture" of "capture:flood.pcapng": names of targets have no colon. */
export function targetName(named: string): string {
  return named.split(":", 1)[0]!;
}

/**
 * The target of a role that `named` names: "qemu", or with an argument, "capture:flood.pcapng". All
 * behind the first colon is its option `argument`. Undefined when the role has none of that name.
 */
export function targetNamed(
  { targets }: Pick<BenchRole, "targets">,
  named: string,
): BenchTarget | undefined {
  const name = targetName(named);
  const target = targets.get(name);
  if (!target || name === named) return target;
  const argument = named.slice(name.length + 1);
  return { ...target, name: named, options: { ...target.options, argument } };
}

/**
 * Reads a bench file and checks all of it.
 *
 * @param shown the path as errors show it
 * @throws BenchError with every problem and its line and column
 * @example
 * ```ts ignore
 * const { roles } = await loadBench("fixtures/benches/emulated.yaml");
 * console.log([...roles.get("diskcache")!.targets.keys()]); // ["model", "qemu"]
 * ```
 */
export async function loadBench(path: string, shown: string = path): Promise<Bench> {
  const text = await readText(path, shown);
  // Imported late: the parser takes 25 ms, and scenario files import this room too.
  const { parseBench } = await import("./_shape.ts");
  const { bench, modules } = parseBench(text, { path, shown });
  const problems = (await Promise.all(modules.map(moduleProblem))).filter((p) => p !== null);
  if (problems.length > 0) throw new BenchError(shown, problems);
  return bench;
}

/** Nobody writes as much; a device or a disk image is easily named by mistake. */
const LARGEST_BYTES = 1 << 20;

async function readText(path: string, shown: string): Promise<string> {
  const fail = (message: string, place?: Place) => new BenchError(shown, [{ ...place, message }]);
  const bytes = new Uint8Array(LARGEST_BYTES + 1);
  let length = 0;
  try {
    using file = await Deno.open(path);
    while (length < bytes.length) {
      const count = await file.read(bytes.subarray(length));
      if (count === null) break;
      length += count;
    }
  } catch (error) {
    throw fail(UNREADABLE[(error as { code?: string }).code ?? ""] ?? (error as Error).message);
  }
  if (length > LARGEST_BYTES) throw fail("it is larger than 1 MB; name a bench file");
  const text = bytes.subarray(0, length);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch {
    throw fail("this byte is not UTF-8; save the file as UTF-8", firstBadByte(text));
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; check the path",
  ENOTDIR: "a part of its path is no folder; check the path",
  EISDIR: "it is a folder; name a file in it",
  EACCES: "it may not be read; give yourself permission",
};

function firstBadByte(bytes: Uint8Array): Place {
  const text = new TextDecoder().decode(bytes);
  const before = text.slice(0, text.indexOf("\ufffd")).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

async function moduleProblem({ at, path }: NamedModule): Promise<BenchProblem | null> {
  try {
    if ((await Deno.stat(path)).isFile) return null;
    return { ...at, message: `the module "${path}" is no file; name a TypeScript file` };
  } catch {
    const remedy = "the path is relative to the bench file; check it";
    return { ...at, message: `the module "${path}" does not exist; ${remedy}` };
  }
}
