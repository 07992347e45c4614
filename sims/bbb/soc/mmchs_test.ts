import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { CardStorage, SdCard } from "../card/mod.ts";
import { emmcSlot, MULTIPLE, READ, RSP, sdSlot, Slot, WRITE } from "./_mmchs_driver.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import type { MmchsTrace } from "./mmchs.ts";
import { EVENTS } from "./mmchs_registers.ts";

function block(seed: number, blocks = 1): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length: 512 * blocks }, () => random.below(256));
}

registerTests("MMCHS", () => {
  const slot = new Slot();
  return { clock: slot.clock, device: slot.mmchs, parts: [slot.mmchs] };
}, {
  reads: { SD_PSTATE: 0x01f7_0000 },
  // Bits there start something; tests by hand below.
  apart: [
    "SD_SYSCONFIG",
    "SD_SYSCTL",
    "SD_HCTL",
    "SD_SYSTEST",
    "SD_STAT",
    "SD_FE",
    "SD_DATA",
    "SD_PSTATE",
  ],
});

Deno.test("an eMMC is brought up and read as U-Boot does it", () => {
  const { slot, storage } = emmcSlot({ blocks: 7_471_104 });
  void storage.write(5, block(1));
  const ext = slot.read(8, 0);
  assert.equal(ext[192], 6);
  assert.equal(new DataView(ext.buffer).getUint32(212, true), 7_471_104);
  assert.equal(ext[183], 2);
  slot.command(16, 512);
  assert.deepEqual(slot.read(17, 5), block(1));
});

Deno.test("several blocks are read and written with a CMD12 that the controller sends", () => {
  const { slot, storage } = emmcSlot();
  const seen: MmchsTrace[] = [];
  slot.mmchs.onTransfer = (trace) => seen.push(trace);
  slot.write(25, 1000, block(2, 9));
  assert.deepEqual(slot.read(18, 1000, { blocks: 9 }), block(2, 9));
  assert.deepEqual(storage.readBlock(1008), block(2, 9).subarray(8 * 512));
  const commands = seen.filter((trace) => trace.kind === "command");
  assert.deepEqual(commands.map(({ index, auto }) => [index, auto]), [
    [25, false],
    [12, true],
    [18, false],
    [12, true],
  ]);
  const blocks = seen.filter((trace) => trace.kind === "block");
  assert.deepEqual(blocks.map(({ lba }) => lba), [...Array(18).keys()].map((n) => 1000 + n % 9));
  assert.equal(slot.get("SD_RSP76") >>> 9 & 0xf, 5, "CMD12 found the card sending");
});

Deno.test("an SD card is brought up, with addresses in bytes", () => {
  const { slot, storage, app } = sdSlot();
  slot.set("SD_BLK", 8);
  app(51, 0, RSP.R1 | READ);
  slot.waitFor(0x20);
  assert.deepEqual([slot.get("SD_DATA"), slot.get("SD_DATA")], [0x0280_2502, 0]);
  slot.write(24, 7 * 512, block(3));
  assert.deepEqual(storage.readBlock(7), block(3));
  assert.deepEqual(slot.read(17, 7 * 512), block(3));
});

Deno.test("without a card every command times out, and SRC frees the line", () => {
  const slot = new Slot();
  slot.powerUp();
  slot.command(0, 0, RSP.none);
  slot.start(8, 0x1aa, RSP.R7);
  assert.equal(slot.waitFor(0xffff_0001), 0x0001_8000);
  assert.equal(slot.get("SD_PSTATE") & 1, 1);
  slot.set("SD_CMD", 0);
  slot.clock.runTo(slot.clock.now() + 1_000_000);
  assert.equal(slot.get("SD_STAT") & 1, 0, "a command meanwhile goes nowhere");
  slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 25);
  assert.equal(slot.get("SD_PSTATE") & 1, 0);
});

