/**
 * What there is: scenarios in files, targets behind module names. Both are code of others, so
 * they are imported in a worker; one that is lost over a file or a module is replaced.
 */
import { type BenchTarget, targetNamed, type Tool } from "../bench/mod.ts";
import type { Failure } from "../trace/mod.ts";
import { relativeTo } from "./paths.ts";
import type { Candidate, LoadedFile, Skip } from "./plan.ts";
import type { Answers, RequestOf, TargetFacts } from "./protocol.ts";
import type { RunState } from "./run_state.ts";
import { WorkerLost, type WorkerProcess } from "./worker_process.ts";

export interface FileFailure {
  /** Absolute. */
  readonly path: string;
  readonly failure: Failure;
}

export type TargetVerdict = { readonly facts: TargetFacts } | { readonly failure: Failure };

export class Survey {
  readonly #verdicts = new Map<string, TargetVerdict>();

  /** @param worker that is asked first; it may be another one afterwards */
  constructor(private readonly run: RunState, public worker: WorkerProcess) {}

  async load(paths: readonly string[]): Promise<{ files: LoadedFile[]; failures: FileFailure[] }> {
    const all = paths.length > 1 ? await this.#loadAll(paths) : undefined;
    if (all) return { files: all, failures: [] };
    const files: LoadedFile[] = [], failures: FileFailure[] = [];
    for (const path of paths) {
      if (this.run.stop) break;
      const file = relativeTo(this.run.options.root, path);
      const answer = await this.#ask({ ask: "load", file: path }, `The file "${file}"`);
      if ("declared" in answer) files.push({ path, declared: answer.declared });
      else if (!this.run.stop) failures.push({ path, failure: notLoaded(file, answer.failure) });
    }
    return { files, failures };
  }

  /** All at once, which is fast; nothing when one is bad: each is tried by itself then. */
  async #loadAll(paths: readonly string[]): Promise<LoadedFile[] | undefined> {
    const index = `${this.run.tempDir}/index.js`;
    const answer = await this.#ask({ ask: "loadAll", files: paths, index }, "A file");
    if ("declared" in answer) {
      return paths.map((path, i) => ({ path, declared: answer.declared[i]! }));
    }
    if (!this.worker.over) await this.run.dismiss(this.worker);
    return undefined;
  }

  /** Asks all targets of the candidates what they are; offers to install what they lack. */
  async describe(candidates: readonly Candidate[]): Promise<void> {
    const { install } = this.run.options;
    const targets = distinct(candidates);
    for (const target of targets) await this.verdict(target);
    const lacking = targets.filter((target) => this.#missing(target));
    const tools = new Map<string, Tool>();
    for (const target of lacking) {
      const verdict = this.#verdicts.get(keyOf(target))!;
      if ("facts" in verdict) {
        for (const tool of verdict.facts.tools) tools.set(tool.command, tool);
      }
    }
    if (!install || tools.size === 0 || this.run.stop) return;
    const again = await install([...tools.values()], this.run.reporter.onProgress);
    if (!again) return;
    for (const target of lacking) {
      this.#verdicts.delete(keyOf(target));
      await this.verdict(target);
    }
  }

  /** What a target is; asked once. */
  async verdict(target: BenchTarget): Promise<TargetVerdict> {
    const key = keyOf(target);
    const known = this.#verdicts.get(key);
    if (known) return known;
    const what = `The target "${target.role}=${target.name}"`;
    const answer = await this.#ask({ ask: "describe", target }, what);
    const verdict = "failure" in answer && answer.failure
      ? this.#placed(answer.failure, target)
      : answer;
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  /**
   * Prepares the targets of what will run, each once. A target that fails is broken from now; one
   * that does not get what it needs is missing.
   */
  async prepare(candidates: readonly Pick<Candidate, "targets">[]): Promise<void> {
    for (const target of distinct(candidates)) {
      const verdict = await this.verdict(target);
      if ("failure" in verdict || !verdict.facts.prepares) continue;
      const what = `The target "${target.role}=${target.name}"`;
      const answer = await this.#ask({ ask: "prepare", target }, what);
      if (answer.failure) this.#verdicts.set(keyOf(target), { failure: answer.failure });
      else if ("missing" in answer && answer.missing) {
        const facts = { ...verdict.facts, missing: answer.missing };
        this.#verdicts.set(keyOf(target), { facts });
      }
    }
  }

  /**
   * Without those that nobody asked for: whose target is only one of the bench's default list, and
   * cannot do what the scenario needs, while another of that list can.
   */
  async wanted(candidates: readonly Candidate[]): Promise<Candidate[]> {
    const wanted: Candidate[] = [];
    for (const candidate of candidates) {
      if (!await this.#isInVain(candidate)) wanted.push(candidate);
    }
    return wanted;
  }

  async #isInVain({ skip, declared, targets }: Candidate): Promise<boolean> {
    const { bench, use } = this.run.options;
    if (skip) return false;
    for (const { role, requires } of declared.needs) {
      if (use.has(role) || await this.#offers(targets[role]!, requires)) continue;
      const known = bench.roles.get(role)!;
      for (const name of known.default) {
        if (await this.#offers(targetNamed(known, name)!, requires)) return true;
      }
    }
    return false;
  }

  /** A target that cannot be asked is not said to lack anything. */
  async #offers(target: BenchTarget, requires: readonly string[]): Promise<boolean> {
    const verdict = await this.verdict(target);
    return "failure" in verdict || requires.every((one) => verdict.facts.offers.includes(one));
  }

  /** Why a candidate does not run here, if it does not. */
  async skip({ skip, declared, targets }: Candidate): Promise<Skip | undefined> {
    if (skip) return skip;
    for (const { role, requires } of declared.needs) {
      const target = targets[role]!;
      const verdict = await this.verdict(target);
      if ("failure" in verdict) continue;
      const lacks = requires.filter((capability) => !verdict.facts.offers.includes(capability));
      if (lacks.length > 0) return await this.#notOffered(target, lacks);
      if (verdict.facts.missing) return verdict.facts.missing;
    }
    return undefined;
  }

  async #notOffered({ role, name }: BenchTarget, lacks: readonly string[]): Promise<Skip> {
    const others: string[] = [];
    for (const other of this.run.options.bench.roles.get(role)!.targets.values()) {
      const verdict = await this.verdict(other);
      const offers = "facts" in verdict ? verdict.facts.offers : [];
      if (lacks.every((capability) => offers.includes(capability))) {
        const argument = "facts" in verdict ? verdict.facts.argument : undefined;
        others.push(argument === undefined ? other.name : `${other.name}:${argument}`);
      }
    }
    return {
      reason: `the target "${name}" does not offer ${lacks.join(", ")}`,
      remedy: others.length > 0
        ? `give --use ${others.map((other) => `${role}=${other}`).join(" or --use ")}`
        : `add a target that offers it to the role "${role}" of ${this.run.options.bench.file}`,
    };
  }

  /** A target that refuses an option "of the bench file" does not know which one that is. */
  #placed(failure: Failure, { role, name }: BenchTarget): { failure: Failure } {
    if (!failure.message.includes("of the bench file")) return { failure };
    const where = `in the target "${name}" of the role "${role}" of ${this.run.options.bench.file}`;
    return { failure: { ...failure, message: `${failure.message}\n  ${where}` } };
  }

  #missing(target: BenchTarget): boolean {
    const verdict = this.#verdicts.get(keyOf(target));
    return verdict !== undefined && "facts" in verdict && verdict.facts.missing !== undefined;
  }

  /** The answer, or the failure that the loss of the worker is. */
  async #ask<K extends "load" | "loadAll" | "describe" | "prepare">(
    request: RequestOf<K>,
    what: string,
  ): Promise<Answers[K] | { failure: Failure }> {
    if (this.run.stop) return { failure: NOT_ASKED };
    try {
      if (this.worker.over) this.worker = this.run.hire();
      return await this.worker.ask(request, this.run.limits[LIMIT[request.ask]]);
    } catch (error) {
      if (!(error instanceof WorkerLost)) throw error;
      await this.run.dismiss(this.worker);
      return { failure: lossOf(error, request.ask, what) };
    }
  }
}

