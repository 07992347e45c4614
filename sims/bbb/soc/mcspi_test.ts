import assert from "node:assert/strict";
import { type Level, VirtualClock, Wire } from "sims/engine/mod.ts";
import type { SpiDevice } from "../parts/spi.ts";
import { SpiBus } from "../parts/spi_bus.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { fixedClock } from "./clock_input.ts";
import { Mcspi } from "./mcspi.ts";

const STATUS = 0x118, ENABLE = 0x11c, MODULCTRL = 0x128, XFERLEVEL = 0x17c;
const channel = (n: number) => ({
  CONF: 0x12c + 0x14 * n,
  STAT: 0x130 + 0x14 * n,
  CTRL: 0x134 + 0x14 * n,
  TX: 0x138 + 0x14 * n,
  RX: 0x13c + 0x14 * n,
});
const { CONF, STAT, CTRL, TX, RX } = channel(0);
const RXS = 1, TXS = 2, EOT = 4;
const TX_EMPTY = 1, TX_UNDERFLOW = 2, RX_FULL = 4, EOW = 1 << 17;
/** Divide by 16: 3 MHz; active low chip select; data line 0 out, 1 in, as after reset. */
const BASE = 0x6_0000 | 4 << 2 | 1 << 6;
const WORD_8 = 7 << 7, WORD_16 = 15 << 7, WORD_32 = 31 << 7;
const FORCE = 1 << 20, TURBO = 1 << 19, RECEIVE_ONLY = 1 << 12, TRANSMIT_ONLY = 2 << 12;
const FFEW = 1 << 27, FFER = 1 << 28;
const SINGLE = 1;
/** 8 bits at 3 MHz. */
const BYTE_NS = 2_667;

interface SpiRig extends Rig {
  readonly device: Mcspi;
  readonly irq: Wire;
  readonly select: readonly Wire[];
  readonly seen: string[];
}

/** Two devices that answer with the complement of what they hear, and note it. */
function rig(): SpiRig {
  const clock = new VirtualClock("board");
  const irq = new Wire("irq");
  const select = Array.from({ length: 4 }, (_, n) => new Wire(`SPIEN${n}`, { pull: 1 }));
  const seen: string[] = [];
  const bus = new SpiBus();
  for (const n of [0, 1]) {
    const device: SpiDevice = {
      name: `device ${n}`,
      select: (active) => seen.push(`${clock.now()} ${n} ${active ? "on" : "off"}`),
      transfer(mosi, bits) {
        seen.push(`${clock.now()} ${n} ${mosi.toString(16)}/${bits}`);
        return (~mosi & (2 ** bits - 1)) >>> 0;
      },
    };
    bus.attach(device, select[n]!);
  }
  const device = new Mcspi({
    name: "McSPI1",
    clock,
    source: fixedClock("48 MHz", 48_000_000),
    irq: irq.driver("McSPI1"),
    select: select.map((wire) => wire.driver("McSPI1")),
    bus,
  });
  return { clock, irq, select, seen, device, parts: [device, irq, ...select] };
}

/** One channel, its chip select by hand. */
function single(conf: number, level = 0) {
  const board = rig();
  const write = (offset: number, value: number) => board.device.write(offset, value, 4);
  write(channel(1).CONF, BASE);
  write(MODULCTRL, SINGLE);
  write(XFERLEVEL, level);
  write(CONF, BASE | conf);
  write(CTRL, 1);
  write(CONF, BASE | conf | FORCE);
  board.seen.length = 0;
  const read = (offset: number) => board.device.read(offset, 4) >>> 0;
  return { ...board, write, read };
}

registerTests("McSPI", rig, {
  reset: { register: "MCSPI_SYSCONFIG", bit: 1, seenBy: "MCSPI_IRQENABLE" },
  apart: ["MCSPI_SYSCONFIG", "MCSPI_CHCTRL", "MCSPI_MODULCTRL", "MCSPI_RX"],
});
restoreTest("McSPI", rig, {
  values: [BASE | WORD_8, BASE | WORD_16 | FFEW | FFER, 1, SINGLE, 0, 0x1234_5678, 0x0004_0303],
  strideNs: 5_000,
  steps: 120,
  prepare: ({ device }) => device.write(MODULCTRL, 0, 4),
});
steadyTest("McSPI", rig, {
  values: [BASE | WORD_8, BASE | WORD_16 | FFEW | FFER, 1, SINGLE, 0, 0x1234_5678, 0x0004_0303],
  strideNs: 5_000,
  steps: 120,
  prepare: ({ device }) => device.write(MODULCTRL, 0, 4),
});

