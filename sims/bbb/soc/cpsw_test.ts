import assert from "node:assert/strict";
import { loadParts, Random, saveParts } from "sims/engine/mod.ts";
import { CPPI_RAM } from "./cppi_ram.ts";
import { FLAG } from "./cpsw_cpdma_queue.ts";
import { fcsOf } from "./fcs.ts";
import { MAC, MEMORY_BASE, started } from "./_cpsw_lab.ts";

const BROADCAST = new Uint8Array(6).fill(0xff);
const PEER = Uint8Array.of(2, 0, 0, 0, 0, 1);

function frameOf(destination: Uint8Array, source: Uint8Array, length = 60, fill = 0): Uint8Array {
  const frame = new Uint8Array(length).fill(fill);
  frame.set(destination);
  frame.set(source, 6);
  frame.set([0x88, 0xb5], 12);
  return frame;
}

Deno.test("a frame of the host arrives on the LAN as it was", () => {
  const { lab, heard, driver } = started();
  const frame = frameOf(BROADCAST, MAC, 100, 7);
  driver.send(frame);
  lab.run(1_000_000);
  assert.deepEqual(heard, [frame]);
  const flags = lab.read(0x2000 + 4 * 16 + 12);
  assert.equal(flags >>> 28, 0b1101, "SOP and EOP stay, OWNER goes, EOQ comes");
  assert.equal(lab.read(0xa00), 0, "the head is 0 at the end of the queue");
});

Deno.test("a frame for the host lies in its buffer with its FCS", () => {
  const { lab, peer, driver } = started();
  const frame = frameOf(MAC, PEER, 200, 9);
  peer.send(frame);
  assert.equal(driver.poll(), undefined);
  lab.run(1_000_000);
  const { frame: got, flags } = driver.poll()!;
  assert.deepEqual(got.subarray(0, 200), frame);
  assert.equal(new DataView(got.buffer).getUint32(200, true), fcsOf(frame));
  assert.equal(flags & 0x7ff, 204);
  assert.equal((flags & (FLAG.SOP | FLAG.EOP | FLAG.PASS_CRC)) >>> 0, 0xc400_0000);
  assert.equal((flags >>> 16) & 7, 1, "FROM_PORT");
  assert.equal(driver.poll(), undefined);
});

Deno.test("the FCS is that of the standard", () => {
  assert.equal(fcsOf(new TextEncoder().encode("123456789")), 0xcbf4_3926);
});

Deno.test("frames for others stay out once the switch knows them, broadcasts come in", () => {
  const { lab, peer, driver } = started();
  peer.send(frameOf(Uint8Array.of(2, 0, 0, 0, 0, 9), PEER));
  peer.send(frameOf(BROADCAST, PEER));
  lab.run(1_000_000);
  assert.deepEqual(driver.poll()!.frame.subarray(0, 6), BROADCAST);
  assert.equal(driver.poll(), undefined);
});

Deno.test("without free buffers frames are dropped and counted, and the queue goes on after", () => {
  const { lab, peer, driver } = started();
  for (let i = 0; i < 7; i++) peer.send(frameOf(MAC, PEER, 60, i));
  lab.run(1_000_000);
  assert.equal(lab.read(0x984), 3, "RXSOFOVERRUNS");
  assert.equal(lab.read(0x98c), 3, "RXDMAOVERRUNS");
  const fills = () => driver.poll()?.frame[20];
  assert.deepEqual([fills(), fills(), fills(), fills(), fills()], [0, 1, 2, 3, undefined]);
  peer.send(frameOf(MAC, PEER, 60, 8));
  lab.run(1_000_000);
  assert.equal(fills(), 8);
});

