import assert from "node:assert/strict";
import { ms } from "../time/mod.ts";
import type { Signal } from "../trace/mod.ts";
import { errorOf, inside, makeLab } from "./_lab.ts";
import { expect } from "./expect.ts";

/** The message of a check in a scenario; empty when it passes. */
function said(check: () => void): string {
  try {
    inside(makeLab(), check);
    return "";
  } catch (error) {
    assert.equal((error as Error).name, "ExpectationError", `${error}`);
    return (error as Error).message;
  }
}

Deno.test("a check of a value is an event on a pass and on a failure", () => {
  const lab = makeLab();
  inside(lab, () => {
    expect(2, "the sum").toBe(2);
    assert.throws(() => expect(2, "the sum").toBe(3), { name: "ExpectationError" });
  });
  assert.deepEqual(lab.events.map((event) => ({ ...event, seq: 0, t: 0 })), [
    { seq: 0, t: 0, type: "expect", what: "the sum be 2", ok: true, detail: undefined },
    {
      seq: 0,
      t: 0,
      type: "expect",
      what: "the sum be 3",
      ok: false,
      detail: "the sum is 2; it ought to be 3",
    },
  ]);
});

Deno.test("identity: NaN is NaN, -0 is not 0, objects are themselves", () => {
  const one = { a: 1 };
  assert.equal(said(() => expect(NaN).toBe(NaN)), "");
  assert.equal(said(() => expect(one).toBe(one)), "");
  assert.equal(said(() => expect(-0).toBe(0)), "the value is -0; it ought to be 0");
  assert.equal(
    said(() => expect(one).toBe({ a: 1 })),
    "the value is { a: 1 }; it ought to be { a: 1 }",
  );
});

Deno.test("deep equality names the first place of a difference", () => {
  assert.equal(said(() => expect({ a: [1, { b: 2 }] }).toEqual({ a: [1, { b: 2 }] })), "");
  const long = Array.from({ length: 1000 }, (_, i) => ({ lba: i, stamp: 0 }));
  const other = long.with(700, { lba: 700, stamp: 9 });
  const message = said(() => expect(long, "what is read").toEqual(other));
  assert.match(message, /\n {2}\[700\]\.stamp is 0, not 9$/);
  assert.ok(message.length < 1400, `${message.length}`);
});

Deno.test("a pattern is looked for anew each time, whatever its flags", () => {
  for (const pattern of [/up/g, /S/y, /up/gy, /up/]) {
    const found = !pattern.sticky || pattern.source === "S";
    for (let i = 0; i < 3; i++) {
      assert.equal(said(() => expect("System up").toMatch(pattern)) === "", found, `${pattern}`);
    }
    assert.equal(pattern.lastIndex, 0);
  }
  assert.equal(
    said(() => expect("System up", "the log").toMatch(/down/g)),
    'the log is "System up"; it ought to match /down/g',
  );
});

Deno.test("what is no text matches nothing, not even its name", () => {
  for (const value of [undefined, null, 5, {}]) {
    assert.notEqual(said(() => expect(value as unknown as string).toMatch(/./)), "", `${value}`);
  }
});

Deno.test("numbers are compared strictly; NaN and what is no number fail", () => {
  assert.equal(said(() => expect(4).toBeLessThan(5)), "");
  assert.equal(said(() => expect(6).toBeGreaterThan(5)), "");
  assert.equal(said(() => expect(5).toBeLessThan(5)), "the value is 5; it ought to be less than 5");
  assert.equal(
    said(() => expect(5, "the count").toBeGreaterThan(5)),
    "the count is 5; it ought to be greater than 5",
  );
  for (const value of [NaN, null, undefined, "4", [4]] as unknown as number[]) {
    assert.notEqual(said(() => expect(value).toBeLessThan(5)), "");
    assert.notEqual(said(() => expect(value).toBeGreaterThan(3)), "");
  }
});

Deno.test("a limit that is no number is not the target's fault", () => {
  const message = 'Cannot compare with "NaN": it is not a number; check its source';
  inside(makeLab(), () => {
    for (const check of ["toBeLessThan", "toBeGreaterThan"] as const) {
      assert.throws(() => expect(5)[check](NaN), { name: "RangeError", message });
    }
  });
});

