/** What tools of others read in our JUnit reports: their parsers, and the schema by xmllint. */
import { deepEqual, equal, match } from "node:assert/strict";
import Javascript from "junitxml-to-javascript";
import results from "test-results-parser";
import { inFolder, seeded } from "../trace/_samples.ts";
import { hostileResults } from "./_hostile.ts";
import { run } from "./_samples.ts";
import { writeJunit } from "./mod.ts";

const GOLDEN = new URL("./golden/junit.xml.golden", import.meta.url);
const SCHEMA = new URL("./junit.xsd", import.meta.url).pathname;

/** What each kind of result of the golden report is to everybody. */
const EXPECTED = [
  ["a write survives a power cut", "passed"],
  ["reads & writes <in order>", "failed"],
  ["the cache warms up", "passed"], // Flaky: red in our own words, green in JUnit's.
  ["a press toggles the LED", "skipped"],
  ["a press toggles the LED", "failed"],
  ["(file)", "failed"],
];

/** The parser of EnricoMi/publish-unit-test-result-action. */
const JUNITPARSER = `
import json, sys
from junitparser import JUnitXml
def told(case):
    results = [(type(one).__name__, one.message, one.type, one.text) for one in case.result]
    again = [child.tag for child in case._elem if child.tag in ("flakyFailure", "rerunFailure")]
    return dict(name=case.name, classname=case.classname, results=results, again=again,
                file=case._elem.get("file"), line=case._elem.get("line"), out=case.system_out)
print(json.dumps([told(case) for suite in JUnitXml.fromfile(sys.argv[1]) for case in suite]))
`;

interface JunitparserCase {
  readonly name: string;
  readonly file: string;
  readonly line: string;
  readonly out: string | null;
  readonly again: readonly string[];
  readonly results:
    readonly (readonly [kind: string, message: string, type: string, text: string])[];
}

Deno.test("junitparser reads every case, its place, its texts and its other attempts", async () => {
  const args = ["-c", JUNITPARSER, GOLDEN.pathname];
  const { stdout, stderr } = await new Deno.Command("/usr/bin/python3", { args }).output();
  equal(new TextDecoder().decode(stderr), "");
  const cases: readonly JunitparserCase[] = JSON.parse(new TextDecoder().decode(stdout));
  deepEqual(
    cases.map(({ name, results: [result] }) => [
      name,
      result === undefined ? "passed" : result[0] === "Skipped" ? "skipped" : "failed",
    ]),
    EXPECTED,
  );
  const [good, bad, flaky, skipped] = cases;
  const [, message, type, text] = bad!.results[0]!;
  deepEqual([message.split("\n")[0], type], ['sector 12 holds "old"', "AssertionError"]);
  match(text, / scenarios\/diskcache\/cache\.scenario\.ts:37$/m);
  deepEqual([bad!.file, bad!.line], ["scenarios/diskcache/cache.scenario.ts", "30"]);
  deepEqual([bad!.again, flaky!.again], [["rerunFailure"], ["flakyFailure"]]);
  match(skipped!.results[0]![3], /^no board is on .*; plug it in/);
  match(good!.out!, /^\[\[ATTACHMENT\|reports\/runs\/r1\/cache\/trace\.jsonl\]\]$/m);
});

Deno.test("junitxml-to-javascript reads outcomes, times, properties and why a skip is one", async () => {
  const read = await new Javascript().parseXMLString(await Deno.readTextFile(GOLDEN));
  const testsuites = read.testsuites as JavascriptSuite[];
  const cases = testsuites.flatMap(({ testCases }) => testCases);
  const words = { succeeded: "passed", failed: "failed", error: "failed", skipped: "skipped" };
  deepEqual(cases.map(({ name, result }) => [name, words[result]]), EXPECTED);
  equal(cases[1]!.duration, 0.025);
  match(cases[3]!.message, /^no board is on /);
  deepEqual(
    testsuites[0]!.properties.find(({ name }) => name === "diskcache qemu"),
    { name: "diskcache qemu", value: "10.0.2" },
  );
});

interface JavascriptSuite {
  readonly properties: readonly { readonly name: string; readonly value: string }[];
  readonly testCases: readonly {
    readonly name: string;
    readonly duration: number;
    readonly result: "succeeded" | "failed" | "error" | "skipped";
    readonly message: string;
  }[];
}

Deno.test("test-results-parser reads outcomes, attachments and measurements", () => {
  const report = results.parse({ type: "junit", files: [GOLDEN.pathname] });
  const cases = report.suites.flatMap(({ cases }) => cases);
  const words: Record<string, string> = { PASS: "passed", FAIL: "failed", SKIP: "skipped" };
  deepEqual(cases.map(({ name, status }) => [name, words[status]]), EXPECTED);
  deepEqual(Object.entries(cases[0]!.metadata).at(-1), ["measure flush time", "3.25 ms"]);
  deepEqual(cases[1]!.attachments.map(({ path }) => path), [
    "reports/runs/r1/cache/screen.png",
    "reports/runs/r1/cache/disk.img",
    "reports/runs/r1/cache-2/trace.jsonl",
  ]);
});

Deno.test("the golden report and hostile ones are valid by the schema, and spoilt ones are not", () =>
  inFolder(async (folder) => {
    const good = [GOLDEN.pathname];
    for (let seed = 1; seed <= 50; seed++) {
      good.push(`${folder}/${seed}.xml`);
      await writeJunit(run(hostileResults(seeded(seed))), good.at(-1)!);
    }
    await writeJunit(run([]), `${folder}/empty.xml`);
    deepEqual(await invalid([...good, `${folder}/empty.xml`]), []);
    const text = await Deno.readTextFile(GOLDEN);
    const spoilt = SPOIL.map((spoil, n) => {
      const xml = spoil(text);
      Deno.writeTextFileSync(`${folder}/spoilt${n}.xml`, xml);
      return `${folder}/spoilt${n}.xml`;
    });
    deepEqual(await invalid(spoilt), spoilt);
  }));

/** Each breaks one rule that some reader relies on. */
const SPOIL: readonly ((xml: string) => string)[] = [
  (xml) => xml.replace(/ classname="[^"]*"/, ""),
  (xml) => xml.replace(/ line="14"/, ""),
  (xml) => xml.replace('time="0.012500"', 'time="1,5"'),
  (xml) => xml.replaceAll(/ hostname="desk"/g, ""),
  (xml) => xml.replace('"2026-11-24T16:24:39Z"', '"2026-11-24T16:24:39"'),
  (xml) => xml.replace('name="the cache warms up"', 'name="a write survives a power cut"'),
  (xml) => xml.replace("flakyFailure", "flakyError").replace("/flakyFailure", "/flakyError"),
  (xml) => xml.replace(/<skipped ([^>]*)>[^<]*</, "<skipped $1><"),
  (xml) => xml.replace("</testsuite>", "<testsuite/></testsuite>"),
  (xml) => xml.replace(/name="a press[^"]*"/, `name="${"x".repeat(513)}"`),
];

/** Those of the files that xmllint says are not valid. */
async function invalid(paths: readonly string[]): Promise<string[]> {
  const { stderr } = await new Deno.Command("xmllint", {
    args: ["--noout", "--huge", "--schema", SCHEMA, ...paths],
  }).output();
  const said = new TextDecoder().decode(stderr).split("\n");
  equal(said.filter((line) => / validates$| fails to validate$/.test(line)).length, paths.length);
  return paths.filter((path) => said.includes(`${path} fails to validate`));
}
