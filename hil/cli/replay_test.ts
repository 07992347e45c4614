import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { hil, TASK, type TestFolder, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

/** Fails after two steps, on the model of the disk cache; `count` is how much it does. */
const scenario = (count: number) => `
import { expect, scenario, step } from "hil";
import { diskCache } from "sims/diskcache/mod.ts";

scenario("too many reads", { uses: { cache: diskCache({ entries: 8, sizes: [64] }) } }, async ({ cache }) => {
  await step("one read", async () => (await cache.read({ drive: 0, lba: 3 })).finished());
  await step("work", async () => {
    const work = await cache.work({ seed: 5, count: ${count}, blocks: 16, readPercent: 50 });
    await work.finished();
  });
  expect((await cache.statistics()).reads, "reads").toBe(0);
});
`;

/** A folder with a scenario that has failed; gives the replay that the failure names. */
async function recorded(
  target = "model",
): Promise<{ folder: TestFolder; trace: string; command: string }> {
  const folder = await testFolder();
  await folder.write("a.scenario.ts", scenario(100));
  const use = `diskcache=${target}`;
  const args = ["a.scenario.ts", "--use", use, "--seed", "7", "--reports", "reports"];
  const { stdout, code } = await hil(folder, args);
  assert.equal(code, 1, stdout);
  const [, command = "", trace = ""] =
    stdout.match(/replay: deno task hil (replay (\S+) --until \S+)/) ?? [];
  assert.ok(trace, stdout);
  return { folder, trace, command };
}

function replay(folder: TestFolder, ...args: string[]) {
  return hil(folder, ["replay", ...args, "--reports", "replays"]);
}

/** A replay that is given its commands by a pipe. */
async function piped(folder: TestFolder, args: readonly string[], commands: readonly string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...TASK, ...args],
    cwd: ROOT,
    env: { INIT_CWD: folder.path, NO_COLOR: "1" },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(commands.join("\n")));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("a failure that is replayed is the same to the bit, and another one when code has changed", async () => {
  const { folder, trace } = await recorded();
  await using _ = folder;
  const same = await replay(folder, trace);
  assert.match(same.stdout, /^re-execute: diskcache=model is simulated/);
  assert.match(same.stdout, /the same again: \d+ events are the same; it failed: reads is \d+;/);
  assert.equal(same.code, 0, same.stderr);

  await Deno.writeTextFile(
    `${folder.path}/cut.jsonl`,
    (await Deno.readTextFile(trace)).slice(0, -900),
  );
  const cut = await replay(folder, "cut.jsonl");
  assert.match(
    cut.stdout,
    /events are the same, up to where the recording is cut off; now it failed/,
  );
  assert.equal(cut.code, 0);

  await folder.write("a.scenario.ts", scenario(101));
  const other = await replay(folder, trace);
  assert.equal(other.code, 1);
  assert.match(other.stdout, /^- .*#\d+ .*count: 100/m);
  assert.match(other.stdout, /^\+ .*#\d+ .*count: 101/m);
  assert.match(other.stdout, /more of it: deno task hil diff \S+ \S+/);
});

Deno.test("a machine that has failed in QEMU does the same again, by its own recording", async () => {
  const { folder, trace } = await recorded("qemu-recorded");
  await using _ = folder;
  const { code, stdout, stderr } = await replay(folder, trace);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^record-replay: diskcache=qemu-recorded recorded itself beside the trace/);
  assert.match(stdout, /: the same again: \d+ bytes on COM1 and \d+ requests of the drives/);
  await Deno.remove(trace.replace("trace.jsonl", "machine.rr"));
  assert.equal((await replay(folder, trace)).code, 2);
});

Deno.test("the command that a failure names stops there, and obeys a pipe", async () => {
  const { folder, trace, command } = await recorded();
  await using _ = folder;
  const { code, out, err } = await piped(folder, command.split(" "), [
    ...["where", "js (await cache.statistics()).writes > 10", "js cache.clock.virtual", "back"],
    ...[
      "until 0.02ms",
      "ports",
      "step",
      "next",
      "js nobody()",
      "js ms(5).ns",
      "mistyped",
      "back 1ms",
      "continue",
    ],
  ]);
  assert.equal(code, 0, err);
  const after = (line: string) => out.split(`replay> ${line}\n`)[1]?.split("\n") ?? [];
  assert.match(out, /^at 0\.\d{6} s: it has failed: reads is \d+; it ought to be 0$/m);
  assert.equal(after("js (await cache.statistics()).writes > 10")[0], "true");
  assert.equal(after("js cache.clock.virtual")[0], "true");
  assert.match(after("back")[0]!, /^at 0\.\d{6} s$/);
  assert.equal(after("until 0.02ms")[0], "at 0.000020 s");
  assert.match(after("ports")[0]!, /^cache: clock, configure\(\), .*statistics\(\)/);
  assert.match(after("next")[1] ?? "", /#\d+/);
  assert.match(out, /running: work/);
  assert.match(after("js nobody()")[0]!, /^ReferenceError: nobody/);
  assert.equal(after("js ms(5).ns")[0], "5000000");
  assert.match(after("mistyped")[0]!, /^There is no "mistyped"; /);
  assert.match(after("continue")[0]!, /it has failed/);
  const events = await piped(folder, ["replay", trace, "--until", "#20"], [
    "events 1",
    "step",
    "events 1",
  ]);
  assert.match(events.out, /replay> events 1\n.*#2\d /);
});

Deno.test("back in time, a simulated board is the one that it was, to the bit", async () => {
  await using folder = await testFolder();
  await folder.write(
    "b.scenario.ts",
    `
import { ms, scenario, seconds, step } from "hil";
import { beagleBone } from "sims/bbb/mod.ts";

scenario("a board without a card", { uses: { board: beagleBone() } }, async ({ board }) => {
  await step("power", () => board.power.on());
  await board.clock.until(() => undefined, seconds(2));
  await board.gpio.input(66).press({ hold: ms(300) });
  await step("ask", async () => {
    await board.console.write("?");
    await board.clock.until(() => undefined, seconds(2));
  });
});
`,
  );
  await hil(folder, ["b.scenario.ts", "--seed", "1", "--reports", "reports"]);
  const print = "js await board.fingerprint()";
  const { code, out, err } = await piped(folder, ["replay", "reports/runs", "--until", "1.3s"], []);
  assert.match(err + out, /it is a folder without traces/);
  const [run] = [...Deno.readDirSync(`${folder.path}/reports/runs`)];
  const look = await piped(
    folder,
    ["replay", `reports/runs/${run!.name}`, "--until", "1.3s", "--snapshots", "400ms"],
    [
      "until 2.1s",
      print,
      "until 3.9s",
      "until 2.1s",
      print,
      "until 1.3s",
      print,
      "b 0.1s",
      "until 2.1s",
      print,
    ],
  );
  assert.equal(look.code, 0, look.err);
  const prints = [...look.out.matchAll(/^([0-9a-f]{64})$|"([0-9a-f]{64})"/gm)].map(([all]) => all);
  assert.equal(prints.length, 4, look.out);
  const [held, ...travelled] = prints;
  assert.deepEqual(travelled, [held, travelled[1], held]);
  assert.notEqual(travelled[1], held);
  assert.equal(code, 2);
  // No moment is kept as far as the next step.
  const { name } = [...Deno.readDirSync(`${folder.path}/reports/runs/${run!.name}`)].find((entry) =>
    entry.isDirectory
  )!;
  Deno.copyFileSync(
    `${folder.path}/reports/runs/${run!.name}/${name}/trace.jsonl`,
    `${folder.path}/early.jsonl`,
  );
  const early = await piped(folder, ["replay", "early.jsonl", "--until", "1.3s"], ["b 1s", "next"]);
  assert.match(early.out, /^replay> next\nat 2\.\d{6} s\n.*\n +running: ask$/m);
});

/** `hil replay` at a terminal of its own: each answer is typed once what it waits for was said. */
async function atTerminal(
  { folder, command }: Pick<Awaited<ReturnType<typeof recorded>>, "folder" | "command">,
  answers: [awaited: RegExp, typed: string][],
): Promise<{ readonly code: number; readonly said: string; readonly left: string[] }> {
  // Whoever goes on for ever where it ought not to is not left behind.
  const limit = ["timeout", "--foreground", "--signal=KILL", "300"];
  const words = [...limit, Deno.execPath(), ...TASK, ...command.split(" ")];
  const child = new Deno.Command("script", {
    args: ["-qfec", words.map((word) => `'${word}'`).join(" "), "/dev/null"],
    cwd: ROOT,
    env: { INIT_CWD: folder.path, TERM: "xterm", TMPDIR: folder.path },
    ...{ stdin: "piped", stdout: "piped", stderr: "null" },
  }).spawn();
  const writer = child.stdin.getWriter();
  let said = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += stripVTControlCharacters(text);
    const [next] = answers;
    if (!next?.[0].test(said)) continue;
    answers.shift();
    await writer.write(new TextEncoder().encode(next[1]));
  }
  await writer.close().catch(() => {}); // It is gone.
  const { code } = await child.status;
  assert.deepEqual(answers, [], JSON.stringify(said.slice(-400)));
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  return { code, said, left: names.filter((name) => name.startsWith("hil-run-")) };
}

Deno.test("at a terminal, Tab completes, and Ctrl-C ends it in order", async () => {
  const { folder, command } = await recorded();
  await using _ = folder;
  const { code, left } = await atTerminal({ folder, command }, [
    [/replay> $/, "js cache.sta\t"],
    [/cache\.statistics\($/, ").constructor.name\r"],
    [/Promise'?"?\r?\n[^]*replay> $/, "until 0.3ms\r"],
    [/at 0\.000300 s[^]*replay> $/, "\x03"],
  ]);
  assert.equal(code, 0);
  assert.deepEqual(left, [], "nothing of it is left");
});

Deno.test("Ctrl-C twice ends it where an expression never does, and clears up", async () => {
  const { folder, command } = await recorded();
  await using _ = folder;
  const endless = 'Deno.stdout.writeSync(new TextEncoder().encode("for " + "ever")); while (true);';
  const { code, said, left } = await atTerminal({ folder, command }, [
    [/replay> $/, `js ${endless}\r`],
    [/for ever/, "\x03"],
    [/it does not end by itself; Ctrl-C again ends hil/, "\x03"],
  ]);
  assert.match(said, /interrupted: the targets are gone/);
  assert.equal(code, 130);
  assert.deepEqual(left, [], "nothing of it is left");
});

Deno.test("where the bench is not, the recording stands in; another body is played into it", async () => {
  const { folder, trace } = await recorded();
  await using _ = folder;
  const text = await Deno.readTextFile(trace.startsWith("/") ? trace : `${folder.path}/${trace}`);
  const bench = /"benchFile":"[^"]*"/;
  assert.match(text, bench);
  await folder.write("mailed.jsonl", text.replace(bench, '"benchFile":"/elsewhere/lab.yaml"'));
  const same = await replay(folder, "mailed.jsonl");
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /^the same again: it failed: reads is \d+; it ought to be 0$/m);
  assert.match(
    same.stdout,
    /^playback: diskcache=model is not on this bench: its recording stands in/,
  );
  assert.match(same.stdout, /reads is \d+; it ought to be 0/);
  await folder.write("b.scenario.ts", scenario(50));
  const other = await replay(folder, "mailed.jsonl", "--scenario", "b.scenario.ts");
  assert.equal(other.code, 1, other.stderr);
  assert.match(
    other.stdout,
    /recorded: cache\.work\(.*count: 100.*\n +now: +cache\.work\(.*count: 50.*b\.scenario\.ts:8\)/,
  );
});

Deno.test("what is no trace, and what cannot be run again, is said", async () => {
  const { folder, trace } = await recorded();
  await using _ = folder;
  const refused = async (...args: string[]) => {
    const { code, stderr } = await replay(folder, ...args);
    assert.equal(code, 2, stderr);
    return stderr;
  };
  assert.match(await refused("nothing.jsonl"), /there is no such file/);
  assert.match(await refused("."), /it is a folder without traces/);
  assert.match(
    await refused(trace, "--until", "soon"),
    /Cannot go to "soon": that is no time .* #123/,
  );
  assert.match(await refused(trace, "--mode", "reexecute"), /did you mean "re-execute"/);
  assert.match(
    await refused(trace, "--from-snapshot", "--until", "1ms"),
    /none is kept; keep them by/,
  );
  const text = await Deno.readTextFile(trace);
  await folder.write("newer.jsonl", text.replace(/"trace":\d+/, '"trace":99'));
  assert.match(await refused("newer.jsonl"), /it is of version 99 .*update the harness/);
  await folder.write("imported.jsonl", text.replace(/"bench":"[^"]*"/, '"bench":"imported"'));
  assert.match(await refused("imported.jsonl"), /it was imported, .* by --scenario FILE/);
  await folder.write("hand.jsonl", text.replace(/"file":"[^"]*"/, '"file":""'));
  assert.match(await refused("hand.jsonl"), /it was made by hand, .* by --scenario FILE, .*--use/);
  const seen = await piped(folder, ["replay", "hand.jsonl", "--until", "#3"], ["where"]);
  assert.match(seen.out, /^playback: no scenario made it$/m);
  assert.equal(seen.code, 0);
  await folder.write("moved.jsonl", text.replace("a.scenario.ts", "b.scenario.ts"));
  assert.match(
    await refused("moved.jsonl", "--until", "1ms"),
    /its file \S+b\.scenario\.ts is not here/,
  );
});
