import assert from "node:assert/strict";
import { VirtualClock, Wire } from "sims/engine/mod.ts";
import { BEAGLEBONE_BLACK, boardIdBytes } from "sims/bbb/parts/board_id.ts";
import { Eeprom24c256 } from "sims/bbb/parts/eeprom_24c256.ts";
import { Tps65217 } from "sims/bbb/parts/tps65217.ts";
import {
  registerTests,
  restoreTest,
  type Rig,
  steadyTest,
  type WalkOptions,
} from "./_registers.ts";
import { fixedClock } from "./clock_input.ts";
import { I2C, I2c } from "./i2c.ts";

const EN = 0x8000, MST = 0x400, TRX = 0x200, STP = 2, STT = 1;
const NACK = 1 << 1, ARDY = 1 << 2, RRDY = 1 << 3, XRDY = 1 << 4, BB = 1 << 12;

function rig(): Rig & { device: I2c; eeprom: Eeprom24c256; pmic: Tps65217 } {
  const clock = new VirtualClock("test");
  const irq = new Wire("irq");
  const seen: string[] = [];
  irq.listen((level) => seen.push(`${level} at ${clock.now()}`));
  const eeprom = new Eeprom24c256({
    name: "EEPROM",
    clock,
    contents: boardIdBytes(BEAGLEBONE_BLACK),
  });
  const pmic = new Tps65217();
  const device = new I2c({
    name: "I2C0",
    clock,
    irq: irq.driver("I2C0"),
    source: fixedClock("48 MHz", 48_000_000),
    devices: [eeprom, pmic],
  });
  return { clock, device, parts: [device, eeprom, pmic, irq], seen, eeprom, pmic };
}

registerTests("I2C", rig, {
  apart: ["I2C_IRQSTATUS_RAW", "I2C_IRQSTATUS", "I2C_CON", "I2C_SYSC", "I2C_DATA", "I2C_BUFSTAT"],
});
const WALK: WalkOptions = {
  strideNs: 300_000,
  prepare: ({ device }) => setUp(device as I2c),
  values: [0x8603, 0x8403, 0x8601, 0x50, 0x24, 0xffff, 0x7fff],
};
restoreTest("I2C", rig, WALK);
steadyTest("I2C", rig, WALK);

const offset = (name: keyof typeof I2C.index) => I2C.specs[name].offset;

/** 100 kHz, as U-Boot has it. */
function setUp(device: I2c): void {
  device.write(offset("I2C_PSC"), 0xb, 2);
  device.write(offset("I2C_SCLL"), 0xd, 2);
  device.write(offset("I2C_SCLH"), 0xf, 2);
  device.write(offset("I2C_CON"), EN, 2);
}

/** A master that polls, as programs do. */
function master({ device, clock }: ReturnType<typeof rig>) {
  setUp(device);
  const until = (bits: number) => {
    const limit = clock.now() + 50_000_000;
    const status = () => device.read(offset("I2C_IRQSTATUS_RAW"), 2);
    while ((status() & bits) === 0) {
      assert.ok(clock.now() < limit, `no 0x${bits.toString(16)}: 0x${status().toString(16)}`);
      clock.runTo(clock.now() + 10_000);
    }
    return status();
  };
  const clear = (bits: number) => device.write(offset("I2C_IRQSTATUS"), bits, 2);
  const begin = (address: number, count: number, con: number) => {
    clear(0x7fff);
    device.write(offset("I2C_SA"), address, 2);
    device.write(offset("I2C_CNT"), count, 2);
    device.write(offset("I2C_CON"), EN | MST | con | STT, 2);
  };
  return {
    until,
    write(address: number, bytes: readonly number[], con = STP): boolean {
      begin(address, bytes.length, TRX | con);
      for (const byte of bytes) {
        if (until(XRDY | NACK) & NACK) return false;
        device.write(offset("I2C_DATA"), byte, 1);
        clear(XRDY);
      }
      return (until(ARDY | NACK) & NACK) === 0;
    },
    read(address: number, count: number): number[] {
      begin(address, count, STP);
      const bytes: number[] = [];
      while (bytes.length < count) {
        if (until(RRDY | NACK) & NACK) return [];
        bytes.push(device.read(offset("I2C_DATA"), 1));
        clear(RRDY);
      }
      until(ARDY);
      return bytes;
    },
  };
}

