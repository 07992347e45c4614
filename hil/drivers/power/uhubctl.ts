/** USB hubs that switch the power of their ports, by uhubctl. */
import { runWell } from "./_run.ts";
import { PowerError, shown } from "./error.ts";
import { type Outlet, type Verb, verb } from "./outlet.ts";

export interface UhubctlConfig {
  /** As "uhubctl" lists it: "1-1.4". */
  readonly location: string;
  readonly port: number;
}

export function uhubctl({ location, port }: UhubctlConfig): Outlet {
  const name = `port ${port} of the USB hub ${location}`;
  const ask = async (doing: Verb, signal: AbortSignal, ...action: string[]) => {
    const command = ["uhubctl", "-l", location, "-p", `${port}`, ...action];
    const said = await runWell({ name, doing, signal }, command);
    const state = portState(said, port);
    if (state !== undefined) return state;
    const what = `uhubctl says "${shown(said)}", in which is no state of it`;
    throw new PowerError(name, doing, `${what}; see "uhubctl" for hubs and ports`);
  };
  return {
    name,
    switch: async (on, signal) => {
      const is = await ask(verb(on), signal, "-a", on ? "on" : "off");
      if (is === on) return;
      const what = `the hub still says that it is ${is ? "on" : "off"}`;
      throw new PowerError(name, verb(on), `${what}; use a hub that switches power`);
    },
    state: (signal) => ask("read the state of", signal),
  };
}

/**
 * The last thing that uhubctl says of a port: `  Port 2: 0103 power enable connect [0403:6001 …]`.
 * It shows a port before and after a change, and USB 3 hubs twice: the last is what is so now.
 */
export function portState(text: string, port: number): boolean | undefined {
  const found = [...text.matchAll(/^ *Port (\d+): [0-9a-f]{4}\b(.*)$/gm)]
    .filter(([, number]) => Number(number) === port);
  const last = found.at(-1);
  // What is in brackets is the device's own text.
  return last && /(^| )power( |$)/.test(last[2]!.replace(/\[.*/, ""));
}
