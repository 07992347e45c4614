import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { ms, seconds } from "../../time/mod.ts";
import { bench, turn } from "./_pipe.ts";

const within = seconds(5);

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
