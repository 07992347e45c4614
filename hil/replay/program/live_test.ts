import { deepEqual, equal, throws } from "node:assert/strict";
import { ms } from "../../time/mod.ts";
import { callOn, Live } from "./live.ts";

const valve = { name: "left", level: 1 };
const ports = {
  tank: { valves: [valve], byName: new Map([["left", valve]]), set: new Set([valve]) },
  uart: { console: { name: "com1", write: () => {} } },
};

function live(): Live {
  const live = new Live(ports, (key) => () => key);
  live.give(3, { finished: "yes" });
  return live;
}

Deno.test("keys lead to live objects: ports, what calls gave, what lies in them, functions", () => {
  const at = live();
  equal(at.object("tank.valves.0"), valve);
  equal(at.object("tank.valves.0~2"), valve);
  equal(at.object("tank.byName.0.value.name"), "left");
  equal(at.object("tank.set.0"), valve);
  equal(at.object("#3.finished"), "yes");
  equal(at.object("fn1"), at.object("fn1"));
  equal(callOn(at.object("fn2"), "", []), "fn2");
  equal(at.object("channel:com1"), ports.uart.console);
  equal(at.object("channel:ttyS0"), ports.uart.console);
});

Deno.test("what is not there is told by its name", () => {
  const at = live();
  throws(() => at.object("#4"), { name: "MissingObject", message: "nothing came of call #4 here" });
  throws(() => at.object("pump"), /there is no port "pump"/);
  throws(() => at.object("tank.lid.hinge"), /tank has no "lid" here/);
  throws(() => callOn(valve, "turn", []), /it has no "turn" here/);
});

Deno.test("arguments are values again, but for what the trace cannot tell", () => {
  const at = live();
  deepEqual(at.value({ within: { $: "duration", ns: 5e6 }, of: { $: "object", is: "#3" } }), {
    within: ms(5),
    of: { finished: "yes" },
  });
  deepEqual(at.value({ signal: { $: "opaque", is: "AbortSignal" } }), { signal: undefined });
  throws(() => at.value([{ $: "opaque", is: "Machine" }]), /does not tell what that Machine was/);
});

Deno.test("properties are set, and symbols called, by their recorded names", () => {
  callOn(valve, "level=", [7]);
  equal(valve.level, 7);
  const iterator = callOn([8], "[Symbol.iterator]", []) as Iterator<number>;
  equal(iterator.next().value, 8);
});
