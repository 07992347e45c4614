import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Duration, ms, ns, Random } from "../../time/mod.ts";
import type { Timeline } from "../../trace/mod.ts";
import { alignTraces } from "../align/mod.ts";
import { inFolder } from "../_samples.ts";
import { record, type Recorded, type Tank } from "./_toy.ts";
import { drive, type Driven, type Timing } from "./drive.ts";
import { readProgram } from "./read.ts";

interface Again {
  readonly plant?: (tank: Tank) => void;
  readonly timing?: Timing;
  readonly limit?: Duration;
}

/** Records `body`, drives it, and gives both runs. */
async function again(
  body: (tank: Tank, timeline: Timeline) => Promise<void>,
  { plant, timing, limit }: Again = {},
) {
  let found!: Awaited<ReturnType<typeof runBoth>>;
  const runBoth = async (folder: string) => {
    const then = await record(`${folder}/then/trace.jsonl`, (tank, at) => body(tank, at.timeline));
    const program = await readProgram(then.path);
    let driven!: Driven;
    const now = await record(`${folder}/now/trace.jsonl`, async (tank, { clock, timeline }) => {
      driven = await drive(program, { tank }, { clock, timeline, timing, limit });
    }, { plant });
    return { then, now, driven, alignment: await alignTraces(then.path, now.path) };
  };
  await inFolder(async (folder) => void (found = await runBoth(folder)));
  return found;
}

/** What was done and what happened, with times; not what the body looked at, and when it ended. */
const lines = ({ events }: Recorded) =>
  events.filter(({ type }) => type !== "get" && type !== "end").map(({ seq: _, ...event }) =>
    JSON.stringify(event)
  );

const wait = (tank: Tank, time: Duration) => tank.flow.clock.until(() => undefined, time);

async function session(tank: Tank): Promise<void> {
  const [left, right] = await Promise.all([tank.valve("left"), tank.valve("right")]);
  await left.set(true);
  await wait(tank, ms(7));
  const both = [right.set(true), left.set(false)];
  await Promise.all(both);
  try {
    left.leak();
  } catch { /* It is to. */ }
  await tank.valve("none").catch(() => {});
  const made = await tank.together(async () => {
    const valve = await tank.valve("inner");
    await valve.set(true);
    return [valve, await tank.valve("other")] as const;
  });
  await made[1].set(true);
  tank.onLevel((level, valve) => {
    tank.valve(valve.name).catch(() => {});
    return level * 2;
  });
  await tank.fill(3);
  await wait(tank, ms(20));
  await right.set(false);
}

Deno.test("what is driven on the same target with its recorded timing is the same, to the event", async () => {
  const { then, now, driven } = await again(session);
  deepEqual(driven.troubles, []);
  deepEqual(lines(now), lines(then));
});

/** Anything, in any order: side by side, one inside another, with pauses. */
async function chance(tank: Tank, seed: number): Promise<void> {
  const random = new Random(seed);
  const valves = [await tank.valve("first")];
  const pending: Promise<unknown>[] = [];
  const acts = [
    async () => void valves.push(await tank.valve(`valve ${valves.length}`)),
    () => valves[random.below(valves.length)]!.set(random.below(2) === 1),
    () => Promise.resolve(pending.push(valves[random.below(valves.length)]!.set(true))),
    () => wait(tank, ms(random.below(4))),
    () => tank.valve("none").catch(() => {}),
    () => tank.together(() => valves[random.below(valves.length)]!.set(false)),
    () => Promise.all(pending.splice(0)),
  ];
  for (let n = 0; n < 12; n++) await acts[random.below(acts.length)]!();
  await Promise.all(pending);
}

Deno.test("so is any session, whatever it does", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { then, now, driven } = await again((tank) => chance(tank, seed));
    deepEqual([driven.troubles, lines(now)], [[], lines(then)], `seed ${seed}`);
  }
});

Deno.test("as soon as possible, all is the same but for times", async () => {
  const { then, now, driven, alignment } = await again(session, { timing: "asap" });
  deepEqual(driven.troubles, []);
  equal(alignment.first, undefined);
  ok(now.events.at(-1)!.t < then.events.at(-1)!.t);
});

Deno.test("a slower target is waited for, and differs in its times alone", async () => {
  const { alignment, driven } = await again(session, { plant: (tank) => tank.slowness = ms(5) });
  deepEqual(driven.troubles, []);
  equal(alignment.first, undefined);
  const set = alignment.latencies.find(({ stimulus, response }) =>
    stimulus === "tank.valve().set" && response === "return"
  );
  deepEqual([set?.a.medianNs, set?.b.medianNs], [1e6, 5e6]);
});

