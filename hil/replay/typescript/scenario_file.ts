/** A script as a file of scenarios: imports, needs, body, and what is expected at its end. */
import type { Json } from "../../trace/mod.ts";
import { bodyOf, oneLine } from "./body.ts";
import { type NeedOptions, needText } from "./needs.ts";
import type { Script } from "./script.ts";
import { expressionOf } from "./values.ts";

/** How the scenario comes to fail. */
export type Ending =
  /** By itself: a call throws, or the target ends it. `call`: which one, if one does. */
  | { readonly by: "itself"; readonly call?: number }
  /** A function of the target's makers holds what happened to what is promised. */
  | { readonly by: "oracle"; readonly name: string; readonly from: string; readonly use: string }
  /** What calls give is not what another target gives: by call, what that is, encoded. */
  | { readonly by: "values"; readonly values: ReadonlyMap<number, Json> };

export interface FileOptions extends NeedOptions {
  /** Of the scenario. */
  readonly name: string;
  /** Lines of the comment on top, without stars. */
  readonly about: readonly string[];
  readonly ending?: Ending;
  /** By call: statements after it on its result, which has that name. They may use `expect`. */
  readonly checks?: ReadonlyMap<number, (name: string) => string>;
  /** "cache.clock". */
  readonly clock?: string;
  /** Of all its chance, unless another is given. */
  readonly seed?: number;
  /** Longest that it may take: `minutes(2)` is 120e9. Default: the runner's own. */
  readonly timeoutNs?: number;
}

const NONE: NonNullable<FileOptions["checks"]> = new Map();

/** The text of the file; `deno fmt` lays it out: see {@link formatted}. */
export function scenarioFile(script: Script, options: FileOptions): string {
  const imports = new Map<string, Set<string>>();
  const use = (module: string, name: string) => {
    imports.set(module, (imports.get(module) ?? new Set()).add(name));
  };
  use("hil", "scenario");
  const needs = [...script.needs].map(([name, need]) => {
    const text = needText(name, need, options);
    for (const [module, imported] of text.imports) use(module, imported);
    return { name, ...text };
  });
  const { ending, checks = ending?.by === "values" ? checksOf(ending.values, use) : NONE } =
    options;
  if (checks.size > 0) use("hil", "expect");
  const body = bodyOf(script, {
    uses: (name) => use("hil", name),
    clock: options.clock,
    taken: [...script.needs.keys(), ...[...imports.values()].flatMap((names) => [...names])],
    checks,
    failing: ending?.by === "itself" ? ending.call : undefined,
  });
  const lines = [...body, ...endOf(ending, use)];
  const used = [...script.needs.keys()].filter((name) => {
    return lines.some((line) => new RegExp(`\\b${name}\\b`).test(line));
  });
  const uses = needs.map(({ name, expression }) => `${name}: ${expression}`).join(", ");
  const parameter = used.length > 0 ? `{ ${used.join(", ")} }` : "";
  const declarations = needs.flatMap(({ declaration }) => declaration ? [declaration] : []);
  const { name, about, timeoutNs, seed } = options;
  const timeout = timeoutNs === undefined
    ? ""
    : `, timeout: ${
      expressionOf({ $: "duration", ns: timeoutNs }, { object: String, uses: (n) => use("hil", n) })
    }`;
  return [
    ...commentOf(about),
    ...importLines(imports),
    "",
    ...declarations.length > 0 ? [...declarations, ""] : [],
    `scenario(`,
    `${JSON.stringify(name)},`,
    `{ uses: { ${uses} }${seed === undefined ? "" : `, seed: ${seed}`}${timeout} },`,
    `async (${parameter}) => {`,
    ...lines,
    "},",
    ");",
    "",
  ].join("\n");
}

/** Laid out as `deno fmt` does. @throws Error when it is no TypeScript: a defect of ours */
export async function formatted(text: string): Promise<string> {
  const args = ["fmt", "--no-config", "--line-width", "100", "--ext", "ts", "-"];
  const pipe = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(Deno.execPath(), { args, ...pipe }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot lay out the scenario: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}

function endOf(ending: Ending | undefined, use: (module: string, name: string) => void): string[] {
  if (ending?.by !== "oracle") return [];
  use(ending.from, ending.name);
  return [`${ending.name}(${ending.use});`];
}

function checksOf(
  values: ReadonlyMap<number, Json>,
  use: (module: string, name: string) => void,
): ReadonlyMap<number, (name: string) => string> {
  const around = { object: () => "undefined", uses: (name: string) => use("hil", name) };
  return new Map([...values].map(([id, value]) => [
    id,
    (name) =>
      `expect(${name}, ${JSON.stringify(`what "${name}" gives`)})` +
      `.toEqual(${expressionOf(value, around)});`,
  ]));
}

function commentOf(about: readonly string[]): string[] {
  const lines = about.flatMap((line) => line.split("\n"))
    .map((line) => line.replaceAll("*/", "* /").trimEnd());
  if (lines.length === 1) return [`/** ${oneLine(lines[0]!)} */`];
  return ["/**", ...lines.map((line) => ` * ${line}`.trimEnd()), " */"];
}

/** As `deno fmt` and people order them: the harness first, then by name. */
function importLines(imports: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const modules = [...imports.keys()].sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  return modules.flatMap((module) => {
    const names = [...imports.get(module)!].sort();
    const whole = names.filter((name) => name.startsWith("type default as "));
    const some = names.filter((name) => !whole.includes(name));
    return [
      ...whole.map((name) =>
        `import type ${name.slice("type default as ".length)} from "${module}";`
      ),
      ...some.length > 0 ? [`import { ${some.join(", ")} } from "${module}";`] : [],
    ];
  });
}

function order(module: string): number {
  return module === "hil" ? 0 : 1;
}
