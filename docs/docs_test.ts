/** The guides are run as they stand: files are written, commands run, their output compared. */
import { deepEqual, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Block, blocksOf, matches } from "./_guide.ts";
import { reference } from "./reference.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
/** In this order one goes on where another ended. */
const GUIDES = [
  "first-scenario.md",
  "own-board.md",
  "write-a-simulator.md",
  "reproduce-a-bug.md",
  "trust-your-nights.md",
];
/** What a guide may use of the repository; all else in its folder is its own. */
const SHARED = ["hil", "sims", "fixtures", "deno.json", "deno.lock", ".cache"];

Deno.test("the guides do what they say", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "hil-guide-" });
  const lamp = `${folder}/tmp`;
  try {
    await prepare(folder);
    for (const guide of GUIDES) {
      await t.step(guide, async () => {
        const text = await Deno.readTextFile(`${ROOT}/docs/${guide}`);
        for (const block of blocksOf(text.replaceAll("/tmp/lamp", `${lamp}/lamp`))) {
          await follow(block, folder);
        }
      });
    }
    await t.step("what they write is well typed", async () => {
      const checked = await shell("deno check --quiet boards scenarios 2>&1", folder).output();
      ok(checked.success, new TextDecoder().decode(checked.stdout));
    });
  } finally {
    await endBackground();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("each guide is run, and each is in the list of guides", async () => {
  const list = await Deno.readTextFile(`${ROOT}/docs/README.md`);
  const listed = [...list.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, name]) => name);
  const there = (await Array.fromAsync(Deno.readDir(`${ROOT}/docs`)))
    .map(({ name }) => name).filter((name) => name.endsWith(".md") && name !== "README.md");
  deepEqual(listed.toSorted(), there.toSorted());
  for (const name of GUIDES) ok(there.includes(name), name);
});

Deno.test("the reference is what the code makes of it", async () => {
  const pages = await reference();
  const there = await Array.fromAsync(Deno.readDir(`${ROOT}/docs/reference`));
  deepEqual(there.map(({ name }) => name).sort(), [...pages.keys()].sort());
  for (const [name, text] of pages) {
    const kept = await Deno.readTextFile(`${ROOT}/docs/reference/${name}`);
    ok(kept === text, `docs/reference/${name} is not up to date: run "deno task reference"`);
  }
});

/** After so many seconds a command ends with 124; the longest takes some. */
const LIMIT = "120";

const background: Deno.ChildProcess[] = [];

async function prepare(folder: string): Promise<void> {
  for (const name of SHARED) await Deno.symlink(`${ROOT}/${name}`, `${folder}/${name}`);
  await Deno.mkdir(`${folder}/bin`);
  await Deno.mkdir(`${folder}/tmp`);
  await Deno.mkdir(`${folder}/t`);
  const deno = `#!/bin/sh\nexec "${Deno.execPath()}" "$@"\n`;
  await Deno.writeTextFile(`${folder}/bin/deno`, deno, { mode: 0o755 });
}

async function follow(block: Block, folder: string): Promise<void> {
  if (block.kind === "file") {
    const path = `${folder}/${block.path}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    return await Deno.writeTextFile(path, block.text);
  }
  for (const { command, code, output } of block.commands) {
    if (/&$/.test(command)) {
      background.push(shell(`exec ${command.slice(0, -1)}`, folder).spawn());
      continue;
    }
    const ended = await shell(`{ ${command}\n} 2>&1`, folder).output();
    // What `deno task` says before it begins; nobody shows that in a guide.
    const said = new TextDecoder().decode(ended.stdout).replace(/^Task .*\n/, "");
    ok(ended.code === code, `"${command}" exits with ${ended.code}, not ${code}:\n${said}`);
    ok(matches(said, output), `"${command}" says\n${said}\nand ought to say\n${output.join("\n")}`);
  }
}

function shell(script: string, folder: string): Deno.Command {
  const env = {
    PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
    INIT_CWD: folder,
    TMPDIR: `${folder}/t`, // Else it is told that runs of others were killed.
    NO_COLOR: "1",
    GITHUB_ACTIONS: "",
  };
  const args = ["-k", "5", LIMIT, "bash", "-euc", script];
  return new Deno.Command("timeout", { args, cwd: folder, env, stdin: "null", stdout: "piped" });
}

async function endBackground(): Promise<void> {
  for (const child of background.splice(0)) {
    child.kill("SIGTERM");
    await child.stdout.cancel();
    await child.status;
  }
}
