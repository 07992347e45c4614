import assert from "node:assert/strict";
import { formatEntry, formatSuperBlock, LogFlag, loggedBy, markOf } from "./dm_log_writes.ts";
import type { Json, TraceEvent } from "./event.ts";

function done(data: { readonly [key: string]: Json }): TraceEvent {
  return { seq: 1, t: 1, type: "signal", channel: "requests", kind: "done", data };
}

const write = { drive: 1, operation: "write", lba: 7, blocks: 1, status: "ok" };

Deno.test("a write's data comes from its stamp or its bytes; without them it is told", () => {
  const stamped = loggedBy(done({ ...write, stamp: 0x0102_0304, whole: true, fua: true }));
  assert.ok(stamped && stamped.entry !== "no data");
  assert.deepEqual([stamped.drive, stamped.entry.sector, stamped.entry.sectors], [1, 7, 1]);
  assert.equal(stamped.entry.flags, LogFlag.LOG_FUA_FLAG);
  assert.deepEqual([...stamped.entry.data.subarray(508)], [4, 3, 2, 1]);
  const bytes = new Uint8Array(1024).fill(9);
  const torn = { ...write, blocks: 2, stamp: 1, whole: false };
  const given = loggedBy(done({ ...torn, data: bytes.toBase64() }))!;
  assert.ok(given.entry !== "no data");
  assert.deepEqual(given.entry.data, bytes);
  assert.equal(loggedBy(done(torn))!.entry, "no data");
  assert.equal(loggedBy(done({ ...write, stamp: 1, whole: true, blocks: 2 }))!.entry, "no data");
});

Deno.test("what was not written is not in the log", () => {
  const others: TraceEvent[] = [
    done({ ...write, status: "error", stamp: 1, whole: true }),
    done({ ...write, status: "reset" }),
    done({ ...write, operation: "read" }),
    { ...done({ ...write, stamp: 1, whole: true }), kind: "write" } as TraceEvent,
    { seq: 1, t: 1, type: "signal", channel: "GPIO", kind: "done", data: "done" },
    { seq: 1, t: 1, type: "log", level: "info", text: "done" },
  ];
  assert.deepEqual(others.map(loggedBy), others.map(() => undefined));
});

Deno.test("flushes, discards and steps have their flags", () => {
  const flush = loggedBy(done({ ...write, operation: "flush", lba: 0, blocks: 0 }))!;
  const discard = loggedBy(done({ ...write, discard: true }))!;
  assert.ok(flush.entry !== "no data" && discard.entry !== "no data");
  assert.equal(flush.entry.flags, LogFlag.LOG_FLUSH_FLAG);
  assert.equal(discard.entry.flags, LogFlag.LOG_DISCARD_FLAG);
  const names = new Map<number, string>();
  const text = (event: TraceEvent) => new TextDecoder().decode(markOf(event, names)!.data);
  assert.equal(text({ seq: 1, t: 1, type: "step.begin", id: 3, name: "sync" }), "begin sync");
  assert.equal(text({ seq: 2, t: 1, type: "step.end", id: 3, ok: true }), "end sync");
  assert.equal(names.size, 0);
});

/** The offsets of the kernel's struct log_write_super and log_write_entry. */
Deno.test("the file is laid out as the kernel's", () => {
  const head = new DataView(formatSuperBlock(5).buffer);
  assert.equal(head.byteLength, 512);
  assert.equal(head.getBigUint64(0, true), 0x6a736677736872n);
  assert.deepEqual([8, 16].map((at) => Number(head.getBigUint64(at, true))), [1, 5]);
  assert.equal(head.getUint32(24, true), 512);
  const data = new TextEncoder().encode("end sync");
  const entry = formatEntry({ sector: 0, sectors: 0, flags: LogFlag.LOG_MARK_FLAG, data });
  const view = new DataView(entry.buffer);
  const fields = [0, 8, 16, 24].map((at) => Number(view.getBigUint64(at, true)));
  assert.deepEqual(fields, [0, 0, 8, 8]);
  assert.equal(new TextDecoder().decode(entry.subarray(512, 520)), "end sync");
  assert.equal(entry.length, 1024);
});
