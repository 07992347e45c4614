import assert from "node:assert/strict";
import { seconds, withLimit } from "../../time/mod.ts";
import { TraceWriter } from "../../trace/mod.ts";
import { madeHistory } from "../_made_history.ts";
import { attempt, result, run as runOf } from "../_samples.ts";
import { everything, writeTrace } from "../html/_samples.ts";
import type { ReportIndex } from "../html/model.ts";
import { eventStream } from "./event_stream.ts";
import { LiveReport } from "./live_report.ts";
import { LiveSite } from "./live_site.ts";

const HEADER = {
  ...{ trace: 2, scenario: "a", file: "a.scenario.ts", line: 3, seed: 7, bench: "desk" },
  ...{ targets: { board: { target: "sim" } }, environment: {} },
};

function liveIn(root: string): LiveReport {
  const run = { host: "h", startedAt: "", argv: [], bench: "desk", seed: 7 };
  const history = `${root}/reports/history.sqlite`;
  return new LiveReport({ root, path: `${root}/reports/index.html`, run, history });
}

const planned = (id: string) => ({ id, name: id, file: "a.scenario.ts", line: 1, targets: {} });

function begin(live: LiveReport, ...ids: string[]): void {
  live.onBegin({ id: "r1", bench: "desk", seed: 7, jobs: 1, scenarios: ids.map(planned) });
}

