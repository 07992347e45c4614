import assert from "node:assert/strict";
import { decodePacket, formatAddress, LINK } from "hil/drivers/pcap/mod.ts";
import { BanEngine } from "../../sipban/core/mod.ts";
import { Watcher } from "../../sipban/watch/mod.ts";
import { type FloodShape, FrameSource } from "./frames.ts";

const V4 = { pbx: "198.51.100.1", from: "100.64.255.250", targetMac: "02:00:00:00:00:02" } as const;
const V6 = { ...V4, pbx: "2001:db8::1", from: "2001:db8:bad::fffa" } as const;

function frames(shape: FloodShape, count: number): Uint8Array[] {
  const source = new FrameSource(shape);
  return Array.from({ length: count }, () => {
    const frame = new Uint8Array(source.size);
    source.fill(frame);
    source.patch(frame);
    return frame;
  });
}

function onesSum(bytes: Uint8Array, begin = 0): number {
  let all = begin;
  for (let i = 0; i < bytes.length; i += 2) all += bytes[i]! << 8 | (bytes[i + 1] ?? 0);
  while (all > 0xffff) all = (all & 0xffff) + (all >>> 16);
  return all;
}

Deno.test("frames are right to the checksum, and come from as many addresses as are asked for", () => {
  for (const family of [V4, V6]) {
    const sources = new Set<string>();
    for (const bytes of frames({ ...family, kind: "REGISTER", sources: 20 }, 400)) {
      const packet = decodePacket({ linkType: LINK.EN10MB, bytes, seconds: 0 })!;
      sources.add(formatAddress(packet.ip.source));
      assert.equal(formatAddress(packet.ip.destination), family.pbx);
      const inside = bytes.subarray(14);
      if (packet.ip.version === 4) assert.equal(onesSum(inside.subarray(0, 20)), 0xffff);
      else assert.equal(onesSum(inside.subarray(8), 17 + inside.length - 40), 0xffff);
    }
    assert.equal(sources.size, 20);
  }
});

Deno.test("equal seeds give equal frames, others give others; no two are alike", () => {
  const shape = { ...V4, kind: "401", sources: 1000 } as const;
  const [one, same, other] = [7, 7, 8].map((seed) => frames({ ...shape, seed }, 50).map(String));
  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
  assert.equal(new Set(one).size, 50);
});

Deno.test("the ban daemon sees each frame as a transaction of its own", () => {
  for (const kind of ["REGISTER", "INVITE", "401", "403"] as const) {
    const engine = new BanEngine({ own: [V4.pbx], maxHosts: 999, maxTransactions: 999 });
    const watcher = new Watcher(engine);
    for (const bytes of frames({ ...V4, kind, sources: 50 }, 100)) {
      const { length } = bytes;
      watcher.see({ linkType: LINK.EN10MB, seconds: 1, nanoseconds: 0, bytes, length });
    }
    assert.equal(watcher.counts.messages, 100, kind);
    assert.equal(engine.sizes.transactions, 100, kind);
  }
});

Deno.test("what is no address is refused with its text", () => {
  const shape = { ...V4, kind: "401", sources: 1 } as const;
  for (const from of ["nobody", "2001:db8::1"]) {
    assert.throws(() => new FrameSource({ ...shape, from }), {
      message: new RegExp(`from "${from}"`),
    });
  }
  assert.throws(() => new FrameSource({ ...shape, targetMac: "no" }), { message: /send to "no"/ });
});