Deno.test("a fault that was planted in the target is the first divergence", async () => {
  const { alignment } = await again(session, {
    plant: (tank) => tank.spell = (name) => name === "inner" ? "innermost" : name,
  });
  equal(alignment.first?.channel, "flow");
  deepEqual(alignment.first?.a.map(({ text }) => text), ["open valve=inner open=true"]);
  deepEqual(alignment.first?.b.map(({ text }) => text), ["open valve=innermost open=true"]);
  equal(alignment.divergences.length, 1);
});

Deno.test("what throws, what does not, and what then cannot be made is told in order, and not fatal", async () => {
  const { driven, alignment } = await again(session, {
    plant: (tank) => {
      const valve = tank.valve.bind(tank);
      tank.valve = (name) => valve(name === "left" ? "none" : name === "none" ? "some" : name);
    },
  });
  deepEqual(driven.troubles.map(({ what }) => what), [
    "threw",
    "missing",
    "missing",
    "missing",
    "did not throw",
  ]);
  equal(
    driven.troubles[0]!.message,
    `call #1, tank.valve("left"), threw RangeError: there is no such valve; then it did not`,
  );
  match(driven.troubles[1]!.message, /^call #3, #1\.set\(true\), could not be made: nothing came/);
  equal(alignment.first?.channel, "answers");
});

Deno.test("a call that never returns is given up, and what follows is made", async () => {
  const { driven, alignment } = await again(async (tank) => {
    await tank.drained();
    await (await tank.valve("last")).set(true);
  }, { plant: (tank) => tank.stuck = true, limit: ms(20) });
  deepEqual(driven.troubles.map(({ message }) => message), [
    "call #1, tank.drained(), has not returned; 20 ms more than it took were over",
  ]);
  deepEqual([driven.made, alignment.stimuli.length], [3, 3]);
});

Deno.test("a virtual target that goes on is waited for, however long its host takes", async () => {
  const { driven } = await again(async (tank) => void await tank.valve("left"), {
    plant: (tank) => {
      const valve = tank.valve.bind(tank);
      tank.valve = async (name) => {
        for (let n = 0; n < 5000; n++) await tank.pass(ns(1));
        return await valve(name);
      };
    },
    limit: ms(1),
  });
  deepEqual(driven.troubles, []);
});

Deno.test("a function that is not called back is told, and what was done in it is done all the same", async () => {
  const { driven } = await again(async (tank) => {
    await tank.together(() => tank.valve("inner"));
    await tank.valve("outer");
  }, {
    plant: (tank) => tank.together = () => Promise.resolve(undefined as never),
    limit: ms(20),
  });
  deepEqual(driven.troubles.map(({ what, id }) => [what, id]), [["calls back", 2]]);
  equal(driven.made, 3);
});

/** As `expect(tank.flow).toHappen({ kind })` does. */
async function expectFlow(tank: Tank, timeline: Timeline, kind: string): Promise<void> {
  const { flow } = tank;
  const come = () => flow.occurrences.some((one) => one.kind === kind) || undefined;
  const ok = await flow.clock.until(come, ms(100)) ?? false;
  timeline.record({ type: "expect", what: `flow: ${kind}`, ok });
}

async function patient(tank: Tank, timeline: Timeline): Promise<void> {
  const valve = await tank.valve("top");
  tank.pull();
  await expectFlow(tank, timeline, "drained");
  await valve.set(true);
}

Deno.test("what the scenario expected and waited for is waited for, however slow the target is", async () => {
  const slow = await again(patient, { plant: (tank) => tank.slowness = ms(40) });
  deepEqual([slow.driven.troubles, slow.alignment.first], [[], undefined]);
  equal(slow.alignment.shifted, 0);
});

Deno.test("what was waited for and does not come is told, and what follows is made", async () => {
  const { driven, alignment } = await again(patient, {
    plant: (tank) => tank.pull = () => {},
    limit: ms(20),
  });
  deepEqual(driven.troubles.map(({ message }) => message), [
    `"drained" on flow, which was waited for then, has not come; 20 ms more than it took were over`,
  ]);
  deepEqual(alignment.first?.a.map(({ text }) => text), ['drained valve="" open=false']);
  equal(driven.made, 3);
});