Deno.test("statistics count what goes by", () => {
  const { lab, peer, driver } = started();
  peer.send(frameOf(MAC, PEER, 60));
  peer.send(frameOf(BROADCAST, PEER, 1514));
  driver.send(frameOf(BROADCAST, MAC, 124));
  lab.run(1_000_000);
  const expected: readonly (readonly [offset: number, count: number])[] = [
    [0x900, 2], // RXGOODFRAMES
    [0x904, 1], // RXBROADCASTFRAMES
    [0x930, 64 + 1518], // RXOCTETS
    [0x934, 1], // TXGOODFRAMES
    [0x938, 1], // TXBROADCASTFRAMES
    [0x964, 128], // TXOCTETS
    [0x968, 1], // 64 octets
    [0x970, 1], // 128 to 255
    [0x97c, 1], // 1024 and up
    [0x980, 64 + 1518 + 128], // NETOCTETS
  ];
  for (const [offset, count] of expected) {
    assert.equal(lab.read(offset), count, `0x${offset.toString(16)}`);
  }
  lab.write(0x930, 1000);
  assert.equal(lab.read(0x930), 582, "a write decrements");
  lab.write(0x930, 0xffff_ffff);
  assert.equal(lab.read(0x930), 0, "and stops at 0");
});

Deno.test("broken, long and runt frames are counted by what is wrong and dropped", () => {
  const { lab, peer, driver } = started();
  lab.lan.faults = { corruption: 1 };
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  lab.lan.faults = {};
  peer.send(frameOf(MAC, PEER, 1600));
  lab.run(1_000_000);
  lab.phy.onReceive?.(frameOf(MAC, PEER, 50), { badFcs: false });
  lab.run(1_000_000);
  assert.equal(lab.read(0x910), 1, "RXCRCERRORS");
  assert.equal(lab.read(0x918), 1, "RXOVERSIZEDFRAMES");
  assert.equal(lab.read(0x920), 1, "RXUNDERSIZEDFRAMES");
  assert.equal(driver.poll(), undefined);
  lab.write(0xd84, 0x8021 | 1 << 22);
  lab.lan.faults = { corruption: 1 };
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.equal((driver.poll()!.flags >>> 20) & 3, 1, "with RX_CEF_EN it comes, marked");
});

Deno.test("a host that does not pad sends what nobody takes", () => {
  const { lab, heard, driver } = started();
  driver.send(frameOf(BROADCAST, MAC, 42));
  lab.run(1_000_000);
  assert.deepEqual(heard, []);
});

Deno.test("a packet in parts goes out as one, and one comes in over several buffers", () => {
  const { lab, peer, heard } = started();
  const frame = frameOf(BROADCAST, MAC, 90, 5);
  const parts = [[0, 40, 3], [40, 1, 0], [41, 49, 0]] as const;
  for (const [i, [from, length, offset]] of parts.entries()) {
    const buffer = MEMORY_BASE + 0x8000 + i * 256;
    lab.memory.write(buffer + offset, frame.subarray(from, from + length));
    const at = 0x2400 + 16 * i;
    const flags = (i === 0 ? FLAG.SOP | FLAG.OWNER | 90 : 0) | (i === 2 ? FLAG.EOP : 0);
    const next = i === 2 ? 0 : CPPI_RAM.base + 0x400 + 16 * (i + 1);
    [next, buffer, offset << 16 | length, flags].forEach((w, n) => lab.write(at + 4 * n, w >>> 0));
  }
  lab.write(0xa04, CPPI_RAM.base + 0x400);
  lab.run(1_000_000);
  assert.deepEqual(heard, [frame]);
  assert.equal(lab.read(0xa44), CPPI_RAM.base + 0x420, "TX1_CP is the last descriptor");
  assert.equal(lab.read(0x2400 + 12) >>> 28, 0b1000);
  assert.equal(lab.read(0x2420 + 12) >>> 28, 0b0101);

  lab.write(0x120, 2);
  lab.write(0x828, 6);
  for (let i = 0; i < 4; i++) {
    const next = i === 3 ? 0 : CPPI_RAM.base + 0x800 + 16 * (i + 1);
    const words = [next, MEMORY_BASE + 0xa000 + i * 64, 40, FLAG.OWNER];
    words.forEach((w, n) => lab.write(0x2800 + 16 * i + 4 * n, w >>> 0));
  }
  lab.write(0xa28, CPPI_RAM.base + 0x800);
  peer.send(frameOf(MAC, PEER, 80, 3));
  lab.run(1_000_000);
  const word = (n: number, i: number) => lab.read(0x2800 + 16 * n + 4 * i);
  assert.deepEqual([0, 1, 2, 3].map((n) => word(n, 2)), [6 << 16 | 34, 40, 10, 40]);
  assert.equal(word(0, 3) & 0x7ff, 84);
  assert.deepEqual([0, 1, 2].map((n) => word(n, 3) >>> 28), [0b1000, 0b0010, 0b0110]);
  assert.equal(lab.read(0xa28), CPPI_RAM.base + 0x830, "the head is the next free buffer");
  assert.equal(lab.read(0xa68), CPPI_RAM.base + 0x820);
});

