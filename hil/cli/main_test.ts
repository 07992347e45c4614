import assert from "node:assert/strict";
import { XMLParser } from "fast-xml-parser";
import { COMMANDS } from "./commands.ts";
import { help } from "./help.ts";
import { hil, TASK, type TestFolder, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";
import { RUN_OPTIONS } from "./run_options.ts";

/** A bench with one role that two targets can play, and three scenarios on it. */
async function writeLab(folder: TestFolder): Promise<void> {
  await folder.write(
    "sim.ts",
    `import { defineTarget } from "hil";
     export default defineTarget({ title: "a lamp", offers: [],
       availability: () => ({ ok: true }), start: () => Promise.resolve({ on: true }) });`,
  );
  await folder.write(
    "lab.yaml",
    `bench: lab
roles:
  lamp:
    default: one
    targets:
      one: { module: sim.ts }
      two: { module: sim.ts }
`,
  );
  await folder.write(
    "lamp.scenario.ts",
    `import { expect, need, scenario } from "hil";
const uses = { lamp: need<{ on: boolean }>("lamp") };
scenario("the lamp is on", { uses }, ({ lamp }) => expect(lamp.on, "the lamp").toBe(true));
scenario("the lamp is off", { uses }, ({ lamp }) => expect(lamp.on, "the lamp").toBe(false));
`,
  );
}

/** The arguments for a run in a test's folder; nothing is written elsewhere. */
const LAB = ["--bench", "lab.yaml", "--reports", "out"];

function onlyCase(xml: string) {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@" });
  return parser.parse(xml).testsuites.testsuite.testcase;
}

Deno.test("each command has a page that says how it is used, what it exits with, and examples", () => {
  for (const name of ["", ...Object.keys(COMMANDS)]) {
    const page = help(name);
    assert(page.startsWith(`hil${name && ` ${name}`}: `), name);
    for (const part of ["Usage", "Exit codes", "Examples"]) {
      assert.match(page, new RegExp(`^${part}$`, "m"), name);
    }
    for (const line of page.split("\n")) assert(line.length <= 100, `${name}: ${line}`);
  }
});

Deno.test("help names every option, every exit code and how to begin", async () => {
  await using folder = await testFolder();
  for (const args of [["--help"], ["-h"], ["x.ts", "--help", "--nonsense"]]) {
    const { code, stdout, stderr } = await hil(folder, args);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    for (const name of Object.keys(RUN_OPTIONS)) {
      assert.match(stdout, new RegExp(`^ {2}--${name} `, "m"));
    }
    for (const exit of [0, 1, 2, 3, 130]) {
      assert.match(stdout, new RegExp(`^ {2}${exit} +\\w`, "m"));
    }
    assert(stdout.split("\n").every((line) => line.length <= 100), stdout);
  }
  const { stdout } = await hil(folder, ["doctor", "--help"]);
  assert.match(stdout, /^ {2}--install /m);
});

Deno.test("the version is one line", async () => {
  await using folder = await testFolder();
  const { code, stdout } = await hil(folder, ["--version"]);
  assert.equal(code, 0);
  assert.match(stdout, /^hil \d+\.\d+\.\d+ \(Deno \d+\.\d+\.\d+\)\n$/);
});

Deno.test("wrong usage is told, and nothing is run or written", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  const mistakes: readonly (readonly [args: string[], stderr: string])[] = [
    [
      ["--gerp", "x"],
      'Cannot use the option "--gerp": there is no such option; did you mean "--grep"?',
    ],
    [
      ["--jobs", "two"],
      'Cannot use the number of jobs "two": it is no whole number from 1 to 256; give one',
    ],
    [
      ["--use", "lamp=one", "--use", "lamp=two"],
      'Cannot use the role "lamp" twice: one --use is enough; write --use lamp=one,two',
    ],
  ];
  for (const [args, message] of mistakes) {
    const { code, stdout, stderr } = await hil(folder, [...LAB, ...args]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.equal(stderr, `hil: ${message}\nSee "deno task hil --help"\n`);
  }
  await assert.rejects(Deno.stat(`${folder.path}/out`), Deno.errors.NotFound);
});

Deno.test("a wrong bench file is told on the console and in the JUnit report", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  const bench = (await folder.read("lab.yaml")).replace("default: one", "default: tow");
  await folder.write("lab.yaml", bench);
  const { code, stdout, stderr } = await hil(folder, LAB);
  const message = `Cannot use the bench file: ${folder.path}/lab.yaml:4:14: ` +
    'the role "lamp" has no target "tow"; did you mean "two"?';
  assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: "", stderr: `hil: ${message}\n` });
  const { error, ...told } = onlyCase(await folder.read("out/junit.xml"));
  assert.equal(told["@name"], "(bench)");
  assert.equal(told["@file"], `${folder.path}/lab.yaml`);
  assert.equal(told["@line"], "4");
  assert.equal(error["@message"], message);
  assert.match(error["#text"], /^reproduce: deno task hil --bench lab\.yaml --reports out$/m);
});