Deno.test("a word takes its bits' time, and the other way comes as much", () => {
  const { clock, write, read, seen } = single(WORD_8);
  assert.equal(read(STAT), TXS);
  write(TX, 0x41);
  assert.equal(read(STAT), TXS, "gone into the shift register at once");
  clock.runTo(BYTE_NS - 1);
  assert.equal(read(STAT) & (RXS | EOT), 0);
  clock.runTo(BYTE_NS);
  assert.equal(read(STAT), RXS | TXS | EOT);
  assert.deepEqual(seen, [`${BYTE_NS} 0 41/8`]);
  assert.equal(read(RX), 0xbe);
  assert.equal(read(STAT), TXS | EOT);
});

Deno.test("words of 4 to 32 bits, at any ratio", () => {
  for (
    const [bits, clkd, clkg, extclk, ns] of [
      [4, 0, 0, 0, 84],
      [16, 1, 0, 0, 667],
      [32, 15, 0, 0, 21_845_334],
      [8, 2, 1, 0, 500],
      [8, 0, 1, 5, 13_500],
    ] as const
  ) {
    const board = rig();
    const write = (offset: number, value: number) => board.device.write(offset, value, 4);
    write(MODULCTRL, SINGLE);
    write(CONF, 0x6_0000 | bits - 1 << 7 | clkd << 2 | 1 << 6 | clkg << 29 | FORCE);
    write(CTRL, 1 | extclk << 8);
    write(TX, 0x8765_4321);
    board.clock.runTo(ns - 1);
    assert.equal(board.device.peek("MCSPI_CHSTAT") & EOT, 0, `${bits} bits, ${ns} ns`);
    board.clock.runTo(ns);
    assert.equal(board.device.peek("MCSPI_CHSTAT") & EOT, EOT, `${bits} bits, ${ns} ns`);
    assert.equal(board.device.read(RX, 4) >>> 0, (~0x8765_4321 & (2 ** bits - 1)) >>> 0);
  }
});

Deno.test("FORCE holds the chip select over words, with the polarity of EPOL", () => {
  const { clock, write, select, seen } = single(WORD_8);
  assert.equal(select[0]!.level, 0);
  write(TX, 1);
  clock.runTo(1e6);
  write(CTRL, 0);
  write(CTRL, 1);
  write(TX, 2);
  clock.runTo(2e6);
  write(CONF, BASE | WORD_8);
  assert.equal(select[0]!.level, 1);
  assert.deepEqual(seen.map((line) => line.replace(/^\d+ /, "")), ["0 1/8", "0 2/8", "0 off"]);
});

Deno.test("as a slave it leaves the lines alone; a channel that was not set up selects by mistake", () => {
  const { device, select } = rig();
  assert.deepEqual(select.map(({ level }) => level), [1, 1, 1, 1]);
  device.write(MODULCTRL, SINGLE, 4);
  device.write(CONF, BASE, 4);
  // EPOL of the others is 0 after reset: their inactive level is low.
  assert.deepEqual(select.map(({ level }) => level), [1, 0, 0, 0]);
});

Deno.test("a full receiver holds the next word, but not in turbo mode", () => {
  // Without it 2 waits where 3 is written over it.
  for (const [turbo, words, second] of [[0, 1, 3], [TURBO, 2, 2]] as const) {
    const { clock, write, read, seen } = single(WORD_8 | turbo);
    write(TX, 1);
    write(TX, 2);
    clock.runTo(BYTE_NS);
    write(TX, 3);
    clock.runTo(1e6);
    assert.equal(seen.length, words);
    assert.equal(read(RX), 0xfe, "what came first is not overwritten");
    clock.runTo(2e6);
    assert.equal(seen.length, words + 1);
    assert.equal(read(RX), 0xff - second);
  }
});

