import assert from "node:assert/strict";
import { loadParts, saveParts, VirtualClock } from "sims/engine/mod.ts";
import { Lan } from "sims/bbb/net/mod.ts";
import { Lan8710a } from "./phy_lan8710a.ts";

const NEGOTIATED_NS = 1_600_000_000;

function board() {
  const clock = new VirtualClock("test");
  const lan = new Lan({ name: "lan", clock });
  const port = lan.port("board");
  const peer = lan.port("peer");
  const phy = new Lan8710a({ name: "PHY", clock, port, address: 0 });
  const links: [number, boolean][] = [];
  phy.onLink(() => links.push([clock.now(), phy.link]));
  return { clock, lan, port, peer, phy, links };
}

Deno.test("it says who it is, and what the facts have of each register once the link is up", () => {
  const { clock, phy } = board();
  clock.runTo(2e9);
  phy.read(1);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((register) => phy.read(register)), [
    0x3000,
    0x782d,
    0x0007,
    0xc0f1,
    0x01e1,
    0xc1e1,
  ]);
  assert.equal(phy.read(31), 0x1018, "100 Mbit/s, full duplex");
});

Deno.test("negotiation takes its time, from power-on and from each restart", () => {
  const { clock, phy, links } = board();
  clock.runTo(NEGOTIATED_NS - 1);
  assert.equal(phy.link, false);
  assert.equal(phy.read(5), 0);
  clock.runTo(2e9);
  phy.write(0, 0x1200);
  assert.equal(phy.read(0), 0x1000, "RESTART clears itself");
  clock.runTo(4e9);
  phy.write(0, 0x8000);
  assert.equal(phy.read(0), 0x3000, "RESET too, and it resets");
  clock.runTo(6e9);
  assert.deepEqual(links, [
    [NEGOTIATED_NS, true],
    [2e9, false],
    [2e9 + NEGOTIATED_NS, true],
    [4e9, false],
    [4e9 + NEGOTIATED_NS, true],
  ]);
});

Deno.test("a pulled cable takes the link down at once, and BMSR tells that once more after", () => {
  const { clock, phy, port, links } = board();
  clock.runTo(2e9);
  phy.read(1);
  port.unplug();
  assert.equal(phy.link, false);
  clock.runTo(3e9);
  assert.equal(phy.read(1), 0x7809);
  port.plug();
  clock.runTo(5e9);
  assert.deepEqual(links.slice(1), [[2e9, false], [3e9 + NEGOTIATED_NS, true]]);
  assert.equal(phy.read(1) & 4, 0, "it was down since the last read");
  assert.equal(phy.read(1) & 4, 4);
});

Deno.test("without negotiation, and with less to offer, the line is slower", () => {
  const { clock, phy, port } = board();
  phy.write(0, 0x0100);
  clock.runTo(1e9);
  assert.deepEqual([phy.link, port.speedMbps, phy.read(1) & 0x20], [true, 10, 0]);
  phy.write(4, 0x0061);
  phy.write(0, 0x1200);
  clock.runTo(4e9);
  assert.deepEqual([phy.link, port.speedMbps, phy.read(31)], [true, 10, 0x1014]);
});

Deno.test("powered down it neither links nor passes frames", () => {
  const { clock, phy, peer } = board();
  let heard = 0;
  peer.onFrame = () => void heard++;
  clock.runTo(2e9);
  phy.transmit(new Uint8Array(60));
  phy.write(0, 0x3800);
  phy.transmit(new Uint8Array(60));
  clock.runTo(9e9);
  assert.deepEqual([heard, phy.link], [1, false]);
});

Deno.test("what cannot be written stays", () => {
  const { phy } = board();
  for (let register = 1; register < 32; register++) phy.write(register, 0xffff);
  assert.deepEqual([1, 2, 3, 6, 29].map((register) => phy.read(register)), [
    0x7809,
    7,
    0xc0f1,
    0,
    0,
  ]);
});

Deno.test("a snapshot in the midst of negotiation goes on as it would have", () => {
  const one = board();
  one.clock.runTo(1e9);
  const other = board();
  other.clock.restore(1e9);
  const saved = structuredClone(saveParts([one.lan, one.phy]));
  loadParts([other.lan, other.phy], saved);
  other.clock.runTo(3e9);
  assert.deepEqual(other.links, [[NEGOTIATED_NS, true]]);
});
