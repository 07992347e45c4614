import assert from "node:assert/strict";
import { need } from "../bench/mod.ts";
import { seconds } from "../time/mod.ts";
import { type Ports, scenario, takeDeclared } from "./scenario.ts";

interface Led {
  toggle(): void;
}
interface Button {
  press(options: { readonly holdMs: number }): number;
}
const led = () => need<Led>("board", { requires: ["led"], options: { pin: 55 } });
const button = () => need<Button>("board");

Deno.test("a scenario is declared with its place, its needs as data, and its options", () => {
  takeDeclared();
  const tags = ["slow"];
  const body = () => {};
  scenario("a press toggles", { uses: { led: led() }, timeout: seconds(90), tags }, body);
  scenario("nothing is needed", { uses: {} }, body);
  const line = Number(new Error().stack!.match(/scenario_test\.ts:(\d+)/)![1]);
  const file = new URL(import.meta.url).pathname;
  assert.deepEqual(takeDeclared(), [
    {
      name: "a press toggles",
      file,
      line: line - 2,
      uses: { led: { role: "board", requires: ["led"], options: { pin: 55 } } },
      timeout: seconds(90),
      tags,
      body,
    },
    {
      name: "nothing is needed",
      file,
      line: line - 1,
      uses: {},
      timeout: undefined,
      tags: [],
      body,
    },
  ]);
  assert.deepEqual(takeDeclared(), [], "each is taken once");
});

Deno.test("one without a name, needs or a body is refused and not declared", () => {
  const declare = scenario as (...args: unknown[]) => void;
  const remedy = 'it needs a name, "uses" and a body; ' +
    'write scenario("what is true", { uses: { … } }, async ({ … }) => { … })';
  for (
    const [name, ...rest] of [
      ["", { uses: {} }, () => {}],
      [" \n", { uses: {} }, () => {}],
      [undefined, { uses: {} }, () => {}],
      ["no body", { uses: {} }],
      ["no options", () => {}],
      ["no needs", {}, () => {}],
    ]
  ) {
    assert.throws(() => declare(name, ...rest), {
      name: "TypeError",
      message: `Cannot declare the scenario "${name}": ${remedy}`,
    });
  }
  assert.deepEqual(takeDeclared(), []);
});

Deno.test("types: the ports of a body are those of its needs", () => {
  const neverRun = () => {
    scenario("inferred", { uses: { led: led(), button: button() } }, ({ led, button }) => {
      led.toggle();
      const t: number = button.press({ holdMs: 50 });
      // @ts-expect-error an LED is not pressed
      led.press({ holdMs: 50 });
      // @ts-expect-error the press says how long
      button.press({});
      return t > 0 ? undefined : Promise.resolve();
    });
    // @ts-expect-error there is no need of that name
    scenario("unknown", { uses: { led: led() } }, ({ buzzer }) => buzzer);
    // @ts-expect-error a limit has a unit
    scenario("a number", { uses: {}, timeout: 5 }, () => {});
    // @ts-expect-error a need is data with a role, not a name
    scenario("a name", { uses: { led: "board" } }, () => {});
    // @ts-expect-error needs are always there, if empty
    scenario("no needs", {}, () => {});
    const ports = {} as Ports<{ led: ReturnType<typeof led> }>;
    // @ts-expect-error ports are read-only
    ports.led = { toggle() {} };
    // @ts-expect-error a port is there: nobody has to ask whether it is
    const missing: undefined extends typeof ports.led ? true : false = true;
    return missing;
  };
  assert.equal(typeof neverRun, "function");
});