Deno.test("transmit-only goes on without being read, receive-only without being written", () => {
  const sending = single(WORD_8 | TRANSMIT_ONLY);
  for (let i = 0; i < 3; i++) {
    sending.write(TX, i);
    sending.clock.runTo(sending.clock.now() + BYTE_NS);
  }
  assert.equal(sending.seen.length, 3);
  assert.equal(sending.read(STATUS) & RX_FULL, 0);
  const receiving = single(WORD_8 | RECEIVE_ONLY);
  receiving.write(TX, 0x55);
  for (let i = 0; i < 3; i++) {
    receiving.clock.runTo(receiving.clock.now() + BYTE_NS);
    assert.equal(receiving.read(RX), 0xaa);
  }
  assert.equal(receiving.read(STAT) & TXS, 0);
});

Deno.test("events raise the interrupt until they are cleared", () => {
  const { clock, write, read, irq } = single(WORD_8);
  assert.equal(read(STATUS), TX_EMPTY, "by enabling the channel");
  write(STATUS, TX_EMPTY);
  write(ENABLE, RX_FULL | TX_EMPTY);
  assert.equal(irq.level, 0);
  write(TX, 1);
  assert.equal(irq.level, 1);
  write(STATUS, TX_EMPTY);
  assert.equal(irq.level, 0);
  clock.runTo(BYTE_NS);
  assert.equal(read(STATUS), RX_FULL | TX_UNDERFLOW);
  assert.equal(irq.level, 1);
  write(STATUS, RX_FULL | TX_UNDERFLOW);
  assert.equal(irq.level, 0);
});

Deno.test("the buffer takes 32 bytes each way, and tells at its levels and after WCNT words", () => {
  // Asks for 8 bytes of room, tells of 4 bytes; 6 words.
  const { clock, write, read, seen } = single(WORD_8 | FFEW | FFER, 6 << 16 | 3 << 8 | 7);
  assert.equal(read(STAT), TXS | 1 << 3 | 1 << 5, "both empty");
  write(STATUS, TX_EMPTY);
  for (let i = 0; i < 8; i++) write(TX, i);
  clock.runTo(4 * BYTE_NS - 4);
  assert.equal(read(STATUS) & RX_FULL, 0);
  clock.runTo(4 * BYTE_NS);
  assert.equal(read(STATUS) & RX_FULL, RX_FULL);
  assert.equal(read(XFERLEVEL) >>> 16, 4);
  clock.runTo(1e6);
  assert.equal(read(STATUS) & EOW, EOW);
  assert.equal(seen.length, 6, "and no more");
  assert.deepEqual(Array.from({ length: 6 }, () => read(RX)), [255, 254, 253, 252, 251, 250]);
  assert.equal(read(STAT) & 1 << 5, 1 << 5);
});

Deno.test("a full buffer takes nothing, and 16-bit words fill it twice as fast", () => {
  const { write, read } = single(WORD_16 | FFEW | TRANSMIT_ONLY, 63);
  write(CTRL, 0);
  write(MODULCTRL, 4); // as a slave it does not send
  write(CTRL, 1);
  for (let i = 0; i < 31; i++) write(TX, i);
  assert.equal(read(STAT) & 1 << 4, 0);
  write(TX, 31);
  assert.equal(read(STAT) & 1 << 4, 1 << 4);
});

Deno.test("when two channels ask for the buffer neither has it", () => {
  const board = rig();
  const write = (offset: number, value: number) => board.device.write(offset, value, 4);
  write(MODULCTRL, 0);
  write(channel(1).CONF, BASE | WORD_8 | FFEW);
  write(CONF, BASE | WORD_8 | FFEW);
  write(CTRL, 1);
  assert.equal(board.device.read(STAT, 4), TXS);
});

