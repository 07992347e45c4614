/** Ctrl-C and its like: once to end in order, twice to end at once. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface InterruptListener {
  onFirst(): void;
  /** Must not wait: the process ends when it returns. */
  onSecond(): void;
}

export const INTERRUPTED = 130;

/** Listens until the returned function is called. */
export function onInterrupt(listener: InterruptListener): () => void {
  let count = 0;
  const heard = () => {
    if (++count === 1) return listener.onFirst();
    listener.onSecond();
    Deno.exit(INTERRUPTED);
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, heard);
  return () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, heard);
  };
}
