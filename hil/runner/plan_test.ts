import assert from "node:assert/strict";
import type { Bench } from "../bench/mod.ts";
import { Archive } from "./archive.ts";
import { discover } from "./discover.ts";
import { UsageError } from "./options.ts";
import {
  type Candidate,
  candidates,
  longestFirst,
  replayCommand,
  reproduceCommand,
  select,
  shardOf,
} from "./plan.ts";
import { Project } from "./_fixture.ts";

const target = (role: string, name: string) => ({
  role,
  name,
  module: "file:///m.ts",
  options: {},
});

function bench(roles: Record<string, string[]>): Bench {
  return {
    name: "test",
    file: "/repo/fixtures/benches/emulated.yaml",
    roles: new Map(
      Object.entries(roles).map(([role, names]) => [role, {
        role,
        default: [names[0]!],
        targets: new Map(names.map((name) => [name, target(role, name)])),
      }]),
    ),
  };
}

function plan(names: string[], roles: string[] = [], use: Record<string, string[]> = {}) {
  const needs = roles.map((role) => ({ role, requires: [] }));
  const declared = names.map((name) => ({ name, line: 1, tags: ["quick"], needs }));
  return candidates([{ path: "/repo/scenarios/a.scenario.ts", declared }], {
    root: "/repo",
    bench: bench({ board: ["sim", "lab"], net: ["sim", "real"] }),
    use: new Map(Object.entries(use)),
  });
}

const ids = (list: readonly Candidate[]) => list.map(({ id }) => id);

Deno.test("ids name file, scenario and targets; namesakes are numbered", () => {
  assert.deepEqual(ids(plan(["x", "x"], ["net", "board", "net"])), [
    "scenarios/a.scenario.ts#x [board=sim, net=sim]",
    "scenarios/a.scenario.ts#x [board=sim, net=sim] #2",
  ]);
});

Deno.test("several targets for two roles make their product", () => {
  const use = { board: ["sim", "lab"], net: ["real", "sim"] };
  assert.deepEqual(ids(plan(["x"], ["board", "net"], use)).map((id) => id.split("#x ")[1]), [
    "[board=sim, net=real]",
    "[board=sim, net=sim]",
    "[board=lab, net=real]",
    "[board=lab, net=sim]",
  ]);
});

Deno.test("grep looks at the name, exactly if asked, and at tags", () => {
  const all = plan(["a hit", "a hit and miss"]);
  const found = (grep: RegExp) => select(all, { root: "/repo", grep }).map((c) => c.declared.name);
  assert.deepEqual(found(/^a hit$/), ["a hit"]);
  assert.deepEqual(found(/@quick/), ["a hit", "a hit and miss"]);
  assert.deepEqual(found(/MISS/gi), ["a hit and miss"]);
  assert.throws(() => found(/@slow/), UsageError);
});

Deno.test("shards are a partition that new scenarios do not change", () => {
  const names = Array.from({ length: 500 }, (_, i) => `scenario ${i}`);
  const all = plan(names);
  for (const count of [1, 2, 3, 7]) {
    const shards = Array.from({ length: count }, (_, i) => {
      return ids(select(all, { root: "/repo", shard: { index: i + 1, count } }));
    });
    assert.deepEqual(shards.flat().sort(), ids(all).sort());
    for (const shard of shards) assert.ok(shard.length > 500 / count * 0.7, `${shard.length}`);
  }
  const before = shardOf(all[0]!.id, 3);
  assert.equal(shardOf(plan([...names, "new"])[0]!.id, 3), before);
});

Deno.test("the longest go first, unknown ones before, and equal ones stay in order", () => {
  const items = ["a", "b", "c", "d", "e"].map((id) => ({ id }));
  const durations = new Map([["a", 1], ["b", 30], ["d", 30]]);
  assert.deepEqual(longestFirst(items, durations).map(({ id }) => id), ["c", "e", "b", "d", "a"]);
});