Deno.test("silence takes 64 clocks, a short response 48, a long one 136", () => {
  const { slot } = emmcSlot();
  const clocks = (index: number, argument: number, flags: number) => {
    slot.start(index, argument, flags);
    const began = slot.clock.now();
    slot.waitFor(0xffff_0001);
    slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 25);
    return Math.floor((slot.clock.now() - began) * 48e6 / 1e9);
  };
  assert.equal(clocks(55, 0, RSP.R1), 48 + 64);
  assert.equal(clocks(13, 1 << 16, RSP.R1), 48 + 8 + 48);
  slot.command(7, 0, RSP.none);
  assert.equal(clocks(9, 1 << 16, RSP.R2), 48 + 8 + 136);
  assert.equal(slot.longResponse().slice(0, 8), "d0270132", "the highest word of the CSD is RSP76");
  assert.equal(slot.get("SD_RSP10") & 1, 1, "the end bit is in RSP10");
});

Deno.test("a block takes the time of its bits, and the first one the card's access time too", () => {
  const { slot } = emmcSlot();
  slot.set("SD_BLK", 2 << 16 | 512);
  slot.start(18, 0, RSP.R1 | READ | MULTIPLE);
  const began = slot.clock.now();
  const bits = (count: number) => Math.ceil(count * 1e9 / 48e6);
  slot.waitFor(1);
  assert.equal(slot.clock.now() - began, bits(48 + 8 + 48));
  const responded = slot.clock.now();
  slot.waitFor(0x20);
  assert.equal(slot.clock.now() - responded, 100_000 + bits(512 + 16 + 2));
  const first = slot.clock.now();
  slot.set("SD_STAT", 0x20);
  for (let n = 0; n < 128; n++) slot.get("SD_DATA");
  slot.waitFor(0x20);
  assert.equal(slot.clock.now() - first, bits(512 + 16 + 2));
});

Deno.test("the card waits with a third block until one of two has been read", () => {
  const { slot } = emmcSlot();
  slot.set("SD_BLK", 4 << 16 | 512);
  slot.start(18, 0, RSP.R1 | READ | MULTIPLE);
  slot.clock.runTo(slot.clock.now() + 5_000_000);
  assert.equal(slot.get("SD_BLK") >>> 16, 2, "two have passed");
  for (let n = 0; n < 128; n++) slot.get("SD_DATA");
  slot.clock.runTo(slot.clock.now() + 5_000_000);
  assert.equal(slot.get("SD_BLK") >>> 16, 1);
});

Deno.test("the interrupt follows STAT and ISE, and a status that is not enabled is not set", () => {
  const { slot } = emmcSlot();
  slot.set("SD_ISE", 1);
  slot.start(13, 1 << 16, RSP.R1);
  slot.waitFor(1);
  assert.equal(slot.irq.level, 1);
  slot.set("SD_STAT", 1);
  assert.equal(slot.irq.level, 0);
  slot.set("SD_IE", 0);
  slot.start(13, 1 << 16, RSP.R1);
  slot.clock.runTo(slot.clock.now() + 1_000_000);
  assert.equal(slot.get("SD_STAT"), 0);
  assert.equal(slot.irq.level, 0);
});

Deno.test("with DMA there is one request a block, until its first word is taken", () => {
  const { slot } = emmcSlot();
  const requests: number[] = [];
  slot.rx.listen((level) => level && requests.push(slot.clock.now()));
  slot.set("SD_BLK", 2 << 16 | 512);
  slot.start(18, 0, RSP.R1 | READ | MULTIPLE | 1);
  slot.clock.runTo(slot.clock.now() + 5_000_000);
  assert.equal(slot.rx.level, 1);
  assert.equal(slot.has("BRR"), false, "BRR is for programs only");
  slot.get("SD_DATA");
  assert.equal(slot.rx.level, 0);
  for (let n = 1; n < 128; n++) slot.get("SD_DATA");
  assert.equal(slot.rx.level, 1);
  for (let n = 0; n < 128; n++) slot.get("SD_DATA");
  assert.equal(slot.rx.level, 0);
  assert.equal(requests.length, 2);
  slot.waitFor(2);
  slot.set("SD_BLK", 1 << 16 | 512);
  slot.start(24, 0, RSP.R1 | WRITE | 1);
  slot.waitFor(1);
  assert.equal(slot.tx.level, 1);
  for (let n = 0; n < 128; n++) slot.set("SD_DATA", n);
  assert.equal(slot.tx.level, 0);
  slot.waitFor(2);
});

