import assert from "node:assert/strict";
import { commandLine, markedProcesses } from "./marked_processes.ts";

/** A process that lives until its input ends. */
function start(env: Record<string, string>) {
  const child = new Deno.Command("cat", {
    args: ["-", "/dev/null"],
    env,
    stdin: "piped",
    stdout: "null",
  }).spawn();
  return {
    pid: child.pid,
    async end() {
      await child.stdin.close();
      await child.status;
    },
  };
}

Deno.test("processes are found by a mark in their environment, whole or in part", async () => {
  const mark = `HIL_TEST_${Deno.pid}`;
  const one = start({ [mark]: "one" });
  const two = start({ [mark]: "one and more" });
  try {
    const both = [one.pid, two.pid].sort((a, b) => a - b);
    const found = (word: string | string[], whole?: boolean) =>
      markedProcesses(word, { whole }).sort((a, b) => a - b);
    assert.deepEqual(found(mark), both);
    assert.deepEqual(found(`${mark}=one`), both);
    assert.deepEqual(found(`${mark}=one`, true), [one.pid]);
    assert.deepEqual(found(`${mark}=other`), []);
    assert.deepEqual(found([`${mark}=other`, `${mark}=one`], true), [one.pid]);
    assert.deepEqual(found(`${mark}=.*`), [], "a mark is no pattern");
    assert.deepEqual(found(`-${mark}`), [], "nor an option");
    const [program, ...args] = commandLine(one.pid);
    assert.match(program!, /(^|\/)cat$/);
    assert.deepEqual(args, ["-", "/dev/null"]);
  } finally {
    await Promise.all([one.end(), two.end()]);
  }
  assert.deepEqual(markedProcesses(mark), []);
  assert.deepEqual(commandLine(one.pid), []);
});

Deno.test("a mark is a word: the shell does not look into it", () => {
  for (const mark of ["$(echo no)", "`echo no`", "'; echo no; '", '"', "$0", "\\"]) {
    assert.ok(Array.isArray(markedProcesses(`HIL_NONE${mark}`)));
    assert.deepEqual(markedProcesses(`HIL_NONE${mark}`), []);
  }
});
