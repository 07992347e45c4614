import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { Clock } from "../../ports/mod.ts";
import { type Duration, hostNow, ms, ns, seconds } from "../../time/mod.ts";
import { Timeline } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { FakeGuest } from "./_fake_guest.ts";
import { type Bench, bench, turn } from "./_pipe.ts";
import { Seeded } from "./_seeded.ts";
import { checkedLines } from "./checked_lines.ts";
import { ConsoleTimeout, LinkError } from "./error.ts";

const within = seconds(5);

interface GuestBench extends Bench {
  readonly guest: FakeGuest;
  readonly heard: string[];
}

function guestBench(): GuestBench {
  const heard: string[] = [];
  const made = bench({ shell: checkedLines({ onEvent: (text) => void heard.push(text) }) });
  return { ...made, guest: new FakeGuest(made.pipe), heard };
}

/** What is not 0 on a bad link. */
function damageOf({ com1 }: Bench): Record<string, number> {
  const counters = Object.entries(com1.quality);
  const good = ["bytesReceived", "bytesSent", "linesReceived", "commands"];
  return Object.fromEntries(counters.filter(([name, n]) => n && !good.includes(name)));
}

async function linkError(promise: Promise<unknown>): Promise<LinkError> {
  const error = await promise.then((value) => value, (error) => error);
  ok(error instanceof LinkError, `no LinkError but ${JSON.stringify(error)} ${error}`);
  return error;
}

Deno.test("commands are answered in turn, however the answers are cut", async () => {
  const seeded = new Seeded(1);
  const made = guestBench();
  const { com1, guest, failures } = made;
  guest.toHarness = (text) => {
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    return [...seeded.cut(bytes, 7)].map((piece) => String.fromCharCode(...piece));
  };
  guest.answer = (command) => Array.from({ length: Number(command) }, (_, i) => `=${i} <!? ${i}`);
  const answers = await Promise.all(
    [3, 0, 12].map((count) => com1.run(String(count), { within })),
  );
  deepEqual(answers.map(({ output }) => output.split("\n").filter(Boolean).length), [3, 0, 12]);
  equal(answers[0]!.output, "=0 <!? 0\n=1 <!? 1\n=2 <!? 2");
  deepEqual(guest.commands, ["3", "0", "12"]);
  equal(com1.quality.commands, 3);
  equal(com1.quality.linesReceived, 19);
  deepEqual([damageOf(made), failures], [{}, []]);
  await com1.close();
});

Deno.test("a command that fails gives its status and the reason", async () => {
  const { com1, guest } = guestBench();
  guest.answer = () => {
    throw new Error("no such thread");
  };
  deepEqual(await com1.run("resume 9", { within }), { output: "no such thread", status: 1 });
  await com1.close();
});

Deno.test("events come in order, once, and plain output between frames is still matched", async () => {
  const { com1, guest, heard } = guestBench();
  const waiting = com1.waitFor(/boot (\w+)\r\n/, { within });
  guest.say(`boo${"t"} done\r\n${guest.eventLine("ready")}`);
  guest.event("1 began");
  equal((await waiting).groups[0], "done");
  deepEqual(heard, ["ready", "1 began"]);
  guest.event("2 began");
  guest.say("=> ");
  deepEqual(heard.length, 2, "an event is told when its bytes are on the timeline");
  const prompt = await com1.waitFor("=> ", { within });
  equal(prompt.before, "", "frames are no plain output");
  equal(prompt.offset, com1.quality.bytesReceived - 3, "offsets count every byte");
  deepEqual(heard, ["ready", "1 began", "2 began"]);
  await com1.close();
});

/** Time goes 50 times as fast. */
class FastClock implements Clock {
  readonly name = "fast";
  readonly virtual = false;
  timeline!: Timeline;
  readonly #zero = hostNow();
  now = () => (hostNow() - this.#zero) * 50;
  until = <T>(probe: () => T | undefined, limit: Duration) =>
    new HostClock(this.timeline).until(probe, ns(limit.ns / 50));
}

type Plan = (text: string, at: number) => string;

const FOREIGN = "[ 1.0] irq";
const PLANS: Readonly<Record<string, Plan>> = {
  lost: (text, at) => text.slice(0, at) + text.slice(at + 1),
  doubled: (text, at) => text.slice(0, at + 1) + text.slice(at),
  altered: (text, at) =>
    text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 4) + text.slice(at + 1),
  interleaved: (text, at) => text.slice(0, at) + FOREIGN + text.slice(at),
};

function fastBench(): GuestBench {
  const clock = new FastClock();
  const heard: string[] = [];
  const shell = checkedLines({ onEvent: (text) => void heard.push(text) });
  const made = bench({ shell, clock });
  clock.timeline = made.timeline;
  return { ...made, guest: new FakeGuest(made.pipe), heard };
}

