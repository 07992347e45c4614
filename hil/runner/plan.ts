/**
 * From what files declare and what the bench offers to the list of what is run: each scenario
 * once for each choice of targets, each choice once for each repeat.
 */
import { type Bench, type BenchTarget, targetNamed } from "../bench/mod.ts";
import { idOf, type PlannedScenario } from "../report/mod.ts";
import { type RunOptions, UsageError } from "./options.ts";
import { relativeTo } from "./paths.ts";
import type { Declared } from "./protocol.ts";

/** Why a scenario does not run. */
export interface Skip {
  readonly reason: string;
  readonly remedy: string;
}

/** One scenario with one choice of targets. */
export interface Candidate {
  readonly id: string;
  /** Absolute. */
  readonly file: string;
  readonly index: number;
  readonly declared: Declared;
  readonly targets: Readonly<Record<string, BenchTarget>>;
  /** The bench has no such role. */
  readonly skip?: Skip;
}

export interface LoadedFile {
  /** Absolute. */
  readonly path: string;
  readonly declared: readonly Declared[];
}

/**
 * All scenarios with all choices of targets, in the order of files and declarations.
 *
 * @throws UsageError when `use` names a role or a target that the bench does not have
 */
export function candidates(
  files: readonly LoadedFile[],
  options: Pick<RunOptions, "root" | "bench" | "use">,
): Candidate[] {
  checkUse(options);
  const used = new Map<string, number>();
  return files.flatMap(({ path, declared }) =>
    declared.flatMap((scenario, index) =>
      choices(scenario, options).map(({ targets, skip }) => {
        const { name } = scenario, file = relativeTo(options.root, path);
        const id = idOf({ file, name, targets: namesOf(targets) });
        const count = (used.get(id) ?? 0) + 1;
        used.set(id, count);
        const unique = count === 1 ? id : `${id} #${count}`;
        return { id: unique, file: path, index, declared: scenario, targets, skip };
      })
    )
  );
}

function checkUse({ bench, use }: Pick<RunOptions, "bench" | "use">): void {
  for (const [role, names] of use) {
    const known = bench.roles.get(role);
    if (!known) throw new UsageError(`Cannot use "${role}=${names}": ${noRole(bench, role)}`);
    for (const name of names) {
      if (targetNamed(known, name)) continue;
      throw new UsageError(
        `Cannot use "${role}=${name}": the bench "${bench.name}" has no such target for it; ` +
          `choose among ${[...known.targets.keys()].join(", ")}, or add it to ${bench.file}`,
      );
    }
  }
}

function noRole(bench: Bench, role: string): string {
  const roles = [...bench.roles.keys()].join(", ");
  return `the bench "${bench.name}" has no role "${role}"; its roles are ${roles || "none"}`;
}

interface Choice {
  readonly targets: Readonly<Record<string, BenchTarget>>;
  readonly skip?: Skip;
}

/** The product of the targets of all roles that a scenario needs. */
function choices(
  { needs }: Declared,
  { bench, use }: Pick<RunOptions, "bench" | "use">,
): Choice[] {
  const roles = [...new Set(needs.map(({ role }) => role))];
  const missing = roles.find((role) => !bench.roles.has(role));
  if (missing !== undefined) {
    const remedy = `add the role to ${bench.file}, or give --bench FILE`;
    return [{ targets: {}, skip: { reason: noRole(bench, missing), remedy } }];
  }
  let found: Choice[] = [{ targets: {} }];
  for (const role of roles) {
    const known = bench.roles.get(role)!;
    const names = use.get(role) ?? known.default;
    found = found.flatMap(({ targets }) =>
      names.map((name) => ({ targets: { ...targets, [role]: targetNamed(known, name)! } }))
    );
  }
  return found;
}

export function namesOf(
  targets: Readonly<Record<string, BenchTarget>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.values(targets).map(({ role, name }) => [role, name]));
}

export interface Selection extends Pick<RunOptions, "root" | "grep" | "shard"> {
  /** Ids to keep; `file#(file)` keeps all of a file. */
  readonly failed?: ReadonlySet<string>;
}

/**
 * @throws UsageError when there are scenarios and none has the words of `grep`
 */
export function select(
  all: readonly Candidate[],
  { root, grep, shard, failed }: Selection,
): Candidate[] {
  const named = grep ? all.filter(({ declared }) => matches(grep, declared)) : [...all];
  if (grep && all.length > 0 && named.length === 0) {
    throw new UsageError(
      `Cannot find a scenario by --grep "${grep.source}": none of ${all.length} has it in its ` +
        `name or tags; see their names with --list`,
    );
  }
  return named.filter(({ id, file }) =>
    (!failed || failed.has(id) || failed.has(fileId(root, file))) &&
    (!shard || shardOf(id, shard.count) === shard.index)
  );
}

/** The id of what went wrong with a file as a whole. */
export function fileId(root: string, file: string): string {
  return `${relativeTo(root, file)}#(file)`;
}

function matches({ source, flags }: RegExp, { name, tags }: Declared): boolean {
  // A copy: a global one remembers where it was.
  const pattern = new RegExp(source, flags.replace(/[gy]/g, ""));
  return pattern.test(name) || pattern.test([name, ...tags.map((tag) => `@${tag}`)].join(" "));
}

/** From 1 to `count`; depends on nothing but the id, so that shards of one commit fit together. */
export function shardOf(id: string, count: number): number {
  let hash = 0x811c9dc5; // FNV-1a
  for (const byte of new TextEncoder().encode(id)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % count + 1;
}

/** The longest first; those of unknown length before all, as they may be long. */
export function longestFirst<T extends { readonly id: string }>(
  items: readonly T[],
  durations: ReadonlyMap<string, number>,
): T[] {
  const length = ({ id }: T) => durations.get(id) ?? Number.MAX_VALUE;
  return [...items].sort((a, b) => length(b) - length(a)); // A stable sort: else in order.
}

const DEFAULT_BENCH = "fixtures/benches/emulated.yaml";

/** The command that runs one scenario again in the same way. */
export function reproduceCommand(
  { file, name, targets, seed }: {
    readonly file: string;
    /** Left out for a whole file. */
    readonly name?: string;
    readonly targets: PlannedScenario["targets"];
    readonly seed: number;
  },
  { root, bench }: Pick<RunOptions, "root" | "bench">,
): string {
  const benchFile = relativeTo(root, bench.file);
  return [
    "deno task hil",
    quote(file),
    ...(name === undefined ? [] : [`--grep ${quote(`^${escapeRegExp(name)}$`, true)}`]),
    ...(benchFile === DEFAULT_BENCH ? [] : [`--bench ${quote(benchFile)}`]),
    ...Object.entries(targets).map(([role, target]) => `--use ${quote(`${role}=${target}`)}`),
    `--seed ${seed}`,
  ].join(" ");
}

/** The command that replays a trace up to a time, rounded up to what people like to read. */
export function replayCommand(trace: string, untilNs: number): string {
  const until = (Math.ceil(untilNs / 1e6) / 1e3).toFixed(3);
  return `deno task hil replay ${quote(trace)} --until ${until}s`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replace(/\n/g, "\\n");
}

/** For a shell. */
function quote(word: string, always = false): string {
  if (!always && /^[\w./=:@,+-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