async function inFolder(body: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "hil-live-" });
  try {
    await body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("scenarios wait, run and end; what changed is told, and no more", () => {
  const live = liveIn("/r");
  assert.deepEqual(live.index().live, { state: "began" });
  live.onProgress("building\nthe kernel");
  assert.deepEqual(live.index().live, { state: "began", doing: "building the kernel" });
  begin(live, "a", "b", "c");
  const states = ({ scenarios }: ReportIndex) => scenarios.map(({ outcome }) => outcome);
  assert.deepEqual(states(live.index()), ["waiting", "waiting", "waiting"]);
  const version = live.version;
  live.onStart(planned("b"), 1, "reports/runs/r1/b/trace.jsonl");
  live.onStep(planned("b"), "boot › wait");
  const rows = live.changes(version).rows.map(([row, { outcome, why }]) => [row, outcome, why]);
  assert.deepEqual(rows, [[1, "running", "boot › wait"]]);
  live.onResult(result({ ...planned("b"), outcome: "passed" }));
  const after = live.version;
  assert.deepEqual(states(live.index()), ["waiting", "passed", "waiting"]);
  assert.deepEqual(live.changes(after).rows, []);
  live.onEnd(runOf([], { problems: ["p"] }));
  assert.deepEqual([live.changes(after).live, live.changes(after).run.problems], [
    { state: "ended" },
    ["p"],
  ]);
});

Deno.test("a trace that grows is read on, and what a page has is not made again", async () => {
  await inFolder(async (root) => {
    const live = liveIn(root);
    begin(live, "a");
    assert.equal((await live.detail(0))!.version, "waiting");
    assert.equal(await live.detail(1), undefined);
    const path = "reports/runs/r1/a/trace.jsonl";
    live.onStart(planned("a"), 1, path);
    const early = (await live.detail(0))!;
    assert.deepEqual(early.detail!.attempts[0]!.events.problems, ["it has not begun yet"]);
    const writer = TraceWriter.create(`${root}/${path}`, HEADER);
    const happened = everything().slice(0, -1);
    for (const [t, body] of happened) writer.append(body, { t });
    writer.append({ type: "bytes", channel: "uart0", dir: "rx", text: "login: " }, { t: 99e6 });
    const { version, detail } = (await live.detail(0, early.version))!;
    const { events, measurements, attachments, outcome, trace } = detail!.attempts[0]!;
    assert.equal(outcome, "running");
    assert.equal(events.total, happened.length + 1);
    assert.ok(events.events.some((event) => event.type === "bytes" && event.text === "login: "));
    assert.equal(measurements.length, 1);
    assert.equal(attachments[0]!.href, "runs/r1/a/note.md");
    assert.equal(trace!.href, "runs/r1/a/trace.jsonl");
    assert.equal(detail!.result.seed, 7);
    assert.deepEqual(await live.detail(0, version), { version });
    writer.append({ type: "end", outcome: "failed" });
    writer.close();
    // A second attempt: the first is there too, with what its trace tells.
    live.onStart(planned("a"), 2, "reports/runs/r1/a-2/trace.jsonl");
    const retried = (await live.detail(0, version))!.detail!;
    assert.deepEqual(retried.attempts.map(({ outcome }) => outcome), ["failed", "running"]);
  });
});

Deno.test("what has ended is as the report will have it", async () => {
  await inFolder(async (root) => {
    const live = liveIn(root);
    const trace = "reports/runs/r1/a/trace.jsonl";
    writeTrace(`${root}/reports/runs/r1/a`, everything());
    begin(live, "a");
    live.onResult(result({ ...planned("a"), attempts: [attempt({ trace })] }));
    const { version, detail } = (await live.detail(0))!;
    assert.equal(version, "ended");
    assert.equal(detail!.attempts[0]!.events.total, everything().length);
    assert.deepEqual(await live.detail(0, "ended"), { version: "ended" });
  });
});

Deno.test("what became of a scenario before is there at once, whatever it is at", async () => {
  await inFolder(async (root) => {
    const { results: [{ id } = assert.fail()] } = await madeHistory(
      `${root}/reports/history.sqlite`,
      { runs: 3 },
    );
    const live = liveIn(root);
    begin(live, id, "new");
    const results = async (row: number) =>
      (await live.detail(row))!.detail!.history?.results.length;
    assert.deepEqual([await results(0), await results(1)], [3, undefined], "waiting");
    live.onStart(planned(id), 1, "reports/runs/r1/a/trace.jsonl");
    assert.equal(await results(0), 3, "running");
    live.onResult(result({ ...planned(id), attempts: [attempt({ trace: "" })] }));
    assert.equal(await results(0), 3, "ended");
  });
});

/** What a page has read so far, an event at a time. */
async function read(reader: ReadableStreamDefaultReader<Uint8Array>) {
  const { value } = await reader.read();
  const [, name, data] = new TextDecoder().decode(value).match(/^event: (\w+)\ndata: (.*)\n\n$/)!;
  return { name, data: JSON.parse(data!) };
}

Deno.test("a page that does not read is sent little, and told all of it when it reads again", async () => {
  const live = liveIn("/r");
  begin(live, ...Array.from({ length: 1000 }, (_, i) => `s${i}`));
  const ending = new AbortController();
  const { promise: gone, resolve: onEnd } = Promise.withResolvers<void>();
  const reader = eventStream(live, { signal: ending.signal, onEnd }).getReader();
  await reader.read(); // How soon to connect again.
  const index = await read(reader);
  assert.deepEqual([index.name, index.data.scenarios.length], ["index", 1000]);
  const changed = read(reader);
  for (let i = 0; i < 1000; i++) {
    live.onResult(result({ ...planned(`s${i}`), outcome: "passed" }));
  }
  const { name, data } = await withLimit(changed, seconds(10), () => assert.fail("no event"));
  assert.deepEqual([name, data.rows.length], ["changes", 1000], "in one event, not a thousand");
  live.onEnd(runOf([]));
  ending.abort();
  assert.equal((await read(reader)).data.live.state, "ended");
  assert.equal((await reader.read()).done, true);
  await gone;
});

Deno.test("the page may ask hil and nobody else; there is no more than it has to offer", async () => {
  const live = liveIn("/r");
  using site = new LiveSite(live);
  assert.equal(site.folder, undefined);
  begin(live, "a");
  assert.equal(site.folder, "/r/reports/runs/r1");
  const answer = async (name: string) => await site.answer(name, new URLSearchParams());
  const page = await (await answer(""))!.text();
  assert.match(page, /connect-src 'self'; /);
  assert.match(page, /"live":\{"state":"running"\}/);
  assert.equal((await answer("live/7"))!.status, 404);
  assert.equal(await answer("live/../x"), undefined);
  const streams: Response[] = [];
  for (let i = 0; i < 33; i++) streams.push((await answer("live/events"))!);
  assert.deepEqual(streams.map(({ status }) => status).filter((status) => status !== 200), [503]);
  await streams[0]!.body!.cancel();
  assert.equal((await answer("live/events"))!.status, 200, "who has gone makes room");
});
