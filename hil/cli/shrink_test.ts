import assert from "node:assert/strict";
import { hil, TASK, type TestFolder, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

/** A vault that jams on two of its keys, and one that does not; its keys make a sound. */
const VAULT = `import { defineTarget } from "hil";
import { Duration } from "hil/time/mod.ts";
class Jammed extends Error { override readonly name = "Jammed"; }
const ORACLE = {
  judge(events: Iterable<any>) {
    const keys = [...events].filter(({ channel }) => channel === "keys").map(({ data }) => data);
    const loud = keys.filter((key) => key === 5).length;
    return loud > 1 ? { kind: "Q1", message: "Q1 does not hold: key 5 was loud twice" } : undefined;
  },
  expectation: { name: "expectQuiet", from: new URL("./vault_oracle.ts", import.meta.url).href },
};
export default defineTarget({
  title: "a vault", offers: [], deterministic: true, availability: () => ({ ok: true }),
  oracle: ORACLE,
  ...OPTIONS,
  start({ timeline, options }) {
    const { sound = true, slow = 0 } = options as { sound?: boolean; slow?: number };
    const keys = timeline.signal<number>("keys", { clock: timeline.clock });
    const pressed: number[] = [];
    return Promise.resolve({
      clock: timeline.clock,
      keys,
      press: async (key: number): Promise<void> => {
        if (slow) await timeline.clock.until(() => undefined, Duration.fromNs(slow * 1e6));
        pressed.push(key);
        keys.emit("press", key);
      },
      open: () => Promise.resolve({
        count: () => Promise.resolve(
          sound || !pressed.includes(3) || !pressed.includes(17) ? pressed.length : 0,
        ),
        turn: (_why: string) => {
          if (sound || !pressed.includes(3) || !pressed.includes(17)) return Promise.resolve(pressed.length);
          return Promise.reject(new Jammed("Cannot turn the vault after " + pressed.length + " keys: it is jammed; hit it"));
        },
      }),
    });
  },
});
`;

const SCENARIO = `import { expect, scenario, need, type Signal } from "hil";
interface Vault {
  readonly keys: Signal<number>;
  press(key: number): Promise<void>;
  open(): Promise<{ turn(why: string): Promise<number>; count(): Promise<number> }>;
}
scenario("the vault opens", { uses: { vault: need<Vault>("vault") } }, async ({ vault }) => {
  for (let key = 0; key < 30; key++) await vault.press(key);
  const opened = await vault.open();
  await opened.turn("with a long text that says why");
});
scenario("the vault counts", { uses: { vault: need<Vault>("vault") } }, async ({ vault }) => {
  for (let key = 0; key < 30; key++) await vault.press(key);
  expect(await (await vault.open()).count(), "what it counts").toBe(30);
});
scenario("a key is quiet", { uses: { vault: need<Vault>("vault") } }, async ({ vault }) => {
  for (const key of [1, 5, 2, 3, 5, 4, 9]) await vault.press(key);
  expect(vault.keys.occurrences.filter(({ data }) => data === 5).length, "key 5").toBe(1);
});
`;

/** Runs a scenario on a vault; gives the path of its trace. */
async function recorded(folder: TestFolder, name: string, target = "jams"): Promise<string> {
  const of = (options: string) => VAULT.replace("...OPTIONS,", options);
  await folder.write("vault.ts", of(""));
  await folder.write("steel.ts", of('exclusive: "the vault",'));
  await folder.write(
    "vault_oracle.ts",
    `import { ExpectationError, type Signal } from "hil";
export function expectQuiet({ keys }: { keys: Signal<number> }) {
  const loud = keys.occurrences.filter(({ data }) => data === 5).length;
  if (loud > 1) throw new ExpectationError("Q1 does not hold: key 5 was loud twice");
}
`,
  );
  await folder.write("vault.scenario.ts", SCENARIO);
  await folder.write(
    "lab.yaml",
    `bench: lab
roles:
  vault:
    default: jams
    targets:
      jams: { module: vault.ts, options: { sound: false } }
      slow: { module: vault.ts, options: { sound: false, slow: 20 } }
      sound: { module: vault.ts }
      steel: { module: steel.ts }
`,
  );
  const line = ["vault.scenario.ts", "--grep", name, "--bench", "lab.yaml", "--reports", "out"];
  const { stdout } = await hil(folder, [...line, "--use", `vault=${target}`, "--seed", "7"]);
  const runs = `${folder.path}/out/runs`;
  for (const run of Deno.readDirSync(runs)) {
    for (const own of Deno.readDirSync(`${runs}/${run.name}`)) {
      if (own.isDirectory) return `out/runs/${run.name}/${own.name}/trace.jsonl`;
    }
  }
  throw new Error(stdout);
}

function shrink(folder: TestFolder, trace: string, ...more: string[]) {
  return hil(folder, ["shrink", trace, "--bench", "lab.yaml", ...more]);
}

Deno.test("a call that throws: the scenario that is left is typed, fails so, and is the least", async () => {
  await using folder = await testFolder();
  const trace = await recorded(folder, "opens");
  const { code, stderr } = await shrink(folder, trace, "-o", "small.scenario.ts");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /it fails again: Jammed: Cannot turn the vault after 30 keys/);
  assert.match(stderr, /32 calls to 4 in \d+ tries and .* s; none can be left out/);
  assert.match(stderr, /run as a scenario it fails with the same failure/);
  const text = await folder.read("small.scenario.ts");
  assert.match(text, /^\/\*\*\n \* Made small by `hil shrink` from a trace of "the vault opens"/);
  assert.match(text, /\* Run it with --use vault=jams\. It failed with:/);
  assert.equal(
    text.slice(text.indexOf("import ")),
    `import { need, scenario } from "hil";
import type vaultTarget from "file://${folder.path}/vault.ts";

type Vault = Awaited<ReturnType<(typeof vaultTarget)["start"]>>;

scenario(
  "the vault opens, made small",
  { uses: { vault: need<Vault>("vault") }, seed: 7 },
  async ({ vault }) => {
    await vault.press(3);
    await vault.press(17);
    await (await vault.open()).turn("");
  },
);
`,
  );
});