Deno.test("the data port outside a block is a bad access, and bytes make up words", () => {
  const { slot } = emmcSlot();
  assert.equal(slot.get("SD_DATA"), 0);
  assert.ok(slot.has("BADA"));
  slot.set("SD_STAT", 0xffff_ffff);
  slot.set("SD_DATA", 1);
  assert.ok(slot.has("BADA"));
  slot.set("SD_BLK", 1 << 16 | 512);
  slot.start(24, 3, RSP.R1 | WRITE);
  slot.waitFor(0x10);
  for (let n = 0; n < 512; n += 4) {
    slot.mmchs.write(0x220, n & 0xff, 1);
    slot.mmchs.write(0x221, (n + 1) & 0xff, 1);
    slot.mmchs.write(0x222, (n + 2 & 0xff) | (n + 3 & 0xff) << 8, 2);
  }
  slot.waitFor(2);
  slot.set("SD_BLK", 1 << 16 | 512);
  slot.start(17, 3, RSP.R1 | READ);
  slot.waitFor(0x20);
  assert.equal(slot.get("SD_DATA"), 0x0302_0100);
  assert.equal(slot.mmchs.read(0x220, 2), 0x0504);
  assert.equal(slot.mmchs.read(0x222, 1), 0x06);
  assert.equal(slot.mmchs.read(0x223, 1), 0x07);
  assert.equal(slot.get("SD_DATA"), 0x0b0a_0908);
});

Deno.test("other numbers of lines on both sides garble every block", () => {
  const { slot, storage } = emmcSlot();
  slot.width(4);
  slot.set("SD_BLK", 512);
  slot.start(17, 0, RSP.R1 | READ);
  assert.equal(slot.waitFor(0xffff_0002) & 0xffff_0002, 1 << EVENTS.DCRC | 2);
  slot.start(24, 0, RSP.R1 | WRITE);
  slot.waitFor(0x10);
  for (let n = 0; n < 128; n++) slot.set("SD_DATA", 0xffff_ffff);
  assert.ok(slot.waitFor(0xffff_0002) & 1 << EVENTS.DCRC);
  assert.deepEqual(storage.readBlock(0), new Uint8Array(512));
});

Deno.test("faults that a scenario injects: each shows in its own bit", () => {
  const { slot } = emmcSlot();
  const statOf = (fault: "timeout" | "crc" | "index" | "end bit") => {
    slot.mmchs.faults = { command: (index) => index === 13 ? fault : undefined };
    slot.start(13, 1 << 16, RSP.R1);
    const stat = slot.waitFor(0xffff_0001);
    slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 25);
    return stat;
  };
  assert.equal(statOf("timeout"), 0x0001_8000);
  assert.equal(statOf("crc"), 0x0002_8001);
  assert.equal(statOf("end bit"), 0x0004_8001);
  assert.equal(statOf("index"), 0x0008_8001);
  const dataOf = (fault: "timeout" | "crc" | "end bit") => {
    slot.mmchs.faults = { block: (_write, lba) => lba === 6 ? fault : undefined };
    slot.set("SD_BLK", 4 << 16 | 512);
    slot.start(18, 5, RSP.R1 | READ | MULTIPLE);
    slot.waitFor(0x20);
    for (let n = 0; n < 128; n++) slot.get("SD_DATA");
    const stat = slot.waitFor(0xffff_0000) & 0xffff_0002;
    slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 26);
    assert.equal(slot.get("SD_SYSCTL") >>> 26 & 1, 1);
    assert.equal(slot.get("SD_SYSCTL") >>> 26 & 1, 0);
    slot.mmchs.faults = {};
    slot.command(12, 0, RSP.R1b);
    return stat;
  };
  assert.equal(dataOf("crc"), 0x0020_0002);
  assert.equal(dataOf("end bit"), 0x0040_0002);
  assert.equal(dataOf("timeout"), 0x0010_0000);
  assert.deepEqual(slot.read(17, 6), new Uint8Array(512), "and the card goes on after that");
});

