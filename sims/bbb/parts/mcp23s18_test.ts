import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { type Level, loadParts, saveParts, Wire } from "sims/engine/mod.ts";
import { Mcp23s18 } from "./mcp23s18.ts";

/** Addresses with IOCON.BANK = 0; of port A, B is one more. */
const IODIR = 0x00, IPOL = 0x02, GPINTEN = 0x04, DEFVAL = 0x06, INTCON = 0x08, IOCON = 0x0a;
const GPPU = 0x0c, INTF = 0x0e, INTCAP = 0x10, GPIO = 0x12, OLAT = 0x14;
const BANK = 0x80, MIRROR = 0x40, SEQOP = 0x20, ODR = 4, INTPOL = 2, INTCC = 1;

function rig() {
  const pins = Array.from({ length: 16 }, (_, n) => new Wire(`GP${"AB"[n >> 3]}${n & 7}`));
  const [a, b] = [new Wire("INTA", { pull: 1 }), new Wire("INTB", { pull: 1 })];
  const chip = new Mcp23s18({
    name: "MCP23S18",
    pins,
    intA: a.driver("MCP23S18"),
    intB: b.driver("MCP23S18"),
  });
  const outside = pins.map((pin) => pin.driver("outside"));
  return { chip, pins, outside, a, b, parts: [...pins, a, b, chip] };
}

function write(chip: Mcp23s18, address: number, ...bytes: number[]): void {
  chip.select(true);
  for (const byte of [0x40, address, ...bytes]) chip.transfer(byte, 8);
  chip.select(false);
}

function read(chip: Mcp23s18, address: number, length = 1): number[] {
  chip.select(true);
  chip.transfer(0x41, 8);
  chip.transfer(address, 8);
  const bytes = Array.from({ length }, () => chip.transfer(0, 8));
  chip.select(false);
  return bytes;
}

Deno.test("after reset all pins are inputs and everything else is 0", () => {
  const { chip } = rig();
  assert.deepEqual(read(chip, 0, 22), [0xff, 0xff, ...new Array(20).fill(0)]);
});

Deno.test("registers keep what is written, INTF and INTCAP do not", () => {
  const { chip } = rig();
  for (const address of [IODIR, IPOL, GPINTEN, DEFVAL, INTCON, GPPU, OLAT]) {
    for (const port of [0, 1]) {
      write(chip, address + port, 0x5a);
      assert.deepEqual(read(chip, address + port), [0x5a], `0x${(address + port).toString(16)}`);
      write(chip, address + port, address === IODIR ? 0xff : 0);
    }
  }
  write(chip, INTF, 0xff);
  write(chip, INTCAP, 0xff);
  assert.deepEqual(read(chip, INTF, 4), [0, 0, 0, 0]);
  write(chip, IOCON, 0x18);
  assert.deepEqual(read(chip, IOCON), [0], "bits that do not exist");
});

Deno.test("the pointer goes through all registers and starts over", () => {
  const { chip } = rig();
  write(chip, OLAT, 1, 2, 3, 4);
  assert.deepEqual(read(chip, OLAT, 4), [1, 2, 3, 4]);
});

Deno.test("with BANK set each port has its registers together", () => {
  const { chip } = rig();
  write(chip, IOCON, BANK);
  write(chip, 0x10, 0x0f); // IODIRB
  write(chip, 0x1a, 0x33); // OLATB
  assert.equal(chip.peek("IODIR", 1), 0x0f);
  assert.equal(chip.peek("OLAT", 1), 0x33);
  assert.deepEqual(read(chip, 0x1a, 2), [0x33, 0xff], "from the last one to IODIRA");
  assert.deepEqual(read(chip, 0x0b), [0]);
  write(chip, 0x05, 0);
  assert.deepEqual(read(chip, 0x15, 1), [0x33], "back in pairs: OLATB");
});

Deno.test("with SEQOP set the pointer goes to and fro in pairs, and stays in banks", () => {
  const { chip } = rig();
  write(chip, IOCON, SEQOP);
  write(chip, OLAT, 1, 2, 3);
  assert.equal(chip.peek("OLAT", 0), 3);
  assert.equal(chip.peek("OLAT", 1), 2);
  write(chip, IOCON, SEQOP | BANK);
  write(chip, 0x0a, 7, 8, 9);
  assert.equal(chip.peek("OLAT", 0), 9);
});

Deno.test("another opcode is not for it", () => {
  const { chip } = rig();
  chip.select(true);
  for (const byte of [0x42, IODIR, 0]) assert.equal(chip.transfer(byte, 8), 0xff);
  chip.select(false);
  assert.equal(chip.peek("IODIR", 0), 0xff);
});

Deno.test("outputs are open drain: low, or what the resistor makes of it", () => {
  const { chip, pins } = rig();
  write(chip, IODIR, 0xfc);
  write(chip, GPIO, 0x01);
  assert.deepEqual([pins[0]!.level, pins[1]!.level], [0, 0], "nobody pulls it up");
  write(chip, GPPU, 0xff);
  assert.deepEqual([pins[0]!.level, pins[1]!.level], [1, 0]);
  assert.deepEqual(read(chip, OLAT), [0x01]);
  assert.deepEqual(read(chip, GPIO), [0xfd]);
});

