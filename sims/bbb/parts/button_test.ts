import assert from "node:assert/strict";
import { type Level, loadParts, saveParts, VirtualClock, Wire } from "sims/engine/mod.ts";
import { Button } from "./button.ts";
import { Led } from "./led.ts";

function rig(options: { active?: Level; bounces?: readonly number[] } = {}) {
  const clock = new VirtualClock("board");
  const wire = new Wire("GPIO2_2");
  const button = new Button({ name: "button", clock, wire, ...options });
  const edges: [number, Level][] = [];
  wire.listen((level) => edges.push([clock.now(), level]));
  return { clock, wire, button, edges };
}

Deno.test("a button is pressed until it is released", () => {
  const { wire, button } = rig();
  button.press();
  assert.equal(wire.level, 1);
  button.release();
  assert.equal(wire.level, 0);
});

Deno.test("held for a time it is released by itself", () => {
  const { clock, button, edges } = rig();
  button.press(50_000_000);
  clock.runTo(1e9);
  assert.deepEqual(edges, [[0, 1], [50_000_000, 0]]);
});

Deno.test("a button to ground rests high", () => {
  const { wire, button } = rig({ active: 0 });
  assert.equal(wire.level, 1);
  button.press();
  assert.equal(wire.level, 0);
});

Deno.test("its contact bounces at both edges", () => {
  const { clock, button, edges } = rig({ bounces: [100, 300] });
  button.press(1000);
  clock.runTo(5000);
  assert.deepEqual(edges, [[0, 1], [100, 0], [300, 1], [1000, 0], [1100, 1], [1300, 0]]);
});

Deno.test("restored while it bounces it goes on bouncing", () => {
  const board = rig({ bounces: [100, 300] });
  board.button.press(1000);
  board.clock.runTo(200);
  const other = rig({ bounces: [100, 300] });
  other.clock.restore(200);
  loadParts([other.wire, other.button], saveParts([board.wire, board.button]));
  board.clock.runTo(5000);
  other.clock.runTo(5000);
  assert.deepEqual(other.edges, board.edges.slice(2));
});

Deno.test("bounces that do not end as the edge are refused", () => {
  assert.throws(() => rig({ bounces: [100] }), {
    message: 'Cannot bounce button "button" at "100" ns: give an even number of rising times',
  });
});

Deno.test("an LED shines at its level and tells when that changes", () => {
  const wire = new Wire("GPIO1_21");
  const [led, other] = [new Led({ name: "USR0", wire }), new Led({ name: "D1", wire, active: 0 })];
  const told: boolean[] = [];
  led.listen((lit) => told.push(lit));
  const driver = wire.driver("GPIO1");
  assert.deepEqual([led.lit, other.lit], [false, true]);
  driver.drive(1);
  driver.drive(0);
  assert.deepEqual(told, [true, false]);
});