Deno.test("with several channels each word has its own chip select, in turn", () => {
  const board = rig();
  const write = (offset: number, value: number) => board.device.write(offset, value, 4);
  for (const n of [0, 1, 2, 3]) write(channel(n).CONF, BASE | WORD_8 | 1 << 25);
  write(MODULCTRL, 0);
  write(CTRL, 1);
  write(channel(1).CTRL, 1);
  board.seen.length = 0;
  write(TX, 0x11);
  write(TX, 0x12);
  write(channel(1).TX, 0x21);
  board.clock.runTo(8_000);
  board.device.read(RX, 4);
  board.clock.runTo(1e6);
  // 8 bits, and 1.5 cycles before and after them.
  const word = 11 * 16 / 0.048;
  const at = (n: number) => Math.ceil(n * word);
  assert.deepEqual(board.seen, [
    `0 0 on`,
    `${at(1)} 0 11/8`,
    `${at(1)} 0 off`,
    `${at(1)} 1 on`,
    `${at(2)} 1 21/8`,
    `${at(2)} 1 off`,
    `8000 0 on`,
    `11667 0 12/8`,
    `11667 0 off`,
  ]);
});

Deno.test("which data line is out and which is in is the channel's to say", () => {
  const send = (lines: number) => {
    const { clock, write, read, seen } = single(WORD_8);
    write(CTRL, 0);
    write(CONF, lines | 4 << 2 | 1 << 6 | WORD_8 | FORCE);
    write(CTRL, 1);
    write(TX, 0x41);
    clock.runTo(1e6);
    return [seen.at(-1)!.replace(/^\d+ /, ""), read(RX)];
  };
  assert.deepEqual(send(0x6_0000), ["0 41/8", 0xbe]);
  assert.deepEqual(send(0x2_0000), ["0 41/8", 0x41], "hears itself on line 0");
  assert.deepEqual(send(0x7_0000), ["0 ff/8", 0x00], "sends nothing: the line is pulled up");
});

Deno.test("in a clock mode that the devices do not know every bit is one off", () => {
  const { clock, write, read, seen } = single(WORD_8 | 1);
  write(TX, 0x41);
  clock.runTo(1e6);
  assert.match(seen[0]!, / 0 20\/8$/);
  assert.equal(read(RX), 0xbf);
});

Deno.test("a start bit goes before the word and takes its time", () => {
  const { clock, write, seen } = single(WORD_8 | 1 << 23 | 1 << 24);
  write(TX, 0x41);
  clock.runTo(1e6);
  assert.deepEqual(seen, ["3000 0 1/1", "3000 0 41/8"]);
});

Deno.test("INITDLY holds back the first word alone", () => {
  const { clock, write, read, seen } = single(WORD_8);
  write(CTRL, 0);
  write(MODULCTRL, SINGLE | 2 << 4);
  write(CTRL, 1);
  write(TX, 1);
  clock.runTo(100_000);
  read(RX);
  write(TX, 2);
  clock.runTo(200_000);
  assert.deepEqual(seen, ["5334 0 1/8", `${100_000 + BYTE_NS} 0 2/8`]);
});

Deno.test("without chip selects SPIEN is low, and a device that shares it always listens", () => {
  const { device, select } = rig();
  device.write(MODULCTRL, 3, 4);
  assert.deepEqual(select.map(({ level }) => level), [0, 0, 0, 0] as Level[]);
});

Deno.test("a soft reset stops the word and keeps SYSCONFIG", () => {
  const { clock, write, read, seen } = single(WORD_32);
  write(TX, 1);
  write(0x110, 0x308 | 2);
  assert.equal(read(0x110), 0x308);
  assert.equal(read(0x114), 1);
  assert.equal(read(MODULCTRL), 4);
  clock.runTo(1e6);
  assert.deepEqual(seen, ["0 0 off"]);
});

Deno.test("channels take turns: none goes twice while another one waits", () => {
  const board = rig();
  const write = (offset: number, value: number) => board.device.write(offset, value, 4);
  for (const n of [0, 1, 2, 3]) write(channel(n).CONF, BASE | WORD_8 | TRANSMIT_ONLY | FFEW * +!n);
  write(MODULCTRL, 0);
  write(CTRL, 1);
  write(channel(1).CTRL, 1);
  board.seen.length = 0;
  for (let i = 1; i <= 3; i++) write(TX, i);
  write(channel(1).TX, 0x11);
  board.clock.runTo(1e6);
  const words = board.seen.filter((line) => line.endsWith("/8")).map((line) => line.split(" ")[2]);
  assert.deepEqual(words, ["1/8", "11/8", "2/8", "3/8"]);
});

