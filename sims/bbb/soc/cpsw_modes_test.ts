/** What a program can ask of the Ethernet subsystem beyond its usual set-up. */
import assert from "node:assert/strict";
import { CPPI_RAM } from "./cppi_ram.ts";
import { FLAG } from "./cpsw_cpdma_queue.ts";
import { CpswLab, MAC, MEMORY_BASE, started } from "./_cpsw_lab.ts";

const BROADCAST = new Uint8Array(6).fill(0xff);
const PEER = Uint8Array.of(2, 0, 0, 0, 0, 1);
const BUFFER = MEMORY_BASE + 0x8000;

function frameOf(destination: Uint8Array, source: Uint8Array, rest: readonly number[] = [8, 0]) {
  const frame = new Uint8Array(60);
  frame.set(destination);
  frame.set(source, 6);
  frame.set(rest, 12);
  return frame;
}

/** Queues one frame on a transmit channel, without a driver. */
function queue(lab: CpswLab, channel: number, frame: Uint8Array): void {
  const [at, buffer] = [0x2400 + 16 * channel, BUFFER + 256 * channel];
  lab.memory.write(buffer, frame);
  const flags = FLAG.SOP | FLAG.EOP | FLAG.OWNER | frame.length;
  [0, buffer, frame.length, flags].forEach((word, n) => lab.write(at + 4 * n, word >>> 0));
  lab.write(0xa00 + 4 * channel, CPPI_RAM.base + at - 0x2000);
}

for (
  const [what, control, order] of [
    ["round robin", 0, [0, 1, 2]],
    ["by fixed priority, the highest first", 1, [0, 2, 1]],
  ] as const
) {
  Deno.test(`transmit channels are served ${what}`, () => {
    const { lab, heard } = started();
    lab.write(0x820, control);
    for (const channel of [0, 1, 2]) queue(lab, channel, frameOf(BROADCAST, MAC, [8, channel]));
    lab.run(1_000_000);
    assert.deepEqual(heard.map((frame) => frame[13]), order, "0 was under way already");
  });
}

Deno.test("idle was commanded: nothing more is moved until that is taken back", () => {
  const { lab, peer, heard, driver } = started();
  lab.write(0x820, 1 << 3);
  queue(lab, 0, frameOf(BROADCAST, MAC));
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.deepEqual([heard.length, driver.poll()], [0, undefined]);
  assert.equal(lab.read(0x824) >>> 31, 1, "IDLE");
  lab.write(0x820, 0);
  lab.run(1_000_000);
  assert.equal(heard.length, 1);
  assert.ok(driver.poll());
});

Deno.test("while the DMA is idle the FIFO fills, and what finds no room is an overrun", () => {
  const { lab, peer } = started();
  lab.write(0x820, 1 << 3);
  const frame = new Uint8Array(1514);
  frame.set(frameOf(MAC, PEER));
  for (let i = 0; i < 20; i++) peer.send(frame);
  lab.run(10_000_000);
  assert.equal(lab.read(0x984), 20 - Math.floor(20 * 1024 / 1518));
});

Deno.test("RX_OWNERSHIP leaves the port the owner, and RX_OFFLEN_BLOCK the length alone", () => {
  const { lab, peer } = started();
  lab.write(0x820, 1 << 1 | 1 << 2);
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.equal(lab.read(0x200c) & FLAG.OWNER, FLAG.OWNER);
  assert.equal(lab.read(0x2008), 1536);
});

Deno.test("frames of port 1 come to the channel that P0_CPDMA_RX_CH_MAP has for it", () => {
  const { lab, peer } = started();
  lab.write(0x120, 0x0005_0003);
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.equal(lab.read(0x984), 1, "channel 3 has no buffers");
  [0, BUFFER, 256, FLAG.OWNER].forEach((word, n) => lab.write(0x2800 + 4 * n, word >>> 0));
  lab.write(0xa2c, CPPI_RAM.base + 0x800);
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.equal(lab.read(0xa6c), CPPI_RAM.base + 0x800);
});

