import assert from "node:assert/strict";

const ROOT = new URL("../../../", import.meta.url).pathname;
const TASK: string[] = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`)).tasks.prove.split(" ");

/** `deno task prove` as a child process. */
async function prove(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...TASK.slice(1), ...args],
    cwd: ROOT,
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("a cache without defects keeps its promises, and what fired is told", async () => {
  const { code, stdout } = await prove("--seeds", "200", "--faults", "--strategy", "pos");
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^model: no promise is broken; 200 seeds in /);
  assert.match(stdout, /fault read error +\d+ of \d+/);
});

Deno.test("a defect is found, made small, kept, and comes back from the file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/proof.json`;
    const found = await prove("--bug", "lost-wake-up", "--out", out);
    assert.equal(found.code, 1, found.stderr);
    assert.match(found.stdout, /P7 does not hold: client \d waits for ever/);
    const again = await prove("--replay", out);
    assert.equal(again.code, 1);
    assert.ok(found.stdout.includes(again.stdout.trim()), again.stdout);
    // Two writes of one block are the least that can show it.
    const clients = JSON.parse(await Deno.readTextFile(out)).load.clients as unknown[][];
    assert.equal(clients.flat().length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what the cache's C shows is tried on the model, and made small there", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/proof.json`;
    const bug = ["--level", "code", "--bug", "copies-unprotected"];
    const { code, stdout, stderr } = await prove(...bug, "--out", out);
    assert.equal(code, 1, stderr);
    assert.match(stdout, /^code with the defect copies-unprotected: P2 is broken/);
    assert.match(stdout, /the model shows it too/);
    assert.equal(JSON.parse(await Deno.readTextFile(out)).level, "model");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("wrong usage is told with what there is", async () => {
  const cases: [string[], RegExp][] = [
    [["--bug", "xx"], /Cannot use --bug "xx": it is one of evicts-in-use, /],
    [["--level", "board"], /Cannot use --level "board": it is one of model, code/],
    [["--seeds", "0"], /Cannot use --seeds "0": give a whole number from 1/],
    [["--replay", "/there/is/none"], /Cannot read "\/there\/is\/none": /],
    [["--sedes"], /sedes/],
  ];
  for (const [args, wanted] of cases) {
    const { code, stderr } = await prove(...args);
    assert.equal(code, 2);
    assert.match(stderr, wanted);
    assert.match(stderr, /See "deno task prove --help"/);
  }
});
