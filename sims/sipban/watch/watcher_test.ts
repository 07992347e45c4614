import assert from "node:assert/strict";
import { LINK } from "hil/drivers/pcap/mod.ts";
import { BanEngine } from "../core/mod.ts";
import { framed, Lan } from "./_lan.ts";
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
