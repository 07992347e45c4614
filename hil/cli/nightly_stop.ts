/** Ctrl-C and its like in a night: what runs is ended, and the reports are written. */
import type { NightStop } from "../nightly/mod.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Listens until `deaf` is called. What runs, and what is asked, ends by itself: the runner listens
 * too, and ends the process when somebody insists.
 */
export function nightStop(): NightStop & { deaf(): void } {
  let wished = false;
  let next = new AbortController();
  const heard = () => {
    wished = true;
    next.abort();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, heard);
  return {
    get wished() {
      return wished;
    },
    next() {
      next = new AbortController();
      return next.signal;
    },
    deaf() {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, heard);
    },
  };
}