Deno.test("an oracle finds what the scenario alone had expected; without one that is told", async () => {
  await using folder = await testFolder();
  const trace = await recorded(folder, "quiet");
  const { code, stdout, stderr } = await shrink(folder, trace);
  assert.match(stderr, /it fails again: Q1 does not hold: key 5 was loud twice/);
  // Two presses are the least.
  assert.match(
    stdout,
    /await vault.press\(5\);\n {4}await vault.press\(5\);\n {4}expectQuiet\(vault\);/,
  );
  assert.equal(code, 0, stderr);
  await folder.write(
    "vault.ts",
    VAULT.replace("...OPTIONS,", "").replace("  oracle: ORACLE,\n", ""),
  );
  const none = await shrink(folder, trace);
  assert.equal(none.code, 1);
  assert.match(
    none.stderr,
    /the recorded failure was ExpectationError: .*; no call throws that; .*need not be after fewer: give --against vault=slow or --against vault=sound or --against vault=steel, or/,
  );
});

Deno.test("beside another target that is left which comes to something else there", async () => {
  await using folder = await testFolder();
  const trace = await recorded(folder, "counts");
  const { code, stdout, stderr } = await shrink(folder, trace, "--against", "vault=sound");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /await vault.press\(3\);\n {4}await vault.press\(17\);/);
  assert.match(stdout, /expect\(count, 'what "count" gives'\)\.toEqual\(2\);/);
});

Deno.test("what cannot be made small is refused with what to do", async () => {
  await using folder = await testFolder();
  const trace = await recorded(folder, "opens");
  const passed = (await folder.read(trace)).replace(
    /"outcome":"failed","error":.*"environment"/,
    '"outcome":"passed","environment"',
  );
  await folder.write("passed.jsonl", passed);
  const old = {
    trace: 1,
    scenario: "s",
    file: "",
    line: 1,
    seed: 1,
    bench: "b",
    targets: { vault: { target: "jams" } },
    environment: {},
  };
  const sent = { seq: 1, t: 0, type: "bytes", channel: "com1", dir: "tx", text: "x" };
  await folder.write("old.jsonl", `${JSON.stringify(old)}\n${JSON.stringify(sent)}\n`);
  const cases: [string[], RegExp][] = [
    [
      [trace, "--use", "vault=steel"],
      /"vault=steel": it is hardware, .*give a simulated target with --use vault=TARGET/,
    ],
    [[trace, "--use", "vault=stone"], /has no target "stone"; give the bench/],
    [["passed.jsonl"], /its scenario did not fail; give one that did/],
    [["old.jsonl"], /it has no calls \(its version is 1\).*; run the scenario again/],
    [["none.jsonl"], /none\.jsonl.*there is no such file/],
    [[trace, "-o", "small.ts"], /ends with \.scenario\.ts/],
    [[], /Cannot shrink 0 traces/],
    [[trace, "--tims", "3"], /did you mean "--times"/],
  ];
  for (const [args, wanted] of cases) {
    const { code, stderr } = await hil(folder, ["shrink", ...args, "--bench", "lab.yaml"]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, wanted);
  }
});

Deno.test("Ctrl-C ends the search and keeps the best so far", async () => {
  await using folder = await testFolder();
  const trace = await recorded(folder, "opens");
  const args = [
    "shrink",
    trace,
    "--bench",
    "lab.yaml",
    "--use",
    "vault=slow",
    "-o",
    "x.scenario.ts",
  ];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...TASK, ...args],
    ...{
      cwd: ROOT,
      env: { INIT_CWD: folder.path },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    },
  }).spawn();
  let told = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    told += text;
    if (/it fails again/.test(text)) child.kill("SIGINT");
  }
  assert.equal((await child.status).code, 130, told);
  assert.match(told, /interrupted: this is the best so far/);
  assert.match(await folder.read("x.scenario.ts"), /await vault.press\(17\)/);
});

Deno.test("its page names each option and each exit code", async () => {
  await using folder = await testFolder();
  const { code, stdout } = await hil(folder, ["shrink", "--help"]);
  assert.equal(code, 0);
  for (const word of ["--out", "--use", "--against", "--times", "--time", "  130", "Examples"]) {
    assert(stdout.includes(word), word);
  }
  assert(stdout.split("\n").every((line) => line.length <= 100), stdout);
});
