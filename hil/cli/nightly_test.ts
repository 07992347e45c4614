import assert from "node:assert/strict";
import { NIGHT_EXIT_CODES } from "../nightly/mod.ts";
import { Lease } from "../runner/mod.ts";
import { type Ended, hil, TASK, type TestFolder, testFolder } from "./_testing.ts";
import { NIGHTLY_OPTIONS } from "./nightly_options.ts";
import { ROOT } from "./paths.ts";

/** A bench with a lamp that is well, and one that is dead as long as the file "dead" is there. */
async function writeLab(folder: TestFolder, scenarios: string): Promise<void> {
  const target = (health: string) =>
    `import { defineTarget } from "hil";
     export default defineTarget({ title: "a lamp", offers: [], availability: () => ({ ok: true }),
       start: ({ seed }) => Promise.resolve({ seed }),
       health: async () => { ${health} } });`;
  await folder.write("well.ts", target(""));
  await folder.write(
    "dead.ts",
    target(`throw new Error("no light within 2 s of power on\\nit smells of smoke");`),
  );
  await folder.write(
    "lab.yaml",
    `bench: lab
roles:
  lamp: { targets: { well: { module: well.ts } } }
  other: { targets: { dead: { module: dead.ts } } }
`,
  );
  await folder.write(
    "lamp.scenario.ts",
    `import { expect, need, scenario } from "hil";
const lamp = { lamp: need<{ seed: number }>("lamp") };
const other = { other: need<{ seed: number }>("other") };
${scenarios}`,
  );
}

const GOOD = `scenario("the lamp is on", { uses: lamp }, () => {});\n`;
const BAD = `scenario("odd seeds are dark", { uses: lamp }, ({ lamp }) =>
  expect(lamp.seed % 2, "light").toBe(0));\n`;
const ELSEWHERE = `scenario("the other lamp is on", { uses: other }, () => {});\n`;

const night = (folder: TestFolder, ...args: string[]): Promise<Ended> =>
  hil(folder, ["nightly", "--bench", "lab.yaml", "lamp.scenario.ts", "--reports", "out", ...args]);

async function readNight(folder: TestFolder) {
  return JSON.parse(await folder.read("out/nightly/night.json"));
}

Deno.test("its help names every option, every exit code, and how it is used", async () => {
  await using folder = await testFolder();
  const { code, stdout } = await hil(folder, ["nightly", "--help"]);
  assert.equal(code, 0);
  for (const name of Object.keys(NIGHTLY_OPTIONS)) {
    assert.match(stdout, new RegExp(`^ {2}--${name} `, "m"));
  }
  for (const exit of Object.values(NIGHT_EXIT_CODES)) {
    assert.match(stdout, new RegExp(`^ {2}${exit} +\\w`, "m"));
  }
  assert.match(stdout, /^Examples\n {2}deno task nightly --bench/m);
  assert(stdout.split("\n").every((line) => line.length <= 100), stdout);
});

Deno.test("wrong usage is told, and nothing is run or written", async () => {
  await using folder = await testFolder();
  await writeLab(folder, GOOD);
  const lab = ["--bench", "lab.yaml"];
  const mistakes: readonly (readonly [args: string[], stderr: string])[] = [
    [[], "Cannot begin a night: no bench is named; give --bench FILE"],
    [[...lab, "--budget", "6"], 'Cannot use the length "6": it is no time from 1s to ten years'],
    [[...lab, "--budget", "61d"], "Cannot use a budget of more than 60 days"],
    [[...lab, "--keep-size", "10"], 'Cannot use the size "10": it is no size from 1MB'],
    [[...lab, "--notify", "mail me"], `a list; write '["mail","me"]'`],
    [[...lab, "--notify", '["mail", 1]'], "it is no list of texts in JSON"],
    [[...lab, "--webhook", "file:///etc/passwd"], "it is no address"],
    [[...lab, "--notfy", "x"], 'there is no such option; did you mean "--notify"?'],
    [[...lab, "--use", "lamp=old"], 'the role "lamp" has no target "old"'],
    [["--bench", "none.yaml"], "there is no such file"],
    [[...lab, "--config", "none.yaml"], "Cannot read the configuration"],
    [[...lab, "nowhere"], 'Cannot run the scenarios of "'],
  ];
  for (const [args, message] of mistakes) {
    const { code, stdout, stderr } = await hil(folder, ["nightly", "--reports", "out", ...args]);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert(stderr.includes(message), `${args}: ${stderr}`);
  }
  await assert.rejects(folder.read("out/nightly/night.json"), Deno.errors.NotFound);
});

