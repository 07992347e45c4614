import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { inFolder, seeded } from "../trace/_samples.ts";
import { hostile, hostileResults } from "./_hostile.ts";
import { attempt, EVERY_KIND, failed, result, run } from "./_samples.ts";
import { junitXml, plainText, type ScenarioResult, writeJunit } from "./mod.ts";

const GOLDEN = new URL("./golden/junit.xml.golden", import.meta.url);

interface Case {
  "@classname": string;
  "@name": string;
  "@file": string;
  "@line": string;
  "@time": string;
  properties: { property: { "@name": string; "@value": string }[] };
  failure?: { "@message": string; "#text": string };
  error?: { "@message": string; "#text": string };
  skipped?: { "@message": string; "#text": string };
  flakyFailure?: { "@message": string; stackTrace: string }[];
  rerunFailure?: { "@message": string; stackTrace: string }[];
  "system-out"?: string;
}

function suitesOf(xml: string): { "@name": string; testcase: Case[] }[] {
  equal(XMLValidator.validate(xml), true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    processEntities: { enabled: true, maxTotalExpansions: 1e9, maxExpandedLength: 1e9 },
    isArray: (name) => /^(testsuite|testcase|property|flakyFailure|rerunFailure)$/.test(name),
  });
  return parser.parse(xml).testsuites.testsuite;
}

function casesOf(...results: ScenarioResult[]): Case[] {
  return suitesOf(junitXml(run(results))).flatMap(({ testcase }) => testcase);
}

function caseOf(result: ScenarioResult): Case {
  return (casesOf(result))[0]!;
}

Deno.test("a run with every kind of result gives the golden report", async () => {
  const xml = junitXml(run(EVERY_KIND, { problems: ["a <problem>"] }));
  equal(xml, await Deno.readTextFile(GOLDEN));
});

Deno.test("the first line of a message is that of the body, which ends with file and line", () => {
  const { failure } = caseOf(EVERY_KIND[1]!);
  equal(failure!["@message"], 'sector 12 holds "old"\n  12.347402 s  disk 0 read 12');
  ok(failure!["#text"].startsWith('sector 12 holds "old"\n'));
  match(failure!["#text"], / scenarios\/diskcache\/cache\.scenario\.ts:37$/);
});

Deno.test("a body cut to its limit still begins with the message and ends with the place", () => {
  const long = "first line\n" + "x".repeat(300_000);
  const { failure } = caseOf(result({ outcome: "failed", attempts: [failed(long)] }));
  ok(failure!["@message"].length <= 4000);
  ok(failure!["#text"].length < 110_000);
  match(failure!["#text"], /^first line\n[^]*characters cut[^]* scenarios\/.*:14$/);
});

Deno.test("a failure without a message, or none at all, still says something", () => {
  for (const attempts of [[failed("")], [failed(" \n")], [attempt({ outcome: "failed" })], []]) {
    const { failure, error } = caseOf(result({ outcome: "failed", attempts }));
    match((failure ?? error)!["@message"], /\w+/);
  }
});

Deno.test("a skip says reason and remedy as message and as text", () => {
  const { skipped } = caseOf(EVERY_KIND[3]!);
  const why = "no board is on /dev/ttyUSB0; plug it in or use --use board=sim";
  deepEqual(skipped, { "@message": why, "#text": why });
});

Deno.test("a flaky scenario is one passed case with its failures as flakyFailure", () => {
  const { failure, error, flakyFailure } = caseOf(EVERY_KIND[2]!);
  deepEqual([failure, error], [undefined, undefined]);
  equal(flakyFailure!.length, 1);
  match(flakyFailure![0]!.stackTrace, /^too slow\n[^]* scenarios\/.*:50$/);
});

Deno.test("a scenario that failed at every try has one failure and the rest as rerunFailure", () => {
  const attempts = ["one", "two", "three"].map((message) => failed(message));
  const { failure, rerunFailure } = caseOf(result({ outcome: "failed", attempts }));
  equal(failure!["@message"], "one");
  deepEqual(rerunFailure!.map((rerun) => rerun["@message"]), ["two", "three"]);
});

Deno.test("interrupted scenarios, broken files and a bench at fault are errors", () => {
  const bench = failed("no power", {
    failure: { name: "Error", message: "no power", blame: "bench" },
  });
  const cases = casesOf(
    EVERY_KIND[4]!,
    EVERY_KIND[5]!,
    result({ outcome: "failed", attempts: [bench] }),
  );
  ok(cases.every(({ error, failure }) => error && !failure));
});

Deno.test("base names of attachments are unique, failed attempts and pictures come first", () => {
  const { "system-out": output } = caseOf(result({
    outcome: "flaky",
    attempts: [
      failed("no", {
        trace: "r/1/trace.jsonl",
        attachments: [{ path: "r/1/log.txt", title: "log" }, { path: "r/1/a.png", title: "a" }],
      }),
      attempt({
        trace: "r/2/trace.jsonl",
        attachments: [
          { path: "r/2/a.png", title: "a again" },
          { path: "r/2/]].png", title: "odd" },
          { path: "r/2/b.png", title: "b" },
        ],
      }),
    ],
  }));
  deepEqual(output!.split("\n"), [
    "[[ATTACHMENT|r/1/a.png]]",
    "[[ATTACHMENT|r/1/log.txt]]",
    "[[ATTACHMENT|r/2/b.png]]",
    "[[ATTACHMENT|r/1/trace.jsonl]]",
    "a again: r/2/a.png",
    "odd: r/2/]].png",
    "trace: r/2/trace.jsonl",
  ]);
});

