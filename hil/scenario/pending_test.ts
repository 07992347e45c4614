import assert from "node:assert/strict";
import { ms, seconds } from "../time/mod.ts";
import { errorOf, inside, type Lab, makeLab } from "./_lab.ts";
import { expect } from "./expect.ts";
import { awaited, unawaited } from "./pending.ts";
import { step } from "./step.ts";

const HERE = decodeURIComponent(new URL(import.meta.url).pathname);
const SOON = { kind: "rise", within: seconds(1) };
const never = () => new Promise<never>(() => {});

/** A lab with an LED on a clock on which a wait never ends. */
function stuckLab() {
  const lab = makeLab();
  const clock = { name: "stuck", virtual: true, now: () => 0, until: never };
  return { ...lab, led: lab.timeline.signal<null>("stuck LED", { clock }) };
}

/** What an end of the lab's scenario now would be refused with. */
function endOf(lab: Pick<Lab, "context">) {
  const relative = (path: string) => path.replace(HERE, "here.ts");
  return unawaited(lab.context, { scenario: "blinks", relative });
}

/** The line of this file that calls this. */
function line(): number {
  return Number(new Error().stack!.split("\n")[2]!.match(/:(\d+):\d+\)?$/)![1]);
}

Deno.test("an expectation or step that is not over is named with the place of its call", () => {
  const lab = stuckLab();
  const at = line();
  inside(lab, () => {
    void expect(lab.led).toHappen(SOON);
    void expect(lab.led).notToHappen(SOON);
    void step("boot", never);
  });
  assert.deepEqual(endOf(lab), {
    name: "PendingError",
    message: 'Cannot end the scenario "blinks": nobody awaits ' +
      `the expectation "stuck LED: rise" (here.ts:${at + 2}), ` +
      `the expectation "stuck LED: no rise" (here.ts:${at + 3}), the step "boot" (here.ts:${
        at + 4
      }); ` +
      'put "await" before each call',
    blame: "scenario",
    file: "here.ts",
    line: at + 2,
  });
});

Deno.test("what is over, well or not, is not pending", async () => {
  const lab = makeLab();
  lab.clock.at(5, () => lab.led.emit("rise", null));
  await inside(lab, async () => {
    await Promise.all([expect(lab.led).toHappen(SOON), step("pass", () => {})]);
    await expect(lab.led).notToHappen({ kind: "fall", within: ms(1) });
    await errorOf(() => expect(lab.led).toHappen({ kind: "fall", within: ms(1) }));
    await errorOf(() => expect(lab.led).toHappen({ ...SOON, kind: [] }));
    await errorOf(() => step("fail", () => Promise.reject(new Error("no"))));
  });
  assert.equal(endOf(lab), undefined);
  assert.equal(lab.context.pending.size, 0);
});

Deno.test("what is inside of something pending is not named, what a step left behind is", async () => {
  const lab = stuckLab();
  await inside(lab, async () => {
    void step("outer", () => step("inner", () => expect(lab.led).notToHappen({ within: ms(9) })));
    await step("forgets", () => void expect(lab.led).toHappen(SOON));
  });
  const { message } = endOf(lab)!;
  assert.match(
    message,
    /nobody awaits the step "outer" \(\S+\), the expectation "stuck LED: rise" \(/,
  );
  assert.doesNotMatch(message, /inner|no event/);
});

Deno.test("what a step left pending that timed out or failed is no failure of its own", async () => {
  const lab = stuckLab();
  await inside(lab, async () => {
    const late = () => step("inner", () => expect(lab.led).toHappen(SOON).then(never));
    await errorOf(() => step("outer", { timeout: ms(1) }, late));
    const fails = () => Promise.reject(new Error("no"));
    await errorOf(() => step("both", () => Promise.all([step("hang", never), fails()])));
  });
  assert.ok(lab.context.pending.size > 0);
  assert.equal(endOf(lab), undefined);
});

Deno.test("of many the first are named, and of a long one its beginning", () => {
  const lab = makeLab();
  inside(lab, () => {
    for (let i = 0; i < 8; i++) void step(`${i}${"-".repeat(400)}`, never);
  });
  const { message } = endOf(lab)!;
  assert.match(message, /the step "4-+… \(here\.ts:\d+\), 3 more; put/);
  assert.ok(message.length < 1500);
});

Deno.test("what pending work throws after the end is known as late", async () => {
  for (const ended of [false, true]) {
    const lab = makeLab();
    const { promise, reject } = Promise.withResolvers<never>();
    const work = inside(lab, () => awaited(lab.context, { what: "the answer" }, () => promise));
    lab.context.ended = ended;
    const error = new Error("closed");
    reject(error);
    assert.equal(await errorOf(() => work), error);
    assert.equal(lab.context.late.has(error), ended);
  }
});
