import assert from "node:assert/strict";
import { type Chooser, quiet } from "hil/explore/mod.ts";
import type { Load, LoadOperation } from "../load.ts";
import { initialStamp } from "./recorder.ts";
import { runModel } from "./run.ts";
import { plant } from "./plant.ts";

const read = (lba: number): LoadOperation => ({ kind: "read", drive: 0, lba, stamp: 0 });
const write = (lba: number, stamp: number): LoadOperation => ({
  kind: "write",
  drive: 0,
  lba,
  stamp,
});
const sync: LoadOperation = { kind: "sync", drive: 0, lba: 0, stamp: 0 };

function load(...clients: LoadOperation[][]): Load {
  return { clients, entries: 2, sizes: [4, 0, 0, 0] };
}

/** Lets one kind of fault happen each time it can, and all else be quiet. */
function always(kind: string): Chooser {
  return { choose: (choice) => choice.kind === kind ? 1 : 0 };
}

/** How the operations of the load ended, the closing ones left out. */
function outcomes(load: Load, chooser: Chooser) {
  const { history, wrong } = runModel(load, chooser, { faults: true });
  assert.equal(wrong, undefined);
  const own = ({ client }: { readonly client: number }) => client < load.clients.length;
  return {
    accesses: history.accesses.filter(own).map(({ outcome }) => outcome),
    syncs: history.syncs.filter(own).map(({ outcome }) => outcome),
    disk: history.disk.map((event) => event.type === "write" ? event.stamp : event.type),
    refused: history.completions!.filter(({ ok }) => !ok).length,
  };
}

Deno.test("a quiet run writes, flushes and reads back, and every access has its own moment", () => {
  const { history, wrong } = runModel(load([write(1, 77), sync, read(1), read(2)]), quiet);
  assert.equal(wrong, undefined);
  const [, first, second] = history.accesses;
  assert.deepEqual([first!.stamp, second!.stamp], [77, initialStamp(0, 2)]);
  assert.deepEqual(history.disk.map(({ type }) => type), ["write", "flush"]);
  const moments = [...history.accesses, ...history.syncs].flatMap(({ begin, end }) => [begin, end]);
  assert.equal(new Set(moments).size, moments.length);
});

Deno.test("a read error fails the read, a write error the sync, and neither what comes after", () => {
  const reading = outcomes(load([read(1)]), always("fault read error"));
  assert.deepEqual(reading.accesses, ["error"]);
  const writing = outcomes(load([write(1, 77), sync]), always("fault write error"));
  assert.deepEqual([writing.accesses, writing.syncs], [["ok"], ["error"]]);
  assert.deepEqual(writing.disk, [77, "flush"], "the closing sync writes it");
});

Deno.test("a drive that hangs does nothing until it is reset, and the operation fails", () => {
  const hung = outcomes(load([write(1, 77), sync]), always("fault hang"));
  assert.deepEqual(hung.syncs, ["error"]);
  assert.ok(hung.refused >= 1);
  assert.deepEqual(hung.disk, [77, "flush"], "once, by the closing sync");
});

Deno.test("a drive that loses its interrupt has written, and is reset all the same", () => {
  const lost = outcomes(load([write(1, 77), sync]), always("fault lost interrupt"));
  assert.deepEqual(lost.syncs, ["error"]);
  assert.ok(lost.disk.filter((event) => event === 77).length >= 2, `${lost.disk}`);
});

Deno.test("interrupts without a reason change nothing", () => {
  for (const kind of ["fault spurious interrupt", "fault foreign interrupt"]) {
    const { accesses, syncs } = outcomes(load([write(1, 77), sync, read(2)]), always(kind));
    assert.deepEqual([...accesses, ...syncs], ["ok", "ok", "ok"]);
  }
});

Deno.test("a mix on the disk is told as such, whatever comes of it", async () => {
  const classes = await plant("flushes-half-filled");
  // The client stops in the middle of its second filling, and the drive begins to take it.
  const both = load([write(1, 77), sync, write(1, 78)], [read(2), read(3)]);
  const found = new Set<string>();
  for (let at = 0; at < 60; at++) {
    let asked = 0;
    const chooser: Chooser = { choose: ({ ways }) => asked++ < at ? 0 : ways - 1 };
    const { wrong } = runModel(both, chooser, { classes });
    if (wrong) found.add(wrong.promise);
  }
  assert.ok(found.has("P5"), [...found].join());
});
