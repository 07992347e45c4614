/**
 * Builds the board's operating system with one defect at a time, in a copy of the repository, and
 * expects the scenario that is there for it to fail. A scenario that cannot fail proves nothing.
 */
import { parseArgs } from "node:util";
import { type Verdict, verdictOf } from "sims/diskcache/mutate/verdict.ts";
import { type Defect, DEFECTS } from "./defects.ts";

const HELP = `Usage: deno task mutate-board [NAME…] [--list]

Builds the board's operating system with one defect at a time (all, or those named) and runs the
scenario that must notice it, after a run without defects that must pass. Takes about five minutes.

  --list    the defects, what each breaks, and the scenario that must fail
  --help    this text

Exit codes: 0 every defect was noticed, 1 one was not, 2 wrong usage.
`;

const ROOT = new URL("../../../../", import.meta.url).pathname;
/** What scenarios need of the repository; what is built and fetched is shared. */
const COPIED = ["deno.json", "deno.lock", "fixtures", "hil", "scenarios/bbb", "sims"];
const CACHE = ".cache";

class Copy {
  private constructor(private readonly folder: string) {}

  static async make(): Promise<Copy> {
    const folder = await Deno.makeTempDir({ prefix: "mutate-bbb-" });
    for (const path of COPIED) await copy(`${ROOT}${path}`, `${folder}/${path}`);
    await Deno.mkdir(`${ROOT}${CACHE}`, { recursive: true });
    await Deno.symlink(`${ROOT}${CACHE}`, `${folder}/${CACHE}`);
    return new Copy(folder);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.folder, { recursive: true });
  }

  async try({ file, from, to, scenarios, scenario }: Defect): Promise<Verdict> {
    const path = `${this.folder}/sims/bbb/firmware/os/${file}`;
    const sound = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, sound.replace(from, () => to));
    try {
      return verdictOf(await this.run([scenarios], [scenario]), scenario);
    } finally {
      await Deno.writeTextFile(path, sound);
    }
  }

  /** Gives the JUnit report of the scenarios of these names, one without cases for none. */
  async run(files: readonly string[], scenarios: readonly string[]): Promise<string> {
    const reports = `${this.folder}/reports`;
    const names = scenarios.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");
    const paths = files.map((name) => `scenarios/bbb/${name}.scenario.ts`);
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        ...["task", "--quiet", "hil", ...paths, "--grep", `^(${names})$`],
        ...["--reports", reports, "--seed", "1"],
      ],
      cwd: this.folder,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const { stderr } = await command.output();
    try {
      return await Deno.readTextFile(`${reports}/junit.xml`);
    } catch {
      console.error(new TextDecoder().decode(stderr));
      return "<testsuites/>";
    } finally {
      await Deno.remove(reports, { recursive: true }).catch(() => {});
    }
  }
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

/** Runs the control, then each defect; prints a line for each as it ends. Gives the exit code. */
async function judge(defects: readonly Defect[]): Promise<number> {
  await using lab = await Copy.make();
  const scenarios = [...new Set(defects.map(({ scenario }) => scenario))];
  const control = await lab.run([...new Set(defects.map((d) => d.scenarios))], scenarios);
  const bad = scenarios.filter((name) => verdictOf(control, name).type !== "survived");
  if (bad.length > 0) {
    for (const name of bad) console.log(`control   ${name}: ${whyOf(verdictOf(control, name))}`);
    console.log("Cannot judge defects: these scenarios fail without any; mend them first");
    return 1;
  }
  console.log(`control   ${scenarios.length} scenarios pass without defects`);
  let killed = 0;
  for (const defect of defects) {
    const verdict = await lab.try(defect);
    if (verdict.type === "killed") killed++;
    const word = { killed: "killed", survived: "SURVIVED", void: "VOID" }[verdict.type];
    console.log(`${word.padEnd(9)} ${defect.name}: ${whyOf(verdict) || defect.breaks}`);
  }
  console.log(`${killed} passed, ${defects.length - killed} failed`);
  return killed === defects.length ? 0 : 1;
}

function whyOf(verdict: Verdict): string {
  return "why" in verdict ? verdict.why : "";
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { list: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP.trimEnd());
    return 0;
  }
  const unknown = positionals.find((name) => !DEFECTS.some((defect) => defect.name === name));
  if (unknown !== undefined) {
    console.error(`Cannot find the defect "${unknown}": there is none of that name; see --list`);
    return 2;
  }
  const chosen = DEFECTS.filter(({ name }) =>
    positionals.length === 0 || positionals.includes(name)
  );
  if (!values.list) return await judge(chosen);
  for (const { name, breaks, scenarios, scenario } of chosen) {
    console.log(`${name}: ${breaks}\n  ${scenarios}: ${scenario}`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
