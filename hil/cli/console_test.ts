import assert from "node:assert/strict";
import { seconds, withLimit } from "../time/mod.ts";
import { atTerminal } from "./_terminal.ts";
import { hil, TASK, type TestFolder, testFolder } from "./_testing.ts";
import { Entries, Keys } from "./console_keys.ts";
import { type Moment, patternsOf, sessionScript } from "./console_record.ts";
import { ROOT } from "./paths.ts";
import { findTool } from "./tools.ts";

/** A machine with a shell that knows two commands, and dies of a third. */
const MACHINE = `import { defineTarget, type Console, type Power } from "hil";
import { openConsole, promptShell } from "hil/drivers/console/mod.ts";
export default defineTarget<{ console: Console; power: Power }>({
  title: "a machine", offers: [], availability: () => ({ ok: true }),
  start({ timeline, options, defer }) {
    const { name = "nobody" } = options as { name?: string };
    let say = (_text: string) => {};
    let line = "";
    let on = false;
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => { say = (text) => controller.enqueue(new TextEncoder().encode(text)); },
    });
    const answers: Record<string, () => string> = {
      version: () => "machine 1.25 of " + name + "\\r\\n",
      count: () => Math.round(performance.now()) + " ms at 0x" + Deno.pid.toString(16) + "\\r\\n",
      die: () => { timeline.fail(new Error("the machine died")); return ""; },
    };
    const link = {
      readable, close: () => Promise.resolve(),
      write: (bytes: Uint8Array) => {
        for (const key of on ? new TextDecoder().decode(bytes) : "") {
          say(key === "\\r" ? "\\r\\n" : key);
          if (key !== "\\r") line += key;
          else {
            say((answers[line] ?? (() => line && "what is " + line + "?\\r\\n"))() + "$ ");
            line = "";
          }
        }
        return Promise.resolve();
      },
    };
    const shell = promptShell({ prompt: "$ ", status: "none" } as never);
    const console = openConsole({ name: "tty", link, timeline, clock: timeline.clock, shell });
    defer("close", () => console.close());
    const boot = () => { on = true; say("\\x1b[2Jbooting\\r\\n$ "); return Promise.resolve(); };
    const halt = () => { on = false; return Promise.resolve(); };
    return Promise.resolve({ console, power: { on: boot, off: halt, cut: halt, reset: boot } });
  },
});
`;

async function machine(): Promise<TestFolder> {
  const folder = await testFolder();
  await folder.write("machine.ts", MACHINE);
  await folder.write("bare.ts", MACHINE.replace("{ console, power:", "{ no: console, power:"));
  await folder.write(
    "lab.yaml",
    `bench: lab
roles:
  machine:
    default: desk
    targets:
      desk: { module: machine.ts }
      bare: { module: bare.ts }
`,
  );
  return folder;
}

const LAB = ["--bench", "lab.yaml"];

Deno.test("at a terminal keys go through, the escape key has a menu, and the session is a scenario", async () => {
  await using folder = await machine();
  const args = ["console", "machine", ...LAB, "--options", "{ name: me }", "--record", "own"];
  const { code, shown } = await atTerminal(folder, args, [
    ["$ ", "ver"],
    ["ver", "sion\r"],
    ["$ ", "count\r"],
    ["$ ", "\x1dh"],
    ["Ctrl-]  types", "\x1dr"],
    ["$ ", "x\r"],
    ["$ ", "\x1dq"],
  ]);
  assert.equal(code, 0, shown);
  assert.match(shown, /booting\r\n\$ version\r\nmachine 1\.25 of me\r\n\$ count\r\n\d+ ms at 0x/);
  const text = await folder.read("own.scenario.ts");
  const lines = [...text.matchAll(/^ {4}await machine\.(.*);$/gm)].map(([, line]) => line);
  const within = ", { within: seconds(1) })";
  assert.deepEqual(lines, [
    "power.on()",
    `console.waitFor("booting"${within}`,
    `console.waitFor("$"${within}`,
    'console.write("version\\r")',
    `console.waitFor(/machine \\d+\\.\\d+ of me/${within}`,
    `console.waitFor("$"${within}`,
    'console.write("count\\r")',
    `console.waitFor(/\\d+ ms at 0x[0-9a-f]+/${within}`,
    `console.waitFor("$"${within}`,
    "power.reset()",
    `console.waitFor("booting"${within}`,
    `console.waitFor("$"${within}`,
    'console.write("x\\r")',
    `console.waitFor("what is x?"${within}`,
    `console.waitFor("$"${within}`,
  ]);
  const again = await hil(folder, ["own.scenario.ts", ...LAB, "--reports", "out"]);
  assert.equal(again.code, 0, again.stdout);
  assert.match(await folder.read("own.jsonl"), /"type":"call","id":1,"on":"machine.power"/);
  const twice = await hil(folder, args);
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /Cannot record to ".*own\.scenario\.ts": it is there already/);
});

