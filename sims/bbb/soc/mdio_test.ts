import assert from "node:assert/strict";
import { VirtualClock, Wire, type WireDriver } from "sims/engine/mod.ts";
import { Lan } from "sims/bbb/net/mod.ts";
import { Lan8710a } from "sims/bbb/parts/phy_lan8710a.ts";
import { registerTests, restoreTest } from "./_registers.ts";
import { fixedClock } from "./clock_input.ts";
import { Mdio } from "./mdio.ts";

const [GO, WRITE, ACK] = [2 ** 31, 2 ** 30, 2 ** 29];
/** 125 MHz / 256, 64 bits. */
const FRAME_NS = 131_072;

function rig() {
  const clock = new VirtualClock("test");
  const lan = new Lan({ name: "lan", clock });
  const port = lan.port("board");
  const phy = new Lan8710a({ name: "PHY", clock, port, address: 0 });
  const source = fixedClock("CPSW_125MHZ_GCLK", 125e6);
  const device = new Mdio({ clock, source, devices: [phy] });
  const seen: string[] = [];
  const wires = ["link", "user"].map((name) => new Wire(name));
  const [link, user] = wires.map((wire) => {
    wire.listen((level) => seen.push(`${clock.now()} ${wire.name} ${level}`));
    return wire.driver("MDIO");
  }) as [WireDriver, WireDriver];
  device.onInterrupt = () => {
    link.drive(device.linkInterrupt ? 1 : 0);
    user.drive(device.userInterrupt ? 1 : 0);
  };
  device.settle();
  const disturb = () => port.plugged ? port.unplug() : port.plug();
  return { clock, device, lan, port, phy, parts: [lan, phy, device, ...wires], seen, disturb };
}

registerTests("MDIO", rig, {
  apart: ["MDIOCONTROL", "MDIOUSERACCESS0", "MDIOUSERACCESS1"],
});
restoreTest("MDIO", rig, {
  values: [0x4000_00ff, GO, GO + (1 << 21), GO + (1 << 16), GO + WRITE + 0x1200, 0x40, 3],
  strideNs: 50_000_000,
});

Deno.test("MDIO: an access takes a frame's time; the PHY acknowledges, nobody else does", () => {
  const { clock, device } = rig();
  const read = (phy: number, register: number) => {
    device.write(0x80, GO + (register << 21) + (phy << 16), 4);
    const from = clock.now();
    while (device.read(0x80, 4) >= GO) clock.runTo(clock.now() + 1);
    assert.ok(clock.now() - from <= FRAME_NS + 1);
    return device.read(0x80, 4) >>> 0;
  };
  device.write(0x04, 0x4000_00ff, 4);
  device.write(0x80, GO + (3 << 21), 4);
  clock.runTo(FRAME_NS - 1);
  assert.ok(device.read(0x80, 4) >>> 0 >= GO);
  clock.runTo(FRAME_NS);
  assert.equal(device.read(0x80, 4) >>> 0, ACK + (3 << 21) + 0xc0f1);
  for (let phy = 1; phy < 32; phy += 6) {
    assert.equal(read(phy, 2), (2 << 21) + (phy << 16) + 0xffff);
  }
});

Deno.test("MDIO: a write reaches the PHY, and says when it is done", () => {
  const { clock, device, phy, seen } = rig();
  device.write(0x04, 0x4000_00ff, 4);
  device.write(0x28, 1, 4);
  device.write(0x80, GO + WRITE + (4 << 21) + 0x61, 4);
  device.write(0x80, GO + WRITE + (4 << 21) + 0x21, 4);
  clock.runTo(1e6);
  assert.equal(phy.read(4), 0x61, "a write while GO is set is lost");
  assert.deepEqual(seen.at(-1), `${FRAME_NS} user 1`);
  device.write(0x20, 1, 4);
  assert.equal(device.userInterrupt, false);
});

Deno.test("MDIO: two accesses follow each other; while disabled GO is not taken", () => {
  const { clock, device } = rig();
  device.write(0x80, GO, 4);
  assert.equal(device.read(0x80, 4), 0);
  device.write(0x04, 0x4000_00ff, 4);
  device.write(0x80, GO + (2 << 21), 4);
  device.write(0x88, GO + (3 << 21), 4);
  clock.runTo(FRAME_NS);
  assert.ok(device.read(0x88, 4) >>> 0 >= GO);
  clock.runTo(2 * FRAME_NS);
  assert.equal(device.read(0x88, 4) & 0xffff, 0xc0f1);
});

Deno.test("MDIO: polling finds who is alive and whose link is up, and tells a change", () => {
  const { clock, device, port, seen } = rig();
  device.write(0x84, 0x40, 4);
  device.write(0x04, 0x4000_00ff, 4);
  clock.runTo(FRAME_NS);
  assert.equal(device.read(0x08, 4), 1);
  clock.runTo(1_600_000_000);
  assert.equal(device.read(0x0c, 4), 0);
  clock.runTo(1_620_000_000);
  assert.equal(device.read(0x0c, 4), 1);
  const up = seen.find((text) => text.endsWith("link 1"))!;
  const at = Number(up.split(" ")[0]);
  assert.equal(at % FRAME_NS, 0);
  assert.equal((at / FRAME_NS) % 32, 1, "at the poll of address 0");
  device.write(0x10, 1, 4);
  assert.equal(device.linkInterrupt, false);
  clock.runTo(2e9);
  port.unplug();
  clock.runTo(2e9 + 33 * FRAME_NS);
  assert.equal(device.linkInterrupt, true);
  assert.equal(device.read(0x0c, 4), 0);
});

Deno.test("MDIO: without preambles frames are half as long, and a divider of 0 stops it", () => {
  const { clock, device } = rig();
  device.write(0x04, 0x4010_00ff, 4);
  device.write(0x80, GO, 4);
  clock.runTo(FRAME_NS / 2);
  assert.ok(device.read(0x80, 4) >>> 0 < GO);
  device.write(0x04, 0x4000_0000, 4);
  device.write(0x80, GO, 4);
  clock.runTo(1e9);
  assert.ok(device.read(0x80, 4) >>> 0 >= GO);
});

Deno.test("MDIO: a program may set interrupts to test them", () => {
  const { device } = rig();
  device.write(0x04, 0x4002_00ff, 4);
  device.write(0x28, 1, 4);
  device.write(0x20, 1, 4);
  assert.equal(device.read(0x24, 4), 1);
});
