/** Ctrl-C while a file is made: what is there of it is removed by whoever makes it. */
import { INTERRUPTED, onInterrupt } from "../runner/interrupt.ts";
import { printError } from "./output.ts";

/**
 * @param work rejects when its signal aborts, and has removed then what it made
 * @returns the exit code: that of `work`, or 130
 */
export async function interruptible(
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const controller = new AbortController();
  const stop = onInterrupt({ onFirst: () => controller.abort(), onSecond: () => {} });
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    printError("hil: interrupted: nothing was made");
    return INTERRUPTED;
  } finally {
    stop();
  }
}
