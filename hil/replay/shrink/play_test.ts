import assert from "node:assert/strict";
import type { Clock } from "../../time/mod.ts";
import { action, script, sequence } from "./_scripts.ts";
import { differenceOf, findingsOf, signatureOf, wantedOf } from "./judge.ts";
import { play } from "./play.ts";

/** Jumps. */
class Jumping implements Clock {
  readonly name = "toy";
  readonly virtual = true;
  ns = 0;
  now() {
    return this.ns;
  }
  until<T>(_probe: () => T | undefined, limit: { readonly ns: number }) {
    this.ns += limit.ns;
    return Promise.resolve(undefined);
  }
}

/** Writes down what is asked of it; a door opens into rooms. */
function toy() {
  const clock = new Jumping();
  const asked: string[] = [];
  const port = {
    clock,
    open(name: string) {
      asked.push(`open ${name} at ${clock.ns}`);
      return Promise.resolve({
        enter: () => {
          asked.push(`enter ${name}`);
          return name === "cellar" ? Promise.reject(new Error("it is dark")) : 7;
        },
      });
    },
    async together(all: (key: string) => Promise<unknown>) {
      asked.push("begin");
      const given = await all("key");
      asked.push("end");
      return given;
    },
  };
  return { clock, asked, ports: { house: port } };
}

async function played(what: Parameters<typeof play>[0]) {
  const { clock, asked, ports } = toy();
  const { results, over } = play(what, ports, { clock });
  await over;
  return { asked, results, observation: { results, events: [] } };
}

Deno.test("calls are made on what earlier ones gave, after what they waited for", async () => {
  const { asked, results } = await played(script([
    action(1, ["house", "open", "hall"]),
    action(2, ["#1", "enter"], { awaits: [1], delayNs: 5, came: { sync: true } }),
    action(3, ["house", "open", "cellar"], { delayNs: 3 }),
    action(4, ["#3", "enter"], { awaits: [3] }),
    action(5, ["house", "open", "attic"], { awaits: [4] }),
  ]));
  const opened = ["open hall at 0", "enter hall", "open cellar at 8", "enter cellar"];
  assert.deepEqual(asked, [...opened, "open attic at 8"]);
  assert.equal(results.get(2)!.value, 7);
  assert.equal((results.get(4)!.error as Error).message, "it is dark");
});

Deno.test("a function that is called back does what it did", async () => {
  const callbacks = [{
    ...{ id: 2, on: "fn1", args: ["key"], awaits: [3], sync: false },
    value: [{ $: "object", is: "#3" }],
  }];
  const { asked, results } = await played(script([
    action(1, ["house", "together", { $: "function", is: "fn1" }]),
    action(3, ["house", "open", "hall"], { within: 2 }),
    action(4, ["#3", "enter"], { awaits: [1] }),
  ], callbacks));
  assert.deepEqual(asked, ["begin", "open hall at 0", "end", "enter hall"]);
  assert.deepEqual(results.get(1)!.value, [results.get(3)!.value]);
});

Deno.test("what is to be called on something that never came is not made", async () => {
  const { asked, results } = await played(sequence(
    ["house", "open", "cellar"],
    ["#1", "enter"],
    ["#2", "light"],
  ));
  assert.deepEqual(asked, ["open cellar at 0", "enter cellar"]);
  assert.equal(results.get(3)!.unmade, true);
});

Deno.test("a failure is known again by what a call threw, whatever its numbers", async () => {
  const { observation } = await played(sequence(["house", "open", "cellar"], ["#1", "enter"]));
  const findings = [...findingsOf(observation, new Map())];
  assert.deepEqual(findings.map(({ key, call }) => [key, call]), [["call Error: it is dark", 2]]);
  const failure = { name: "Error", message: "it is dark; take a lamp\n  evidence" };
  assert.equal(wantedOf(findings, failure), findings[0]);
  assert.equal(wantedOf(findings, { name: "Error", message: "it is cold" }), undefined);
  const of = (message: string) => signatureOf({ name: "E", message });
  assert.equal(of('no "write 0 7" in 10 s; a, b'), of('no "sync" in 3.5 s'));
  assert.equal(of("at 0xcafe0102 and 08001007"), of("at 0x1 and 5"));
  assert.notEqual(of("block 7 is torn"), of("block 7 is lost"));
});

Deno.test("what an oracle finds is the failure when no call told it", () => {
  const oracles = new Map([["cache", () => ({ kind: "P1", message: "P1 of 0:7" })]]);
  const [finding] = findingsOf({ results: new Map(), events: [] }, oracles);
  assert.deepEqual(finding, {
    ...{ by: "oracle", key: "oracle cache P1", message: "P1 of 0:7", role: "cache" },
  });
  assert.equal(wantedOf([finding!], { name: "ExpectationError", message: "x" }), finding);
});

Deno.test("what calls give is compared with another target, living things apart", async () => {
  const what = sequence(["house", "open", "hall"], ["#1", "enter"]);
  const one = await played(what);
  assert.equal(differenceOf(what, one.observation, (await played(what)).observation), undefined);
  const other = { results: new Map(one.results).set(2, { sync: true, value: 8 }), events: [] };
  const found = differenceOf(what, one.observation, other);
  assert.deepEqual([found!.call, found!.value], [2, 8]);
  assert.match(found!.message, /#1.enter gives 7; the reference gives 8/);
});