Deno.test("on a pipe lines are sent one after the other, and its end leaves", async () => {
  await using folder = await machine();
  const { code, stdout } = await piped(folder, "version\ncount\n", "machine");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /\$ version\r\nmachine 1\.25 of nobody\r\n\$ count\r\n\d+ ms at 0x.*\r\n\$ $/s,
  );
});

Deno.test("a target that fails ends the session", async () => {
  await using folder = await machine();
  const { code, stderr } = await piped(folder, "die\nversion\n", "machine=desk");
  assert.equal(code, 1);
  assert.match(stderr, /^hil: Error: the machine died$/m);
});

async function piped(folder: TestFolder, input: string, target: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...TASK, "console", target, ...LAB],
    ...{ cwd: ROOT, env: { INIT_CWD: folder.path, NO_COLOR: "1" } },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await withLimit(child.output(), seconds(60), () => {
    child.kill("SIGKILL");
    return child.output();
  });
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("a target that does not start is told, and nothing is left of it", async () => {
  await using folder = await machine();
  const refuse =
    'start({ timeline, options, defer }) { throw new Error("it is on fire"); },\n unused';
  await folder.write("bare.ts", MACHINE.replace("start", refuse));
  const { code, stderr } = await piped(folder, "", "machine=bare");
  assert.equal(code, 1);
  assert.match(stderr, /^hil: Error: it is on fire$/m);
});

Deno.test("what cannot be attached to is refused with what is likely to be meant", async () => {
  await using folder = await machine();
  const cases: [string[], RegExp][] = [
    [["machin"], /the bench lab has no role "machin"; did you mean "machine"\?/],
    [["machine=dusk"], /the role "machine" has no target "dusk"; did you mean "desk"\?/],
    [["machine=bare"], /"machine=bare": it has no console; name a target that has one/],
    [[], /Cannot attach to 0 targets: name one/],
    [["machine", "--options", "five"], /Cannot use the options "five": they are no YAML of names/],
    [["machine", "--recrod", "x"], /did you mean "--record"\?/],
  ];
  for (const [args, wanted] of cases) {
    const { code, stderr } = await hil(folder, ["console", ...args, ...LAB]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, wanted);
  }
  const { code, stdout } = await hil(folder, ["console", "--help"]);
  assert.equal(code, 0);
  for (const word of ["--record", "--lines", "Ctrl-]", "  130", "Examples"]) {
    assert(stdout.includes(word));
  }
  assert(stdout.split("\n").every((line) => line.length <= 100), stdout);
});

Deno.test("the escape key is found wherever the pieces are cut; twice it is itself", () => {
  const bytes = new TextEncoder().encode("ab\x1dhc\x1d\x1dd\x1dQ");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const keys = new Keys();
    const typed = [...keys.take(bytes.slice(0, cut)), ...keys.take(bytes.slice(cut))];
    const text = typed.map((one) =>
      one.for === "menu" ? `<${one.key}>` : new TextDecoder().decode(one.bytes)
    );
    assert.equal(text.join(""), "ab<h>c\x1dd<q>");
  }
});

Deno.test("lines and keys that are none are entries", () => {
  const entries = new Entries();
  assert.deepEqual(entries.take("ls"), []);
  assert.deepEqual(entries.take(" -l\rcat\t\x03\x1b[A\r"), [
    "ls -l\r",
    "cat\t",
    "\x03",
    "\x1b[A\r",
  ]);
  assert.equal(entries.held, "");
});