Deno.test("a block that the card cannot read never comes, and the card's status says why", () => {
  const { slot, card } = emmcSlot();
  card.failing = (lba) => lba === 3;
  slot.set("SD_BLK", 1 << 16 | 512);
  slot.start(17, 3, RSP.R1 | READ);
  const stat = slot.waitFor(0xffff_0000);
  assert.equal(stat & 0xffff_0000, 1 << EVENTS.DTO);
  slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 26);
  slot.set("SD_CSRE", 1 << 21);
  slot.start(13, 1 << 16, RSP.R1);
  assert.ok(slot.waitFor(1) & 1 << EVENTS.CERR);
  assert.equal(slot.get("SD_RSP10") >>> 21 & 1, 1);
});

Deno.test("a response of another kind than was asked for is an error", () => {
  const { slot } = emmcSlot();
  slot.start(13, 1 << 16, RSP.R2);
  assert.equal(slot.waitFor(1), 0x0006_8001);
});

Deno.test("a response without a checksum is wrong where one is looked for", () => {
  const slot = new Slot((clock) =>
    new SdCard({ name: "SD", clock, storage: new CardStorage("SD", 1 << 17) })
  );
  slot.powerUp();
  slot.command(55, 0);
  slot.start(41, 0, RSP.R1);
  assert.equal(slot.waitFor(1), 0x000a_8001);
});

Deno.test("an error of the CMD12 that the controller sends is in AC12, until the next data", () => {
  const { slot } = emmcSlot();
  const auto = (fault: "timeout" | "crc") => {
    slot.mmchs.faults = { command: (index) => index === 12 ? fault : undefined };
    slot.set("SD_BLK", 1 << 16 | 512);
    slot.start(25, 0, RSP.R1 | WRITE | MULTIPLE);
    assert.equal(slot.get("SD_AC12"), 0);
    slot.waitFor(0x10);
    for (let n = 0; n < 128; n++) slot.set("SD_DATA", n);
    const stat = slot.waitFor(2);
    slot.mmchs.faults = {};
    return [stat & 0xffff_0000, slot.get("SD_AC12")];
  };
  assert.deepEqual(auto("timeout"), [1 << EVENTS.ACE, 2]);
  slot.command(12, 0, RSP.R1b);
  assert.deepEqual(auto("crc"), [1 << EVENTS.ACE, 4]);
});

Deno.test("a card that is busy for longer than the time-out is an error", () => {
  const { slot } = emmcSlot();
  slot.set("SD_SYSCTL", 0x5 | 2 << 6); // DTO 0: 8,192 clocks, 171 us; programming takes 320 us.
  slot.set("SD_BLK", 1 << 16 | 512);
  slot.start(24, 0, RSP.R1 | WRITE);
  slot.waitFor(0x10);
  for (let n = 0; n < 128; n++) slot.set("SD_DATA", n);
  assert.equal(slot.waitFor(0xffff_0002) & 0xffff_0002, 1 << EVENTS.DTO);
  assert.equal(slot.get("SD_PSTATE") & 2, 2, "until SRD");
  slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 26);
  assert.equal(slot.get("SD_PSTATE") & 2, 0);
});

Deno.test("a card that has become slow takes longer, until it takes too long", () => {
  const { slot, card } = emmcSlot();
  const timeOf = (slowness: number) => {
    card.slowness = slowness;
    const began = slot.clock.now();
    slot.read(17, 0);
    return slot.clock.now() - began;
  };
  assert.equal(timeOf(10) - timeOf(1), 900_000);
  card.slowness = 1e6;
  slot.start(17, 0, RSP.R1 | READ);
  assert.equal(slot.waitFor(0xffff_0000) & 0xffff_0000, 1 << EVENTS.DTO);
});

