/** A small project in a temporary folder, and a reporter that remembers, for the tests of this room. */
import type { Bench, BenchTarget } from "../bench/mod.ts";
import type { PlannedScenario, Reporter, RunResult, ScenarioResult } from "../report/mod.ts";
import { ms, seconds } from "../time/mod.ts";
import { runScenarios } from "./mod.ts";
import type { RunOptions } from "./options.ts";
import { fileUrl } from "./paths.ts";
import { permissionFlags } from "./permissions.ts";

/** Remembers what it was told, a line each. */
export class Recorder implements Reporter {
  readonly lines: string[] = [];
  onLine: (line: string) => void = () => {};

  onBegin({ scenarios }: { scenarios: readonly PlannedScenario[] }): void {
    this.#add(`begin ${scenarios.length}`);
  }
  onStart({ name }: PlannedScenario, attempt: number): void {
    this.#add(`start ${name} ${attempt}`);
  }
  onStep({ name }: PlannedScenario, step: string): void {
    this.#add(`step ${name}: ${step}`);
  }
  onResult({ name, outcome }: ScenarioResult): void {
    this.#add(`result ${name} ${outcome}`);
  }
  onProgress(text: string): void {
    this.#add(`progress ${text}`);
  }
  onEnd({ exitCode }: RunResult): void {
    this.#add(`end ${exitCode}`);
  }

  /** The lines that begin with a word, without it. */
  of(word: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${word} `))
      .map((line) => line.slice(word.length + 1));
  }

  #add(line: string): void {
    this.lines.push(line);
    this.onLine(line);
  }
}

/** Role to target name to file below the project's root. */
type Roles = Readonly<Record<string, Readonly<Record<string, string>>>>;

const PREAMBLE = `import { defineTarget, expect, measure, ms, need, scenario, step } from "hil";\n`;

export class ChildRun {
  readonly lines: string[] = [];
  readonly #arrived = new Map<string, PromiseWithResolvers<void>>();
  readonly status: Promise<Deno.CommandStatus>;

  constructor(private readonly child: Deno.ChildProcess) {
    const read = this.#read();
    this.status = child.status.then(async (status) => {
      await read;
      return status;
    });
  }

  /** Resolves when it has printed that line; rejects when it has ended without it. */
  async line(text: string): Promise<void> {
    const ended = this.status.then(() => {
      if (!this.lines.includes(text)) throw new Error(`no "${text}" in:\n${this.lines.join("\n")}`);
    });
    await Promise.race([this.#arrival(text).promise, ended]);
  }

  /** To it alone. */
  kill(signal: Deno.Signal): void {
    this.child.kill(signal);
  }

  /** As Ctrl-C does: to all of its process group. */
  interrupt(): void {
    Deno.kill(-this.child.pid, "SIGINT");
  }

  #arrival(line: string): PromiseWithResolvers<void> {
    const known = this.#arrived.get(line) ?? Promise.withResolvers<void>();
    this.#arrived.set(line, known);
    return known;
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        this.lines.push(line);
        this.#arrival(line).resolve();
      }
    }
  }
}

/** Modules that come up often. */
export const PLAIN_TARGET = `export default defineTarget({
  title: "a plain target",
  offers: ["plain"],
  availability: () => ({ ok: true, versions: { firmware: "1.2" } }),
  start: ({ target, seed, options }) => Promise.resolve({ target, seed, options }),
});`;

export class Project {
  readonly recorder = new Recorder();

  private constructor(readonly root: string, private readonly roles: Roles) {}

  /** Files by path; one that ends with .ts can use what "hil" exports. */
  static async with(
    files: Readonly<Record<string, string>>,
    body: (project: Project) => Promise<void>,
    roles: Roles = {},
  ): Promise<void> {
    const project = new Project(Deno.makeTempDirSync({ prefix: "hil-test-" }), roles);
    try {
      project.write(files);
      await body(project);
    } finally {
      Deno.removeSync(project.root, { recursive: true });
    }
  }

  /** One that is there. */
  static at(root: string, roles: Roles): Project {
    return new Project(root, roles);
  }

  /** Runs it in a process of its own. */
  spawn(): ChildRun {
    return new ChildRun(
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          ...permissionFlags(),
          new URL("./_child.ts", import.meta.url).href,
          this.root,
          JSON.stringify(this.roles),
        ],
        stdout: "piped",
        stdin: "null",
        detached: true,
      }).spawn(),
    );
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      const full = `${this.root}/${path}`;
      Deno.mkdirSync(full.slice(0, full.lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(full, path.endsWith(".ts") ? PREAMBLE + text : text);
    }
  }

  get bench(): Bench {
    const roles = Object.entries(this.roles).map(([role, modules]) => {
      const targets = Object.entries(modules).map(([name, path]): [string, BenchTarget] => {
        const [file, query = "{}"] = path.split("?");
        const module = fileUrl(`${this.root}/${file}`);
        return [name, { role, name, module, options: JSON.parse(query) }];
      });
      return [role, { role, default: [targets[0]![0]], targets: new Map(targets) }] as const;
    });
    return { name: "test", file: `${this.root}/bench.yaml`, roles: new Map(roles) };
  }

  options(options: Partial<RunOptions> = {}): RunOptions {
    return {
      root: this.root,
      files: ["."],
      bench: this.bench,
      use: new Map(),
      jobs: 1,
      seed: 7,
      repeat: 1,
      retries: 0,
      reports: `${this.root}/reports`,
      junit: `${this.root}/reports/junit.xml`,
      argv: ["a", "command"],
      reporters: [this.recorder],
      limits: { teardown: ms(300), grace: ms(300), load: seconds(1), diagnosis: ms(300) },
      ...options,
    };
  }

  run(options: Partial<RunOptions> = {}): Promise<RunResult> {
    return runScenarios(this.options(options));
  }
}

/** Name to how it ended. */
export function outcomes({ results }: RunResult): Record<string, string> {
  return Object.fromEntries(results.map(({ name, outcome }) => [name, outcome]));
}

/** The failure of the scenario with that name. */
export function failureIn({ results }: RunResult, name: string) {
  const found = results.find((result) => result.name === name);
  const failure = found?.attempts.findLast((attempt) => attempt.failure)?.failure;
  if (!failure) throw new Error(`"${name}" has no failure; it is ${found?.outcome}`);
  return failure;
}