Deno.test("I2C: the board's EEPROM is read with a one-byte address, as U-Boot does", () => {
  const board = rig();
  const bus = master(board);
  assert.ok(bus.write(0x50, [0]));
  const bytes = bus.read(0x50, 28);
  assert.deepEqual(bytes.slice(0, 4), [0xaa, 0x55, 0x33, 0xee]);
  assert.equal(String.fromCharCode(...bytes.slice(4, 16)), "A335BNLT000C");
});

Deno.test("I2C: a slow reader loses nothing: the clock is stretched, and ARDY waits for the FIFO", () => {
  const board = rig();
  const bus = master(board);
  assert.ok(bus.write(0x50, [0, 0]));
  board.device.write(offset("I2C_IRQSTATUS"), 0x7fff, 2);
  board.device.write(offset("I2C_CNT"), 78, 2);
  board.device.write(offset("I2C_CON"), EN | MST | STP | STT, 2);
  const bytes: number[] = [];
  for (let status = 0; (status & ARDY) === 0;) {
    board.clock.runTo(board.clock.now() + 200_000);
    status = board.device.read(offset("I2C_IRQSTATUS_RAW"), 2);
    if (status & RRDY) bytes.push(board.device.read(offset("I2C_DATA"), 1));
    board.device.write(offset("I2C_IRQSTATUS"), RRDY, 2);
  }
  assert.deepEqual(bytes, [...board.eeprom.bytes.subarray(0, 78)]);
});

Deno.test("I2C: a full FIFO stretches the clock; reading goes on with the rest", () => {
  const board = rig();
  const bus = master(board);
  assert.ok(bus.write(0x50, [0, 0]));
  board.device.write(offset("I2C_IRQSTATUS"), 0x7fff, 2);
  board.device.write(offset("I2C_CNT"), 40, 2);
  board.device.write(offset("I2C_CON"), EN | MST | STP | STT, 2);
  board.clock.runTo(board.clock.now() + 20_000_000);
  assert.equal(board.device.read(offset("I2C_BUFSTAT"), 2) >>> 8 & 0x3f, 32);
  assert.equal(board.device.read(offset("I2C_CNT"), 2), 8);
  const bytes: number[] = [];
  while (bytes.length < 40) {
    bytes.push(board.device.read(offset("I2C_DATA"), 1));
    board.clock.runTo(board.clock.now() + 100_000);
  }
  assert.deepEqual(bytes, [...board.eeprom.bytes.subarray(0, 40)]);
});

Deno.test("I2C: without STP the bus is kept, acknowledged or not, until STP is written", () => {
  for (const [address, status] of [[0x50, ARDY], [0x33, NACK]] as const) {
    const board = rig();
    const bus = master(board);
    bus.write(address, [0], 0);
    const raw = () => board.device.read(offset("I2C_IRQSTATUS_RAW"), 2);
    assert.equal(raw() & (BB | status), BB | status);
    board.device.write(offset("I2C_CON"), EN | MST | TRX | STP, 2);
    assert.equal(raw() & BB, 0);
    assert.equal(board.device.read(offset("I2C_CON"), 2) & (MST | STP), 0, "a stop ends mastering");
  }
});

Deno.test("I2C: nine bytes at 100 kHz take the time of their bits", () => {
  const board = rig();
  const bus = master(board);
  const from = board.clock.now();
  bus.read(0x50, 8);
  const took = board.clock.now() - from;
  assert.ok(took >= 820_000 && took < 900_000, `${took} ns`);
});

Deno.test("I2C: nobody at an address is no acknowledge, and the bus is free again", () => {
  const board = rig();
  const bus = master(board);
  assert.equal(bus.write(0x33, [1]), false);
  assert.equal(board.device.read(offset("I2C_IRQSTATUS_RAW"), 2) & BB, 0);
});