Deno.test("text contains text, a list equal elements, anything else nothing", () => {
  assert.equal(said(() => expect("System up").toContain("up")), "");
  assert.equal(said(() => expect([{ lba: 1 }, { lba: 2 }]).toContain({ lba: 2 })), "");
  assert.equal(said(() => expect([NaN]).toContain(NaN)), "");
  assert.equal(
    said(() => expect("System 5").toContain(5)),
    'the value is "System 5"; it ought to contain 5',
  );
  assert.equal(
    said(() => expect([1, 2], "the blocks").toContain("1")),
    'the blocks is [ 1, 2 ]; it ought to contain "1"',
  );
  for (const value of [undefined, null, 5, { includes: 1 }] as unknown as string[]) {
    assert.notEqual(said(() => expect(value).toContain("a")), "");
  }
});

Deno.test("a value with fields like a signal's is a value", () => {
  const clock = makeLab().clock;
  for (
    const like of [
      { channel: "LED", clock: "host", occurrences: [] },
      { channel: "LED", clock, occurrences: 3 },
      { channel: 5, clock, occurrences: [] },
    ]
  ) {
    assert.equal(said(() => expect<unknown>(like).toEqual({ ...like })), "");
    assert.match(said(() => expect<unknown>(like).toBe(5)), /it ought to be 5$/);
  }
  const lab = makeLab();
  inside(lab, () => expect(lab.led as Signal<null>).toHaveHappened(0));
});

Deno.test("huge values are cut in message and trace, on a pass too", () => {
  const lab = makeLab();
  const huge = { text: "x".repeat(1e6), rows: Array.from({ length: 1e4 }, (_, i) => `${i}`) };
  inside(lab, () => {
    expect(huge).toEqual(structuredClone(huge));
    assert.throws(() => expect<unknown>(huge).toBe("y".repeat(1e6)));
    assert.throws(() => expect<unknown>(new Error("a\nb".repeat(1e5))).toBe(undefined));
  });
  for (const event of lab.events) assert.ok(JSON.stringify(event).length < 3000);
});

Deno.test("outside a scenario an expectation is refused at once, without waiting", () => {
  const { led } = makeLab();
  const message = 'Cannot call "expect": no scenario is running; ' +
    "call it in the body of a scenario";
  assert.throws(() => expect(led), { message });
  assert.throws(() => expect(5), { message });
});

Deno.test("an expectation that nobody awaited says so when its scenario has ended", async () => {
  const lab = makeLab();
  const floating = inside(lab, () => expect(lab.led).toHappen({ within: ms(5) }));
  lab.context.ended = true;
  assert.equal(
    (await errorOf(() => floating)).message,
    'Cannot call "expect": its scenario has ended; await every promise that the body starts',
  );
  assert.deepEqual(lab.events, []);
});

Deno.test("types: what makes no sense does not compile", () => {
  const lab = makeLab();
  const neverRun = () => {
    // @ts-expect-error a limit has a unit
    void expect(lab.led).toHappen({ within: 5 });
    // @ts-expect-error a wait has a limit
    void expect(lab.led).toHappen({ kind: "rise" });
    // @ts-expect-error a number has no pattern
    expect(5).toMatch(/5/);
    // @ts-expect-error text is not less
    expect("5").toBeLessThan(6);
    // @ts-expect-error a number contains nothing
    expect(5).toContain(5);
    // @ts-expect-error a number is no text
    expect(5).toBe("5");
    // @ts-expect-error a promise is not its value: await it
    expect(Promise.resolve(5)).toBe(5);
    const typed = expect({} as Signal<{ readonly lba: number }>);
    // @ts-expect-error the data of this signal has no such field
    void typed.toHappen({ where: ({ drive }) => drive === 0, within: ms(5) });
    void typed.toHappen({ where: ({ lba }) => lba === 0, within: ms(5) });
  };
  assert.equal(typeof neverRun, "function");
});
