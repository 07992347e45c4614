/** The switch for a board's power, as a bench file names it. */
import type { Power } from "hil";

export function benchPower(given: unknown): Power {
  const { url } = given as { url: string };
  const set = async (state: 0 | 1) => {
    const answer = await fetch(`${url}/state.xml?relayState=${state}`);
    await answer.text();
  };
  return {
    on: () => set(1),
    off: () => set(0),
    cut: () => set(0),
    reset: async () => {
      await set(0);
      await set(1);
    },
  };
}
