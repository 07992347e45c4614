/**
 * A night as it goes on. On a terminal, each pass is shown as a run is; elsewhere a line for each
 * pass, and for what does not pass.
 */
import type { NightView } from "../nightly/mod.ts";
import {
  failureOf,
  oneLine,
  type Reporter,
  type ScenarioResult,
  standardOutput,
  targetsText,
  TerminalReporter,
} from "../report/mod.ts";
import { print, printError } from "./output.ts";

export class NightlyView implements NightView {
  readonly #quiet: boolean;
  readonly #live: boolean;
  #pass: TerminalReporter | undefined;

  constructor({ quiet, live }: { quiet: boolean; live?: boolean }) {
    this.#quiet = quiet;
    this.#live = !quiet && (live ?? (Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb"));
  }

  say = (text: string): void => {
    this.#pass?.close();
    this.#pass = undefined;
    if (!this.#quiet) print(oneLine(text));
  };

  reporter(): Reporter {
    if (!this.#live) return this.#lines();
    const view = this.#pass = new TerminalReporter({ output: standardOutput() });
    // What did not pass is in the summary of the night, once.
    return {
      onBegin: (plan) => view.onBegin(plan),
      onStart: (scenario, attempt) => view.onStart(scenario, attempt),
      onStep: (scenario, name) => view.onStep(scenario, name),
      onProgress: (text) => view.onProgress(text),
      onResult: (result) => view.onResult(result),
      onEnd: () => view.close(),
    };
  }

  #lines(): Reporter {
    const nothing = () => {};
    const onResult = (result: ScenarioResult) => {
      if (["failed", "flaky", "interrupted"].includes(result.outcome)) tellResult(result);
    };
    const onProgress = this.#quiet ? nothing : (text: string) => text && print(oneLine(text));
    return {
      onBegin: nothing,
      onStart: nothing,
      onStep: nothing,
      onEnd: nothing,
      onProgress,
      onResult,
    };
  }
}

function tellResult({ name, targets, outcome, attempts, seed, reproduce }: ScenarioResult): void {
  const on = targetsText(targets);
  const bad = attempts.find((attempt) => attempt.outcome !== "passed");
  const [first] = failureOf(bad).message.split("\n");
  printError(
    `${outcome} ${oneLine(on ? `${name} [${on}]` : name)} (seed ${seed}): ${oneLine(first!)}`,
  );
  if (outcome !== "interrupted") printError(`  reproduce: ${oneLine(reproduce)}`);
}
