import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { SnapshotError } from "sims/engine/mod.ts";
import { GuestMemory } from "./memory.ts";
import { MemorySnapshot } from "./memory_snapshot.ts";

/** A snapshot with a page at both ends of each RAM. */
function sample(): { memory: GuestMemory; snapshot: MemorySnapshot } {
  const memory = new GuestMemory();
  const ends = [0x4000_0000, 0x4002_bfff, 0x402f_0000, 0x4030_ffff, 0x8000_0000, 0x9fff_ffff];
  ends.forEach((pa, n) => memory.load(pa, Uint8Array.of(n + 1)));
  return { memory, snapshot: memory.snapshot() };
}

function refused(bytes: Uint8Array, why: RegExp): void {
  assert.throws(() => MemorySnapshot.decode(bytes), (error: Error) => {
    assert.ok(error instanceof SnapshotError);
    assert.match(error.message, why);
    return true;
  });
}

Deno.test("a snapshot survives encoding and decoding", () => {
  const { snapshot } = sample();
  const bytes = snapshot.encode();
  assert.equal(bytes.length, 16 + 6 * 4100);
  const decoded = MemorySnapshot.decode(bytes);
  assert.equal(decoded.pages, 6);
  assert.deepEqual(decoded.encode(), bytes);
  const fresh = new GuestMemory();
  fresh.restore(decoded);
  assert.deepEqual(fresh.bytes(0x9fff_fffe, 2), Uint8Array.of(0, 6));
  assert.deepEqual(fresh.bytes(0x4002_bffe, 2), Uint8Array.of(0, 2));
});

Deno.test("an encoded snapshot may lie anywhere in a buffer", () => {
  const bytes = sample().snapshot.encode();
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(MemorySnapshot.decode(shifted.subarray(3)).encode(), bytes);
});

Deno.test("what was encoded does not change when memory does", () => {
  const { memory, snapshot } = sample();
  const before = snapshot.encode();
  memory.load(0x8000_0000, Uint8Array.of(99));
  memory.snapshot();
  assert.deepEqual(snapshot.encode(), before);
});

Deno.test("bytes of something else, another version, or another page size are refused", () => {
  const bytes = sample().snapshot.encode();
  const set = (at: number, value: number) => {
    const changed = bytes.slice();
    changed[at] = value;
    return changed;
  };
  refused(new Uint8Array(0), /its memory does not begin with "BBBM" and a header/);
  refused(bytes.subarray(0, 15), /does not begin with "BBBM" and a header/);
  refused(set(0, 0), /does not begin with "BBBM"/);
  refused(set(4, 2), /its memory was saved in version 2, and version 1 is read here/);
  refused(set(9, 0x20), /its memory has pages of 8192 bytes, not 4096/);
  refused(set(17, 0xff), /page 0 of its memory is 0x4ff00, which is not RAM/);
  refused(set(20, 0x00), /page 1 of its memory is 0x40000, which is out of order/);
});

Deno.test("a snapshot that was cut short, or is followed by something, is refused", () => {
  const bytes = sample().snapshot.encode();
  refused(
    bytes.subarray(0, bytes.length - 1),
    /its memory has 24615 bytes where 6 pages need 24616: it is truncated; take it again/,
  );
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  refused(longer, /it is followed by something else/);
});

Deno.test("damaged bytes are refused or read, and never break the reader", () => {
  const bytes = sample().snapshot.encode();
  for (let seed = 1; seed <= 400; seed++) {
    const random = new Random(seed);
    const damaged = bytes.slice(0, random.chance(0.3) ? random.below(bytes.length) : undefined);
    for (let n = random.below(6); n > 0 && damaged.length > 0; n--) {
      // Mostly in the header and the page numbers, where it matters.
      const within = random.chance(0.8) ? Math.min(48, damaged.length) : damaged.length;
      damaged[random.below(within)] = random.below(256);
    }
    try {
      assert.deepEqual(MemorySnapshot.decode(damaged).encode(), damaged, `seed ${seed}`);
    } catch (error) {
      assert.ok(error instanceof SnapshotError, `seed ${seed}: ${error}`);
    }
  }
});