Deno.test("I2C: the bus is busy while a transfer is open, and free once the module is disabled", () => {
  const board = rig();
  setUp(board.device);
  board.device.write(offset("I2C_SA"), 0x50, 2);
  board.device.write(offset("I2C_CON"), EN | MST | TRX | STP | STT, 2);
  board.clock.runTo(200_000);
  assert.equal(board.device.read(offset("I2C_IRQSTATUS_RAW"), 2) & (BB | NACK), BB);
  board.device.write(offset("I2C_CON"), MST | TRX, 2);
  assert.equal(board.device.read(offset("I2C_IRQSTATUS_RAW"), 2), 0);
});

Deno.test("I2C: an interrupt says that a byte is wanted, and is level-active until it is cleared", () => {
  const board = rig();
  setUp(board.device);
  board.device.write(offset("I2C_IRQENABLE_SET"), XRDY, 2);
  board.device.write(offset("I2C_SA"), 0x50, 2);
  board.device.write(offset("I2C_CNT"), 1, 2);
  board.device.write(offset("I2C_CON"), EN | MST | TRX | STP | STT, 2);
  assert.deepEqual(board.seen, ["1 at 0"]);
  board.device.write(offset("I2C_DATA"), 0, 1);
  board.device.write(offset("I2C_IRQSTATUS"), XRDY, 2);
  assert.deepEqual(board.seen, ["1 at 0", "0 at 0"]);
});

Deno.test("EEPROM: a page write wraps within its page, takes 5 ms, and is refused when protected", () => {
  const board = rig();
  const bus = master(board);
  const data = Array.from({ length: 4 }, (_, n) => 0x10 + n);
  assert.ok(bus.write(0x50, [0x01, 0x3e, ...data]));
  assert.equal(bus.write(0x50, [0x00, 0x00]), false, "busy");
  board.clock.runTo(board.clock.now() + 3_900_000);
  assert.equal(bus.write(0x50, [0x00, 0x00]), false, "still busy");
  board.clock.runTo(board.clock.now() + 1_000_000);
  assert.deepEqual([...board.eeprom.bytes.slice(0x13e, 0x140)], [0x10, 0x11]);
  assert.deepEqual([...board.eeprom.bytes.slice(0x100, 0x102)], [0x12, 0x13]);
  board.eeprom.writeProtected = true;
  assert.ok(bus.write(0x50, [0x01, 0x3e, 0x99]));
  assert.equal(board.eeprom.bytes[0x13e], 0x10);
});

Deno.test("TPS65217: protected registers take a value only with the password, twice at level 2", () => {
  const board = rig();
  const bus = master(board);
  const dcdc3 = 0x10, password = dcdc3 ^ 0x7d;
  assert.ok(bus.write(0x24, [0x00], STP));
  assert.deepEqual(bus.read(0x24, 1), [0xe2]);
  const before = board.pmic.peek("DEFDCDC3");
  bus.write(0x24, [dcdc3, 0x15]);
  assert.equal(board.pmic.peek("DEFDCDC3"), before);
  bus.write(0x24, [0x0b, password]);
  bus.write(0x24, [dcdc3, 0x15]);
  assert.equal(board.pmic.peek("DEFDCDC3"), before, "once is not enough");
  bus.write(0x24, [0x0b, password]);
  bus.write(0x24, [dcdc3, 0x16]);
  assert.equal(board.pmic.peek("DEFDCDC3"), before, "and not another value");
  bus.write(0x24, [0x0b, password]);
  bus.write(0x24, [dcdc3, 0x16]);
  assert.equal(board.pmic.peek("DEFDCDC3"), 0x16);
  for (let n = 0; n < 2; n++) {
    bus.write(0x24, [0x0b, 0x11 ^ 0x7d]);
    bus.write(0x24, [0x11, 0x87]);
  }
  assert.equal(board.pmic.peek("DEFSLEW"), 0x07, "GO clears itself");
});
