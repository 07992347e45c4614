import assert from "node:assert/strict";
import { ms, seconds } from "../time/mod.ts";
import { errorOf, inside, type Lab, makeLab } from "./_lab.ts";
import { expect } from "./expect.ts";
import { step, TimeLimitError } from "./step.ts";

/** What the trace has of steps, in a line each. */
function told({ events }: Lab): string[] {
  return events.flatMap((event) => {
    if (event.type === "step.begin") {
      const { id, parent, name } = event;
      return [`${id} begins: ${name}${parent === undefined ? "" : `, in ${parent}`}`];
    }
    if (event.type !== "step.end") return [];
    const { id, ok, error } = event;
    return [`${id} ends: ${ok ? "ok" : `failed, ${error}`}`];
  });
}

const never = () => new Promise<never>(() => {});

Deno.test("a step gives what its body gives, whether that waits or not", async () => {
  const lab = makeLab();
  assert.equal(await inside(lab, () => step("plain", () => 5)), 5);
  assert.equal(await inside(lab, () => step("waits", () => Promise.resolve(6))), 6);
  const options = { timeout: seconds(60) };
  assert.equal(await inside(lab, () => step("limited", options, () => 7)), 7);
  assert.deepEqual(told(lab), [
    "1 begins: plain",
    "1 ends: ok",
    "2 begins: waits",
    "2 ends: ok",
    "3 begins: limited",
    "3 ends: ok",
  ]);
  assert.equal(lab.context.running.size, 0);
});

Deno.test("steps nest, and a failure ends each on its way out", async () => {
  const lab = makeLab();
  const error = await errorOf(() =>
    inside(lab, () =>
      step("boot", () =>
        step("ask for the version", () => {
          throw new RangeError("no answer\nand evidence");
        })))
  );
  assert.equal(error.message, "no answer\nand evidence", "it comes out as it was thrown");
  assert.deepEqual(told(lab), [
    "1 begins: boot",
    "2 begins: ask for the version, in 1",
    "2 ends: failed, RangeError: no answer",
    "1 ends: failed, RangeError: no answer",
  ]);
  assert.deepEqual(lab.context.thrownIn.get(error), ["boot", "ask for the version"]);
});

Deno.test("a failure that is caught is the inner step's only", async () => {
  const lab = makeLab();
  await inside(lab, () =>
    step("outer", async () => {
      const fails = () => step("inner", () => Promise.reject(new Error("no")));
      await assert.rejects(fails);
    }));
  assert.deepEqual(told(lab).slice(2), ["2 ends: failed, Error: no", "1 ends: ok"]);
});

Deno.test("whatever is thrown, a step that threw has failed", async () => {
  for (const thrown of [undefined, null, "", 0, "words", Symbol("s"), Object.create(null)]) {
    const lab = makeLab();
    await inside(lab, () => step("throws", () => Promise.reject(thrown))).then(
      () => assert.fail("it passed"),
      (error) => assert.equal(error, thrown),
    );
    assert.match(told(lab)[1]!, /^1 ends: failed/, String(typeof thrown));
  }
});

Deno.test("steps side by side have each their own inside", async () => {
  const lab = makeLab();
  await inside(
    lab,
    () =>
      step("both", () =>
        Promise.all(["left", "right"].map((side) =>
          step(side, async () => {
            await null;
            await step(`in the ${side}`, () => expect(lab.led).toHaveHappened(0));
          })
        ))),
  );
  const [, ...begun] = told(lab).filter((line) => line.includes("begins"));
  assert.deepEqual(begun, [
    "2 begins: left, in 1",
    "3 begins: right, in 1",
    "4 begins: in the left, in 2",
    "5 begins: in the right, in 3",
  ]);
});

Deno.test("a time-out names the innermost step, and ends those that are inside", async () => {
  const lab = makeLab();
  let late = () => {};
  const error = await errorOf(() =>
    inside(
      lab,
      () =>
        step("boot", { timeout: ms(5) }, () =>
          step("load", () =>
            step("wait", async () => {
              await new Promise<void>((resolve) => late = resolve);
            }))),
    )
  ) as TimeLimitError;
  assert.ok(error instanceof TimeLimitError);
  assert.equal(
    error.message,
    'The step "boot" did not end within 5 ms; running: boot › load › wait',
  );
  assert.deepEqual([error.level, error.limit, error.running], [
    "step",
    ms(5),
    ["boot", "load", "wait"],
  ]);
  const ends = told(lab).slice(3);
  assert.deepEqual(ends.map((line) => line.split(",")[0]), [
    "3 ends: failed",
    "2 ends: failed",
    "1 ends: failed",
  ]);
  assert.equal(lab.context.running.size, 0, "nothing is said to run any more");
  late();
  await null;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told(lab).slice(3), ends, "what ends afterwards is not told again");
});

Deno.test("a time-out leaves the steps beside it alone", async () => {
  const lab = makeLab();
  const beside = Promise.withResolvers<void>();
  const [left, right] = await inside(lab, () =>
    Promise.allSettled([
      step("left", { timeout: ms(5) }, never).finally(beside.resolve),
      step("right", () => beside.promise),
    ]));
  assert.equal(left.status, "rejected");
  assert.match(left.reason.message, /; running: left$/);
  assert.equal(right.status, "fulfilled");
  assert.deepEqual(told(lab).slice(-1), ["2 ends: ok"]);
});

Deno.test({
  name: "a limit that is kept leaves no timer behind",
  sanitizeOps: true,
  fn: () => inside(makeLab(), () => step("quick", { timeout: seconds(3600) }, () => {})),
});

Deno.test("a step outside a scenario, or after its end, is refused", async () => {
  await assert.rejects(step("lost", () => {}), {
    message: 'Cannot call "step": no scenario is running; call it in the body of a scenario',
  });
  const lab = makeLab();
  const gate = Promise.withResolvers<void>();
  let ran = false;
  const floating = inside(lab, async () => {
    await step("before", () => gate.promise);
    await step("after", () => void (ran = true));
  });
  lab.context.ended = true;
  gate.resolve();
  await assert.rejects(floating, {
    message: 'Cannot call "step": its scenario has ended; await every promise that the body starts',
  });
  assert.ok(!ran);
  assert.deepEqual(told(lab), ["1 begins: before"], "nothing is recorded after the end");
});

Deno.test("types: a step has a body, its limit a unit, and its value the type of the body's", () => {
  const neverRun = () => {
    // @ts-expect-error there is nothing to run
    void step("no body");
    // @ts-expect-error a limit has a unit
    void step("a number", { timeout: 5 }, () => {});
    // @ts-expect-error the name comes first
    void step(() => {}, "turned round");
    const text: Promise<string> = step("text", () => "text");
    // @ts-expect-error the value is text
    const count: Promise<number> = step("text", () => "text");
    return [text, count];
  };
  assert.equal(typeof neverRun, "function");
});