/** The next of what goes over the link is damaged, and nothing after it. */
function once(plan: Plan, at: number): (text: string) => string {
  let over = false;
  return (text) => {
    if (over) return text;
    over = true;
    return plan(text, at);
  };
}

const outcomeOf = (promise: Promise<unknown>) => promise.then((value) => value, (error) => error);

/** One command whose answer, or which itself, is damaged at one place. */
async function tried(where: "toHarness" | "toGuest", plan: Plan, at: number) {
  const made = fastBench();
  const { com1, guest } = made;
  await com1.run("echo before", { within });
  guest[where] = once(plan, at);
  const outcome = await outcomeOf(com1.run("echo aardvark", { within }));
  const after = await outcomeOf(com1.run("echo after", { within }));
  deepEqual(after, { output: "after", status: 0 }, `after damage at ${at}`);
  await com1.close();
  return { outcome, damage: damageOf(made), failures: made.failures };
}

const ANSWER = "<2.0 8 01234567 aardvark\r\n=2 1 01234567 0\r\n";

for (const [kind, plan] of Object.entries(PLANS)) {
  Deno.test(`a byte of an answer that is ${kind}, wherever, is noticed and named`, async () => {
    const places = [...ANSWER].keys().toArray();
    const results = await Promise.all(places.map((at) => tried("toHarness", plan, at)));
    for (const [at, { outcome, damage, failures }] of results.entries()) {
      const what = `${kind} at ${at}: ${outcome} ${JSON.stringify(damage)}`;
      const counter = `${kind}Bytes` as "lostBytes";
      ok(damage[counter], what);
      deepEqual(failures, [], what);
      // The last line feed is doubled when all that was asked for is there.
      if (kind === "doubled" && at === ANSWER.length - 1) continue;
      ok(outcome instanceof LinkError, what);
      deepEqual(outcome.damage.map((one) => one.kind), [kind], what);
    }
  });

  Deno.test(`a byte of a command that is ${kind}, wherever, is noticed`, async () => {
    const places = [...">2 01234567 echo aardvark\n"].keys().toArray();
    const results = await Promise.all(places.map((at) => tried("toGuest", plan, at)));
    for (const [at, { outcome, failures }] of results.entries()) {
      const what = `${kind} at ${at}: ${outcome}`;
      deepEqual(failures, [], what);
      if (kind === "doubled" && at === places.length - 1) continue; // An empty line more.
      ok(outcome instanceof LinkError, what);
    }
  });
}

Deno.test("a frame that a printed line tears in two is put together again", async () => {
  for (let at = 2; at < 20; at++) {
    const plan: Plan = (text) => `${text.slice(0, at)}${FOREIGN}\r\n${text.slice(at)}`;
    const { outcome, damage } = await tried("toHarness", plan, at);
    ok(outcome instanceof LinkError, String(outcome));
    deepEqual(outcome.damage.map((one) => [one.kind, one.count]), [["interleaved", 12]]);
    equal(damage.interleavedBytes, 12);
  }
});

Deno.test("the message says what was sent and what came", async () => {
  const { com1, guest } = guestBench();
  await com1.run("echo before", { within });
  guest.toHarness = once(PLANS.lost!, 18);
  const error = await linkError(com1.run("echo aardvark", { within }));
  equal(
    error.message.split("\n  last lines")[0],
    'Cannot trust the answer to command 2, "echo aardvark" on com1: ' +
      "1 byte was lost from line 1 of the answer to command 2\n" +
      '  sent:     "<2.0 8 66dfad7e aardvark"\n' +
      '  received: "<2.0 8 66dfad7e aadvark"',
  );
  await com1.close();
});

Deno.test("a line of an answer that is lost or comes twice is reported", async () => {
  for (
    const [kind, change] of [["lost", () => ""], [
      "doubled",
      (line: string) => line + line,
    ]] as const
  ) {
    const made = guestBench();
    const { com1, guest } = made;
    guest.answer = () => ["one", "two", "three"];
    await com1.run("x", { within });
    guest.toHarness = (text) => text.replace(/^<2\.1 [^\n]*\n/m, change);
    const error = await linkError(com1.run("y", { within }));
    match(error.message, new RegExp(`line 2 of the answer to command 2 was ${kind}`));
    deepEqual(damageOf(made), { [`${kind}Lines`]: 1 });
    await com1.close();
  }
});

Deno.test("the end of an answer that is lost is told from a target that is slow", async () => {
  const lost = fastBench();
  await lost.com1.run("x", { within });
  lost.guest.toHarness = once((text) => text.replace(/^=[^\n]*\n/m, ""), 0);
  match(
    (await linkError(lost.com1.run("y", { within }))).message,
    /the end of the answer .* was lost/,
  );
  await lost.com1.close();
  const slow = fastBench();
  await slow.com1.run("x", { within });
  slow.guest.toHarness = () => [];
  const error = await outcomeOf(slow.com1.run("y", { within }));
  ok(error instanceof ConsoleTimeout, String(error));
  match(
    error.message,
    /^Cannot find the answer to command 2, "y" on com1: it did not come within 5 s; nothing came/,
  );
  await slow.com1.close();
});