Deno.test("of what was seen the last line that says something is waited for, and the prompt", () => {
  const regexp = (source: string) => ({ $: "regexp", source, flags: "" });
  const cases: [seen: string, typed: string, wanted: unknown[]][] = [
    ["=> ", "", ["=>"]],
    ["version\r\nU-Boot 2023.01 (x)\r\n\r\n=> ", "version\r", [
      regexp("U-Boot \\d+\\.\\d+ \\(x\\)"),
      "=>",
    ]],
    ["\x1b[1mroot@a\x1b[0m:~# ", "", ["root@a:~#"]],
    ["eth@4a100000: 0xCAFE\r\n", "", [regexp("eth@[0-9a-f]+: 0x[0-9a-f]+")]],
    ["10 %\r50 %\r100 %\r\n", "", [regexp("\\d+ %")]],
    ["ls", "ls", []],
    ["", "ls\r", []],
  ];
  for (const [seen, typed, wanted] of cases) assert.deepEqual(patternsOf(seen, typed), wanted);
});

Deno.test("limits are three times what it took, as people write them, and at least a second", () => {
  const moments: Moment[] = [
    { type: "typed", text: "a\r", t: 1e9 },
    { type: "seen", text: "slow\n$ ", t: 5e9 },
    { type: "run", command: "b", output: "", status: 3, t: 6e9, endT: 6.1e9 },
  ];
  const need = { role: "m", requires: [], options: {} };
  const { script, checks } = sessionScript(moments, { name: "m", need });
  const within = script.actions.map(({ args }) => JSON.stringify(args).match(/"ns":(\d+)/)?.[1]);
  assert.deepEqual(within, [undefined, "15000000000", "15000000000", "1000000000"]);
  assert.equal(checks.get(4)!("run"), 'expect(run.status, "the status of \\"b\\"").toBe(3);');
});

const uboot = await Deno.stat(`${ROOT}/.cache/debian`).then(() => true, () => false);

// 3 s of a board's boot: the whole way from keys to a scenario that passes is here only.
Deno.test({
  name: "a session at the simulated board becomes a scenario that passes" +
    (uboot ? "" : " (skipped: Debian's U-Boot is not in the cache; run a scenario of the board)"),
  ignore: !uboot,
  async fn() {
    await using folder = await testFolder();
    const options = ["--options", "{ emmc: { uboot: bookworm } }", "--record", "board"];
    const { code, shown } = await atTerminal(folder, ["console", "board=sim", ...options], [
      ["stop autoboot", " "],
      ["=> ", "echo hello\r"],
      ["hello\r\n=> ", "\x1dq"],
    ]);
    assert.equal(code, 0, shown);
    const run = await hil(folder, ["board.scenario.ts", "--use", "board=sim", "--reports", "out"]);
    assert.equal(run.code, 0, run.stdout);
  },
});

const qemu = findTool("qemu-system-x86_64");

Deno.test({
  name: "a session of commands at the guest in QEMU becomes a scenario that passes" +
    (qemu ? "" : " (skipped: there is no qemu-system-x86_64; run deno task hil doctor --install)"),
  ignore: !qemu,
  async fn() {
    await using folder = await testFolder();
    const args = ["console", "diskcache=qemu", "--lines", "--record", "guest.scenario.ts"];
    const { code, shown } = await atTerminal(folder, args, [
      ["to leave", "echo hallo\x7fo\r"],
      ["hallo\r\n", "block 0 7\r"],
      ["status 2", "\x1dq"],
    ]);
    assert.equal(code, 0, shown);
    const text = await folder.read("guest.scenario.ts");
    assert.match(text, /diskcache\.console\.run\("echo hallo", \{ within: seconds\(1\) \}\);/);
    assert.match(text, /expect\(run2\.status, 'the status of "block 0 7"'\)\.toBe\(2\);/);
    const use = ["--use", "diskcache=qemu", "--reports", "out"];
    const run = await hil(folder, ["guest.scenario.ts", ...use]);
    assert.equal(run.code, 0, run.stdout);
  },
});
