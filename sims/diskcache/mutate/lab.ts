/** A bench on which each defect is a target, in a folder that is removed afterwards. */
import type { Mutation } from "../guest/mutations.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
/** The target of the bench that has no defect. */
export const CONTROL = "qemu";

export class MutantLab {
  private constructor(private readonly folder: string) {}

  static async open(mutations: readonly Mutation[]): Promise<MutantLab> {
    const folder = await Deno.makeTempDir({ prefix: "mutate-" });
    await Deno.writeTextFile(`${folder}/bench.yaml`, benchOf(mutations));
    return new MutantLab(folder);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.folder, { recursive: true });
  }

  /** Runs the scenario that must notice the defect. */
  async try({ name, file, scenario }: Mutation): Promise<Verdict> {
    return verdictOf(await this.run(name, [file], [scenario]), scenario);
  }

  /** Runs scenarios by name on one target; gives the JUnit report, one without cases for none. */
  async run(
    target: string,
    files: readonly string[],
    scenarios: readonly string[],
  ): Promise<string> {
    const own = await Deno.makeTempDir({ dir: this.folder });
    const names = scenarios.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|");
    const args = ["task", "--quiet", "hil", ...files, "--grep", `^(${names})$`];
    const place = ["--bench", `${this.folder}/bench.yaml`, "--reports", own];
    const command = new Deno.Command(Deno.execPath(), {
      args: [...args, ...place, "--use", `diskcache=${target}`, "--seed", "1"],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const { stderr } = await command.output();
    try {
      return await Deno.readTextFile(`${own}/junit.xml`);
    } catch {
      console.error(new TextDecoder().decode(stderr));
      return "<testsuites/>";
    }
  }
}

/** A bench on which each defect is a target of its own. */
function benchOf(mutations: readonly Mutation[]): string {
  const module = `${ROOT}sims/diskcache/targets/qemu.ts`;
  const target = (name: string, mutation?: string) =>
    `      ${name}: { module: ${JSON.stringify(module)}` +
    (mutation ? `, options: { mutation: ${mutation} }` : "") + " }";
  const names = new Set(mutations.map(({ name }) => name));
  const targets = [target(CONTROL), ...[...names].map((name) => target(name, name))];
  return `bench: mutations\nroles:\n  diskcache:\n    default: ${CONTROL}\n    targets:\n` +
    `${targets.join("\n")}\n`;
}