Deno.test("an answer that comes too late is late, and does no harm to the next", async () => {
  const made = fastBench();
  const { com1, guest, failures } = made;
  await com1.run("x", { within });
  let held = "";
  guest.toHarness = (text) => {
    if (held) return [held, text];
    held = text;
    return [];
  };
  const error = await outcomeOf(com1.run("y", { within }));
  ok(error instanceof ConsoleTimeout, String(error));
  guest.toHarness = (text) => text;
  equal((await com1.run("echo z", { within })).output, "z");
  deepEqual([damageOf(made), failures], [{}, []]);
  await com1.close();
});

Deno.test("a frame is put together from chunks whose memory is used again", async () => {
  const { com1, pipe, guest, heard } = guestBench();
  const memory = new Uint8Array(1);
  for (const character of guest.eventLine("ready")) {
    memory[0] = character.charCodeAt(0);
    pipe.say(memory);
    const { bytesReceived } = com1.quality;
    while (com1.quality.bytesReceived === bytesReceived) await turn();
  }
  await com1.run("x", { within });
  deepEqual(heard, ["ready"]);
  await com1.close();
});

Deno.test("an event that is lost or comes twice rejects those who wait, or fails the scenario", async () => {
  const made = guestBench();
  const { com1, guest, heard, failures } = made;
  guest.event("one");
  guest.eventLine("lost");
  const waiting = com1.waitFor("never", { within });
  guest.event("three");
  match((await linkError(waiting)).message, /event 2 was lost/);
  deepEqual([heard, failures], [["one", "three"], []]);
  guest.say(guest.eventLine("four").repeat(2));
  await com1.run("echo", { within });
  match(String(failures[0]), /event 4 was doubled/);
  deepEqual(heard, ["one", "three", "four"]);
  deepEqual(damageOf(made), { lostLines: 1, doubledLines: 1 });
  await com1.close();
});

Deno.test("a damaged event is named and not told", async () => {
  for (const [kind, plan] of Object.entries(PLANS)) {
    const made = guestBench();
    const { com1, guest, heard } = made;
    const waiting = com1.waitFor("never", { within });
    guest.event("good");
    guest.toHarness = once(plan, 17);
    guest.event("aardvark");
    const error = await linkError(waiting);
    deepEqual(error.damage.map((one) => [one.kind, one.where]), [[kind, "event 2"]]);
    deepEqual(heard, ["good"]);
    await com1.close();
  }
});

Deno.test("a target that is reset counts from 1 again, and the next command says hello", async () => {
  const made = guestBench();
  const { com1, guest, heard, failures } = made;
  guest.event("ready");
  guest.event("1 began");
  await com1.run("echo one", { within });
  guest.reset();
  guest.event("ready");
  await com1.waitFor("", { within }).catch(() => {}); // Refused; a turn passes.
  equal((await com1.run("echo two", { within })).output, "two");
  deepEqual([heard, failures, damageOf(made)], [["ready", "1 began", "ready"], [], {}]);
  await com1.close();
});

Deno.test("a panic that is printed into a frame is still forbidden", async () => {
  const { com1, guest } = guestBench();
  com1.forbid("PANIC: ");
  await com1.run("x", { within });
  guest.toHarness = once((text) => `${text.slice(0, 12)}PANIC: here\r\n`, 0);
  const error = await outcomeOf(com1.run("echo aardvark", { within })) as Error;
  equal(error.name, "ForbiddenOutput");
  match(error.message, /PANIC: here/);
  await com1.close();
});

Deno.test("whatever comes, run gives the answer or an error of ours", async () => {
  const names = ["ConsoleTimeout", "LinkError", "ForbiddenOutput"];
  const seeded = new Seeded(7);
  const garbage = () =>
    String.fromCharCode(...Array.from({ length: seeded.below(40) }, () => seeded.below(256)));
  const spoil = (text: string) =>
    seeded.below(3) ? text : [...text].map((c) => seeded.below(12) ? c : garbage()).join("");
  for (let round = 0; round < 40; round++) {
    const { com1, guest } = fastBench();
    guest.toHarness = guest.toGuest = spoil;
    for (let i = 0; i < 4; i++) {
      guest.event(garbage());
      const outcome = await outcomeOf(com1.run(`echo ${i}`, { within: ms(500) }));
      if (outcome instanceof Error) ok(names.includes(outcome.name), String(outcome.stack));
      else deepEqual(outcome, { output: String(i), status: 0 });
    }
    await com1.close();
  }
});

Deno.test("a command of more than one line is refused", async () => {
  const { com1 } = guestBench();
  await rejects(com1.run("echo\nstats"), {
    message: 'Cannot run "echo\\nstats": it is more than one line; split it',
  });
  await com1.close();
});
