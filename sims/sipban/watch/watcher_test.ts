import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "hil/time/mod.ts";
import { LINK } from "hil/drivers/pcap/mod.ts";
import { BanEngine } from "../core/mod.ts";
import { framed, Lan, request } from "./_lan.ts";
import { Watcher } from "./watcher.ts";

for (const [name, shape] of Object.entries(framed)) {
  Deno.test(`the eleventh refusal bans: ${name}`, () => {
    for (const [host, pbx] of [["203.0.113.66", "198.51.100.1"], ["2001:db8::66", "2001:db8::1"]]) {
      const lan = new Lan({ host: host!, pbx: pbx!, shape });
      const watcher = new Watcher(
        new BanEngine({ own: [pbx!], maxHosts: 99, maxTransactions: 99 }),
      );
      for (let n = 1; n <= 12; n++) {
        const decisions = lan.guess(n).flatMap((packet) => [...watcher.see(packet)]);
        assert.equal(decisions.length, n === 11 ? 1 : 0, `${host} ${n}`);
      }
      assert.equal(watcher.counts.malformed, 0);
    }
  });
}

Deno.test("bytes that are overwritten after they were seen do no harm", () => {
  const lan = new Lan({ host: "203.0.113.66", pbx: "198.51.100.1", shape: framed["TCP, cut"]! });
  const watcher = new Watcher(
    new BanEngine({ own: ["198.51.100.1"], maxHosts: 99, maxTransactions: 99 }),
  );
  for (let n = 1; n <= 11; n++) {
    for (const packet of lan.guess(n)) {
      const bytes = packet.bytes.slice();
      watcher.see({ ...packet, linkType: LINK.EN10MB, bytes });
      bytes.fill(0x41);
    }
  }
  assert.equal(watcher.engine.bans().length, 1);
});

Deno.test("no packets whatever make the watcher throw or hold on to memory", () => {
  const shapes = Object.values(framed);
  const engine = new BanEngine({ own: ["198.51.100.1"], maxHosts: 50, maxTransactions: 50 });
  const watcher = new Watcher(engine, { proxies: ["203.0.113.5"] });
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed);
      const host = `203.0.113.${random.below(9)}`;
      const lan = new Lan({
        host,
        pbx: "198.51.100.1",
        shape: shapes[random.below(shapes.length)]!,
      });
      const packets = lan.guess(1 + random.below(3));
      packets.push(...lan.say("out", request(host, 1, 1, "")));
      for (const packet of packets) {
        if (random.below(4) === 0) continue; // lost
        const bytes = packet.bytes.slice(0, random.below(9) ? undefined : random.below(80));
        for (let n = random.below(4); n > 0 && bytes.length > 0; n--) {
          bytes[random.below(bytes.length)] = random.below(256);
        }
        watcher.see({ ...packet, bytes, seconds: seed % 1000 });
      }
    }),
    { seed: 6, numRuns: 600 },
  );
  assert.ok(watcher.counts.messages > 500, `${watcher.counts.messages}`);
});
