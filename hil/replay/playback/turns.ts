/** Turns of the event loop. */
import { type Duration, timer } from "../../time/mod.ts";

/** After all that is due in this turn: who was woken has gone as far as it can. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Until something has changed, or `delay` is over: then `otherwise` is done. */
export async function orAfter(
  changed: Promise<void>,
  delay: Duration,
  otherwise: () => void,
): Promise<void> {
  let late = false;
  let cancel = () => {};
  const over = new Promise<void>((resolve) => {
    cancel = timer(delay, () => {
      late = true;
      resolve();
    });
  });
  await Promise.race([changed, over]);
  cancel();
  if (late) otherwise();
}
