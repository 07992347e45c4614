/**
 * Byte strings through the WebSocket core by the million:
 * `deno run sims/websocket/fuzz/main.ts [--count N] [--seed N] [--from N]`. Exit code 1 when one made
 * the core throw what it must not, or do what it must not; its number is printed.
 */
import { parseArgs } from "node:util";
import { ms, pause } from "hil/time/mod.ts";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
  },
});
const [count, seed, from] = [values.count, values.seed, values.from].map(Number) as [
  ...[number, number, number],
];
const SLICE = 100_000;
const total: Record<string, number> = {};
for (let done = 0; done < count; done += SLICE) {
  const counts = fuzz({ seed, from: from + done, count: Math.min(SLICE, count - done) });
  // What zlib has done with is freed between turns of the event loop.
  await pause(ms(0));
  for (const [outcome, times] of Object.entries(counts)) {
    total[outcome] = (total[outcome] ?? 0) + times;
  }
}
console.table(total);
console.log(`${count} byte strings of seed ${seed}: nothing was thrown but what is declared`);
