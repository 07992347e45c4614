import assert from "node:assert/strict";
import { failureIn, outcomes, Project } from "./_fixture.ts";

const ROLES = { board: { sim: "sim.ts" } };

/** A board with an LED that nobody switches, and a call that never gives an answer. */
const BOARD = `export default defineTarget({
  title: "one that waits", offers: [], availability: () => ({ ok: true }),
  start({ timeline, defer }) {
    const led = timeline.signal("LED", { clock: timeline.clock });
    const { promise, reject } = Promise.withResolvers();
    defer("hang up", () => reject(new Error("the board is gone")));
    return Promise.resolve({ led, ask: () => timeline.awaited("the answer", () => promise) });
  },
});`;

/** The only failure of a scenario with `body` on that board. */
async function messageOf(body: string): Promise<{ message: string; running: unknown }> {
  let failure!: ReturnType<typeof failureIn>;
  await Project.with({
    "a.scenario.ts": `scenario("bad", { uses: { board: need<any>("board") }, timeout: ms(300) },
async ({ board }) => {
${body}
});
scenario("next", { uses: {} }, () => {});`,
    "sim.ts": BOARD,
  }, async (project) => {
    const run = await project.run();
    assert.deepEqual(outcomes(run), { bad: "failed", next: "passed" });
    failure = failureIn(run, "bad");
  }, ROLES);
  return { message: failure.message, running: failure.running };
}

Deno.test("a scenario that awaits not all that it has begun fails, and that is all of it", async () => {
  const { message } = await messageOf(`void step("boot", () => board.ask());
void expect(board.led).toHappen({ within: ms(9000) });
void (async () => { await board.ask(); })();`);
  assert.equal(
    message,
    'Cannot end the scenario "bad": nobody awaits the step "boot" (a.scenario.ts:4), ' +
      'the expectation "LED: event" (a.scenario.ts:5), the answer (a.scenario.ts:6); ' +
      'put "await" before each call',
  );
});

Deno.test("what is left pending by another failure is not one more", async () => {
  const failed = await messageOf(
    `void board.ask(); await step("outer", () => { throw new Error("it is broken"); });`,
  );
  assert.deepEqual(failed, { message: "it is broken", running: ["outer"] });
  const timedOut = await messageOf(`void board.ask(); await step("outer", () => board.ask());`);
  assert.equal(
    timedOut.message,
    'The scenario "bad" did not end within 300 ms; running: outer',
  );
});

Deno.test("what fails as the body ends is told, and not that nobody awaits the rest", async () => {
  const { message } = await messageOf(
    `void board.ask(); void step("quick", () => { throw new Error("it is broken"); });`,
  );
  assert.equal(message, "it is broken");
});
