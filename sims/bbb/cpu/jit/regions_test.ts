import assert from "node:assert/strict";
import { jumpTo } from "./jumps.ts";
import { type Place, Regions, type Translated } from "./regions.ts";

const PAGE = 0x200_0000;

/** A region of Thumb code whose blocks start at those offsets; each is one 32-bit instruction. */
function region(slot: number, offsets: readonly number[], privileged = true): Translated {
  const places = offsets.map((offset, block) => ({
    pc: 0x8000_0001 + offset,
    host: PAGE + offset,
    privileged,
    block,
  }));
  return { slot, entries: places, hosts: places.map(({ host }) => host) };
}

const at = (offset: number, privileged = true): Place => ({
  pc: 0x8000_0001 + offset,
  host: PAGE + offset,
  privileged,
});

Deno.test("a region is found at each of its blocks, by address, memory and privilege", () => {
  const regions = new Regions();
  regions.add(region(1, [0, 8]));
  assert.equal(regions.find(at(8)), jumpTo(1, 1));
  assert.equal(regions.find(at(4)), 0);
  assert.equal(regions.find(at(8, false)), 0);
  assert.equal(regions.find({ ...at(8), pc: 0x9000_0009 }), 0, "the same memory elsewhere");
  assert.equal(regions.find({ ...at(8), pc: 0x8000_0008 }), 0, "the same memory as ARM code");
});

Deno.test("a write to a line drops the regions with an instruction there, and only those", () => {
  const regions = new Regions();
  const [near, far, straddling] = [region(1, [0]), region(2, [64]), region(3, [62])];
  for (const each of [near, far, straddling]) regions.add(each);
  assert.deepEqual(regions.drop((PAGE >>> 6) + 1), [far, straddling]);
  assert.equal(regions.count, 1);
  assert.equal(regions.find(at(0)), jumpTo(1, 0));
  assert.equal(regions.find(at(64)), 0);
  assert.equal(regions.find(at(62)), 0);
  assert.deepEqual(regions.drop((PAGE >>> 6) + 1), []);
});

Deno.test("of regions with the same block the newer one is found, then the older", () => {
  const regions = new Regions();
  regions.add(region(1, [0, 8]));
  regions.add(region(2, [0, 128]));
  assert.equal(regions.find(at(0)), jumpTo(2, 0));
  regions.drop((PAGE + 128) >>> 6);
  assert.equal(regions.find(at(0)), jumpTo(1, 0));
});