Deno.test("while data are under way no other data command goes out, and BLK stays", () => {
  const { slot } = emmcSlot();
  const seen: MmchsTrace[] = [];
  slot.set("SD_BLK", 2 << 16 | 512);
  slot.start(18, 0, RSP.R1 | READ | MULTIPLE);
  slot.waitFor(0x20);
  slot.set("SD_BLK", 9 << 16 | 12);
  assert.equal(slot.get("SD_BLK") & 0xffff, 512);
  slot.mmchs.onTransfer = (trace) => trace.kind === "command" && seen.push(trace);
  slot.set("SD_STAT", 1);
  slot.set("SD_CMD", 17 << 24 | RSP.R1 | READ);
  slot.clock.runTo(slot.clock.now() + 100_000);
  assert.equal(slot.has("CC"), false);
  slot.set("SD_ARG", 1 << 16);
  slot.set("SD_CMD", 13 << 24 | RSP.R1);
  slot.waitFor(1);
  assert.deepEqual(seen.map((trace) => "index" in trace && trace.index), [12, 13]);
});

Deno.test("resets of the lines clear the status of what they end", () => {
  const { slot } = emmcSlot();
  slot.set("SD_BLK", 2 << 16 | 512);
  slot.start(18, 0, RSP.R1 | READ | MULTIPLE);
  slot.waitFor(0x20);
  assert.equal(slot.get("SD_STAT"), 0x21);
  slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 25);
  assert.equal(slot.get("SD_STAT"), 0x20);
  slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 26);
  assert.equal(slot.get("SD_STAT"), 0);
  assert.equal(slot.get("SD_PSTATE") & 0xf07, 0);
});

Deno.test("a loop that polls need not be executed until an alarm, or until the card is not busy", () => {
  const { slot, card } = emmcSlot();
  assert.equal(slot.mmchs.steadyUntil(0x230), Infinity);
  assert.equal(slot.mmchs.steadyUntil(0x224), Infinity);
  slot.set("SD_BLK", 1 << 16 | 512);
  slot.start(24, 0, RSP.R1 | WRITE);
  slot.waitFor(0x10);
  for (let n = 0; n < 128; n++) slot.set("SD_DATA", n);
  slot.clock.runUntil(() => card.busyUntilNs > slot.clock.now(), 1e9);
  assert.equal(slot.mmchs.steadyUntil(0x224), card.busyUntilNs);
  assert.equal(slot.get("SD_PSTATE") >>> 20 & 1, 0);
  slot.clock.runTo(card.busyUntilNs);
  assert.equal(slot.get("SD_PSTATE") >>> 20 & 1, 1);
  assert.equal(slot.mmchs.steadyUntil(0x220), slot.clock.now());
});

Deno.test("CMD12 of the program ends a transfer without end", () => {
  const { slot, storage } = emmcSlot();
  slot.set("SD_BLK", 512);
  slot.start(18, 0, RSP.R1 | READ | 0x20);
  slot.waitFor(0x20);
  for (let n = 0; n < 128 * 2; n++) {
    if (n === 128) slot.waitFor(0x20);
    slot.get("SD_DATA");
  }
  slot.set("SD_STAT", 0xffff_ffff);
  slot.set("SD_ARG", 0);
  slot.set("SD_CMD", 12 << 24 | 3 << 22 | RSP.R1b);
  slot.waitFor(2);
  assert.equal(slot.get("SD_PSTATE") & 0xf07, 0);
  slot.start(25, 10, RSP.R1 | WRITE | 0x20);
  slot.waitFor(0x10);
  for (let n = 0; n < 128; n++) slot.set("SD_DATA", n);
  slot.clock.runTo(slot.clock.now() + 1_000_000);
  slot.set("SD_STAT", 0xffff_ffff);
  slot.set("SD_CMD", 12 << 24 | 3 << 22 | RSP.R1b);
  const stopped = slot.clock.now();
  slot.waitFor(2);
  assert.ok(slot.clock.now() - stopped >= 300_000, "the card is busy");
  assert.equal(storage.readBlock(10)[4], 1);
});

