import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { ms, seconds } from "../../time/mod.ts";
import { bench, turn } from "./_pipe.ts";
import { Seeded } from "./_seeded.ts";
import { ForbiddenOutput } from "./error.ts";

const within = seconds(5);
const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("a match spans chunks and tells where it is and what came before", async () => {
  const { pipe, com1 } = bench();
  const waiting = com1.waitFor("login: ", { within });
  for (const piece of ["Debian\r\nlog", "i", "n: and more"]) pipe.say(piece);
  const { text, before, offset, groups } = await waiting;
  deepEqual({ text, before, offset, groups }, {
    text: "login: ",
    before: "Debian\r\n",
    offset: 8,
    groups: [],
  });
  equal((await com1.waitFor(/(?<what>a\w+) more/, { within })).named.what, "and");
  await com1.close();
});

Deno.test("what was said before anybody waits is found, and once only", async () => {
  const { pipe, com1 } = bench();
  pipe.say("one two one");
  await turn();
  equal((await com1.waitFor("one", { within })).offset, 0);
  equal((await com1.waitFor("one", { within })).offset, 8);
  await rejects(com1.waitFor("one", { within: ms(1) }), { name: "ConsoleTimeout" });
  await com1.close();
});

Deno.test("whoever accounts for what is to be awaited is told of waits and commands", async () => {
  const { pipe, com1, timeline } = bench();
  const account: string[] = [];
  timeline.onAwaited(async (what, work) => {
    account.push(`begins: ${what}`);
    try {
      return await work();
    } finally {
      account.push(`ends: ${what}`);
    }
  });
  const waiting = com1.waitFor(/log+in/, { within });
  deepEqual(account, ["begins: the wait for /log+in/ on com1"]);
  pipe.say("login");
  await waiting;
  await rejects(com1.run("version"), TypeError);
  deepEqual(account.slice(1), [
    "ends: the wait for /log+in/ on com1",
    'begins: the answer to "version" on com1',
    'ends: the answer to "version" on com1',
  ]);
  await com1.close();
});

Deno.test("a timeout tells the nearest miss, the byte that differs and the last lines", async () => {
  const { pipe, com1 } = bench();
  const waiting = com1.waitFor("login: ", { within: ms(20) });
  pipe.say("Debian\r\nlogout\r\n");
  await rejects(waiting, (error: Error) => {
    equal(
      error.message,
      'Cannot find "login: " on com1: it did not come within 20 ms; 16 bytes of other things came\n' +
        '  nearest miss: "log" matched, then "o" (0x6f) came instead of "i" (0x69) at byte 11\n' +
        "  last lines:\n    Debian\n    logout",
    );
    return true;
  });
  await com1.close();
});

Deno.test("forbidden output before an awaited match in one chunk rejects, with its whole line", async () => {
  const { pipe, com1, failures } = bench({ forbid: [{ pattern: "PANIC: ", because: "a panic" }] });
  const waiting = com1.waitFor("login: ", { within });
  pipe.say("PANIC: on purpose\r\nlogin: ");
  await rejects(waiting, (error: Error) => {
    equal(error.name, "ForbiddenOutput");
    match(error.message, /^com1 said what is forbidden \(a panic\): PANIC: on purpose\n/);
    return true;
  });
  deepEqual(failures, []);
  await com1.close();
});

Deno.test("forbidden output after an awaited match in one chunk fails the scenario", async () => {
  const { pipe, com1, failures } = bench({ forbid: [{ pattern: "PANIC: " }] });
  const waiting = com1.waitFor("login: ", { within });
  pipe.say("login: PANIC: too late\r\n");
  equal((await waiting).text, "login: ");
  ok(failures[0]!.message.includes("too late"));
  await com1.close();
});

Deno.test("forbidden output that nobody waits for fails the scenario, with its line from all chunks", async () => {
  const { pipe, com1, failures } = bench({ forbid: [{ pattern: /PANIC: / }] });
  for (const piece of ["ok\r\nPAN", "IC", ": on pur", "pose\r", "\nregisters"]) pipe.say(piece);
  for (let i = 0; i < 8; i++) await turn();
  equal(failures.length, 1);
  ok(failures[0] instanceof ForbiddenOutput);
  equal(failures[0].line, "PANIC: on purpose");
  equal(failures[0].offset, 4);
  await com1.close();
});

