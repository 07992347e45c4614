/** What `hil shrink` has found, as a file. */
import type { Program } from "../replay/program/mod.ts";
import type { Finding } from "../replay/shrink/mod.ts";
import {
  type Ending,
  formatted,
  scenarioFile,
  type Script,
  type Source,
} from "../replay/typescript/mod.ts";
import type { Json } from "../trace/mod.ts";
import { ROOT, shownPath } from "./paths.ts";
import type { Lab } from "./shrink_lab.ts";

/** Lines of a failure that the comment on top of the file has. */
const EVIDENCE = 20;

export interface Shown {
  readonly header: Program["header"];
  readonly lab: Lab;
  /** Role to target. */
  readonly targets: ReadonlyMap<string, string>;
  readonly script: Script;
  readonly finding: Finding;
  readonly seed: number;
}

/** The file, laid out. */
export async function textOf(shown: Shown): Promise<string> {
  return await formatted(fileOf(shown));
}

/** Which of them type-check as files, in `folder`: all at once, which takes as long as one. */
export async function areTyped(all: readonly Shown[], folder: string): Promise<boolean[]> {
  const files = all.map((_, n) => `${folder}/typed-${n}.scenario.ts`);
  for (const [n, shown] of all.entries()) await Deno.writeTextFile(files[n]!, fileOf(shown));
  const args = ["check", "--quiet", "--config", `${ROOT}/deno.json`, ...files];
  const quiet = { stdin: "null", stdout: "null", stderr: "piped", env: { NO_COLOR: "1" } } as const;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, ...quiet }).output();
  if (success) return all.map(() => true);
  const told = new TextDecoder().decode(stderr);
  const wrong = new Set(
    [...told.matchAll(/typed-(\d+)\.scenario\.ts:\d/g)].map(([, n]) => Number(n)),
  );
  // What is wrong elsewhere says nothing of any.
  return all.map((_, n) => wrong.size > 0 && !wrong.has(n));
}

function fileOf(shown: Shown): string {
  const { header, lab, script } = shown;
  return scenarioFile(script, {
    name: `${header.scenario}, made small`,
    about: aboutOf(shown),
    ending: endingOf(shown),
    ...(lab.deterministic && { seed: shown.seed }),
    ...(lab.clock !== undefined && { clock: `${lab.clock}.clock` }),
    source: sourceOf(header),
    moduleOf: (role) => specifierOf(lab.target(role).target.module),
  });
}

function aboutOf({ header, lab, targets, finding, seed }: Shown): string[] {
  const use = [...targets].map(([role, target]) => ` --use ${role}=${target}`).join("");
  return [
    `Made small by \`hil shrink\` from a trace of "${header.scenario}" (${header.file}).`,
    `Run it with${use}${lab.deterministic ? "" : ` --seed ${seed}`}. It failed with:`,
    "",
    ...finding.message.split("\n").slice(0, EVIDENCE).map((line) => `    ${line}`),
  ];
}

function endingOf({ lab, script: { needs }, finding }: Shown): Ending {
  const { by, call, role, value } = finding;
  if (by === "reference" && call !== undefined && value !== undefined) {
    return { by: "values", values: new Map<number, Json>([[call, value]]) };
  }
  const oracle = role === undefined ? undefined : lab.target(role).module.oracle;
  const use = [...needs].find(([, need]) => need.role === role)?.[0];
  if (by === "oracle" && oracle && use) return { by, use, ...oracle.expectation };
  return { by: "itself", ...(call !== undefined && { call }) };
}

/** The recorded scenario's own file, when it is still there. */
function sourceOf({ file, line }: Program["header"]): Source | undefined {
  try {
    return { text: Deno.readTextFileSync(file.startsWith("/") ? file : `${ROOT}/${file}`), line };
  } catch {
    return undefined; // Of another checkout, or moved since.
  }
}

/** As a scenario imports it. */
export function specifierOf(module: string): string {
  const path = shownPath(new URL(module).pathname);
  return path.startsWith("/") ? module : path;
}
