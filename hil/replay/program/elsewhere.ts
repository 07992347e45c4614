/** A scenario that compares targets: what it has done so far is done on others, and aligned. */
import { attach } from "../../scenario/attach.ts";
import { currentPlace } from "../../scenario/context.ts";
import { step } from "../../scenario/step.ts";
import type { Alignment } from "../align/mod.ts";
import type { NoiseOptions } from "../diff/noise.ts";
import type { Driven, Timing } from "./drive.ts";

export interface ElsewhereOptions extends NoiseOptions {
  /** The bench file that has those targets. */
  readonly bench: URL;
  readonly timing?: Timing;
}

export interface Elsewhere {
  /** A: this scenario so far; B: the others. */
  readonly alignment: Alignment;
  readonly driven: Driven;
  /** The alignment, for people. */
  readonly text: string;
}

const ROOT = decodeURIComponent(new URL("../../../", import.meta.url).pathname).slice(0, -1);

/**
 * Does all that the running scenario has done so far on other targets, by `hil replay`'s re-drive,
 * and aligns both timelines. Keeps the other trace and the alignment with the results.
 *
 * @param use role to target, in place of those of this scenario
 * @throws Error when the others cannot be had here, or fail
 * @example
 * ```ts ignore
 * const bench = new URL("../../fixtures/benches/emulated.yaml", import.meta.url);
 * const { alignment, text } = await redriveOn({ board: "sim" }, { bench });
 * expect(alignment.first && text, "the first divergence").toBe(undefined);
 * ```
 */
export async function redriveOn(
  use: Readonly<Record<string, string>>,
  options: ElsewhereOptions,
): Promise<Elsewhere> {
  const { context } = currentPlace("redriveOn");
  const what = Object.entries(use).map(([role, target]) => `${role}=${target}`).join(", ");
  return await step(`the same on ${what}`, async () => {
    const reports = await Deno.makeTempDir({ prefix: "hil-redrive-" });
    try {
      return await elsewhere(`${context.attachmentsDir}/trace.jsonl`, {
        use,
        reports,
        what,
        options,
      });
    } finally {
      await Deno.remove(reports, { recursive: true });
    }
  });
}

interface Place {
  readonly use: Readonly<Record<string, string>>;
  readonly reports: string;
  readonly what: string;
  readonly options: ElsewhereOptions;
}

async function elsewhere(
  trace: string,
  { use, reports, what, options }: Place,
): Promise<Elsewhere> {
  // Imported late: few scenarios need a runner.
  const { loadBench } = await import("../../bench/mod.ts");
  const { alignText } = await import("../align/mod.ts");
  const { redrive } = await import("./redrive.ts");
  const path = decodeURIComponent(options.bench.pathname);
  const { drives: [drive] } = await redrive({
    ...options,
    trace,
    root: ROOT,
    bench: await loadBench(path, path),
    use: new Map(Object.entries(use).map(([role, target]) => [role, [target]])),
    reports,
    argv: ["replay", trace],
    reporters: [],
  });
  const { result, driven, alignment } = drive!;
  if (!driven || !alignment || result.outcome !== "passed") {
    const why = result.skip?.reason ?? result.attempts.at(-1)?.failure?.message ?? result.outcome;
    throw new Error(`Cannot do the same on ${what}: ${why}`);
  }
  const text = alignText(alignment);
  attach("elsewhere.jsonl", Deno.readFileSync(drive!.trace), { title: `trace of ${what}` });
  attach("alignment.txt", `${text}\n`, { title: `this and ${what}, aligned` });
  return { alignment, driven, text };
}