/** Nobody sees it: what has not begun when a run ends is skipped. */
const NOT_ASKED: Failure = { name: "Interrupted", message: "the run ended", blame: "harness" };

const LIMIT = { load: "load", loadAll: "load", describe: "describe", prepare: "prepare" } as const;
const VERBS = {
  load: "load",
  loadAll: "load",
  describe: "say what it is",
  prepare: "get ready",
} as const;

function lossOf(lost: WorkerLost, ask: keyof typeof VERBS, what: string): Failure {
  const blame = ask === "load" ? "scenario" : "bench";
  const said = lost.output.join("").trimEnd();
  const evidence = said ? `\n${said.replace(/^/gm, "  ")}` : "";
  const message = lost.how === "hung"
    ? `${what} did not ${VERBS[ask]} within ${lost.limit}; look for an endless loop or a wait`
    : `${what} did not ${VERBS[ask]}: ${lost.message}; look for Deno.exit`;
  const name = lost.how === "hung" ? "TimeLimitError" : "WorkerLost";
  return { name, message: message + evidence, blame };
}

function notLoaded(file: string, failure: Failure): Failure {
  const { name, message } = failure;
  const sentence = name === "WorkerLost" || name === "TimeLimitError"
    ? message
    : `Cannot load the scenario file "${file}": ${message}`;
  return { file, line: 1, ...failure, message: sentence };
}

/** The targets of all candidates, each once, in order. */
function distinct(candidates: readonly Pick<Candidate, "targets">[]): BenchTarget[] {
  const found = new Map<string, BenchTarget>();
  for (const { targets } of candidates) {
    for (const target of Object.values(targets)) found.set(keyOf(target), target);
  }
  return [...found.values()];
}

function keyOf({ role, name }: BenchTarget): string {
  return `${role}=${name}`;
}