Deno.test("IPOL turns inputs over", () => {
  const { chip, outside } = rig();
  outside[3]!.drive(1);
  write(chip, IPOL, 0x09);
  assert.deepEqual(read(chip, GPIO), [0x01]);
});

Deno.test("a change raises the interrupt, INTCAP keeps the moment, reading GPIO clears it", () => {
  const { chip, outside, a, b } = rig();
  write(chip, GPINTEN, 0xff);
  assert.equal(a.level, 1);
  outside[2]!.drive(1);
  assert.deepEqual([a.level, b.level], [0, 1]);
  outside[5]!.drive(1);
  assert.deepEqual(read(chip, INTF), [0x04], "the first one alone");
  assert.deepEqual(read(chip, INTCAP), [0x04]);
  assert.equal(a.level, 0, "reading INTCAP does not clear it");
  assert.deepEqual(read(chip, GPIO), [0x24]);
  assert.equal(a.level, 1);
  assert.deepEqual(read(chip, INTF), [0]);
  outside[2]!.drive(0);
  assert.equal(a.level, 0, "falling too");
});

Deno.test("reading up to GPIOA leaves the interrupt of port B", () => {
  const { chip, outside, b } = rig();
  write(chip, GPINTEN + 1, 0xff);
  outside[8]!.drive(1);
  read(chip, GPIO);
  assert.equal(b.level, 0);
  read(chip, GPIO, 2);
  assert.equal(b.level, 1);
});

Deno.test("with INTCC reading INTCAP clears it, and GPIO does not", () => {
  const { chip, outside, a } = rig();
  write(chip, IOCON, INTCC);
  write(chip, GPINTEN, 1);
  outside[0]!.drive(1);
  read(chip, GPIO);
  assert.equal(a.level, 0);
  read(chip, INTCAP);
  assert.equal(a.level, 1);
});

Deno.test("against DEFVAL the interrupt lasts as long as the level differs", () => {
  const { chip, outside, a } = rig();
  write(chip, DEFVAL, 0x01);
  write(chip, INTCON, 0x01);
  outside[0]!.drive(1);
  write(chip, GPINTEN, 0x01);
  assert.equal(a.level, 1);
  outside[0]!.drive(0);
  assert.equal(a.level, 0);
  read(chip, GPIO);
  assert.equal(a.level, 0, "it differs still");
  outside[0]!.drive(1);
  read(chip, GPIO);
  assert.equal(a.level, 1);
});

Deno.test("outputs do not interrupt", () => {
  const { chip, a } = rig();
  write(chip, GPPU, 1);
  write(chip, IODIR, 0xfe);
  write(chip, GPINTEN, 1);
  write(chip, OLAT, 1);
  assert.equal(chip.peek("GPIO", 0), 1);
  assert.equal(a.level, 1);
});

Deno.test("MIRROR has both outputs say the same", () => {
  const { chip, outside, a, b } = rig();
  write(chip, IOCON, MIRROR);
  write(chip, GPINTEN + 1, 1);
  outside[8]!.drive(1);
  assert.deepEqual([a.level, b.level], [0, 0]);
});

Deno.test("INTPOL and ODR choose how an interrupt is told", () => {
  const { chip, outside, a } = rig();
  write(chip, IOCON, INTPOL);
  assert.equal(a.level, 0);
  write(chip, GPINTEN, 1);
  outside[0]!.drive(1);
  assert.equal(a.level, 1);
  write(chip, IOCON, INTPOL | ODR);
  assert.equal(a.level, 0, "open drain is active low");
  read(chip, GPIO);
  assert.equal(a.level, 1, "by the resistor");
});

Deno.test("restored at any moment, it does as it would have done", () => {
  for (let round = 0; round < 40; round++) {
    const board = rig();
    const step = ({ chip, outside }: ReturnType<typeof rig>, random: Random) => {
      const choice = random.below(5);
      if (choice === 0) return outside[random.below(16)]!.drive(random.below(2) as Level);
      if (choice === 1) return chip.select(random.below(3) > 0);
      const bytes = [0x40, 0x41, random.below(22), random.below(256)];
      return chip.transfer(bytes[random.below(4)]!, 8);
    };
    const before = new Random(`before ${round}`);
    for (let i = 0; i < 60; i++) step(board, before);
    const other = rig();
    loadParts(other.parts, saveParts(board.parts));
    const [one, two] = [new Random(round), new Random(round)];
    for (let i = 0; i < 60; i++) assert.equal(step(other, two), step(board, one), `step ${i}`);
    assert.deepEqual(saveParts(other.parts), saveParts(board.parts));
  }
});

Deno.test("a command begins with each chip select", () => {
  const { chip } = rig();
  chip.transfer(0x40, 8);
  write(chip, OLAT, 0x12);
  chip.transfer(0x34, 8);
  assert.equal(chip.peek("OLAT", 0), 0x12);
});

Deno.test("an interrupt that is disabled is over", () => {
  const { chip, outside, a } = rig();
  write(chip, GPINTEN, 3);
  outside[0]!.drive(1);
  write(chip, GPINTEN, 2);
  assert.equal(a.level, 1);
  assert.deepEqual(read(chip, INTF), [0]);
});