Deno.test("MAC control frames are kept from memory unless RX_CMF_EN lets them, marked", () => {
  const { lab, peer, driver } = started();
  const pause = frameOf(Uint8Array.of(1, 0x80, 0xc2, 0, 0, 1), PEER, [0x88, 0x08, 0, 1]);
  peer.send(pause);
  lab.run(1_000_000);
  assert.equal(driver.poll(), undefined);
  lab.write(0xd84, 0x8021 | 1 << 4 | 1 << 24);
  peer.send(pause);
  lab.run(1_000_000);
  assert.equal(driver.poll()!.flags & FLAG.CONTROL, FLAG.CONTROL);
  assert.equal(lab.read(0x90c), 1, "RXPAUSEFRAMES counts with TX_FLOW_EN");
});

Deno.test("looped back, a frame comes in again and does not go out", () => {
  const { lab, heard, driver } = started();
  lab.write(0xd84, 0x8021 | 1 << 1);
  // Not from the board's own address: the driver has that secured to the host's port.
  driver.send(frameOf(BROADCAST, PEER));
  lab.run(1_000_000);
  assert.equal(heard.length, 0);
  assert.deepEqual(driver.poll()!.frame.subarray(0, 60), frameOf(BROADCAST, PEER));
});

Deno.test("a MAC that is held in reset or commanded idle neither sends nor takes", () => {
  for (const control of [0x8001, 0x8821]) {
    const { lab, peer, heard, driver } = started();
    lab.write(0xd84, control);
    driver.send(frameOf(BROADCAST, MAC));
    peer.send(frameOf(MAC, PEER));
    lab.run(1_000_000);
    assert.deepEqual([heard.length, driver.poll()], [0, undefined]);
    assert.equal(lab.read(0xd88) >>> 31, control === 0x8821 ? 1 : 0, "IDLE");
  }
});

Deno.test("aware of VLANs, a port sends with the tag of the VLAN, or without where that is forced", () => {
  const { lab, heard, driver } = started();
  lab.write(0x004, 2);
  lab.write(0xd08, 0x8000_0004);
  // P0_PORT_VLAN: priority 3, VLAN 5.
  lab.write(0x114, 0x6005);
  const vlan = (untagged: number) => {
    driver.entry(9, [0x0003_0303 | untagged << 24, (2 << 28 | 5 << 16) >>> 0, 0]);
  };
  vlan(0);
  driver.send(frameOf(BROADCAST, MAC));
  lab.run(1_000_000);
  assert.deepEqual([...heard[0]!.subarray(12, 18)], [0x81, 0, 0x60, 5, 8, 0]);
  vlan(2);
  driver.send(frameOf(BROADCAST, MAC, [0x81, 0, 0, 5, 8, 0]));
  lab.run(1_000_000);
  assert.deepEqual([...heard[1]!.subarray(12, 14)], [8, 0]);
  assert.equal(heard[1]!.length, 60, "padded again");
});

Deno.test("a statistic that is half full interrupts until it is taken down", () => {
  const { lab, peer } = started();
  lab.write(0x00c, 0);
  lab.write(0x900, 0x7fff_ffff);
  lab.write(0x00c, 7);
  lab.write(0x8b8, 1);
  lab.write(0x121c, 1 << 3);
  assert.equal(lab.wires.misc.level, 0);
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.equal(lab.wires.misc.level, 1);
  assert.equal(lab.read(0x124c), 8);
  lab.write(0x900, 1);
  assert.equal(lab.wires.misc.level, 0);
});

Deno.test("an MDIO access that ends raises the interrupt of the subsystem too", () => {
  const { lab } = started();
  lab.write(0x1028, 1);
  lab.write(0x121c, 1);
  lab.mdioRead(0, 2);
  assert.equal(lab.wires.misc.level, 1);
  lab.write(0x1020, 1);
  assert.equal(lab.wires.misc.level, 0);
});
