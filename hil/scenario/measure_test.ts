import assert from "node:assert/strict";
import { inside, type Lab, makeLab } from "./_lab.ts";
import { measure, type MeasureOptions } from "./measure.ts";
import { step } from "./step.ts";

function measured({ events }: Lab) {
  return events.flatMap((event) => event.type === "measure" ? [event] : []);
}

/** The verdict on a value. */
function verdictOf(value: number, options: Omit<MeasureOptions, "unit">): string {
  const lab = makeLab();
  inside(lab, () => measure("latency", value, { unit: "us", ...options }));
  const [event] = measured(lab);
  assert.equal(lab.context.failures.length, event!.verdict === "fail" ? 1 : 0);
  return event!.verdict;
}

Deno.test("a number is kept with its unit and limits when it passes, too", () => {
  const lab = makeLab();
  inside(lab, () => {
    measure("latency", 3.2, { unit: "us", within: { max: 10 }, marginal: { min: 1, max: 8 } });
    measure("count", 5, { unit: "1" });
  });
  assert.deepEqual(measured(lab), [
    {
      seq: 1,
      t: 0,
      type: "measure",
      name: "latency",
      value: 3.2,
      unit: "us",
      within: [null, 10],
      marginal: [1, 8],
      verdict: "pass",
    },
    { seq: 2, t: 0, type: "measure", name: "count", value: 5, unit: "1", verdict: "pass" },
  ]);
  assert.deepEqual(lab.context.failures, []);
});

Deno.test("both ends of a range are inside, and a side left out is open", () => {
  const within = { min: 2, max: 4 };
  assert.deepEqual([1.99, 2, 3, 4, 4.01].map((value) => verdictOf(value, { within })), [
    "fail",
    "pass",
    "pass",
    "pass",
    "fail",
  ]);
  assert.equal(verdictOf(-1e300, { within: { max: 4 } }), "pass");
  assert.equal(verdictOf(1e300, { within: { min: 2 } }), "pass");
  assert.equal(verdictOf(1e300, { within: {} }), "pass");
});

Deno.test("marginal is worse than a pass and no failure; out of limits is one all the same", () => {
  const limits = { within: { min: 0, max: 10 }, marginal: { min: 2, max: 8 } };
  assert.deepEqual([-1, 0, 1, 2, 8, 9, 10, 11].map((value) => verdictOf(value, limits)), [
    "fail",
    "marginal",
    "marginal",
    "pass",
    "pass",
    "marginal",
    "marginal",
    "fail",
  ]);
  assert.equal(verdictOf(9, { marginal: { max: 8 } }), "marginal");
});

Deno.test("the body goes on; each bad one is a failure with its place and its steps", async () => {
  const lab = makeLab();
  await inside(lab, () =>
    step("press", () =>
      step("measure", () => {
        measure("latency", 12, { unit: "us", within: { max: 10 } });
        measure("voltage", 2, { unit: "V", within: { min: 3, max: 3.6 } });
      })));
  inside(lab, () => measure("speed", 1, { unit: "m/s", within: { min: 2 } }));
  assert.deepEqual(lab.context.failures.map(({ message, running }) => ({ message, running })), [
    { message: "latency is 12 us, outside at most 10 us", running: ["press", "measure"] },
    { message: "voltage is 2 V, outside 3 to 3.6 V", running: ["press", "measure"] },
    { message: "speed is 1 m/s, outside at least 2 m/s", running: [] },
  ]);
  for (const { name, blame, file } of lab.context.failures) {
    assert.deepEqual([name, blame, file], [
      "MeasurementError",
      "product",
      new URL(import.meta.url).pathname,
    ]);
  }
  const lines = lab.context.failures.map(({ line }) => line!);
  const first = lines[0]!;
  assert.deepEqual(lines, [first, first + 1, first + 3], "one after the other");
});

Deno.test("what is no finite number is refused and leaves nothing", () => {
  const lab = makeLab();
  for (const value of [NaN, Infinity, -Infinity, "5", undefined] as number[]) {
    assert.throws(() => inside(lab, () => measure("latency", value, { unit: "us" })), {
      name: "RangeError",
      message: `Cannot record the measurement "latency": ${value} is not a finite number; ` +
        "check its source",
    });
  }
  assert.deepEqual(lab.events, []);
});

Deno.test("ranges that no number is in are refused", () => {
  const lab = makeLab();
  const refused = (options: Omit<MeasureOptions, "unit">, range: string) =>
    assert.throws(() => inside(lab, () => measure("latency", 1, { unit: "us", ...options })), {
      name: "RangeError",
      message: `Cannot record the measurement "latency": no number is in the range ${range}; ` +
        "give a min that is not more than max",
    });
  refused({ within: { min: 5, max: 4 } }, "5 to 4");
  refused({ within: { max: NaN } }, "at most NaN");
  refused({ within: { min: NaN } }, "at least NaN");
  refused({ marginal: { min: 5, max: 4 } }, "5 to 4");
  assert.deepEqual([lab.events, lab.context.failures], [[], []]);
});

Deno.test("marginal limits outside the limits are refused", () => {
  const lab = makeLab();
  const options = { unit: "us", within: { max: 10 }, marginal: { max: 11 } };
  assert.throws(() => inside(lab, () => measure("latency", 1, options)), {
    message: 'Cannot record the measurement "latency": its marginal limits at most 11 are not ' +
      "inside its limits at most 10; make them narrower",
  });
  inside(lab, () => measure("latency", 1, { ...options, marginal: { max: 10 } }));
});

Deno.test("outside a scenario a measurement is refused", () => {
  assert.throws(() => measure("latency", 1, { unit: "us" }), {
    message: 'Cannot call "measure": no scenario is running; call it in the body of a scenario',
  });
});
