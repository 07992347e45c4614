/** Scenario files as a worker imports them, each once. */
import { type DeclaredScenario, takeDeclared } from "../../scenario/scenario.ts";
import { fileUrl } from "../paths.ts";
import type { Declared } from "../protocol.ts";

/** By absolute path of the file. */
const loaded = new Map<string, readonly DeclaredScenario[]>();

/** What a file declares. An error of its top level is thrown each time. */
export async function load(file: string): Promise<readonly DeclaredScenario[]> {
  const known = loaded.get(file);
  if (known) return known;
  takeDeclared(); // What a file declares after it was loaded has no place in any list.
  await import(fileUrl(file));
  const declared = takeDeclared();
  loaded.set(file, declared);
  return declared;
}

/**
 * What many files declare, by one import of a module (made at `index`) that imports them all:
 * 0.1 ms a file instead of 0.8. All must be good.
 */
export async function loadAll(
  files: readonly string[],
  index: string,
): Promise<readonly (readonly DeclaredScenario[])[]> {
  const imports = files.map((file) => `import ${JSON.stringify(fileUrl(file))};\n`);
  Deno.writeTextFileSync(index, imports.join(""));
  await import(fileUrl(index));
  const byFile = Map.groupBy(takeDeclared(), ({ file }) => file);
  const found = files.map((file) => byFile.get(file) ?? []);
  files.forEach((file) => byFile.delete(file));
  if (byFile.size > 0) throw new Error("scenarios are declared by files that none of them is");
  files.forEach((file, i) => loaded.set(file, found[i]!));
  return found;
}

/** A scenario without what cannot be sent: its body and the options of its needs. */
export function portrait({ name, line, tags, seed, timeout, uses }: DeclaredScenario): Declared {
  const needs = Object.values(uses).map(({ role, requires }) => ({ role, requires }));
  return { name, line, tags, timeoutNs: timeout?.ns, needs, ...(seed !== undefined && { seed }) };
}
