/** A program of one's own that switches power. */
import { failed, run, runWell } from "./_run.ts";
import { type Outlet, verb } from "./outlet.ts";

export interface CommandConfig {
  /** Program and arguments. No shell looks at them. */
  readonly on: readonly string[];
  readonly off: readonly string[];
  /** Says whether it is on: by exit status 0 or 1, or by `isOn`. */
  readonly state?: readonly string[];
  /** Regular expression: matches what `state` prints if it is on. */
  readonly isOn?: string;
}

export function commandOutlet({ on, off, state, isOn }: CommandConfig): Outlet {
  const name = on[0]!;
  return {
    name,
    switch: async (to, signal) => {
      await runWell({ name, doing: verb(to), signal }, to ? on : off);
    },
    ...(state && {
      state: async (signal: AbortSignal) => {
        const options = { name, doing: "read the state of", signal } as const;
        if (isOn !== undefined) return new RegExp(isOn, "m").test(await runWell(options, state));
        const ran = await run(options, state);
        if (ran.code > 1) throw failed(options, state, ran);
        return ran.code === 0;
      },
    }),
  };
}