Deno.test("the buffer tells of data again once what it told of was read", () => {
  const { clock, write, read } = single(WORD_8 | FFEW | FFER, 1 << 8);
  const told = () => {
    const full = read(STATUS) & RX_FULL;
    write(STATUS, RX_FULL);
    return full !== 0;
  };
  const transfer = () => {
    write(TX, 0);
    clock.runTo(clock.now() + 10_000);
  };
  transfer();
  assert.equal(told(), false, "one of two bytes");
  transfer();
  assert.equal(told(), true);
  transfer();
  assert.equal(told(), false, "the two were not read");
  read(RX);
  read(RX);
  transfer();
  assert.equal(told(), true);
});

Deno.test("reading an empty receiver gives the last word and owes the buffer nothing", () => {
  const { clock, write, read } = single(WORD_8);
  write(TX, 0x0f);
  clock.runTo(1e6);
  assert.deepEqual([read(RX), read(RX)], [0xf0, 0xf0]);
  assert.equal(read(STAT) & RXS, 0);
});

Deno.test("receive-only never asks for data", () => {
  const { clock, write, read } = single(WORD_8 | RECEIVE_ONLY);
  assert.equal(read(STATUS), 0);
  write(TX, 0);
  clock.runTo(1e6);
  assert.equal(read(STATUS), RX_FULL);
});

Deno.test("without its clock a word does not end", () => {
  let hz = 0;
  const listeners: (() => void)[] = [];
  const clock = new VirtualClock("board");
  const device = new Mcspi({
    name: "McSPI0",
    clock,
    source: {
      name: "SPI_GCLK",
      get hz() {
        return hz;
      },
      onChange: (listener) => void listeners.push(listener),
    },
    irq: new Wire("irq").driver("McSPI0"),
    select: [],
  });
  device.write(MODULCTRL, SINGLE, 4);
  device.write(CONF, BASE | WORD_8, 4);
  device.write(CTRL, 1, 4);
  device.write(TX, 1, 4);
  clock.runTo(1e6);
  assert.equal(device.read(STAT, 4) & EOT, 0);
  hz = 48_000_000;
  for (const listener of listeners) listener();
  clock.runTo(1e6 + BYTE_NS);
  assert.equal(device.read(STAT, 4) & EOT, EOT);
  assert.equal(device.read(RX, 4), 0xff, "nobody is there: pulled up");
});

Deno.test("a buffer in one direction has 64 bytes, in two 32 each; words of 9 bits take two", () => {
  const fits = (conf: number) => {
    const { write, read } = single(conf);
    write(CTRL, 0);
    write(MODULCTRL, 4);
    write(CTRL, 1);
    let words = 0;
    for (; (read(STAT) & 1 << 4) === 0; words++) write(TX, words);
    return words;
  };
  assert.equal(fits(WORD_8 | FFEW), 64);
  assert.equal(fits(WORD_8 | FFEW | FFER), 32);
  assert.equal(fits(8 << 7 | FFEW), 32);
  assert.equal(fits(16 << 7 | FFEW), 16);
});

Deno.test("a full receive buffer holds the next word", () => {
  const { clock, write, read, seen } = single(WORD_32 | FFER);
  for (let i = 0; i < 20; i++) {
    write(TX, i);
    clock.runTo(clock.now() + 20_000);
  }
  assert.equal(seen.length, 16);
  assert.equal(read(STAT) & 1 << 6, 1 << 6);
  read(RX);
  assert.equal(read(STAT) & 1 << 6, 0);
});

Deno.test("the buffer asks when there is room for exactly what AEL says", () => {
  const { clock, write, read } = single(WORD_8 | FFEW | TRANSMIT_ONLY, 61);
  write(STATUS, TX_EMPTY);
  for (let i = 0; i < 64; i++) write(TX, i);
  // The first one goes at once, 63 wait: 62 are free when 2 are left, which is after 61 words.
  clock.runTo(61 * 16 * 8 / 0.048 - 1000);
  assert.equal(read(STATUS) & TX_EMPTY, 0);
  clock.runTo(61 * 16 * 8 / 0.048 + 1000);
  assert.equal(read(STATUS) & TX_EMPTY, TX_EMPTY);
});
