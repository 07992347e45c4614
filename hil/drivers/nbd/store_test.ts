import assert from "node:assert/strict";
import { seeded } from "./_client.ts";
import { type BlockStore, FileStore, MemoryStore } from "./store.ts";

const BLOCKS = 100;
const SIZE = BLOCKS * 512;

/** Random reads, writes and zeroes, against a plain array. */
async function compare(store: BlockStore, seed: number, count: number): Promise<void> {
  const random = seeded(seed);
  const oracle = new Uint8Array(SIZE);
  for (let turn = 0; turn < count; turn++) {
    const lba = random(BLOCKS);
    const blocks = 1 + random(Math.min(BLOCKS - lba, 1 + random(40)));
    const [from, to] = [lba * 512, (lba + blocks) * 512];
    const place = `seed ${seed}, turn ${turn}, blocks ${lba} to ${lba + blocks - 1}`;
    const kind = random(5);
    if (kind < 2) {
      const data = new Uint8Array(blocks * 512).fill(1 + random(255));
      await store.write(lba, data);
      oracle.set(data, from);
    } else if (kind === 2) {
      await store.zero(lba, blocks);
      oracle.fill(0, from, to);
    } else {
      assert.ok(same(await store.read(lba, blocks), oracle.subarray(from, to)), place);
    }
  }
  assert.ok(same(await store.read(0, BLOCKS), oracle), `seed ${seed}, at the end`);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("sparse memory is a plain array, on 100 seeds", async () => {
  for (let seed = 1; seed <= 100; seed++) await compare(new MemoryStore(BLOCKS), seed, 60);
});

Deno.test("a sparse file is a plain array, and keeps it when opened again", async () => {
  await inFolder(async (folder) => {
    for (let seed = 1; seed <= 5; seed++) {
      const path = `${folder}/${seed}`;
      const store = await FileStore.open(path, BLOCKS);
      await compare(store, seed, 60);
      const before = await store.read(0, BLOCKS);
      await store.flush();
      await store.close();
      const again = await FileStore.open(path, BLOCKS);
      assert.ok(same(await again.read(0, BLOCKS), before), `seed ${seed}`);
      await again.close();
    }
  });
});

Deno.test("a drive of 2^48 blocks costs what is written on it, and gives it back", async () => {
  const store = new MemoryStore(2 ** 48);
  const data = new Uint8Array(512).fill(9);
  const places = [0, 7, 2 ** 28, 2 ** 32 + 1, 2 ** 48 - 1];
  for (const lba of places) store.write(lba, data);
  for (const lba of places) assert.ok(same(store.read(lba, 1), data), `block ${lba}`);
  assert.ok(same(store.read(2 ** 47, 1), new Uint8Array(512)));
  assert.equal(store.sizeInMemory, 4 * 4096); // Blocks 0 and 7 share a page.
  store.zero(2 ** 28 - 8, 2 ** 32);
  assert.ok(same(store.read(2 ** 32 + 1, 1), new Uint8Array(512)));
  assert.equal(store.sizeInMemory, 2 * 4096);
  await store.close();
  assert.equal(store.sizeInMemory, 0);
});

Deno.test("what is read is a copy", () => {
  const store = new MemoryStore(8);
  store.write(0, new Uint8Array(512).fill(1));
  store.read(0, 1).fill(2);
  assert.equal(store.read(0, 1)[0], 1);
});

Deno.test("a file takes no more of the disk than what is written", async () => {
  await inFolder(async (folder) => {
    const store = await FileStore.open(`${folder}/large`, 2 ** 31);
    await store.write(2 ** 31 - 1, new Uint8Array(512).fill(5));
    assert.equal((await store.read(2 ** 31 - 1, 1))[511], 5);
    await store.close();
    const { size, blocks } = await Deno.stat(`${folder}/large`);
    assert.equal(size, 2 ** 40);
    assert.ok(blocks! < 1000, `${blocks} blocks`);
  });
});

Deno.test("a drive of an impossible size is refused", async () => {
  for (const blocks of [0, -1, 1.5, 2 ** 48 + 1, NaN]) {
    assert.throws(() => new MemoryStore(blocks), {
      name: "RangeError",
      message: `Cannot make a drive of "${blocks}" blocks: it is no whole number from 1 to 2^48; ` +
        `give the size in blocks of 512 bytes`,
    });
  }
  await inFolder(async (folder) => {
    await assert.rejects(
      FileStore.open(`${folder}/huge`, 2 ** 48),
      /^Error: Cannot give the drive file ".*huge" 281474976710656 blocks: .*; use a smaller drive/,
    );
  });
});

Deno.test("blocks that are remembered come back, as often as they are asked for", () => {
  const store = new MemoryStore(64);
  const block = (value: number) => new Uint8Array(512).fill(value);
  store.write(3, block(3));
  store.write(20, block(20));
  const restore = store.remember();
  for (let round = 0; round < 2; round++) {
    store.write(3, block(99));
    store.write(4, block(4));
    store.zero(20, 1);
    store.write(40, block(40));
    assert.deepEqual([3, 4, 20, 40].map((lba) => store.read(lba, 1)[0]), [99, 4, 0, 40]);
    restore();
    assert.deepEqual([3, 4, 20, 40].map((lba) => store.read(lba, 1)[0]), [3, 0, 20, 0]);
  }
});