Deno.test("a stop at the block gap is told, and the transfer goes on when it is asked to", () => {
  const { slot, storage } = emmcSlot();
  void storage.write(0, block(4, 3));
  slot.set("SD_BLK", 3 << 16 | 512);
  slot.set("SD_IE", slot.get("SD_IE") | 4);
  slot.set("SD_HCTL", 0xb00 | 1 << 16);
  slot.start(18, 0, RSP.R1 | READ | MULTIPLE);
  assert.equal(slot.waitFor(4) & 6, 6);
  for (let n = 0; n < 128; n++) slot.get("SD_DATA");
  slot.clock.runTo(slot.clock.now() + 10_000_000);
  assert.equal(slot.get("SD_BLK") >>> 16, 2);
  slot.set("SD_STAT", 0xffff_ffff);
  slot.set("SD_HCTL", 0xb00 | 1 << 17);
  assert.equal(slot.get("SD_HCTL") >>> 17 & 1, 0);
  for (let n = 0; n < 2; n++) {
    slot.waitFor(0x20);
    slot.set("SD_STAT", 0x20);
    for (let word = 0; word < 128; word++) slot.get("SD_DATA");
  }
  slot.waitFor(2);
});

Deno.test("registers may be written by halves and bytes, as Linux does it", () => {
  const { slot, storage } = emmcSlot();
  const { mmchs } = slot;
  void storage.write(3, block(5));
  mmchs.write(0x228, 0, 1);
  assert.equal(slot.get("SD_HCTL"), 0xb00, "the bus keeps its power");
  mmchs.write(0x204, 512, 2);
  mmchs.write(0x206, 1, 2);
  slot.set("SD_ARG", 3);
  slot.set("SD_STAT", 0xffff_ffff);
  mmchs.write(0x20c, READ & 0xffff, 2);
  slot.clock.runTo(slot.clock.now() + 100_000);
  assert.equal(slot.get("SD_STAT"), 0);
  mmchs.write(0x20e, 17 << 8 | (RSP.R1 | READ) >>> 16, 2);
  slot.waitFor(0x20);
  assert.equal(slot.get("SD_DATA"), new DataView(block(5).buffer).getUint32(0, true));
  mmchs.write(0x22f, 4, 1);
  assert.equal(mmchs.read(0x22f, 1), 4);
  assert.equal(mmchs.read(0x22f, 1), 0);
  assert.equal(slot.get("SD_PSTATE") & 2, 0);
});

Deno.test("a card that is pulled and plugged is seen after the debounce time", () => {
  const slot = new Slot();
  slot.set("SD_IE", 0xc0);
  slot.set("SD_ISE", 0xc0);
  const events: [number, number][] = [];
  slot.irq.listen(() => events.push([slot.clock.now(), slot.get("SD_STAT")]));
  slot.cardDetectPin.drive(1);
  assert.equal(slot.get("SD_PSTATE") >>> 16 & 7, 0b001, "the level at once, the rest is debounced");
  slot.clock.runTo(1_000_000);
  assert.equal(slot.get("SD_PSTATE") >>> 16 & 7, 0b010);
  slot.set("SD_STAT", 0xc0);
  slot.cardDetectPin.drive(0);
  slot.clock.runTo(2_000_000);
  assert.equal(slot.get("SD_PSTATE") >>> 16 & 7, 0b111);
  assert.deepEqual(events, [[33_000, 0x80], [1_000_000, 0], [1_033_000, 0x40]]);
});

