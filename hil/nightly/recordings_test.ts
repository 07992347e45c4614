import assert from "node:assert/strict";
import { Random } from "../time/mod.ts";
import { plannedOf, resultOf } from "./_fixture.ts";
import { type Recording, toPrune } from "./prune.ts";
import { Recordings } from "./recordings.ts";

const DAY = 24 * 3600e3;

function recording(path: string, more: Partial<Recording> = {}): Recording {
  return { path, id: "a", outcome: "failed", at: 0, bytes: 100, ...more };
}

const paths = (recordings: readonly Recording[]) => recordings.map(({ path }) => path);

Deno.test("what passed goes first, then the oldest failure, and never a scenario's newest", () => {
  const all = [
    recording("old failure", { at: 1 }),
    recording("newer failure", { at: 2 }),
    recording("newest failure", { at: 3 }),
    recording("failure of b", { id: "b", at: 0, outcome: "flaky" }),
    recording("pass", { id: "b", at: 9, outcome: "passed" }),
  ];
  const prune = (sizeBytes: number) => paths(toPrune(all, { sizeBytes, ageMs: DAY }, 10));
  assert.deepEqual(prune(500), []);
  assert.deepEqual(prune(499), ["pass"]);
  assert.deepEqual(prune(399), ["pass", "old failure"]);
  assert.deepEqual(prune(0), ["pass", "old failure", "newer failure"]);
});

Deno.test("what is too old goes, however much room there is", () => {
  const all = [recording("old", { at: 0 }), recording("new", { at: 5 * DAY })];
  const limits = { sizeBytes: 1e9, ageMs: 3 * DAY };
  assert.deepEqual(paths(toPrune(all, limits, 3 * DAY)), []);
  assert.deepEqual(paths(toPrune(all, limits, 3 * DAY + 1)), ["old"]);
  assert.deepEqual(paths(toPrune(all, limits, 99 * DAY)), ["old"], "the newest failure stays");
});

Deno.test("whatever there is: the newest failures stay, and no more goes than must", () => {
  const random = new Random(10);
  for (let round = 0; round < 500; round++) {
    const all = Array.from({ length: random.below(12) }, (_, i) =>
      recording(`${i}`, {
        id: "abc"[random.below(3)],
        outcome: (["passed", "failed", "flaky"] as const)[random.below(3)],
        at: random.below(100),
        bytes: random.below(1000),
      }));
    const limits = { sizeBytes: random.below(4000), ageMs: random.below(100) };
    const gone = toPrune(all, limits, 100);
    const left = all.filter((each) => !gone.includes(each));
    for (const id of "abc") {
      const newest = (of: Recording[]) =>
        Math.max(...of.filter((r) => r.id === id && r.outcome !== "passed").map(({ at }) => at));
      assert.equal(newest(left), newest(all));
    }
    const size = (of: readonly Recording[]) => of.reduce((sum, { bytes }) => sum + bytes, 0);
    const last = gone.findLast(({ at }) => 100 - at <= limits.ageMs);
    if (last) assert.ok(size(left) + size(gone.slice(gone.indexOf(last))) > limits.sizeBytes);
  }
});