Deno.test("the reproduce command survives a shell", () => {
  const name = `it's "5 * $HOME" (or 6) / \\w ?`;
  const command = reproduceCommand(
    { file: "scenarios/a b.scenario.ts", name, targets: { board: "sim" }, seed: 3 },
    { root: "/repo", bench: bench({}) },
  );
  const script = `deno() { for word in "$@"; do printf '%s\\n' "$word"; done; }; ${command}`;
  const { stdout } = new Deno.Command("sh", { args: ["-c", script] }).outputSync();
  const words = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assert.deepEqual(words.slice(0, 4), ["task", "hil", "scenarios/a b.scenario.ts", "--grep"]);
  assert.deepEqual(words.slice(5), ["--use", "board=sim", "--seed", "3"]);
  assert.ok(new RegExp(words[4]!).test(name));
  assert.ok(!new RegExp(words[4]!).test(name.replace("*", "")));
});

Deno.test("the replay command goes to the millisecond at which all has happened", () => {
  assert.equal(
    replayCommand("reports/a b/trace.jsonl", 12_347_000_001),
    "deno task hil replay 'reports/a b/trace.jsonl' --until 12.348s",
  );
});

Deno.test("files are found below folders and by name, each once, in order", async () => {
  await Project.with({
    "scenarios/b.scenario.ts": "",
    "scenarios/a #1/c.scenario.ts": "",
    "scenarios/.hidden/d.scenario.ts": "",
    "scenarios/node_modules/e.scenario.ts": "",
    "scenarios/steps.ts": "",
    "empty/steps.ts": "",
  }, ({ root }) => {
    const c = `${root}/scenarios/a #1/c.scenario.ts`, b = `${root}/scenarios/b.scenario.ts`;
    assert.deepEqual(discover(root, []), [c, b]);
    assert.deepEqual(discover(root, ["scenarios/b.scenario.ts", "./scenarios/", b]), [c, b]);
    const message = (...paths: string[]) => {
      try {
        discover(root, paths);
      } catch (error) {
        assert.ok(error instanceof UsageError);
        return error.message;
      }
    };
    assert.equal(
      message("gone"),
      `Cannot run the scenarios of "gone": it is not there; give the path of a *.scenario.ts ` +
        `or of a folder, from ${root}`,
    );
    assert.equal(
      message("scenarios/steps.ts"),
      'Cannot run the scenarios of "scenarios/steps.ts": the name of a scenario file ends with ' +
        ".scenario.ts; rename it or name another",
    );
    assert.equal(
      message("empty"),
      'Cannot run the scenarios of "empty": there is no *.scenario.ts below it; ' +
        "name a folder that has some",
    );
    return Promise.resolve();
  });
});

Deno.test("the archive keeps 20 runs, and only removes what it has made", async () => {
  await Project.with({ "runs/mine/notes": "" }, ({ root }) => {
    for (let day = 10; day < 35; day++) Deno.mkdirSync(`${root}/runs/202401${day}-120000`);
    const archive = Archive.open(root);
    const names = [...Deno.readDirSync(`${root}/runs`)].map(({ name }) => name).sort();
    assert.equal(names.length, 21);
    assert.deepEqual([names.at(-1), names.at(-2)], ["mine", archive.id]);
    const second = Archive.open(root);
    assert.notEqual(second.folder, archive.folder);
    return Promise.resolve();
  });
});

Deno.test("folders of attempts are readable, short and unique", async () => {
  await Project.with({}, ({ root }) => {
    const archive = Archive.open(root);
    const slug = (...parts: string[]) => archive.traceDir(parts).slice(archive.folder.length + 1);
    assert.equal(slug("led", "It's ON: 5 ms!", "sim"), "led-it-s-on-5-ms-sim");
    assert.equal(slug("led", "It's ON, 5 ms?", "sim"), "led-it-s-on-5-ms-sim-2");
    assert.equal(slug("../.."), "scenario");
    const long = slug("ж".repeat(300));
    assert.ok(new TextEncoder().encode(long).length <= 100 && !long.includes("\ufffd"), long);
    return Promise.resolve();
  });
});
