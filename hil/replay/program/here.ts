/** A re-drive as a scenario of a worker: what the file that `redrive` makes declares. */
import { need } from "../../bench/mod.ts";
import { decode } from "../../record/mod.ts";
import { currentPlace } from "../../scenario/context.ts";
import type { Uses } from "../../scenario/scenario.ts";
import { step } from "../../scenario/step.ts";
import { Duration, ms } from "../../time/mod.ts";
import type { Timeline } from "../../trace/mod.ts";
import { drive, type Driven, type Timing } from "./drive.ts";
import { CHANNEL, type Program } from "./program.ts";
import { readProgram } from "./read.ts";

export interface HereOptions {
  readonly timing?: Timing;
  readonly limitNs?: number;
}

/** What of a drive is kept beside its trace. */
export const DRIVEN_FILE = "redrive.json";

/** Longer than the recording by that, at least; a target may be some times slower, too. */
const MORE_NS = 60e9, TIMES = 4;

/** A virtual target is as slow as its model; real ones, and hosts, have pauses. */
const LATER_VIRTUAL = ms(50), LATER = ms(300);

/** The arguments of `scenario(…)`; the trace is read now. */
export async function redriven(path: string, { timing, limitNs }: HereOptions) {
  const program = await readProgram(path);
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const file = (name: string) => Deno.readFileSync(folder + name);
  const limit = limitNs === undefined ? {} : { limit: Duration.fromNs(limitNs) };
  const uses: Uses = Object.fromEntries(
    [...program.needs].map(([name, { role, requires, options }]) => {
      const decoded = decode(options, { file }) as Record<string, unknown>;
      return [name, need(role, { requires, options: decoded })];
    }),
  );
  return {
    name: `re-drive of "${program.header.scenario}"`,
    options: { uses, timeout: Duration.fromNs(program.until * TIMES + MORE_NS), tags: ["redrive"] },
    body: async (ports: Readonly<Record<string, unknown>>): Promise<void> => {
      const { context: { timeline, signal, attachmentsDir } } = currentPlace("re-drive");
      await powerUp(program, ports);
      const { clock } = timeline;
      // A step, so that the trace tells how long was looked on.
      const driven = await step(
        "all that was recorded",
        () => drive(program, ports, { clock, timeline, timing, signal, file, ...limit }),
      );
      await lookOn(timeline);
      for (const { message } of driven.troubles) {
        timeline.record({ type: "log", level: "warn", text: message });
      }
      keep(attachmentsDir, driven);
    },
  };
}

/** What a slower target does later than the recorded one did is to be in the trace as well. */
async function lookOn({ clock }: Timeline): Promise<void> {
  await clock.until(() => undefined, clock.virtual ? LATER_VIRTUAL : LATER);
}

/** Bytes without calls do not tell how the target came to life. */
async function powerUp({ stimuli }: Program, ports: Readonly<Record<string, unknown>>) {
  if (!stimuli[0]?.on.startsWith(CHANNEL)) return;
  for (const port of Object.values(ports)) {
    const { power } = port as { readonly power?: { on?(): Promise<void> } };
    await power?.on?.();
  }
}

function keep(folder: string, driven: Driven): void {
  Deno.writeTextFileSync(`${folder}/${DRIVEN_FILE}`, `${JSON.stringify(driven, undefined, 2)}\n`);
}