/** A project whose scenarios have run once, and recordings of it. */
async function withStore(
  body: (
    store: { root: string; open: (more?: object) => Recordings; at: (ms: number) => void },
  ) => void,
) {
  const root = await Deno.makeTempDir({ prefix: "hil-recordings-" });
  let now = 1e12;
  const open = (more: object = {}) =>
    new Recordings({
      folder: `${root}/nights/recordings`,
      root,
      limits: { sizeBytes: 1e6, ageMs: DAY },
      wall: () => new Date(now),
      shown: (path) => path.slice(root.length + 1),
      ...more,
    });
  try {
    for (const name of ["a", "b"]) {
      Deno.mkdirSync(`${root}/reports/runs/1/${name}/pictures`, { recursive: true });
      Deno.writeTextFileSync(`${root}/reports/runs/1/${name}/trace.jsonl`, `trace of ${name}`);
      Deno.writeTextFileSync(`${root}/reports/runs/1/${name}/pictures/1.png`, "picture");
    }
    body({ root, open, at: (ms) => now = ms });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const NIGHT = "20261125-220000";

Deno.test("a failure is kept with its attachments, and its paths are those of what is kept", () =>
  withStore(({ root, open }) => {
    const picture = { path: "reports/runs/1/a/pictures/1.png", title: "screen" };
    const elsewhere = { path: "fixtures/firmware.bin", title: "firmware" };
    const result = resultOf(plannedOf("a"), "failed");
    const attempts = result.attempts.map((each) => ({
      ...each,
      attachments: [picture, elsewhere],
    }));
    const kept = open().keep(NIGHT, 3, { ...result, attempts });
    const [{ trace, attachments }] = kept.attempts as [typeof kept.attempts[0]];
    assert.equal(trace, `nights/recordings/${NIGHT}-p3-a/trace.jsonl`);
    assert.deepEqual(attachments.map(({ path }) => path), [
      ...[`nights/recordings/${NIGHT}-p3-a/pictures/1.png`, "fixtures/firmware.bin"],
    ]);
    Deno.removeSync(`${root}/reports`, { recursive: true });
    assert.equal(Deno.readTextFileSync(`${root}/${trace}`), "trace of a");
    const [found] = open().all;
    assert.deepEqual({ ...found, bytes: 0 }, {
      ...{ path: `${root}/nights/recordings/${NIGHT}-p3-a`, id: "x.scenario.ts#a" },
      ...{ outcome: "failed", at: 1e12, bytes: 0 },
    });
    assert.ok(found!.bytes > 20);
  }));

Deno.test("of what passed the last is kept; of retries each", () =>
  withStore(({ root, open }) => {
    const store = open();
    for (const pass of [1, 2]) store.keep(NIGHT, pass, resultOf(plannedOf("a"), "passed"));
    const kept = store.keep(NIGHT, 3, resultOf(plannedOf("b"), "flaky"));
    assert.deepEqual(kept.attempts.map(({ trace }) => trace), [
      `nights/recordings/${NIGHT}-p3-b/trace.jsonl`,
      `nights/recordings/${NIGHT}-p3-b/attempt-2/trace.jsonl`,
    ]);
    const names = [...Deno.readDirSync(`${root}/nights/recordings`)].map(({ name }) => name).sort();
    assert.deepEqual(names, [`${NIGHT}-p2-a`, `${NIGHT}-p3-b`]);
    const skipped = resultOf(plannedOf("a"), "skipped");
    assert.equal(store.keep(NIGHT, 4, skipped), skipped);
  }));

Deno.test("a pruning removes folders, also those of a night that was killed, and nobody else's", () =>
  withStore(({ root, open, at }) => {
    const folder = `${root}/nights/recordings`;
    open().keep(NIGHT, 1, resultOf(plannedOf("a"), "failed"));
    Deno.mkdirSync(`${folder}/${NIGHT}-p1-half`);
    Deno.mkdirSync(`${folder}/mine`);
    Deno.writeTextFileSync(`${folder}/mine/recording.json`, "[]");
    at(8e12);
    const store = open();
    store.keep(NIGHT, 2, resultOf(plannedOf("a"), "failed"));
    assert.deepEqual(store.prune(), []);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, [`${NIGHT}-p2-a`, "mine"]);
  }));

Deno.test("a pruning that fails says so, and goes on with the others", () =>
  withStore(({ root, open, at }) => {
    open().keep(NIGHT, 1, resultOf(plannedOf("a"), "passed"));
    open().keep(NIGHT, 1, resultOf(plannedOf("b"), "passed"));
    at(8e12);
    const store = open({
      remove(path: string) {
        if (path.endsWith("-a")) throw new Error("Device or resource busy");
        Deno.removeSync(path, { recursive: true });
      },
    });
    const path = `${root}/nights/recordings/${NIGHT}-p1-a`;
    assert.deepEqual(store.prune(), [
      `Cannot prune the recording "${path}": Device or resource busy; remove it by hand`,
    ]);
    assert.deepEqual(paths(store.all), [path]);
    store.keep(NIGHT, 2, resultOf(plannedOf("b"), "failed"));
    const small = open({ limits: { sizeBytes: 10, ageMs: DAY } });
    assert.match(
      small.prune().join(),
      /to 10 B: the newest failures of 1 scenario are .* larger --keep/,
    );
  }));

Deno.test("a recording that the disk refuses is told with its path", () =>
  withStore(({ root, open }) => {
    Deno.writeTextFileSync(`${root}/nights`, "a file");
    assert.throws(() => open().keep(NIGHT, 1, resultOf(plannedOf("a"), "failed")), {
      message: /^Cannot keep the recording ".*-p1-a": .*; look at the disk$/,
    });
  }));
