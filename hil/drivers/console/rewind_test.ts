import { deepEqual, equal, throws } from "node:assert/strict";
import { seconds } from "../../time/mod.ts";
import { FakeGuest } from "./_fake_guest.ts";
import { bench, turn } from "./_pipe.ts";
import { checkedLines } from "./checked_lines.ts";

const within = seconds(5);

function rewindBench() {
  const heard: string[] = [];
  const shell = checkedLines({ onEvent: (text) => void heard.push(text) });
  const made = bench({ shell });
  return { ...made, shell, heard, guest: new FakeGuest(made.pipe) };
}

Deno.test("a target that went back counts from there, and what it was saying is not heard", async () => {
  const { com1, shell, guest, heard, failures, pipe } = rewindBench();
  guest.event("ready");
  equal((await com1.run("echo before", { within })).output, "before");
  equal(shell.events, 1);
  for (let round = 0; round < 3; round++) {
    guest.event("lost event");
    await turn();
    // The target goes back in the middle of a line, and of another event that is still on its way.
    const torn = new FakeGuest(pipe);
    torn.event("ready");
    shell.rewind(1);
    guest.reset();
    guest.eventLine("ready");
    guest.say("!7 99 0123abcd and so on");
    equal((await com1.run(`echo after ${round}`, { within })).output, `after ${round}`);
    guest.event(`new ${round}`);
    equal((await com1.run("echo on", { within })).output, "on");
    equal(shell.events, 2);
  }
  deepEqual(heard.filter((text) => text.startsWith("new")), ["new 0", "new 1", "new 2"]);
  deepEqual(failures, []);
  equal(com1.quality.corruptLines, 0);
  await com1.close();
});

Deno.test("a hello's answer that comes in pieces after old words is found", async () => {
  for (const size of [1, 3, 7]) {
    const { com1, shell, guest, failures } = rewindBench();
    guest.event("ready");
    await com1.run("echo before", { within });
    shell.rewind(1);
    guest.toHarness = (text) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    guest.say("=5 0 01234567 0\r\n=0 0 0");
    equal((await com1.run("echo after", { within })).output, "after");
    deepEqual(failures, []);
    await com1.close();
  }
});

Deno.test("in the middle of a command nothing goes back", async () => {
  const { com1, shell, guest } = rewindBench();
  await com1.run("echo before", { within });
  guest.toHarness = () => [];
  const running = com1.run("echo never", { within });
  running.catch(() => {});
  await turn();
  throws(() => shell.rewind(0), /^Error: Cannot rewind .*"echo never" is under way; wait for it$/);
  await com1.close();
});