Deno.test("forbidden output whose line does not end is told after a while", async () => {
  const { pipe, com1, failures } = bench();
  com1.forbid("PANIC: ");
  const waiting = com1.waitFor("login", { within });
  pipe.say("PANIC: dead");
  await rejects(waiting, { name: "ForbiddenOutput", line: "PANIC: dead" });
  deepEqual(failures, []);
  await com1.close();
});

Deno.test("what was said before forbid was called is not forbidden", async () => {
  const { pipe, com1, failures } = bench();
  pipe.say("PANIC: old\r\n");
  await turn();
  com1.forbid("PANIC: ");
  pipe.say("login: ");
  await com1.waitFor("login: ", { within });
  deepEqual(failures, []);
  await com1.close();
});

Deno.test("a link that breaks rejects those who wait and says what ended it", async () => {
  const { pipe, com1, failures } = bench();
  const waiting = com1.waitFor("login: ", { within });
  pipe.say("Debian");
  const crash = new Error("the guest reset itself (triple fault?)");
  await turn();
  void pipe.break(crash);
  await rejects(waiting, (error: Error) => {
    equal(error.name, "ConsoleClosed");
    equal(error.cause, crash);
    equal(
      error.message,
      'Cannot go on waiting for "login: ": com1 has ended: the guest reset itself ' +
        "(triple fault?)\n  last lines:\n    Debian",
    );
    return true;
  });
  equal(await com1.ended, crash);
  deepEqual(failures, []);
  equal((await com1.waitFor("Debian", { within })).offset, 0);
  await rejects(com1.waitFor("more", { within }), { name: "ConsoleClosed" });
  await rejects(com1.write("x"), { name: "ConsoleClosed" });
});

Deno.test("a link that breaks while nobody waits fails the scenario; a closed one does not", async () => {
  const broken = bench();
  const crash = new Error("crashed");
  void broken.pipe.break(crash);
  equal(await broken.com1.ended, crash);
  deepEqual(broken.failures, [crash]);
  const closed = bench();
  await closed.com1.close();
  equal(await closed.com1.ended, undefined);
  deepEqual(closed.failures, []);
});

Deno.test("characters that chunks cut in two are recorded as text, halves as base64", async () => {
  const { pipe, com1, events } = bench();
  for (const byte of utf8("é€😀!")) pipe.say(Uint8Array.of(byte));
  pipe.say(Uint8Array.of(0x61, 0xe2, 0x82));
  await com1.waitFor("a", { within });
  await com1.close();
  deepEqual(
    events.filter((event) => event.type === "bytes").map(({ text, base64 }) => text ?? base64),
    ["é", "€", "😀", "!", "a", "4oI="],
  );
});

Deno.test("every byte is recorded, whatever comes and however it is matched", async () => {
  const seeded = new Seeded(3);
  for (let round = 0; round < 60; round++) {
    const { pipe, com1, recorded } = bench({ ignoreEscapes: round % 2 === 0 });
    const alphabet = [0x0a, 0x1b, 0x5b, 0x61, 0x62, 0xc3, 0xa9, 0xe2, 0x82, 0xf0, 0xff];
    const size = seeded.below(400);
    const bytes = Uint8Array.from({ length: size }, () => seeded.pick(alphabet));
    const waiting = [/a+[^b]*b/, /é.{2}/u, "ab", /^\n/m].map((pattern) =>
      com1.waitFor(pattern, { within }).catch((error) =>
        match(error.name, /^(ConsoleClosed|ForbiddenOutput)$/)
      )
    );
    com1.forbid("abab", { because: "a test" });
    com1.forbid(/[^a]{40}/u);
    for (const chunk of seeded.cut(bytes, 1 + seeded.below(30))) pipe.say(chunk);
    await turn();
    await com1.close();
    await Promise.allSettled(waiting);
    deepEqual(recorded("rx"), bytes);
    equal(com1.quality.bytesReceived, bytes.length);
  }
});

Deno.test("what is written is recorded and counted", async () => {
  const { pipe, com1, recorded } = bench();
  const written: string[] = [];
  pipe.onWrite = (data) => written.push(new TextDecoder().decode(data));
  await com1.write("boot\n");
  await com1.write(utf8("✓"));
  deepEqual(written, ["boot\n", "✓"]);
  deepEqual(recorded("tx"), utf8("boot\n✓"));
  equal(com1.quality.bytesSent, 8);
  await com1.close();
});

