/** Finds scenario files. */
import { UsageError } from "./options.ts";
import { absolute } from "./paths.ts";

const SUFFIX = ".scenario.ts";
/** Folders that have no scenarios of the project's own. */
const SKIPPED = ["node_modules", "reports"];

/**
 * Absolute paths of the files that are named, and of those below the folders that are named, in
 * order of path, each once.
 *
 * @throws UsageError when a path is not there, or there is no scenario file at all
 */
export function discover(root: string, paths: readonly string[]): string[] {
  const found = new Set<string>();
  const given = paths.length > 0 ? paths : ["scenarios"];
  for (const path of given) for (const file of filesOf(root, path)) found.add(file);
  if (found.size === 0) {
    throw new UsageError(
      `Cannot run the scenarios of "${given.join(" ")}": there is no *${SUFFIX} below it; ` +
        `name a folder that has some`,
    );
  }
  return [...found].sort();
}

function filesOf(root: string, path: string): string[] {
  const full = absolute(root, path);
  let stat: Deno.FileInfo;
  try {
    stat = Deno.statSync(full);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? `it is not there; give the path of a *${SUFFIX} or of a folder, from ${root}`
      : `${(error as Error).message}; check its permissions`;
    throw new UsageError(`Cannot run the scenarios of "${path}": ${why}`);
  }
  if (stat.isDirectory) return [...below(full)];
  if (full.endsWith(SUFFIX)) return [full];
  throw new UsageError(
    `Cannot run the scenarios of "${path}": the name of a scenario file ends with ${SUFFIX}; ` +
      `rename it or name another`,
  );
}

function* below(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory && !name.startsWith(".") && !SKIPPED.includes(name)) {
      yield* below(`${folder}/${name}`);
    } else if (name.endsWith(SUFFIX)) yield `${folder}/${name}`;
  }
}
