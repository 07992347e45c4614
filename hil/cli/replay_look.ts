/** Replays that stop where somebody wants to look around. */
import {
  browse,
  type Goal,
  HereError,
  Moments,
  momentsFolder,
  type Move,
  prune,
  runHeld,
  travel,
} from "../replay/seek/mod.ts";
import type { HeldRun } from "../replay/seek/mod.ts";
import { codeOf, INTERRUPTED } from "../runner/mod.ts";
import { ms } from "../time/mod.ts";
import { print } from "./output.ts";
import { ROOT } from "./paths.ts";
import { quietProgress } from "./replay_run.ts";
import type { Recorded } from "./replay.ts";
import { type CommandInput, commandInput } from "./replay_input.ts";
import { progressText, prompt } from "./replay_prompt.ts";
import { differenceLines, plain, sameText } from "./replay_text.ts";

export { HereError };

const CACHE = `${ROOT}/.cache/replay`;
/** Recordings of which moments are kept. */
const KEPT = 4;
const INTERVAL = ms(500);

/** @returns the exit code */
export async function lookAround(recorded: Recorded): Promise<number> {
  const { path, choice, line: { values } } = recorded;
  const asks = values.until !== undefined || values.step === true ||
    values["from-snapshot"] === true;
  const goal: Goal = values.until ?? (asks && !values["from-snapshot"] ? START : { to: "end" });
  const input = asks ? commandInput() : undefined;
  try {
    if (choice.mode === "re-execute") return await new Look(recorded, input).from(goal);
    print("its targets are not alive then: you look at what was recorded");
    if (input) await browse({ trace: path, goal, ask: prompt(input) });
    return 0;
  } finally {
    input?.close();
  }
}

const START: Goal = { to: "time", t: 0 };

class Look {
  #interrupted = false;
  readonly #view = quietProgress();
  #folder = "";

  constructor(
    private readonly recorded: Recorded,
    private readonly input: CommandInput | undefined,
  ) {}

  /** From stop to stop: by moments that are kept where there are, else by running again. */
  async from(goal: Goal): Promise<number> {
    const { path, line: { values } } = this.recorded;
    const code = JSON.stringify(await codeOf(ROOT));
    this.#folder = await momentsFolder(CACHE, { trace: path, code });
    let last: HeldRun | undefined;
    for (let move: Move = goal; move.to !== "quit" && !this.#interrupted;) {
      using moments = this.input && Moments.open(this.#folder);
      if (moments && reaches(moments, move)) {
        move = await this.#travel(moments, move);
        continue;
      }
      if (values["from-snapshot"]) {
        throw new HereError(
          `Cannot go there by a kept moment: ${
            moments ? "they do not reach that far" : "none is kept"
          }; ` +
            `keep them by: deno task hil replay TRACE --snapshots 500ms`,
        );
      }
      last = await this.#run(move);
      move = last.next.to === "end" ? { to: "quit" } : last.next;
    }
    if (this.#interrupted) return INTERRUPTED;
    return last ? this.#conclude(last) : 0;
  }

  async #travel(moments: Moments, goal: Goal): Promise<Move> {
    const { path, header, bench } = this.recorded;
    return await travel({
      ...{ trace: path, header, bench, root: ROOT, moments, goal, ask: prompt(this.input!) },
      progress: this.#view.show,
      onInterrupt: () => this.#interrupt(),
    });
  }

  async #run(goal: Goal): Promise<HeldRun> {
    const { path, header, bench, line: { values } } = this.recorded;
    const { input } = this;
    const ask = input && prompt(input);
    const intervalNs = (values.snapshots ?? INTERVAL).ns;
    prune(CACHE, KEPT);
    const run = await runHeld({
      ...{ trace: path, header, bench, root: ROOT, goal, progress: this.#view.show },
      ...(ask && {
        ask: (stop) => {
          this.#view.clear();
          return ask(stop);
        },
      }),
      moments: { folder: this.#folder, intervalNs },
      onTime: (t) => this.#view.show(progressText(t, goal)),
      onInterrupt: () => this.#interrupt(),
    });
    this.#view.clear();
    return run;
  }

  #interrupt(): void {
    this.#interrupted = true;
    this.input?.close();
  }

  #conclude({ compared, outcome, failure, next, momentsKept, touched }: HeldRun): number {
    const { difference } = compared;
    if (next.to === "end" && !touched) {
      const why = failure ? `: ${plain(failure.message.split("\n", 1)[0]!)}` : "";
      print(
        `${difference ? "not the same" : "the same again"}: ${
          sameText(compared)
        }; it ${outcome}${why}`,
      );
      if (momentsKept) print("moments are kept: --until goes to any time of it");
      else if (!this.input) print("its targets keep no moments: --until runs it again up to there");
    }
    if (difference) differenceLines(difference).forEach(print);
    return difference ? 1 : 0;
  }
}

function reaches(moments: Moments, goal: Goal): boolean {
  if (moments.complete) return true;
  return goal.to === "time" ? goal.t <= moments.until : false;
}