Deno.test("escape sequences are no obstacle where they are ignored; offsets count them", async () => {
  const { pipe, com1 } = bench({ ignoreEscapes: true });
  for (const piece of ["\x1b[?20", "04h\x1b]0;title\x07ro\x1b[1;3", "1mot@bbb\x1b[0m:~# "]) {
    pipe.say(piece);
  }
  const { text, offset, before } = await com1.waitFor(/root@\w+:~# $/, { within });
  deepEqual({ text, offset, before }, { text: "root@bbb:~# ", offset: 18, before: "" });
  await com1.close();
});

Deno.test("megabytes that nobody reads are all there, and let go of once they are used up", async () => {
  const { pipe, com1 } = bench();
  const chunk = utf8("0123456789abcdef".repeat(4096));
  for (let i = 0; i < 64; i++) {
    pipe.say(chunk);
    await turn();
  }
  pipe.say("the end");
  const { offset, before } = await com1.waitFor("the end", { within });
  equal(offset, 64 * chunk.length);
  equal(before.length, offset);
  await com1.close();
});

Deno.test("past its limit the oldest unread output is let go of", async () => {
  const { pipe, com1 } = bench({ keepBytes: 1000 });
  pipe.say("early ");
  pipe.say("x".repeat(1000));
  pipe.say("late");
  await turn();
  await turn();
  await turn();
  await rejects(com1.waitFor("early", { within: ms(1) }), { name: "ConsoleTimeout" });
  equal((await com1.waitFor("late", { within })).offset, 1006);
  await com1.close();
});

Deno.test("half a character that is awaited wakes at once", async () => {
  const { pipe, com1 } = bench();
  const waiting = com1.waitFor(/\xe2/, { within });
  pipe.say(Uint8Array.of(0xe2));
  equal((await waiting).text, "\xe2");
  await com1.close();
});

Deno.test("a link that ends in the middle of a forbidden line does not hide it", async () => {
  const { pipe, com1, failures } = bench({ forbid: [{ pattern: "PANIC: " }] });
  const waiting = com1.waitFor("login", { within });
  pipe.say("PANIC: dead");
  await turn();
  void pipe.break(new Error("crashed"));
  await rejects(waiting, { name: "ForbiddenOutput", line: "PANIC: dead" });
  await com1.ended;
  deepEqual(failures.map(({ message }) => message), ["crashed"]);
});

Deno.test("two who wait at once each find their own", async () => {
  const { pipe, com1 } = bench();
  const both = [com1.waitFor("two", { within }), com1.waitFor(/on./, { within })];
  pipe.say("one two");
  deepEqual((await Promise.all(both)).map(({ offset }) => offset), [4, 0]);
  await com1.close();
});

Deno.test("a near miss of an expression tells how far it went", async () => {
  const { pipe, com1 } = bench();
  const waiting = com1.waitFor(/thread (\d+) done/, { within: ms(20) });
  pipe.say("thread 12 gone\r\n");
  await rejects(waiting, /nearest miss: "thread 12 " matched, then "g" \(0x67\) came at byte 10/);
  await com1.close();
});

Deno.test("a pattern that waits for its end says so", async () => {
  const { pipe, com1 } = bench();
  const waiting = com1.waitFor(/login:\s*/, { within: ms(20) });
  pipe.say("login: ");
  await rejects(
    waiting,
    /"login: " matched, then nothing more came at byte 7; what repeats at the/,
  );
  equal((await com1.waitFor(/login:\s*$/, { within })).text, "login:");
  await com1.close();
});

Deno.test("without a shell run says so; bad patterns are refused", async () => {
  const { com1 } = bench();
  await rejects(com1.run("stats"), {
    message: 'Cannot run "stats" on com1: it was opened without a shell; ' +
      "give openConsole one, such as checkedLines()",
  });
  await rejects(com1.waitFor("", { within }), {
    message: 'Cannot wait for "": it is empty and matches everywhere; give a text',
  });
  await rejects(com1.waitFor(/a(?!b)/, { within }), /negative look-ahead/);
  await rejects(com1.waitFor(/[a]/v, { within }), /flag v is not known here/);
  await com1.close();
});

Deno.test("a trace that cannot be written fails the scenario, and the console reads on", async () => {
  const full = new Error("no space left");
  const { pipe, com1, timeline, failures } = bench();
  const record = timeline.record.bind(timeline);
  let refused = false;
  timeline.record = (body, options) => {
    if (refused || body.type !== "bytes") return record(body, options);
    refused = true;
    throw full;
  };
  const waiting = com1.waitFor("login: ", { within });
  pipe.say("login: ");
  equal((await waiting).text, "login: ");
  deepEqual(failures, [full]);
  await com1.close();
});
