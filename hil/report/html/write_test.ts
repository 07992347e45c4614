import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type { RunResult } from "../result.ts";
import { sampleRun } from "./_samples.ts";
import type { ReportIndex, ScenarioDetail } from "./model.ts";
import { htmlReport, writeHtml } from "./write.ts";

const HOSTILE = `</script><script>document.title="broken"</script><img src=x onerror=alert(1)>&"'`;

async function inFolder(work: (root: string) => Promise<void>): Promise<void> {
  const root = Deno.makeTempDirSync({ prefix: "hil-html-" });
  try {
    await work(root);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

function report(run: RunResult, root: string): Promise<string> {
  return htmlReport(run, { root, path: `${root}/reports/index.html` });
}

function indexOf(html: string): ReportIndex {
  return JSON.parse(
    html.match(/<script type="application\/json" id="index">(.*?)<\/script>/s)![1]!,
  );
}

function detailOf(html: string, row: number): ScenarioDetail {
  const [, block] = html.match(new RegExp(`id="d${row}">([^<]*)</script>`))!;
  return JSON.parse(gunzipSync(Uint8Array.fromBase64(block!)).toString());
}

Deno.test("a report has an index and a block for each scenario, whose events are the trace's", async () => {
  await inFolder(async (root) => {
    const html = await report(sampleRun(root, 12), root);
    const { scenarios, run } = indexOf(html);
    assert.equal(run.bench, "desk");
    assert.equal(scenarios.length, 12);
    assert.equal(new Set(scenarios.map(({ key }) => key)).size, 12);
    assert.deepEqual(scenarios.map(({ outcome }) => outcome === "failed"), [
      ...[false, false, false, true, false, false, false, false, false, false, false, false],
    ]);
    assert.equal(scenarios[3]!.why, "hello is not there");
    const { result, attempts: [attempt] } = detailOf(html, 3);
    assert.equal(result.reproduce, "deno task hil hello --seed 7");
    assert.equal(attempt!.trace!.href, "runs/r1/s3/trace.jsonl");
    assert.equal(attempt!.attachments[0]!.text, "# note hello");
    assert.ok(attempt!.events.events.some((event) => event.type === "expect"));
  });
});

Deno.test("nothing that a scenario says is markup", async () => {
  await inFolder(async (root) => {
    const name = HOSTILE.replaceAll("/", "\u2215"); // The name of a file as well.
    const html = await report(sampleRun(root, 4, name), root);
    assert.equal(html.match(/<script\b/g)!.length, 2 + 4);
    assert.equal(html.match(/<img/g), null);
    assert.equal(indexOf(html).scenarios[3]!.name, `scenario 3 ${name}`);
    const slashed = sampleRun(root + "/b", 1);
    const { results: [result] } = slashed;
    const run = { ...slashed, bench: HOSTILE, results: [{ ...result!, name: HOSTILE }] };
    const other = await report(run, `${root}/b`);
    assert.equal(other.match(/<\/script>/g)!.length, 2 + 1);
    assert.equal(indexOf(other).scenarios[0]!.name, HOSTILE);
  });
});

Deno.test("an attachment that lies elsewhere is linked and not embedded", async () => {
  await inFolder(async (root) => {
    const run = sampleRun(root, 1);
    Deno.writeTextFileSync(`${root}/secret.txt`, "secret");
    const [attempt] = run.results[0]!.attempts;
    const paths = ["secret.txt", "reports/runs/r1/s0/../../../../secret.txt", "gone.txt"];
    const attachments = paths.map((path) => ({ path, title: path }));
    const results = [{ ...run.results[0]!, attempts: [{ ...attempt!, attachments }] }];
    const detail = detailOf(await report({ ...run, results }, root), 0);
    assert.deepEqual(detail.attempts[0]!.attachments.map(({ text }) => text), [
      ...[undefined, undefined, undefined],
    ]);
  });
});

Deno.test("a trace that is missing or damaged costs no more than its events", async () => {
  await inFolder(async (root) => {
    const run = sampleRun(root, 2);
    Deno.removeSync(`${root}/reports/runs/r1/s0/trace.jsonl`);
    Deno.writeTextFileSync(`${root}/reports/runs/r1/s1/trace.jsonl`, "no trace\n");
    const html = await report(run, root);
    assert.match(detailOf(html, 0).attempts[0]!.events.problems[0]!, /there is no such file/);
    assert.match(detailOf(html, 1).attempts[0]!.events.problems[0]!, /no trace header/);
  });
});

Deno.test("a report that cannot be written leaves the old one, and says why", async () => {
  await inFolder(async (root) => {
    const run = sampleRun(root, 1);
    Deno.writeTextFileSync(`${root}/file`, "");
    await assert.rejects(
      writeHtml(run, { root, path: `${root}/file/index.html` }),
      /^ReportWriteError: Cannot write the HTML report .*folder/,
    );
  });
});