Deno.test("nothing goes out without bus power or a clock; a clock that comes back brings it on", () => {
  const slot = new Slot((clock) =>
    new SdCard({ name: "SD", clock, storage: new CardStorage("SD", 1 << 17) })
  );
  slot.set("SD_IE", 0x337f_0033);
  slot.set("SD_SYSCTL", 0xe_0005 | 240 << 6);
  slot.set("SD_CMD", 0);
  slot.clock.runTo(1_000_000);
  assert.equal(slot.get("SD_STAT"), 0);
  slot.set("SD_HCTL", 0x100);
  assert.equal(slot.get("SD_HCTL"), 0, "no power without a voltage");
  slot.set("SD_HCTL", 0xb00);
  slot.set("SD_SYSCTL", 0xe_0001 | 240 << 6);
  slot.set("SD_CMD", 0);
  slot.clock.runTo(2_000_000);
  assert.equal(slot.get("SD_PSTATE") & 1, 1);
  slot.set("SD_SYSCTL", 0xe_0005 | 240 << 6);
  slot.clock.runTo(2_000_000 + 48 * 2500);
  assert.ok(slot.has("CC"));
});

Deno.test("a reset puts all registers back but the capabilities", () => {
  const { slot } = emmcSlot();
  slot.set("SD_CAPA", 0x0200_0000);
  slot.set("SD_CUR_CAPA", 0x12);
  slot.set("SD_SYSCTL", slot.get("SD_SYSCTL") | 1 << 24);
  assert.equal(slot.get("SD_CAPA"), 0x02e1_0080);
  assert.equal(slot.get("SD_CUR_CAPA"), 0x12);
  assert.deepEqual([slot.get("SD_IE"), slot.get("SD_SYSCTL"), slot.get("SD_HCTL")], [0, 0, 0]);
});

Deno.test("events can be forced, for tests of drivers", () => {
  const slot = new Slot();
  slot.set("SD_IE", 0xffff_ffff);
  slot.set("SD_FE", 1 << EVENTS.DCRC | 1);
  assert.equal(slot.get("SD_STAT"), 0x0020_8000);
  assert.equal(slot.get("SD_AC12"), 1);
  slot.set("SD_STAT", 0xffff_ffff);
  slot.set("SD_ISE", 0x30);
  slot.set("SD_SYSTEST", 1 << 12);
  assert.equal(slot.get("SD_STAT"), 0x30);
});

function emmcRig(): Rig {
  const { slot, card } = emmcSlot({ blocks: 1 << 12 });
  const seen = slot.irqs;
  slot.set("SD_STAT", 0xffff_ffff);
  slot.set("SD_ISE", 0x337f_0033);
  const commands = [12, 13, 17, 18, 24, 25, 8, 6];
  return {
    clock: slot.clock,
    device: slot.mmchs,
    parts: [slot.mmchs, card, slot.irq, slot.rx, slot.tx, slot.cardDetect],
    seen,
    disturb(random) {
      // A whole command, more often than writes to single registers would make one.
      slot.set("SD_STAT", 0xffff_ffff);
      slot.set("SD_BLK", random.below(4) << 16 | 512);
      slot.set("SD_ARG", [0, 1 << 16, 4095, 4096][random.below(4)]!);
      const data = random.below(2) ? READ : WRITE;
      const flags = RSP.R1 | data | (random.below(2) ? MULTIPLE : 0) | random.below(2);
      slot.set("SD_CMD", commands[random.below(commands.length)]! << 24 | flags);
      const words = random.below(300);
      for (let n = 0; n < words; n++) {
        if (data === READ) slot.get("SD_DATA");
        else slot.set("SD_DATA", random.next());
      }
      if (random.below(4) === 0) slot.cardDetectPin.drive(random.below(2) as 0 | 1);
    },
  };
}

restoreTest("MMCHS with an eMMC", emmcRig, {
  walks: 60,
  steps: 80,
  strideNs: 400_000,
  values: [0xb00, 0xe_0085, 0x337f_0033, 0xffff_ffff],
});

steadyTest("MMCHS with an eMMC", emmcRig, { strideNs: 400_000 });