Deno.test("a packet longer than the free buffers is filtered, or delivered with OVERRUN", () => {
  const { lab, peer } = started();
  const give = () => {
    [0, MEMORY_BASE + 0xa000, 40, FLAG.OWNER].forEach((w, n) => lab.write(0x2800 + 4 * n, w >>> 0));
    lab.write(0xa20, CPPI_RAM.base + 0x800);
    peer.send(frameOf(MAC, PEER, 80));
    lab.run(1_000_000);
  };
  give();
  assert.equal(lab.read(0x988), 1, "RXMOFOVERRUNS");
  assert.equal(lab.read(0xa20), CPPI_RAM.base + 0x800, "the buffer is free again");
  lab.write(0x820, 1 << 4);
  give();
  assert.equal(lab.read(0x280c) & FLAG.OVERRUN, FLAG.OVERRUN);
  assert.equal(lab.read(0xa20), 0);
});

Deno.test("interrupts of receive and transmit follow masks, completion pointers and C0 enables", () => {
  const { lab, peer, driver } = started();
  lab.write(0x8a8, 1);
  lab.write(0x888, 1);
  peer.send(frameOf(MAC, PEER));
  driver.send(frameOf(BROADCAST, MAC));
  lab.run(1_000_000);
  assert.deepEqual([lab.read(0x8a0), lab.read(0x8a4), lab.read(0x880)], [1, 1, 1]);
  assert.equal(lab.wires.rx.level, 0);
  lab.write(0x1214, 0xff);
  lab.write(0x1218, 0xff);
  assert.deepEqual([lab.wires.rx.level, lab.wires.tx.level], [1, 1]);
  assert.deepEqual([lab.read(0x1244), lab.read(0x1248)], [1, 1]);
  lab.write(0xa60, 0x1234);
  assert.equal(lab.wires.rx.level, 1, "not what the port has written");
  lab.write(0xa60, lab.read(0xa60));
  lab.write(0xa40, lab.read(0xa40));
  assert.deepEqual([lab.wires.rx.level, lab.wires.tx.level], [0, 0]);
});

Deno.test("few free buffers raise the threshold interrupt until there are more", () => {
  const { lab, peer, driver } = started();
  lab.write(0x1210, 0xff);
  lab.write(0x8a8, 0x100);
  lab.write(0x8c0, 3);
  assert.equal(lab.wires.rxThreshold.level, 0);
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.equal(lab.wires.rxThreshold.level, 1);
  driver.poll();
  assert.equal(lab.wires.rxThreshold.level, 0);
});

Deno.test("a teardown marks the next descriptor, clears the head and says 0xfffffffc", () => {
  const { lab } = started();
  lab.write(0x8a8, 1);
  lab.write(0x1214, 1);
  lab.write(0x818, 0);
  assert.equal(lab.read(0xa20), 0);
  assert.equal(lab.read(0x200c) & FLAG.TEARDOWN, FLAG.TEARDOWN);
  assert.equal(lab.read(0xa60), 0xffff_fffc);
  assert.equal(lab.wires.rx.level, 1);
  lab.write(0xa60, 0xffff_fffc);
  assert.equal(lab.wires.rx.level, 0);
  lab.write(0x808, 5);
  assert.equal(lab.read(0xa54), 0xffff_fffc, "of an idle channel too");
});