Deno.test("a night prints its seed, keeps what failed, and tells people by their programs", async () => {
  await using folder = await testFolder();
  await writeLab(folder, GOOD + BAD);
  await folder.program(
    "tell",
    `cat > "${folder.path}/told" && printf '%s\\n' "$@" "$HIL_NIGHT_HTML"`,
  );
  await folder.program("broken", `echo "no route to host" >&2; exit 7`);
  const { code, stdout, stderr } = await night(
    folder,
    ...["--seed", "7", "--passes", "2", "--retries", "0"],
    ...["--notify", `["bin/tell", "{subject}"]`, "--notify", "bin/broken"],
  );
  assert.equal(code, 1, stderr);
  assert.match(stdout, /^night [\d-]+: 2 scenarios on the bench lab, seed 7, for 6 h$/m);
  assert.match(stdout, /^lamp=well is well$/m);
  assert.match(stdout, /^pass 1 ended: 1 passed, 1 failed in/m);
  assert.match(stdout, /^pass 2: 1 scenario in trouble, 3 times each, seed \d+;/m);
  assert.match(stdout, /^1 of 2 scenarios failed: 1 passed, 1 failed in .* \(seed 7\)$/m);
  assert.match(stderr, /^failed odd seeds are dark \[lamp=well\] \(seed 7\): /m);
  assert.match(stderr, /reproduce: deno task hil .*--seed 7$/m);
  assert.match(
    stderr,
    /Cannot notify by ".*\/bin\/broken": it ended with code 7 and said "no route/,
  );
  assert.match(await folder.read("told"), /^1 of 2 scenarios failed\n/);

  const { exitCode, scenarios, problems } = await readNight(folder);
  assert.equal(exitCode, 1, "a notifier that fails changes no verdict");
  const told = problems.filter((text: string) => text.startsWith("Cannot notify"));
  assert.equal(told.length, 1);
  const { failures } = scenarios.find(({ verdict }: { verdict: string }) => verdict === "failed");
  const { trace } = failures[0].result.attempts[0];
  assert.match(
    trace,
    /out\/nights\/recordings\/[\d-]+-p1-lamp-odd-seeds-are-dark-well\/trace.jsonl$/,
  );
  assert.match(await Deno.readTextFile(trace), /"seed":7/);
  const xml = await folder.read("out/nightly/junit.xml");
  assert.match(xml, /<testcase [^>]*name="odd seeds are dark"/);
  // The first tag is all that some read: it is one of the failure's.
  const [, attached] = xml.match(/name="odd[\s\S]*?\[\[ATTACHMENT\|(.*?)\]\]/)!;
  assert.match(await Deno.readTextFile(attached!), /odd seeds are dark/);
  for (const name of ["summary.txt", "summary.md", "summary.html"]) {
    assert.match(await folder.read(`out/nightly/${name}`), /no route to host/, name);
  }
});

Deno.test("a dead board is bench in every report, and the others go on", async () => {
  await using folder = await testFolder();
  await writeLab(folder, GOOD + ELSEWHERE);
  const { code, stdout, stderr } = await night(folder, "--passes", "1");
  assert.equal(code, 4, stderr);
  assert.match(stdout, /^other=dead is dead: no light within 2 s of power on$/m);
  assert.match(stdout, /^the bench: other=dead dead, 1 not run: 1 passed, 1 bench in /m);
  const xml = await folder.read("out/nightly/junit.xml");
  assert.match(
    xml,
    /<skipped message="bench: the target other=dead is dead: no light .* smells of/,
  );
  assert.match(xml, /name="health of other=dead" [\s\S]*?<property name="blame" value="bench"\/>/);
  assert.match(xml, /<testsuites name="hil" tests="4" failures="0" errors="1" skipped="1"/);
  assert.match(
    await folder.read("out/nightly/summary.txt"),
    /DEAD TARGETS\n\n\* other=dead is dead/,
  );
  assert.match(await folder.read("out/nightly/summary.txt"), /\| it smells of smoke/);
});

Deno.test("a board that dies amid a pass is bench from then on, with what was seen before", async () => {
  await using folder = await testFolder();
  const dead = `${folder.path}/dead`;
  await writeLab(
    folder,
    `scenario("a", { uses: lamp }, () => Deno.writeTextFileSync("${dead}", ""));
for (const name of ["b", "c", "d", "e", "f"]) scenario(name, { uses: lamp }, () => {});\n`,
  );
  const look = `try { Deno.statSync("${dead}"); } catch { return { seed: 1 }; }
    throw new Error("no light");`;
  await folder.write(
    "well.ts",
    `import { defineTarget } from "hil";
     const look = async () => { ${look} };
     export default defineTarget({ title: "a lamp", offers: [], availability: () => ({ ok: true }),
       start: look, health: async () => void await look() });`,
  );
  const { code, stdout, stderr } = await night(folder, "--jobs", "1", "--retries", "0");
  assert.equal(code, 4, stdout + stderr);
  assert.match(stdout, /^lamp=well is well$[\s\S]*^lamp=well is dead: no light$/m);
  const { scenarios, passes } = await readNight(folder);
  assert.equal(passes.length, 1, "nothing is left that could run");
  assert.deepEqual(scenarios.map(({ verdict }: { verdict: string }) => verdict), [
    ...["passed", "bench", "bench", "bench", "bench", "bench"],
  ]);
  assert.match(
    scenarios[1].skip.reason,
    /^bench: .* is dead: no light\nbefore that was known: no light \(trace: .*recordings\/.*-b-well/,
  );
  assert.match(await folder.read("out/nightly/junit.xml"), /failures="0" errors="1" skipped="5"/);
});

Deno.test("a pipe has nothing but what went wrong, when the night is to be quiet", async () => {
  await using folder = await testFolder();
  await writeLab(folder, GOOD);
  const { code, stdout, stderr } = await night(folder, "--passes", "1", "--quiet");
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
});

Deno.test("of two nights on one bench, the second says who has it and does nothing", async () => {
  await using folder = await testFolder();
  await writeLab(folder, GOOD);
  const bench = await Deno.realPath(`${folder.path}/lab.yaml`);
  const other = Lease.tryTake(`night on ${bench}`) as Lease;
  try {
    const { code, stderr } = await night(folder);
    assert.equal(code, 5);
    assert.match(stderr, new RegExp(`"lab": another one is at it, with process id ${Deno.pid};`));
    await assert.rejects(Deno.stat(`${folder.path}/out/nightly`), Deno.errors.NotFound);
  } finally {
    other.release();
  }
});

Deno.test("a night that is ended by a signal writes its reports and tells people", async () => {
  await using folder = await testFolder();
  await writeLab(
    folder,
    GOOD + `scenario("nobody comes", { uses: lamp }, async () => {
      Deno.writeTextFileSync("${folder.path}/begun", "");
      await new Promise(() => {});
    });\n`,
  );
  await folder.program("tell", `cat > "${folder.path}/told"`);
  await Deno.mkdir(`${folder.path}/watched`);
  using watcher = Deno.watchFs(folder.path, { recursive: false });
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...[...TASK, "nightly", "--bench", "lab.yaml", "--reports", "out", "--jobs", "1"],
      ...["--notify", "bin/tell", "lamp.scenario.ts"],
    ],
    cwd: ROOT,
    env: { INIT_CWD: folder.path, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  for await (const { paths } of watcher) if (paths.some((path) => path.endsWith("/begun"))) break;
  child.kill("SIGTERM");
  const { code, stdout } = await output;
  assert.equal(code, 130);
  assert.match(new TextDecoder().decode(stdout), /^interrupted: 1 passed, 1 interrupted in /m);
  assert.equal((await readNight(folder)).interrupted, true);
  assert.match(await folder.read("out/nightly/junit.xml"), /<testsuites name="hil" tests="3"/);
  assert.match(await folder.read("told"), /^interrupted\n/);
});
