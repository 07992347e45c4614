import assert from "node:assert/strict";
import { us } from "hil";
import { seeded } from "./_bench.ts";
import {
  configureCommand,
  GuestLanguageError,
  parseEntries,
  parseEvent,
  parseStatistics,
  parseThread,
  parseThreads,
} from "./guest_words.ts";

const EVENTS: [string, object][] = [
  ["ready drives=0,3 entries=64", { type: "ready", drives: [0, 3], entries: 64 }],
  ["ready drives= entries=1", { type: "ready", drives: [], entries: 1 }],
  ["reset 2", { type: "reset", drive: 2 }],
  ["7 began", { type: "thread", thread: 7, kind: "began", data: {} }],
  ["7 blocked read", { type: "thread", thread: 7, kind: "blocked", data: { why: "read" } }],
  ["12 paused fill", { type: "thread", thread: 12, kind: "paused", data: { why: "fill" } }],
  ["7 done ok", { type: "thread", thread: 7, kind: "done", data: {} }],
  [
    "7 done ok 0000cafe 1",
    { type: "thread", thread: 7, kind: "done", data: { stamp: 0xcafe, whole: true } },
  ],
  [
    "7 done ok ffffffff 0",
    { type: "thread", thread: 7, kind: "done", data: { stamp: 0xffff_ffff, whole: false } },
  ],
  ["7 done error=04", { type: "thread", thread: 7, kind: "failed", data: { why: "error=04" } }],
  ["7 done error=timeout", { type: "thread", thread: 7, kind: "failed", data: { why: "timeout" } }],
  [
    "7 done bad 0:3 is torn",
    { type: "thread", thread: 7, kind: "failed", data: { why: "bad 0:3 is torn" } },
  ],
];

Deno.test("each event of the protocol is understood", () => {
  for (const [text, event] of EVENTS) assert.deepEqual(parseEvent(text), event, text);
});

Deno.test("what is not in the protocol is quoted", () => {
  for (const text of ["", "7", "7 sang", "7 done", "7 done well", "7 done ok cafe 1", "reset 4"]) {
    assert.throws(() => parseEvent(text), {
      name: "GuestLanguageError",
      message: `Cannot understand the guest's event "${text}": guest/PROTOCOL.md has no such ` +
        `words; is this kernel of the same version as the harness?`,
    });
  }
  assert.throws(() => parseThread("thread x"), GuestLanguageError);
  assert.throws(() => parseEntries("0 0 7"), GuestLanguageError);
  assert.throws(() => parseThreads("1"), GuestLanguageError);
  assert.throws(() => parseStatistics("hits 1"), /the counter "misses"/);
});

Deno.test("answers are understood", () => {
  assert.equal(parseThread("thread 12"), 12);
  assert.deepEqual(parseEntries("0 0 7 4 3 0000cafe 1\n5 3 281474976710655 6 9 -------- 0"), [
    { index: 0, drive: 0, lba: 7, flags: 4, access: 3, contents: { stamp: 0xcafe, whole: true } },
    { index: 5, drive: 3, lba: 2 ** 48 - 1, flags: 6, access: 9 },
  ]);
  assert.deepEqual(parseEntries(""), []);
  assert.deepEqual(parseThreads("1 blocked read read 0 7\n2 running - sync"), [
    { id: 1, state: "blocked read", operation: "read 0 7" },
    { id: 2, state: "running", operation: "sync" },
  ]);
});

Deno.test("20,000 damaged events are understood or refused, nothing else", () => {
  const ends = { understood: 0, refused: 0 };
  for (let seed = 1; seed <= 20_000; seed++) {
    const random = seeded(seed);
    let [text] = EVENTS[random(EVENTS.length)]!;
    for (let times = random(3); times > 0; times--) {
      const at = random(text.length + 1);
      const put = String.fromCharCode(random(3) ? 0x20 + random(95) : random(256));
      text = text.slice(0, at) + put + text.slice(at + random(2));
    }
    try {
      parseEvent(text);
      ends.understood++;
    } catch (error) {
      assert.ok(error instanceof GuestLanguageError, `seed ${seed}: ${error}`);
      ends.refused++;
    }
  }
  assert.ok(ends.understood > 5000 && ends.refused > 5000, JSON.stringify(ends));
});

Deno.test("the command that configures has what is named, in the guest's whole milliseconds", () => {
  assert.equal(configureCommand({ entries: 8 }), "configure entries=8");
  assert.equal(
    configureCommand({ list: "tree", scheduler: "deadline", writeDeadline: us(1500) }),
    "configure list=tree scheduler=deadline write_deadline_ms=2",
  );
});
