import assert from "node:assert/strict";
import {
  BASE,
  BYTE_NS,
  channel,
  CONF,
  CTRL,
  EOW,
  FFER,
  FFEW,
  MODULCTRL,
  RECEIVE_ONLY,
  rig,
  RX,
  RX_FULL,
  RXS,
  single,
  STAT,
  STATUS,
  TRANSMIT_ONLY,
  TURBO,
  TX,
  TX_EMPTY,
  TXS,
  WORD_16,
  WORD_32,
  WORD_8,
  XFERLEVEL,
} from "./_mcspi_rig.ts";

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

Deno.test("the buffer tells at its levels and after WCNT words", () => {
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

Deno.test("a buffer in one direction has 64 bytes, in two 32 each; 9 bits take two", () => {
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
