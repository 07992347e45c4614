/**
 * The conformance table against any echo server:
 * `deno run --allow-net sims/websocket/conformance/main.ts ws://host:port/`. Prints what does not pass;
 * exit code 1 when something fails.
 */
import { runCase, type Verdict } from "./case.ts";
import { CASES } from "./cases.ts";

const url = Deno.args[0];
if (url === undefined) {
  console.error('Cannot run the conformance table: no URL is given; name an echo server "ws://…"');
  Deno.exit(2);
}
const counts: Record<Verdict, number> = { pass: 0, lax: 0, FAIL: 0 };
for (const one of CASES) {
  const { verdict, seen } = await runCase(one, url);
  counts[verdict]++;
  if (verdict !== "pass") console.log(`${verdict}  ${one.section}  ${one.rule}: ${seen}`);
}
console.log(
  `${CASES.length} cases: ${counts.pass} passed, ${counts.lax} lax, ${counts.FAIL} failed`,
);
Deno.exitCode = counts.FAIL > 0 ? 1 : 0;
