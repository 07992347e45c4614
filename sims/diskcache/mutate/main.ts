/**
 * `deno task mutate`: builds the guest with one named defect at a time and expects the scenario
 * that is there for it to fail. A scenario that cannot fail proves nothing.
 */
import { parseArgs } from "node:util";
import { hostNow } from "hil/time/mod.ts";
import { type Mutation, MUTATIONS } from "../guest/mutations.ts";
import { CONTROL, MutantLab } from "./lab.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

const HELP = `Usage: deno task mutate [NAME…] [--list] [--jobs N]

Builds the disk cache guest with one defect at a time (all, or those named) and runs the scenario
that must notice it, after a run without defects that must pass.

  --jobs N  guests at once; default 4, for most of them wait
  --list    the defects, what each breaks, and the scenario that must fail
  --help    this text

Exit codes: 0 every defect was noticed, 1 one was not, 2 wrong usage.
`;

async function main(args: readonly string[]): Promise<number> {
  const { names, list, jobs } = parse(args);
  if (list) {
    for (const { name, breaks, file, scenario } of MUTATIONS) {
      console.log(`${name}: ${breaks}\n  ${file}: ${scenario}`);
    }
    return 0;
  }
  const chosen = MUTATIONS.filter(({ name }) => names.length === 0 || names.includes(name));
  await using lab = await MutantLab.open(chosen);
  return await judge(chosen, lab, jobs);
}

interface Options {
  readonly names: readonly string[];
  readonly list: boolean;
  readonly jobs: number;
}

/** Ends the process where there is nothing to do but to say so. */
function parse(args: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        list: { type: "boolean", default: false },
        jobs: { type: "string", default: "4" },
        help: { type: "boolean", short: "h" },
      },
      allowPositionals: true,
    });
    if (values.help) {
      console.log(HELP.trimEnd());
      Deno.exit(0);
    }
    const unknown = positionals.find((name) =>
      !MUTATIONS.some((mutation) => mutation.name === name)
    );
    if (unknown !== undefined) {
      throw new Error(`Cannot find the defect "${unknown}": see "deno task mutate --list"`);
    }
    const jobs = Number(values.jobs);
    if (!Number.isInteger(jobs) || jobs < 1) {
      throw new Error(`Cannot run "${values.jobs}" guests at once; give a whole number from 1`);
    }
    return { names: positionals, list: values.list, jobs };
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(2);
  }
}

/** Runs the control, then each defect; prints a line for each as it ends. */
async function judge(
  mutations: readonly Mutation[],
  lab: MutantLab,
  jobs: number,
): Promise<number> {
  const scenarios = [...new Set(mutations.map(({ scenario }) => scenario))];
  const files = [...new Set(mutations.map(({ file }) => file))];
  const control = await lab.run(CONTROL, files, scenarios);
  const bad = scenarios.map((scenario) => ({ scenario, verdict: verdictOf(control, scenario) }))
    .filter(({ verdict }) => verdict.type !== "survived");
  for (const { scenario, verdict } of bad) {
    console.log(`control   ${scenario}: ${"why" in verdict ? verdict.why : "no verdict"}`);
  }
  if (bad.length > 0) {
    console.log(
      "Cannot judge defects: these scenarios fail on the guest without any; mend them first",
    );
    console.log(`0 passed, ${mutations.length} failed`);
    return 1;
  }
  console.log(`control   ${scenarios.length} scenarios pass on the guest without defects`);
  let killed = 0;
  const waiting = mutations.values();
  const work = async () => {
    for (const mutation of waiting) {
      const began = hostNow();
      const verdict = await lab.try(mutation);
      if (verdict.type === "killed") killed++;
      console.log(line(mutation, verdict, hostNow() - began));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  console.log(`${killed} passed, ${mutations.length - killed} failed`);
  return killed === mutations.length ? 0 : 1;
}

function line({ name, breaks, scenario }: Mutation, verdict: Verdict, tookNs: number): string {
  const took = `(${(tookNs / 1e9).toFixed(1)} s)`;
  if (verdict.type === "killed") return `killed    ${name}: ${verdict.why} ${took}`;
  if (verdict.type === "void") return `VOID      ${name}: ${verdict.why} ${took}`;
  return `SURVIVED  ${name}: "${scenario}" passes although ${breaks} ${took}`;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
