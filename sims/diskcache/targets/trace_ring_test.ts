import assert from "node:assert/strict";
import { buildGuest } from "../guest/build.ts";
import { Flag } from "../port.ts";
import { onBench, seeded } from "./_bench.ts";
import { ElfError, symbolsOf } from "./elf_symbols.ts";
import { TraceRing } from "./trace_ring.ts";

const at = (lba: number, drive = 0) => ({ drive, lba });

Deno.test("what the cache does with a read and a write is told in order", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ trace: true, sizes: [64, 0, 64, 0] });
    await (await cache.read(at(7, 2))).finished();
    await (await cache.write(at(9), 0x11)).finished();
    await (await cache.sync()).finished();
    cache.lookAtTrace();
    const all = cache.trace.occurrences.filter(({ kind }) => kind !== "switched");
    const of = (lba: number) =>
      all.filter(({ data }) => data.lba === lba).map(({ kind, data }) => `${kind} ${data.flags}`);
    const { WRITE_PENDING, READ_PENDING, BLOCK_VALID, IN_USE, FILL_PENDING } = Flag;
    assert.deepEqual(of(7).slice(0, 4), [
      `made ${BLOCK_VALID | READ_PENDING}`,
      `changed ${BLOCK_VALID | READ_PENDING | IN_USE}`,
      `changed ${BLOCK_VALID | READ_PENDING | IN_USE}`, // It is at the drive.
      `submitted ${BLOCK_VALID | READ_PENDING | IN_USE}`,
    ]);
    assert.equal(of(7).at(-1), `changed ${BLOCK_VALID}`);
    assert.equal(of(9)[0], `made ${BLOCK_VALID | FILL_PENDING}`);
    assert.ok(of(9).includes(`changed ${BLOCK_VALID | WRITE_PENDING}`));
    assert.equal(of(9).at(-1), `changed ${BLOCK_VALID}`);
    const flushes = all.filter(({ kind, data }) => kind === "submitted" && data.value === 2);
    assert.deepEqual(flushes.map(({ data }) => data.drive), [0]);
    assert.ok(all.length < cache.trace.occurrences.length, "threads are switched");
  });
});

Deno.test("the entries that the trace tells of are those that the guest tells of", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ trace: true, sizes: [64], entries: 6 });
    await (await cache.work({ seed: 4, count: 300, blocks: 16, readPercent: 50 })).finished();
    await (await cache.sync()).finished(); // Nothing changes any more.
    cache.lookAtTrace();
    assert.equal(cache.trace.occurrences.filter(({ kind }) => kind === "lost").length, 0);
    const places = new Map<number, string>();
    for (const { kind, data } of cache.trace.occurrences) {
      if (data.entry && kind !== "submitted" && kind !== "done") {
        places.set(data.entry, `${data.drive}:${data.lba} ${data.flags}`);
      }
    }
    const told = (await cache.entries()).map(({ drive, lba, flags }) => `${drive}:${lba} ${flags}`);
    assert.deepEqual([...places.values()].sort(), told.sort());
  });
});

Deno.test("when the machine has gone back, the trace goes on from there", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ trace: true, sizes: [64] });
    await (await cache.read(at(3))).finished();
    const point = await cache.branchPoint();
    for (let round = 0; round < 3; round++) {
      await (await cache.read(at(20 + round))).finished();
      await point.rewind();
      const before = cache.trace.occurrences.length;
      await (await cache.read(at(40 + round))).finished();
      cache.lookAtTrace();
      const made = cache.trace.occurrences.slice(before).filter(({ kind }) => kind === "made");
      assert.deepEqual(made.map(({ data }) => data.lba), [40 + round]);
    }
    assert.equal(cache.trace.occurrences.filter(({ kind }) => kind === "lost").length, 0);
  });
});

Deno.test("what was written over before we looked is counted", async () => {
  const memory = await Deno.makeTempFile();
  try {
    const { kernel } = await buildGuest();
    const { trace_head: head, trace_ring: ring } = symbolsOf(await Deno.readFile(kernel), [
      "trace_head",
      "trace_ring",
    ]);
    const image = new DataView(new ArrayBuffer(32 << 20));
    const record = (number: number) => {
      const place = ring + ((number - 1) % 8192) * 32;
      image.setUint32(place, number, true);
      image.setUint8(place + 4, 3);
      image.setBigUint64(place + 8, BigInt(number), true);
      image.setUint32(head, number, true);
    };
    using trace = new TraceRing({ memory, kernel });
    const look = async () => {
      await Deno.writeFile(memory, new Uint8Array(image.buffer));
      const { records, lost } = trace.look();
      return [records.length, records[0]?.lba, records.at(-1)?.lba, lost];
    };
    for (let number = 1; number <= 5; number++) record(number);
    assert.deepEqual(await look(), [5, 1, 5, 0]);
    assert.deepEqual(await look(), [0, undefined, undefined, 0]);
    for (let number = 6; number <= 10_000; number++) record(number);
    assert.deepEqual(await look(), [8192, 1809, 10_000, 1803]);
    record(10_001);
    image.setUint32(ring + (10_000 % 8192) * 32, 0, true); // Being written.
    assert.deepEqual(await look(), [0, undefined, undefined, 1]);
  } finally {
    await Deno.remove(memory);
  }
});

Deno.test("a machine whose memory is not shared has no trace", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ sizes: [64] });
    assert.throws(() => cache.lookAtTrace(), /not shared; ask for it: diskCacheEmulated/);
  });
});

Deno.test("an image that is damaged, or none, has no symbols and does no harm", async () => {
  const { kernel } = await buildGuest();
  const image = await Deno.readFile(kernel);
  assert.throws(
    () => symbolsOf(image, ["nobody"]),
    /^ElfError: .* it has no symbol "nobody"; build/,
  );
  assert.throws(() => symbolsOf(new Uint8Array(3), ["a"]), ElfError);
  const random = seeded(1);
  for (let round = 0; round < 300; round++) {
    const damaged = image.slice(0, random(2) ? image.length : random(image.length));
    for (let i = 0; i < 8; i++) damaged[random(Math.min(64, damaged.length || 1))] = random(256);
    try {
      symbolsOf(damaged, ["trace_head"]);
    } catch (error) {
      assert.ok(error instanceof ElfError, `${error}`);
    }
  }
});
