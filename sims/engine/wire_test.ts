import assert from "node:assert/strict";
import { type Level, Wire } from "./wire.ts";

Deno.test("a wire follows who drives it, and its resistor when nobody does", () => {
  for (const pull of [0, 1, undefined] as const) {
    const wire = new Wire("pin", { pull });
    const driver = wire.driver("GPIO1");
    assert.equal(wire.level, pull ?? 0);
    driver.drive(1);
    assert.equal(wire.level, 1);
    driver.drive(0);
    assert.equal(wire.level, 0);
    driver.drive(undefined);
    assert.equal(wire.level, pull ?? 0);
    assert.equal(driver.drives, undefined);
  }
});

Deno.test("where two drive against each other low wins, and it shows", () => {
  const wire = new Wire("pin", { pull: 1 });
  const [a, b] = [wire.driver("a"), wire.driver("b")];
  a.drive(1);
  assert.equal(wire.contended, false);
  b.drive(0);
  assert.deepEqual([wire.level, wire.contended], [0, true]);
  a.drive(undefined);
  assert.deepEqual([wire.level, wire.contended], [0, false]);
});

Deno.test("a resistor that is switched on counts only where nobody drives", () => {
  const wire = new Wire("pin");
  const [chip, other] = [wire.driver("chip"), wire.driver("other")];
  chip.pull(1);
  assert.equal(wire.level, 1);
  other.drive(0);
  assert.equal(wire.level, 0);
  assert.equal(wire.contended, false);
  other.drive(undefined);
  other.pull(0);
  assert.equal(wire.level, 0, "against a resistor to ground");
  other.pull(undefined);
  chip.pull(undefined);
  assert.equal(wire.level, 0);
});

Deno.test("listeners hear each change once, after it", () => {
  const wire = new Wire("irq");
  const heard: [Level, Level][] = [];
  wire.listen((level) => heard.push([level, wire.level]));
  const [a, b] = [wire.driver("a"), wire.driver("b")];
  a.drive(0);
  a.drive(1);
  a.drive(1);
  b.drive(1);
  a.drive(undefined);
  b.drive(0);
  assert.deepEqual(heard, [[1, 1], [0, 0]]);
});

Deno.test("a wire takes each name once", () => {
  const wire = new Wire("irq");
  wire.driver("UART0");
  assert.throws(() => wire.driver("UART0"), {
    message: 'Cannot drive wire "irq" as "UART0": somebody does already',
  });
});

Deno.test("loading restores who drives, and tells nobody", () => {
  const make = () => {
    const wire = new Wire("pin", { pull: 1 });
    return { wire, a: wire.driver("a"), b: wire.driver("b") };
  };
  const one = make();
  one.a.drive(0);
  one.b.pull(0);
  const other = make();
  other.b.drive(1);
  other.wire.listen(() => assert.fail("told"));
  other.wire.load(one.wire.save());
  assert.deepEqual([other.wire.level, other.a.drives, other.b.drives], [0, 0, undefined]);
  one.a.drive(undefined);
  const third = make();
  third.wire.load(one.wire.save());
  assert.equal(third.wire.level, 0, "the resistor too");
});