Deno.test("a role or target that the bench lacks is told with what there is", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  const args = [...LAB, "--use", "lmap=one", "--junit", "j.xml"];
  const { code, stderr } = await hil(folder, args);
  assert.equal(code, 2);
  const role =
    `Cannot use the bench file "${folder.path}/lab.yaml": --use lmap=…: there is no role "lmap"; did you mean "lamp"?`;
  assert.equal(stderr, `hil: ${role}\n`);
  assert.equal(onlyCase(await folder.read("j.xml")).error["@message"], role);
  const target = await hil(folder, [...LAB, "--use", "lamp=one,candle"]);
  assert.match(target.stderr, /has no target "candle"; there is "one", "two"\n$/);
  const argument = await hil(folder, [...LAB, "--use", "lamp=oen:1"]);
  assert.match(
    argument.stderr,
    /--use lamp=oen:1: .* has no target "oen"; did you mean "one"\?\n$/,
  );
});

Deno.test("a report that cannot be written is told beside what was wrong", async () => {
  await using folder = await testFolder();
  await folder.write("lab.yaml", "");
  const { code, stderr } = await hil(folder, [...LAB, "--junit", "lab.yaml/j.xml"]);
  assert.equal(code, 2);
  assert.match(stderr, /the file is empty.*\nhil: Cannot write the JUnit report /s);
});

Deno.test("scenarios are listed a line each, by targets, and nothing is run", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  const args = [...LAB, "--list", "--use", "lamp=two,one", "--grep", "on$", "lamp.scenario.ts"];
  const { code, stdout, stderr } = await hil(folder, args);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n").sort();
  const place = `${folder.path}/lamp.scenario.ts:3  the lamp is on`;
  assert.deepEqual(lines, [`${place}  [lamp=one]`, `${place}  [lamp=two]`]);
  await assert.rejects(Deno.stat(`${folder.path}/out`), Deno.errors.NotFound);
});

Deno.test("a run ends with its exit code, its seed and a report", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  const args = [...LAB, "--seed", "7", "lamp.scenario.ts"];
  const good = await hil(folder, [...args, "--grep", "on$"]);
  assert.equal(good.code, 0, good.stdout + good.stderr);
  assert.match(good.stdout, /^1 scenario on the bench lab, seed 7$/m);
  assert.match(good.stdout, /^1 passed in /m);
  const bad = await hil(folder, args);
  assert.equal(bad.code, 1, bad.stdout + bad.stderr);
  assert.match(bad.stdout, /^1 passed, 1 failed in .*\(seed 7\)$/m);
  assert.match(bad.stdout, /^ +reproduce: deno task hil .*--seed 7/m);
  assert.match(await folder.read("out/junit.xml"), /<testsuites name="hil" tests="2" failures="1"/);
  assert.match(bad.stdout, /^to look at: .*out\/index\.html$/m);
  const page = await folder.read("out/index.html");
  assert.match(page, /"name":"the lamp is off"/);
  const again = await hil(folder, ["report", "--reports", "out"]);
  assert.deepEqual([again.code, again.stderr], [0, ""]);
  assert.equal(await folder.read("out/index.html"), page, "the result is kept beside the traces");
});

