/** A failure in quarantine: what each reporter says of it. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { inFolder } from "../trace/_samples.ts";
import { attempt, failed, result, run } from "./_samples.ts";
import { JsonReporter, junitXml, QuietReporter, TerminalReporter } from "./mod.ts";

const KNOWN = { owner: "anna", reason: "the relay\x1b[2J is <old>", issue: "#12" };
const HELD = result({
  name: "bounces",
  outcome: "failed",
  attempts: [failed("it bounced twice")],
  quarantine: { ...KNOWN, expires: "2026-12-24", expired: false },
});
const OVER = result({
  ...{ id: "cache#2", name: "sticks", line: 30, outcome: "failed" },
  attempts: [failed("it stuck")],
  quarantine: { ...KNOWN, expires: "2026-11-24", expired: true },
});
const SHAKY = result({
  ...{ id: "cache#3", name: "shakes", line: 40, outcome: "flaky" },
  attempts: [failed("it shook"), attempt()],
  quarantine: { ...KNOWN, expires: "2026-12-24", expired: false },
});
const RUN = run([HELD, OVER, SHAKY], { exitCode: 1 });

function onTerminal(env: Readonly<Record<string, string>> = {}): string {
  let written = "";
  const reporter = new TerminalReporter({
    output: {
      isTerminal: false,
      write: (text) => void (written += text),
      size: () => ({ columns: 80, rows: 24 }),
      env: (name) => env[name],
    },
    ticker: { now: () => 0, every: () => () => {} },
  });
  reporter.onBegin({ id: "r1", bench: "desk", seed: 7, jobs: 1, scenarios: RUN.results });
  for (const one of RUN.results) reporter.onResult(one);
  reporter.onEnd(RUN);
  return written;
}

Deno.test("the terminal tells it in full, as in quarantine, and counts it", () => {
  const text = onTerminal();
  match(text, /^failed {6}bounces \[diskcache=qemu\] \(12\.5 ms, in quarantine\)$/m);
  match(text, /^failed {6}sticks \[diskcache=qemu\] \(12\.5 ms\)$/m);
  const until = "  quarantined until 2026-12-24 (anna, #12): the relay is <old>";
  ok(
    text.includes(`FAILED, IN QUARANTINE bounces [diskcache=qemu]\n${until}\n  it bounced twice\n`),
  );
  ok(text.includes(
    "FAILED sticks [diskcache=qemu]\n  quarantine expired after 2026-11-24, so it fails again " +
      "(anna, #12): the relay is <old>\n  it stuck\n",
  ));
  ok(text.includes(`shakes [diskcache=qemu]: failed 1 of 2 times\n  ${until}\n`));
  match(text, /^2 failed, 1 flaky, 2 of these in quarantine in /m);
});

Deno.test("to GitHub it is a warning, and an error once its day is over", () => {
  const text = onTerminal({ GITHUB_ACTIONS: "true" });
  match(text, /^::warning [^\n]*title=bounces[^\n]*::quarantined until 2026-12-24 /m);
  match(text, /^::error [^\n]*title=sticks[^\n]*::quarantine expired after 2026-11-24/m);
});

Deno.test("quiet output has it as a warning; JSON has the entry", () => {
  const said: string[] = [];
  for (const one of RUN.results) new QuietReporter((line) => said.push(line)).onResult(one);
  const [held, over] = said;
  match(
    held!,
    /:14: warning: bounces \[diskcache=qemu\]: quarantined until 2026-12-24 .*: it bounced/,
  );
  match(over!, /:30: error: sticks \[diskcache=qemu\]: quarantine expired after 2026-11-24/);
  let json = "";
  new JsonReporter((line) => json = line).onResult(HELD);
  equal(JSON.parse(json).quarantine.owner, "anna");
});

Deno.test("in JUnit it is skipped with all that is known, and a failure once its day is over", () =>
  inFolder(async (folder) => {
    const xml = junitXml(RUN);
    const until = "quarantined until 2026-12-24 (anna, #12): the relay is &lt;old&gt;";
    match(xml, /<testsuite [^>]*tests="3" failures="1" errors="0" skipped="1"/);
    ok(
      xml.includes(`<skipped message="${until}&#10;it bounced twice">${until}\nit bounced twice\n`),
    );
    ok(xml.includes('<failure message="quarantine expired after 2026-11-24, so it fails again '));
    ok(xml.includes(`<flakyFailure message="${until}&#10;it shook"`));
    equal(xml.split('<property name="quarantine" value="quarantine').length, 4);
    await Deno.writeTextFile(`${folder}/junit.xml`, xml);
    const schema = new URL("./junit.xsd", import.meta.url).pathname;
    const { stderr } = await new Deno.Command("xmllint", {
      args: ["--noout", "--nonet", "--schema", schema, `${folder}/junit.xml`],
    }).output();
    deepEqual(new TextDecoder().decode(stderr), `${folder}/junit.xml validates\n`);
  }));
