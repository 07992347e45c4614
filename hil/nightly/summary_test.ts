import assert from "node:assert/strict";
import { XMLParser } from "fast-xml-parser";
import { junitXml } from "../report/mod.ts";
import { FakeBench, plannedOf, resultOf, SECOND } from "./_fixture.ts";
import { nightAsRun } from "./junit.ts";
import type { NightResult } from "./model.ts";
import { Recordings } from "./recordings.ts";
import { newsOf, nightFolders, pruneNights, saveNight } from "./save.ts";
import { type Item, subjectOf, summaryOf } from "./summary.ts";
import { summaryHtml, summaryMarkdown, summaryText } from "./write_down.ts";

/** A night with something of everything; what fails says what would be a heading, or a script. */
async function aNight(): Promise<NightResult> {
  const bench = new FakeBench({
    good: { takes: SECOND },
    odd: { takes: SECOND, ends: (seed) => seed % 2 ? "failed" : "passed" },
    flaky: { takes: SECOND, ends: () => "flaky" },
    boot: { takes: SECOND, targets: { board: "bbb" } },
    long: { takes: 1000 * SECOND },
  });
  bench.deadSince.set("board=bbb", 0);
  bench.pruneProblems.push("Cannot prune the recording");
  const none = new Set<string>();
  const durations = new Map([["x.scenario.ts#long", 1000 * SECOND]]);
  const memory = { failed: none, flaky: none, unreached: none, durations };
  const night = await bench.night({ passes: 2, memory }).run();
  const evil = "# <script>alert(1)</script>\n```\n| it | \x1b[31msmokes\x1b[0m ]]>";
  const said = JSON.stringify(night).replaceAll('"odd is dark"', JSON.stringify(evil));
  return JSON.parse(said);
}

Deno.test("a summary has the verdict first, then what failed, what is dead, what did not run", async () => {
  const night = await aNight();
  assert.equal(
    subjectOf(night),
    "[hil] lab: 1 passed, 1 failed, 1 flaky, 1 bench, 1 skipped (night 20261125-220000)",
  );
  const { headline, mood, sections } = summaryOf(night);
  assert.equal(
    headline,
    "1 of 5 scenarios failed; 1 flaky; the bench: board=bbb dead, 1 not run",
  );
  assert.equal(mood, "bad");
  assert.deepEqual(sections.map(({ title, items }) => [title, items.length]), [
    ...[["Failed", 1], ["Flaky", 1], ["Dead targets", 1], ["Not run: bench", 1], ["Skipped", 1]],
    ["Problems", 1],
  ]);
  const [failed, , dead, bench, late] = sections.map(({ items }) => items[0]);
  assert.match(failed!.lines[0]!, /^failed \d of 4 times; seeds that did not pass: 7(, \d+)*$/);
  assert.equal(failed!.command, "deno task hil --seed 7");
  assert.equal(failed!.files[0], "kept/p1/odd");
  assert.equal(dead!.title, "board=bbb is dead: no prompt");
  assert.deepEqual(dead!.files, ["checks/1"]);
  assert.match(bench!.title, /^1 scenario because bench: the target board=bbb is dead: no prompt$/);
  assert.equal(late!.title, "1 scenario because time: it would not have ended in time");
  assert.match(late!.lines[1]!, /^long; .* left, and it takes up to 1000 s$/);
});

Deno.test("what is said of all that did not run is said once", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const fates = names.map((name) => [name, { takes: SECOND, targets: { board: "bbb" } }]);
  const bench = new FakeBench(Object.fromEntries(fates));
  bench.deadSince.set("board=bbb", 2.5 * SECOND);
  const night = JSON.parse(
    JSON.stringify(await bench.night().run()).replaceAll("no prompt", "no prompt\\n  cause: smoke"),
  );
  const { items } = summaryOf(night).sections.find(({ title }) => title === "Not run: bench")!;
  const [, ...lines] = items[0]!.lines;
  assert.deepEqual(lines.map((line) => line.replace(/ \(trace.*/, "")), [
    "b [board=bbb]; before that was known: b is dark",
    "c [board=bbb]; before that was known: c is dark",
    "d [board=bbb]; before that was known: d is dark",
    "e [board=bbb]",
  ]);
});

