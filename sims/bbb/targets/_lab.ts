/** For tests: targets as the runner starts them, with all that they record kept. */
import type { TargetContext, TargetModule } from "hil";
import { Timeline, type TraceEvent } from "hil/trace/mod.ts";

export interface Started<Port> {
  readonly port: Port;
  readonly timeline: Timeline;
  readonly events: readonly TraceEvent[];
  readonly folder: string;
  /** @param look at the files that are left, before they are removed */
  close(look?: () => void): Promise<void>;
}

export async function started<Port>(
  module: TargetModule<Port>,
  options: Readonly<Record<string, unknown>> = {},
  beside?: Started<unknown>,
): Promise<Started<Port>> {
  const events = (beside?.events ?? []) as TraceEvent[];
  const timeline = beside?.timeline ?? new Timeline({ write: (event) => void events.push(event) });
  const folder = Deno.makeTempDirSync({ prefix: "hil-board-" });
  const undos: (() => void | Promise<void>)[] = [];
  const context: TargetContext = {
    ...{ role: "board", target: "sim", options, seed: 1, timeline },
    ...{ tempDir: folder, attachmentsDir: folder, processEnv: {} },
    signal: new AbortController().signal,
    defer: (_, undo) => void undos.push(undo),
  };
  const port = await module.start(context);
  return {
    ...{ port, timeline, events, folder },
    async close(look = () => {}) {
      for (const undo of undos.toReversed()) await undo();
      look();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}