Deno.test("reports that cannot be are told before anything is run", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  for (
    const [reports, message] of [
      [
        "lab.yaml",
        /^hil: Cannot write the reports ".*lab\.yaml": a file is in the place of a folder/,
      ],
      ["lab.yaml/out", /^hil: Cannot write the reports ".*out": a part of its path is no folder/],
      ["/proc/out", /^hil: Cannot write the reports "\/proc\/out": Deno keeps it from programs/],
    ] as const
  ) {
    const { code, stdout, stderr } = await hil(
      folder,
      ["lamp.scenario.ts", "--bench", "lab.yaml", "--reports", reports],
    );
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
  }
  const { code, stderr } = await hil(folder, ["report", "--reports", "/proc"]);
  assert.equal(code, 2);
  assert.match(stderr, /^hil: Cannot use "\/proc\/runs": Deno keeps it from programs/);
});

Deno.test("a file that is not there and a pattern that nothing has are wrong usage", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  for (const args of [["no.scenario.ts"], ["lamp.scenario.ts", "--grep", "candle"]]) {
    const { code, stdout, stderr } = await hil(folder, [...LAB, ...args]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(
      stderr,
      /^hil: Cannot .*(no\.scenario\.ts|candle).*\nSee "deno task hil --help"\n$/s,
    );
  }
});

Deno.test("a file that cannot be loaded fails; the others are listed and run", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  await folder.write("broken.scenario.ts", "import { scenario } from 'hil';\nscenario(;\n");
  const listed = await hil(folder, [...LAB, "--list", "."]);
  assert.equal(listed.code, 1);
  assert.match(listed.stdout, /lamp\.scenario\.ts:3 {2}the lamp is on/);
  assert.match(listed.stderr, /^hil: .*broken\.scenario\.ts/);
  const run = await hil(folder, [...LAB, "--grep", "on$", "."]);
  assert.equal(run.code, 1, run.stdout + run.stderr);
  assert.match(run.stdout, /^1 passed, 1 failed in /m);
});

Deno.test("whoever reads the list may stop reading", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  await folder.program("all", `{ "$@" || echo "code $?" >>"${folder.path}/code"; } | :`);
  const command = new Deno.Command(`${folder.path}/bin/all`, {
    args: [Deno.execPath(), ...TASK, ...LAB, "--list", "lamp.scenario.ts"],
    cwd: ROOT,
    env: { INIT_CWD: folder.path },
  });
  const { success, stderr } = await command.output();
  assert.deepEqual({ success, stderr: new TextDecoder().decode(stderr) }, {
    success: true,
    stderr: "",
  });
  await assert.rejects(folder.read("code"), Deno.errors.NotFound);
});

Deno.test("an output that is a file on a full disk is told, and the command fails", async () => {
  for (const args of ["--help", "completions bash"]) {
    const task = TASK.map((word) => `'${word}'`).join(" ");
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", `exec '${Deno.execPath()}' ${task} ${args} >/dev/full`],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 2);
    assert.match(
      new TextDecoder().decode(stderr),
      /^hil: Cannot write to the standard output: No space left.*; write it elsewhere\n$/,
    );
  }
});

Deno.test("a seed that nobody chose is printed", async () => {
  await using folder = await testFolder();
  await writeLab(folder);
  const seeds = new Set<string>();
  for (let i = 0; i < 2; i++) {
    const { stdout } = await hil(folder, [...LAB, "--grep", "on$", "lamp.scenario.ts"]);
    seeds.add(stdout.match(/seed (\d+)/)![1]!);
  }
  assert.equal(seeds.size, 2);
});