Deno.test("what a board says is text in every form: no heading, no script, no end of a fence", async () => {
  const summary = summaryOf(await aNight());
  const text = summaryText(summary);
  assert.match(text, /^1 of 5 scenarios failed;/);
  assert.match(text, /^ {2}\| # <script>alert\(1\)<\/script>$/m);
  assert(!text.includes("\x1b"));
  const markdown = summaryMarkdown(summary);
  assert.match(markdown, /^# ❌ 1 of 5 scenarios failed;/);
  assert.match(
    markdown,
    /^````text\n# <script>alert\(1\)<\/script>\n```\n\| it \| smokes \]\]>\n````$/m,
  );
  assert.match(markdown, /^\| 1 \| all \| 7 \| 1 \| 1 \| 1 \| 2 \|/m);
  const html = summaryHtml(summary, { title: "a & b", link: (path) => `../${path}` });
  assert(!html.includes("<script>"));
  assert.match(html, /<title>a &amp; b<\/title>/);
  assert.match(html, /<a href="\.\.\/kept\/p1\/odd">kept\/p1\/odd<\/a>/);
  const lines = html.match(/https?:\/\/|<script|<link|@import/);
  assert.equal(lines, null, "it needs nothing else");
});

Deno.test("JUnit: failures over all seeds in one case, bench as skips, a dead target as an error", async () => {
  const night = await aNight();
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@" });
  const xml = parser.parse(junitXml(nightAsRun(night, "benches/lab.yaml")));
  const cases = [xml.testsuites.testsuite].flat().flatMap(({ testcase }) => testcase);
  const named = (name: string) => cases.find((each) => each["@name"] === name);
  assert.equal(cases.length, 6);
  assert.equal(new Set(cases.map((each) => each["@classname"] + each["@name"])).size, 6);
  assert.equal(named("good").failure, undefined);
  const odd = named("odd");
  assert.match(odd.failure["@message"], /^# <script>/);
  const { failures } = night.scenarios.find(({ planned }) => planned.name === "odd")!;
  const again = [odd.rerunFailure ?? []].flat().length;
  assert.equal(again, failures.length - 1);
  assert.match(odd["system-out"], /this night: \d passed, \d failed, 0 flaky/);
  assert.match(odd["system-out"], /seed 7: deno task hil --seed 7/);
  assert.ok(named("flaky").flakyFailure);
  assert.match(
    named("boot").skipped["@message"],
    /^bench: the target board=bbb is dead: no prompt; /,
  );
  assert.match(named("long").skipped["#text"], /^time: /);
  assert.equal(named("health of board=bbb").error["@type"], "DeadTarget");
  assert.equal(named("health of board=bbb")["@file"], "benches/lab.yaml");
});

Deno.test("what is in quarantine is told with its owner and its last day, and is a skip in JUnit", async () => {
  const known = { owner: "anna", reason: "a race", issue: "#12", expires: "2026-12-24" };
  const bench = new FakeBench({
    known: { takes: SECOND, ends: () => "failed", quarantine: { ...known, expired: false } },
  });
  const night = await bench.night({ passes: 2 }).run();
  const [{ title, items }] = summaryOf(night).sections as [{ title: string; items: Item[] }];
  assert.equal(title, "In quarantine");
  assert.equal(summaryOf(night).headline, "0 passed, 1 in quarantine");
  assert.match(
    items[0]!.lines.join("\n"),
    /did not pass 4 of 4 times; .*\n.*\nquarantined until 2026-12-24 \(anna, /,
  );
  const xml = junitXml(nightAsRun(night, "lab.yaml"));
  assert.match(xml, /<testsuites name="hil" tests="1" failures="0" errors="0" skipped="1"/);
  assert.match(xml, /<skipped message="[^"]*anna/);
  assert.match(xml, /this night: 0 passed, 0 failed, 0 flaky, 4 quarantined/);
});

Deno.test("a long night stays small: the first failures whole, the first and last passes in the table", async () => {
  const bench = new FakeBench({ odd: { takes: SECOND, ends: () => "failed" } });
  const run = bench.run.bind(bench);
  bench.run = async (pass) => {
    const { results, ...rest } = await run(pass);
    const wordy = results.map((result) => ({
      ...result,
      attempts: result.attempts.map((attempt) => ({ ...attempt, output: "x".repeat(1e5) })),
    }));
    return { ...rest, results: wordy };
  };
  const night = await bench.night({ passes: 50, budgetNs: 1e3 * SECOND }).run();
  const [{ failed, failures }] = night.scenarios as [NightResult["scenarios"][0]];
  assert.deepEqual([failed, failures.length], [100, 100], "three seeds in every other pass");
  assert.ok(JSON.stringify(night).length < 2.2e6);
  assert.ok(failures.every(({ result }) => result.attempts[0]!.failure!.message === "odd is dark"));
  const rows = summaryOf(night).passes.map(([number]) => number);
  assert.deepEqual([rows.length, rows[19], rows[20], rows[21]], [41, "20", "…", "31"]);
});

Deno.test("the files of a night are in its folder and in that of the latest, with links that lead", async () => {
  const root = await Deno.makeTempDir({ prefix: "hil-night-" });
  try {
    const at = new Date("2026-11-25T22:00:00Z");
    const reports = `${root}/reports`;
    const folders = nightFolders({ root, reports, startedAt: at });
    assert.equal(folders.id, "20261125-220000");
    assert.equal(nightFolders({ root, reports, startedAt: at }).id, "20261125-220000-2");
    const night = await aNight();
    assert.deepEqual(await saveNight(night, folders, "lab.yaml"), []);
    for (const folder of [folders.own, folders.latest]) {
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
        ...["junit.xml", "night.json", "summary.html", "summary.md", "summary.txt"],
      ]);
      const html = Deno.readTextFileSync(`${folder}/summary.html`);
      const [, href] = html.match(/<a href="([^"]*kept\/p1\/odd)"/)!;
      const base = new URL(`file://${folder}/`);
      assert.equal(new URL(href!, base).pathname, `${root}/kept/p1/odd`);
    }
    const schema = new URL("../report/junit.xsd", import.meta.url).pathname;
    const { stderr } = await new Deno.Command("xmllint", {
      args: ["--noout", "--nonet", "--schema", schema, `${folders.own}/junit.xml`],
    }).output();
    assert.equal(new TextDecoder().decode(stderr), `${folders.own}/junit.xml validates\n`);
    const { texts, files, exitCode } = newsOf(night, folders);
    assert.equal(exitCode, 1);
    assert.match(texts.mail, /^Subject: \[hil\] lab: [ -~]*\n(.+\n)+\n1 of 5 scenarios failed/);
    assert.deepEqual(Object.keys(JSON.parse(texts.json)), [
      "subject",
      "exitCode",
      "text",
      "markdown",
    ]);
    for (const path of Object.values(files)) assert.ok(Deno.statSync(path).isFile);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("old nights go, but for the latest few; a report that cannot be written is told", async () => {
  const root = await Deno.makeTempDir({ prefix: "hil-night-" });
  try {
    const reports = `${root}/reports`;
    for (let day = 1; day <= 20; day++) {
      nightFolders({ root, reports, startedAt: new Date(Date.UTC(2026, 9, day)) });
    }
    const nights = `${reports}/nights`;
    const now = new Date(Date.UTC(2026, 9, 20));
    const day = 24 * 3600e3;
    assert.deepEqual(pruneNights(nights, 16 * day, now), []);
    assert.equal([...Deno.readDirSync(nights)].length, 17, "those of 3 days are too old");
    pruneNights(nights, day, now);
    assert.equal([...Deno.readDirSync(nights)].length, 14);
    const folders = nightFolders({ root, reports, startedAt: now });
    Deno.writeTextFileSync(folders.latest, "a file");
    const problems = await saveNight(await aNight(), folders, "lab.yaml");
    assert.equal(problems.length, 5);
    assert.match(problems[0]!, /^Cannot write the summary of the night ".*": .*; /);
    assert.ok(Deno.statSync(`${folders.own}/junit.xml`).isFile, "the other folder has all");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("recordings are named for their night, pass and scenario", async () => {
  const root = await Deno.makeTempDir({ prefix: "hil-night-" });
  try {
    Deno.mkdirSync(`${root}/reports/runs/1/a`, { recursive: true });
    Deno.writeTextFileSync(`${root}/reports/runs/1/a/trace.jsonl`, "");
    const recordings = new Recordings({
      ...{ folder: `${root}/kept`, root, limits: { sizeBytes: 1e6, ageMs: 1e6 } },
      ...{ wall: () => new Date(0), shown: (path: string) => path },
    });
    const result = resultOf({ ...plannedOf("a"), repeat: 2 }, "failed");
    const [attempt] = recordings.keep("20261125-220000", 5, result).attempts;
    assert.equal(attempt!.trace, `${root}/kept/20261125-220000-p5r2-a/trace.jsonl`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("what ran when the night was interrupted is told as that", async () => {
  const bench = new FakeBench({ a: { takes: SECOND, ends: () => "interrupted" } });
  const text = summaryText(summaryOf(await bench.night({ passes: 1 }).run()));
  assert.match(text, /1 scenario because the night was interrupted meanwhile\n {2}a\n/);
});