const HOST_ERRORS: readonly (readonly [what: string, code: number, words: readonly number[]])[] = [
  ["no SOP", 1, [0, MEMORY_BASE, 60, FLAG.EOP | FLAG.OWNER | 60]],
  ["not owned", 2, [0, MEMORY_BASE, 60, FLAG.SOP | FLAG.EOP | 60]],
  ["no EOP at the end", 3, [0, MEMORY_BASE, 60, FLAG.SOP | FLAG.OWNER | 60]],
  ["no buffer", 4, [0, 0, 60, FLAG.SOP | FLAG.EOP | FLAG.OWNER | 60]],
  ["a buffer that is not RAM", 4, [0, 0x1000, 60, FLAG.SOP | FLAG.EOP | FLAG.OWNER | 60]],
  ["a buffer without length", 5, [0, MEMORY_BASE, 0, FLAG.SOP | FLAG.EOP | FLAG.OWNER | 60]],
  ["a packet longer than its buffers", 6, [
    0,
    MEMORY_BASE,
    60,
    FLAG.SOP | FLAG.EOP | FLAG.OWNER | 61,
  ]],
];
for (const [what, code, words] of HOST_ERRORS) {
  Deno.test(`a descriptor with ${what} is host error ${code} and stops its channel`, () => {
    const { lab, heard } = started();
    lab.write(0x8b8, 2);
    lab.write(0x121c, 0x1f);
    words.forEach((word, n) => lab.write(0x2400 + 4 * n, word >>> 0));
    lab.write(0xa0c, CPPI_RAM.base + 0x400);
    lab.run(1_000_000);
    assert.equal(lab.wires.misc.level, 1);
    assert.equal(lab.read(0x824) & 0x00ff_0000, (code << 20) | (3 << 16));
    assert.equal(lab.read(0x824) & 0x00ff_0000, code << 20, "reading clears the channel");
    assert.deepEqual(heard, []);
    lab.write(0x81c, 1);
    assert.equal(lab.wires.misc.level, 0, "a reset recovers");
  });
}

Deno.test("a head that points nowhere is a host error, and a loop of descriptors ends", () => {
  const { lab } = started();
  lab.write(0xa00, 0x1234_5678);
  lab.run(1_000_000);
  assert.equal((lab.read(0x824) >>> 20) & 15, 4);
  [CPPI_RAM.base + 0x400, MEMORY_BASE, 1, FLAG.SOP | FLAG.OWNER | 60].forEach((word, n) =>
    lab.write(0x2400 + 4 * n, word >>> 0)
  );
  lab.write(0xa04, CPPI_RAM.base + 0x400);
  lab.run(1_000_000);
  assert.equal((lab.read(0x824) >>> 20) & 15, 3);
});

Deno.test("transmission keeps to the line's rate once the FIFO is full", () => {
  const { lab, heard, driver } = started();
  const from = lab.clock.now();
  for (let i = 0; i < 40; i++) driver.send(frameOf(BROADCAST, MAC, 1514));
  while (heard.length < 40) lab.run(1000);
  const lineNs = 40 * (1514 + 4 + 8 + 12) * 80;
  const took = lab.clock.now() - from;
  assert.ok(took >= lineNs - 12 * 80 && took < lineNs + 20_000, `${took} ${lineNs}`);
});

Deno.test("the host may name the port, and port 2 leads nowhere", () => {
  const { lab, heard } = started();
  const send = (port: number) => {
    lab.memory.write(MEMORY_BASE + 0x8000, frameOf(MAC, MAC));
    const flags = FLAG.SOP | FLAG.EOP | FLAG.OWNER | FLAG.TO_PORT_EN | port << 16 | 60;
    [0, MEMORY_BASE + 0x8000, 60, flags].forEach((w, n) => lab.write(0x2400 + 4 * n, w >>> 0));
    lab.write(0xa00, CPPI_RAM.base + 0x400);
    lab.run(1_000_000);
  };
  send(2);
  assert.equal(heard.length, 0);
  send(1);
  assert.equal(heard.length, 1);
});

