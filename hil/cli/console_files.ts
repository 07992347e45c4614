/** What `hil console --record` leaves: a trace of the session, and a scenario that does it again. */
import type { Bench } from "../bench/mod.ts";
import { encode } from "../record/mod.ts";
import { formatted, scenarioFile } from "../replay/typescript/mod.ts";
import {
  type Failure,
  type Timeline,
  TRACE_VERSION,
  type TraceEvent,
  type TraceHeader,
  TraceWriter,
} from "../trace/mod.ts";
import { UsageError } from "./command_line.ts";
import type { LoadedTarget } from "./console_attach.ts";
import { type Moment, sessionScript } from "./console_record.ts";
import { shownPath, typedPath } from "./paths.ts";
import { specifierOf } from "./shrink_text.ts";

export interface Files {
  readonly scenario: string;
  readonly trace: string;
}

/** @throws UsageError when one is there already */
export function filesOf(record: string): Files {
  const stem = typedPath(record.replace(/(\.scenario)?\.(ts|jsonl)$/, ""));
  const files = { scenario: `${stem}.scenario.ts`, trace: `${stem}.jsonl` };
  for (const path of Object.values(files)) {
    try {
      Deno.lstatSync(path);
    } catch {
      continue;
    }
    throw new UsageError(
      `Cannot record to "${shownPath(path)}": it is there already; name another, or remove it`,
    );
  }
  return files;
}

/** What a session is begun with. */
export interface Head {
  readonly seed: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly bench: Bench;
}

export class SessionFiles {
  readonly #writer: TraceWriter;

  /** @throws TraceWriteError */
  constructor(
    private readonly files: Files,
    private readonly target: LoadedTarget,
    private readonly head: Head,
  ) {
    this.#writer = TraceWriter.create(files.trace, this.#header());
  }

  write(event: TraceEvent): void {
    this.#writer.write(event);
  }

  /** Ends the trace. @param failure of the target */
  end(timeline: Timeline, failure: Error | undefined): void {
    const { name = "", message = "" } = failure ?? {};
    const error: Failure = { name, message, blame: "product" };
    timeline.record({
      type: "end",
      outcome: failure ? "failed" : "passed",
      ...failure && { error },
    });
    this.#writer.close();
  }

  /** @returns what was written, for people */
  async scenario(moments: readonly Moment[]): Promise<string> {
    const { role, name, module } = this.target.target;
    const { scenario, trace } = this.files;
    const need = { role, requires: [], options: encode(this.head.options) };
    const { script, checks } = sessionScript(moments, { name: role, need });
    const text = scenarioFile(script, {
      name: `${role} by hand`,
      about: [
        `A session at ${role}=${name} by hand, recorded by \`hil console\` (${shownPath(trace)}).`,
        `Patterns are of what was seen then, limits three times what it took.`,
      ],
      checks,
      moduleOf: () => specifierOf(module),
    });
    await Deno.writeTextFile(scenario, await formatted(text));
    return `${shownPath(scenario)}, ${shownPath(trace)}`;
  }

  #header(): TraceHeader {
    const { role, name } = this.target.target;
    const { seed, options, bench } = this.head;
    return {
      ...{ trace: TRACE_VERSION, scenario: `${role} by hand`, file: "", line: 0, seed },
      bench: bench.name,
      targets: { [role]: { target: name } },
      uses: { [role]: { role, requires: [], options: encode(options) } },
      environment: {},
    };
  }
}
