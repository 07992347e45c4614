/** Runs what `hil shrink` has written as a scenario like any other, and says how it ended. */
import type { Bench } from "../bench/mod.ts";
import type { Reporter, ScenarioResult } from "../report/mod.ts";
import { signatureOf } from "../replay/shrink/mod.ts";
import { oneLine } from "../replay/typescript/mod.ts";
import { runScenarios } from "../runner/mod.ts";
import { printError } from "./output.ts";
import { ROOT } from "./paths.ts";
import type { Found } from "./shrink_search.ts";

/** Other seeds that it is run with: how much its failure owes to chance. */
const OTHER_SEEDS = 10;

interface VerifyOptions {
  readonly bench: Bench;
  readonly folder: string;
}

/** Whether it fails, as a scenario, with the same failure. */
export async function verify(
  file: string,
  found: Found,
  { bench, folder }: VerifyOptions,
): Promise<boolean> {
  const { finding, targets, seed, virtual } = found;
  const run = async (seed: number, repeat: number) => {
    const results: ScenarioResult[] = [];
    await runScenarios({
      ...{ root: ROOT, files: [file], bench, jobs: 1, seed, repeat, retries: 0 },
      use: new Map([...targets].map(([role, target]) => [role, [target]])),
      ...{ reports: `${folder}/reports`, junit: `${folder}/junit.xml`, argv: ["shrink"] },
      reporters: [collector(results)],
    });
    return results;
  };
  const [result] = await run(seed, 1);
  const failure = result?.attempts.at(-1)?.failure;
  if (!failure) {
    const reason = result?.outcome ?? "not run";
    printError(`hil: run as a scenario it is ${reason}: that is a defect of hil shrink`);
    return false;
  }
  const same = isSame(failure, found);
  const what = same ? "the same failure" : `another failure, ${oneLine(failure.message)}`;
  printError(`hil: run as a scenario it fails with ${what}`);
  if (same && virtual) {
    const others = await run((seed + 1) % Number.MAX_SAFE_INTEGER, OTHER_SEEDS);
    const failed = others.filter(({ attempts }) => {
      const failure = attempts.at(-1)?.failure;
      return failure && isSame(failure, found);
    });
    printError(`hil: under other seeds it fails ${failed.length} times of ${others.length}`);
  }
  return same || finding.by === "reference";
}

function isSame(failure: { name: string; message: string }, { finding }: Found): boolean {
  if (finding.by === "call" || finding.by === "target") {
    return finding.key === `${finding.by} ${signatureOf(failure)}`;
  }
  // What an oracle says begins with the promise that is broken.
  const [promise] = finding.message.split(" ", 1);
  return finding.by === "reference" || failure.message.startsWith(`${promise} `);
}

function collector(results: ScenarioResult[]): Reporter {
  return {
    onBegin() {},
    onStart() {},
    onStep() {},
    onResult: (result) => void results.push(result),
    onProgress() {},
    onEnd() {},
  };
}