Deno.test("a program's own FCS is taken off, and a wrong one is what nobody takes", () => {
  const { lab, heard } = started();
  const send = (flip: number) => {
    const data = new Uint8Array(64);
    const frame = frameOf(BROADCAST, MAC);
    data.set(frame);
    new DataView(data.buffer).setUint32(60, (fcsOf(frame) ^ flip) >>> 0, true);
    lab.memory.write(MEMORY_BASE + 0x8000, data);
    const flags = FLAG.SOP | FLAG.EOP | FLAG.OWNER | FLAG.PASS_CRC | 64;
    [0, MEMORY_BASE + 0x8000, 64, flags].forEach((w, n) => lab.write(0x2400 + 4 * n, w >>> 0));
    lab.write(0xa00, CPPI_RAM.base + 0x400);
    lab.run(1_000_000);
  };
  send(0);
  send(1);
  assert.deepEqual(heard, [frameOf(BROADCAST, MAC)]);
});

Deno.test("nothing goes in or out while the link is down", () => {
  const { lab, peer, heard, driver } = started();
  const port = lab.phy;
  assert.equal(port.link, true);
  driver.send(frameOf(BROADCAST, MAC));
  lab.run(1_000_000);
  assert.equal(heard.length, 1);
  port.write(0, 1 << 11);
  assert.equal(port.link, false);
  driver.send(frameOf(BROADCAST, MAC));
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.equal(heard.length, 1);
  assert.equal(driver.poll(), undefined);
});

Deno.test("software resets clear what the manual says of each", () => {
  const { lab, peer } = started();
  peer.send(frameOf(MAC, PEER));
  lab.run(1_000_000);
  assert.equal(lab.read(0x900), 1);
  lab.write(0x008, 1);
  assert.equal(lab.read(0x008), 0, "it is done at once");
  assert.equal(lab.read(0x900), 0, "statistics");
  assert.equal(lab.read(0xd08), 0, "ALE");
  assert.equal(lab.read(0x00c), 7, "not the registers");
  lab.write(0x1204, 1);
  assert.equal(lab.read(0x00c), 0);
  assert.equal(lab.read(0xa20), 0, "the queues");
  lab.write(0xd8c, 1);
  assert.equal(lab.read(0xd84), 0, "MACCONTROL");
});

Deno.test("a scan of the ALE's 1024 entries finds what was written", () => {
  const { lab } = started();
  const used: number[] = [];
  for (let index = 0; index < 1024; index++) {
    lab.write(0xd20, index);
    if ((lab.read(0xd38) >>> 28 & 3) !== 0) used.push(index);
    lab.read(0xd34);
    lab.read(0xd3c);
  }
  assert.deepEqual(used, [0, 1]);
});

Deno.test("a snapshot in the midst of frames changes nothing that is to come", () => {
  const run = (restoreAt: number) => {
    let { lab, peer, heard, driver } = started();
    let [random, t] = [new Random("midst"), lab.clock.now()];
    const got: string[] = [];
    for (let step = 0; step < 60; step++) {
      if (step === restoreAt) {
        const [states, memory] = [structuredClone(saveParts(lab.parts)), lab.memory.bytes];
        const other = started();
        other.lab.clock.restore(lab.clock.now());
        other.lab.memory.bytes.set(memory);
        loadParts(other.lab.parts, states);
        other.heard.push(...heard);
        Object.assign(driver, { lab: other.lab });
        ({ lab, peer, heard } = other);
      }
      if (random.chance(0.6)) peer.send(frameOf(MAC, PEER, 60 + random.below(1400), step));
      if (random.chance(0.4)) driver.send(frameOf(BROADCAST, MAC, 60 + random.below(1400), step));
      t += random.below(60_000);
      if (t > lab.clock.now()) lab.clock.runTo(t);
      const arrival = driver.poll();
      if (arrival) got.push(`${step} ${arrival.frame.toHex()} ${arrival.flags}`);
    }
    lab.run(10_000_000);
    return { got, heard: heard.map((frame) => frame.toHex()), end: saveParts(lab.parts) };
  };
  const expected = run(-1);
  assert.ok(expected.got.length > 10 && expected.heard.length > 10);
  for (let step = 0; step < 60; step += 7) assert.deepEqual(run(step), expected, `${step}`);
});