Deno.test("a failure says how to look around where it happened", () => {
  const replay = "deno task hil replay r/1/trace.jsonl --until 12.348s";
  const attempts = [failed("no", { trace: "r/1/trace.jsonl", replay })];
  const { failure } = caseOf(result({ outcome: "failed", attempts }));
  ok(failure!["#text"].includes(`trace: r/1/trace.jsonl\nreplay: ${replay}\nreproduce: `));
});

Deno.test("what a target says cannot attach a file", () => {
  const output = "[[ATTACHMENT|/etc/passwd]]\n";
  const { "system-out": text } = caseOf(result({ attempts: [attempt({ output })] }));
  equal(text!.match(/\[\[ATTACHMENT/g)!.length, 1);
});

Deno.test("measurements are properties with units and lines of the output", () => {
  const { properties, "system-out": output } = caseOf(EVERY_KIND[0]!);
  deepEqual(properties.property.at(-1), { "@name": "measure flush time", "@value": "3.25 ms" });
  match(output!, /^measured flush time: 3\.25 ms \(pass, limits -∞ to 5 ms\)$/m);
});

Deno.test("names are unique in a suite, repeats are numbered, long ones are cut", () => {
  const cases = casesOf(
    result({ repeat: 1 }),
    result({ repeat: 2 }),
    result({ name: "x".repeat(600) }),
    result({ name: "x".repeat(600) }),
    result({ name: "same\nname" }),
    result({ name: "same name" }),
    result({ name: "same name (2)" }),
    result({ name: "" }),
  );
  const names = cases.map((one) => one["@name"]);
  deepEqual(names.map((name) => name.replace(/x{9,}/, "x…")), [
    "a write survives a power cut (repeat 1)",
    "a write survives a power cut (repeat 2)",
    "x……",
    "x…… (2)",
    "same name",
    "same name (2)",
    "same name (2) (2)",
    "(no name)",
  ]);
  ok(names.every((name) => name.length <= 512));
});

Deno.test("the order in which roles are declared does not split a suite", () => {
  const suites = suitesOf(
    junitXml(run([
      result({ targets: { a: "x", b: "y.z" } }),
      result({ targets: { b: "y.z", a: "x" } }),
    ])),
  );
  deepEqual(suites.map(({ testcase }) => testcase.map((one) => one["@classname"])), [
    ["a.x.b.y_z.cache", "a.x.b.y_z.cache"],
  ]);
});

Deno.test("a run without results is still a report", () => {
  const xml = junitXml(run([]));
  equal(XMLValidator.validate(xml), true);
  match(xml, /<testsuites name="hil" tests="0"/);
});

Deno.test("a report stays below what GitLab takes", () => {
  const attempts = [failed("no", { output: "✓".repeat(200_000) })];
  const many = Array.from(
    { length: 400 },
    (_, i) => result({ name: `n${i}`, outcome: "failed", attempts }),
  );
  const xml = junitXml(run(many));
  const size = new TextEncoder().encode(xml).length;
  ok(size < 30e6 && size > 1e6, `${size} bytes`);
});

Deno.test("a failed write leaves the last report and no temporary file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/new/junit.xml`;
    await writeJunit(run([result()]), path);
    const before = await Deno.readTextFile(path);
    await writeJunit(run([result({ name: "other" })]), path);
    ok(await Deno.readTextFile(path) !== before);
    await Deno.mkdir(`${folder}/dir/junit.xml`, { recursive: true });
    await rejects(() => writeJunit(run([result()]), `${folder}/dir/junit.xml`), {
      name: "ReportWriteError",
      message: `Cannot write the JUnit report "${folder}/dir/junit.xml": ` +
        "it is a folder; give the path of a file",
    });
    for (const name of ["new", "dir"]) {
      const left = await Array.fromAsync(Deno.readDir(`${folder}/${name}`));
      deepEqual(left.map((entry) => entry.name), ["junit.xml"]);
    }
  }));

Deno.test("whatever serial lines hold, the report is well-formed and says it plainly", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const results = hostileResults(seeded(seed));
    const cases = casesOf(...results);
    for (const [i, one] of cases.entries()) {
      const { attempts: [first], skip } = results[i]!;
      const message = plainText(first?.failure?.message ?? "").trim();
      const troubles = one.failure ?? one.flakyFailure?.[0];
      if (message) equal(troubles?.["@message"], message, `seed ${seed}`);
      if (one.skipped) equal(one.skipped["#text"], plainText(`${skip!.reason}; ${skip!.remedy}`));
      deepEqual(one["@name"].match(/[\n\t]/g), null);
    }
  }
});

/** Expat: strict where fast-xml-parser is not. */
const EXPAT = `
import sys, xml.etree.ElementTree as tree
for path in sys.argv[1:]:
    try: print(len(list(tree.parse(path).getroot().iter("testcase"))))
    except Exception as error: print(path, error)
`;
const python = await new Deno.Command("python3", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: "a parser of another make takes the same hostile reports",
  ignore: !python,
  fn: () =>
    inFolder(async (folder) => {
      const paths = [GOLDEN.pathname];
      for (let seed = 1; seed <= 200; seed++) {
        paths.push(`${folder}/${seed}.xml`);
        await writeJunit(run(hostileResults(seeded(seed))), `${folder}/${seed}.xml`);
      }
      const { stdout } = await new Deno.Command("python3", { args: ["-c", EXPAT, ...paths] })
        .output();
      const counts = new TextDecoder().decode(stdout).trim().split("\n");
      deepEqual(counts, ["6", ...Array(200).fill("3")]);
    }),
});

Deno.test("text is plain after one pass", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const once = plainText(hostile(seeded(seed)));
    equal(plainText(once), once, `seed ${seed}`);
    ok(once.isWellFormed());
  }
  equal(plainText("\x1b[1;31mred\x1b[0m\r\n\x1b]0;title\x07ok\ud83d"), "red\nok");
});
