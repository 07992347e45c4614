/** Ctrl-C and its like: once to end in order, twice to end at once. */
import { hostNow, ms } from "../time/mod.ts";

export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * A terminal tells the whole process group, and `deno task` and npx pass on what they were told: what
 * comes again so soon is the same Ctrl-C.
 */
export const SAME = ms(300);

export interface InterruptListener {
  onFirst(): void;
  /** Must not wait: the process ends when it returns. */
  onSecond(): void;
}

export const INTERRUPTED = 130;

/** Listens until the returned function is called. */
export function onInterrupt(listener: InterruptListener): () => void {
  let firstNs: number | undefined;
  const heard = () => {
    if (firstNs === undefined) {
      firstNs = hostNow();
      return listener.onFirst();
    }
    if (hostNow() - firstNs < SAME.ns) return;
    listener.onSecond();
    Deno.exit(INTERRUPTED);
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, heard);
  return () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, heard);
  };
}
