import assert from "node:assert/strict";
import { History } from "../report/mod.ts";
import { FakeBench, SECOND } from "./_fixture.ts";
import { nightAsRun } from "./junit.ts";
import { recall } from "./memory.ts";
import { lengthOf, sizeOf } from "./values.ts";

Deno.test("a night remembers what failed, was flaky or was not reached in those before it", async () => {
  const root = await Deno.makeTempDir({ prefix: "hil-memory-" });
  const ask = async (bench: string) => {
    const { memory, last } = await recall(
      { nights: root, history: `${root}/history.sqlite`, bench },
      (text) => assert.fail(text),
    );
    const names = (ids: ReadonlySet<string>) => [...ids].map((id) => id.split("#")[1]).sort();
    const { failed, flaky, unreached } = memory;
    return [names(failed), names(flaky), names(unreached), last?.exitCode];
  };
  const spend = async (id: string, fates: FakeBench["fates"], more: object = {}) => {
    const night = await new FakeBench(fates).night({ id, passes: 1, ...more }).run();
    await Deno.mkdir(`${root}/${id}`);
    await Deno.writeTextFile(`${root}/${id}/night.json`, JSON.stringify(night));
  };
  try {
    assert.deepEqual(await ask("lab"), [[], [], [], undefined]);
    const takes = SECOND;
    await spend("20261101-220000", {
      a: { takes, ends: () => "failed" },
      b: { takes, ends: () => "flaky" },
      c: { takes },
    });
    assert.deepEqual(await ask("lab"), [["a"], ["b"], [], 1]);
    await spend("20261102-220000", { a: { takes }, b: { takes }, c: { takes } }, {
      budgetNs: takes,
    });
    assert.deepEqual(await ask("lab"), [["a"], ["b"], ["b", "c"], 0]);
    assert.deepEqual(await ask("other"), [[], [], [], undefined], "of another bench");
    for (let day = 3; day < 10; day++) await spend(`2026110${day}-220000`, { a: { takes } });
    assert.deepEqual(await ask("lab"), [[], [], [], 0], "a week later");
    await Deno.mkdir(`${root}/20261111-220000`);
    await Deno.writeTextFile(`${root}/20261111-220000/night.json`, '{"version":');
    assert.deepEqual(await ask("lab"), [[], [], [], 0], "half a file tells nothing");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("of runs by day it knows what failed last, what was flaky, and how long each took", async () => {
  const root = await Deno.makeTempDir({ prefix: "hil-memory-" });
  const history = `${root}/history.sqlite`;
  const warn = (text: string) => assert.fail(text);
  try {
    {
      using runs = new History(history, { warn });
      for (const seconds of [4, 9, 3]) {
        const bench = new FakeBench({
          a: { takes: 2 * SECOND, ends: () => "failed" },
          b: { takes: 3 * SECOND, ends: () => "flaky" },
          c: { takes: seconds * SECOND },
        });
        const night = await bench.night({ passes: 1 }).run();
        assert.ok(await runs.record(nightAsRun(night, "lab.yaml")));
      }
    }
    const { memory, last } = await recall(
      { nights: `${root}/nights`, history, bench: "lab" },
      warn,
    );
    const id = (name: string) => `x.scenario.ts#${name}`;
    assert.deepEqual([[...memory.failed], [...memory.flaky]], [[id("a")], [id("b")]]);
    assert.deepEqual([id("a"), id("c")].map((each) => memory.durations.get(each)), [
      ...[2 * SECOND, 9 * SECOND],
    ]);
    assert.equal(last, undefined);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("lengths and sizes are read as people write them", () => {
  assert.deepEqual(["90min", "6h", "1.5 d", "2w"].map(lengthOf), [
    ...[5400e3, 6 * 3600e3, 36 * 3600e3, 14 * 24 * 3600e3],
  ]);
  assert.deepEqual(["10GiB", "500 MB", "1.5TiB"].map(sizeOf), [10 * 2 ** 30, 5e8, 1.5 * 2 ** 40]);
  for (const text of ["", "6", "h", "-1h", "6H", "1e3h", "0s", "99999d", "6hours", "constructor"]) {
    assert.throws(() => lengthOf(text), RangeError, text);
  }
  for (const text of ["", "10", "1KB", "10gib", "0GB", "1 toString"]) {
    assert.throws(() => sizeOf(text), RangeError, text);
  }
});
