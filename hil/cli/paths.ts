/** Where the repository is, and what a path that the user typed means. */
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Root of the repository, absolute, without a slash at the end. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The bench that is used unless `--bench` names another. */
export const DEFAULT_BENCH = `${ROOT}/fixtures/benches/emulated.yaml`;

/**
 * Absolute path of what the user typed. `deno task` runs everything at the root and says in
 * `INIT_CWD` where the user is.
 */
export function typedPath(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") || Deno.cwd(), path);
}

/** A path as people read it: relative to the root when it is in there, otherwise absolute. */
export function shownPath(path: string): string {
  const below = relative(ROOT, path);
  return below.startsWith("..") ? path : below || ".";
}
