import assert from "node:assert/strict";
import { ms, seconds } from "../../time/mod.ts";
import { FakeGuest } from "./_fake_guest.ts";
import { bench, turn } from "./_pipe.ts";
import { checkedLines, ConsoleTimeout, promptShell, ShellSwitch } from "./mod.ts";

/** U-Boot, until it is told to go. */
function board() {
  const shell = new ShellSwitch(promptShell({ prompt: "=> ", within: seconds(5) }));
  const parts = bench({ shell });
  parts.pipe.onWrite = (data) => {
    const line = new TextDecoder().decode(data).trimEnd();
    const mark = line.match(/hil\d+/)?.[0];
    if (mark) parts.pipe.say(`${line}\r\n2023.01\r\n${mark}=0\r\n=> `);
  };
  return { ...parts, shell };
}

Deno.test("the shell that is in use frames the commands; counters are of all", async () => {
  const { com1, pipe, shell } = board();
  assert.equal((await com1.run("version")).output, "2023.01");
  const guest = new FakeGuest(pipe);
  guest.answer = (command) => [`os of ${command}`];
  shell.use(checkedLines());
  assert.equal((await com1.run("version")).output, "os of version");
  shell.use(promptShell({ prompt: "=> " }));
  assert.equal(com1.quality.commands, 2);
  await com1.close();
});

Deno.test("what is skipped is not waited for, and is in the trace and the tail", async () => {
  const { com1, pipe, recorded } = board();
  pipe.say("autoboot of an earlier life\r\n");
  while (com1.quality.bytesReceived === 0) await turn();
  com1.skip();
  await assert.rejects(com1.waitFor("autoboot", { within: ms(20) }), ConsoleTimeout);
  pipe.say("autoboot now\r\n");
  const { before } = await com1.waitFor("autoboot", { within: seconds(5) });
  assert.equal(before, "");
  assert.match(new TextDecoder().decode(recorded("rx")), /of an earlier life/);
  await com1.close();
});
