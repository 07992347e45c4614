/** The quarantine of the project, as `--quarantine` or its usual place gives it. */
import type { Quarantine } from "../history/mod.ts";
import { wallClock } from "../time/mod.ts";
import { UsageError } from "./command_line.ts";
import { ROOT, shownPath, typedPath } from "./paths.ts";

/** Looked for unless `--quarantine` names another. */
const DEFAULT_QUARANTINE = `${ROOT}/fixtures/quarantine.yaml`;

/**
 * @param typed what the user gave; without it, none is no fault
 * @throws UsageError when it cannot be used
 */
export async function quarantineFor(typed: string | undefined): Promise<Quarantine | undefined> {
  const path = typed === undefined ? DEFAULT_QUARANTINE : typedPath(typed);
  if (typed === undefined && !await isThere(path)) return undefined;
  // Imported late, with the parser of YAML.
  const { QuarantineError, readQuarantine } = await import("../history/quarantine_file.ts");
  try {
    const today = wallClock().toISOString().slice(0, 10);
    return await readQuarantine(path, { shown: shownPath(path), today });
  } catch (error) {
    throw error instanceof QuarantineError ? new UsageError(error.message) : error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
