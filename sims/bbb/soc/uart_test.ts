import assert from "node:assert/strict";
import { registerTests, restoreTest, steadyTest } from "./_registers.ts";
import {
  AT,
  CHARACTER_NS,
  iir,
  inModeB,
  lsr,
  MDR1,
  rig,
  SCR,
  send,
  setUp,
  SSR,
  SYSC,
  SYSS,
} from "./_uart_rig.ts";

registerTests("UART", rig, {
  reset: { register: "SYSC", bit: 1, seenBy: "MDR2" },
  // A write to RESUME, SFLSR and the like goes to the register that lies there for writing.
  apart: ["THR", "FCR", "IER", "MCR", "EFR", "LCR", "SYSC", "SCR", "IIR", "SFLSR", "RESUME", "RHR"]
    .concat("SFREGL", "SFREGH"),
  select(device, bank) {
    const lcr = [0x03, 0x83, 0xbf][bank >> 1]!;
    device.write(AT.LCR, 0xbf, 1);
    if (bank & 1) device.write(0x08, 0x10, 1);
    device.write(AT.LCR, 0x83, 1);
    if (bank & 1) device.write(AT.MCR, 0x40, 1);
    device.write(AT.LCR, lcr === 0x03 ? 0 : lcr, 1);
  },
  reads: { LCR: 0, EFR: 0 },
});

restoreTest("UART", rig, {
  values: [0x03, 0x83, 0xbf, 0x1a, 0x00, 0x10, 0x07, 0xff],
  prepare: setUp,
  strideNs: 200_000,
});
steadyTest("UART", rig, {
  values: [0x03, 0x83, 0xbf, 0x1a, 0x00, 0x10, 0x07, 0xff],
  prepare: setUp,
  strideNs: 200_000,
});

Deno.test("characters follow each other at 115,385 baud, without an error that adds up", () => {
  const { clock, device, heard } = rig();
  setUp({ device });
  const text = "U-Boot 2023.01, and so on for sixty-four characters in the FIFO.";
  send(device, text);
  clock.runTo(1e9);
  assert.equal(String.fromCharCode(...heard.map(({ byte }) => byte)), text);
  assert.equal(heard[0]!.t, CHARACTER_NS);
  assert.equal(heard[63]!.t, Math.ceil(64 * 4160 / 0.048));
});

Deno.test("13 cycles a bit give 460,800 baud; parity and stop bits take their time", () => {
  const { clock, device, heard } = rig();
  setUp({ device });
  device.write(MDR1, 7, 1);
  device.write(AT.LCR, 0x83 | 0x0c, 1);
  device.write(AT.DATA, 8, 1);
  device.write(AT.LCR, 0x03 | 0x0c, 1);
  device.write(MDR1, 3, 1);
  send(device, "x");
  clock.runTo(1e6);
  // Start, 8 data, parity, 2 stop bits, of 104 cycles each.
  assert.equal(heard[0]!.t, 12 * 104 / 0.048);
});

Deno.test("LSR tells an empty FIFO at once and an empty line at the end of the stop bit", () => {
  const { clock, device } = rig();
  setUp({ device });
  assert.equal(lsr(device), 0x60);
  send(device, "a");
  assert.equal(lsr(device), 0x20);
  send(device, "b");
  assert.equal(lsr(device), 0x00);
  clock.runTo(CHARACTER_NS);
  assert.equal(lsr(device), 0x20);
  clock.runTo(2 * CHARACTER_NS - 2);
  assert.equal(lsr(device), 0x20);
  clock.runTo(2 * CHARACTER_NS);
  assert.equal(lsr(device), 0x60);
});

Deno.test("of 66 characters written at once 65 go out: one on the line, 64 in the FIFO", () => {
  const { clock, device, heard } = rig();
  setUp({ device });
  for (let i = 0; i < 65; i++) device.write(AT.DATA, i, 1);
  assert.equal(device.read(SSR, 1) & 1, 1, "TX FIFO full");
  device.write(AT.DATA, 65, 1);
  clock.runTo(1e9);
  assert.deepEqual(heard.map(({ byte }) => byte), Array.from({ length: 65 }, (_, i) => i));
});

Deno.test("nothing is sent while the mode is disabled", () => {
  const { clock, device, heard } = rig();
  setUp({ device });
  device.write(MDR1, 7, 1);
  send(device, "a");
  clock.runTo(1e6);
  assert.equal(heard.length, 0);
  device.write(MDR1, 0, 1);
  clock.runTo(2e6);
  assert.equal(heard.length, 1);
});

Deno.test("the receive interrupt comes at the trigger level and goes below it", () => {
  const { device, irq } = rig();
  setUp({ device });
  device.write(AT.IER, 1, 1);
  for (let i = 0; i < 7; i++) device.receive(i);
  assert.equal(irq.level, 0);
  device.receive(7);
  assert.equal(irq.level, 1);
  assert.equal(iir(device), 0xc4);
  assert.equal(device.read(AT.DATA, 1), 0);
  assert.equal(irq.level, 0);
  assert.equal(iir(device), 0xc1);
});

Deno.test("less than the trigger level times out after four words and twelve bits", () => {
  const { clock, device, irq } = rig();
  setUp({ device });
  device.write(AT.IER, 1, 1);
  device.receive(0x41);
  const bits44 = Math.ceil(44 * 416 / 0.048);
  clock.runTo(bits44 - 1);
  assert.equal(irq.level, 0);
  clock.runTo(bits44);
  assert.equal(irq.level, 1);
  assert.equal(iir(device), 0xcc);
  assert.equal(device.read(AT.DATA, 1), 0x41);
  assert.equal(irq.level, 0);
});

Deno.test("the transmit interrupt asks for data while enough room is in the FIFO", () => {
  const { clock, device, irq } = rig();
  setUp({ device });
  device.write(AT.IER, 2, 1);
  assert.equal(iir(device), 0xc2, "empty");
  assert.equal(irq.level, 1, "reading IIR does not end it");
  for (let i = 0; i < 58; i++) device.write(AT.DATA, i, 1);
  assert.equal(irq.level, 0, "57 wait, 7 spaces");
  clock.runTo(CHARACTER_NS);
  assert.equal(irq.level, 1, "8 spaces");
});

Deno.test("with SCR[3] the transmit interrupt waits until the line is empty", () => {
  const { clock, device, irq } = rig();
  setUp({ device });
  device.write(SCR, 0x08, 1);
  device.write(AT.IER, 2, 1);
  send(device, "a");
  assert.equal(irq.level, 0);
  clock.runTo(CHARACTER_NS);
  assert.equal(irq.level, 1);
});

Deno.test("without FIFOs one character waits, and the second one is an overrun", () => {
  const { device } = rig();
  setUp({ device }, 0);
  device.receive(0x41);
  assert.equal(lsr(device), 0x61);
  device.receive(0x42);
  assert.equal(lsr(device), 0x63);
  assert.equal(lsr(device), 0x61, "reading LSR clears the overrun");
  assert.equal(device.read(AT.DATA, 1), 0x41, "what was there stays");
  assert.equal(lsr(device), 0x60);
});

Deno.test("an overrun is a line status interrupt, and reception goes on", () => {
  const { device } = rig();
  setUp({ device });
  device.write(AT.IER, 4, 1);
  for (let i = 0; i < 65; i++) device.receive(i);
  assert.equal(iir(device), 0xc6);
  lsr(device);
  assert.equal(iir(device), 0xc1);
  device.read(AT.DATA, 1);
  device.receive(0xaa);
  assert.equal(device.read(0x64, 1), 64);
});

Deno.test("told to take the manual at its word, an overrun stops reception until RESUME", () => {
  const { device } = rig({ overrunStops: true });
  setUp({ device });
  for (let i = 0; i < 65; i++) device.receive(i);
  device.read(AT.DATA, 1);
  device.receive(0xaa);
  assert.equal(device.read(0x64, 1), 63);
  device.read(0x2c, 1);
  device.receive(0xaa);
  assert.equal(device.read(0x64, 1), 64);
});

Deno.test("errors are told of the character that is read next", () => {
  const { device } = rig();
  setUp({ device });
  device.receive(0x41);
  device.receive(0x42, { parity: true });
  device.receive(0, { framing: true, isBreak: true });
  assert.equal(lsr(device), 0xe1);
  device.read(AT.DATA, 1);
  assert.equal(lsr(device), 0xe5);
  device.read(AT.DATA, 1);
  assert.equal(lsr(device), 0xf9);
  device.read(AT.DATA, 1);
  assert.equal(lsr(device), 0x60);
});

Deno.test("a break is heard once, and what is written meanwhile is not", () => {
  const { clock, device, heard } = rig();
  setUp({ device });
  device.write(AT.LCR, 0x43, 1);
  send(device, "x");
  clock.runTo(1e6);
  device.write(AT.LCR, 0x03, 1);
  send(device, "y");
  clock.runTo(2e6);
  assert.deepEqual(heard, [
    { t: CHARACTER_NS, byte: 0, isBreak: true },
    { t: 1e6 + CHARACTER_NS, byte: 0x79 },
  ]);
});

Deno.test("the offset of a register shows another one in each mode", () => {
  const { device } = rig();
  setUp({ device });
  device.write(AT.LCR, 0xbf, 1);
  device.write(0x08, 0x10, 1);
  assert.equal(device.read(0x08, 1), 0x10, "EFR");
  device.write(0x10, 0x11, 1);
  assert.equal(device.read(0x10, 1), 0x11, "XON1");
  device.write(AT.LCR, 0x83, 1);
  assert.equal(device.read(0x00, 4), 0x1a, "DLL");
  assert.equal(device.read(0x10, 1), 0x03, "MCR");
  device.write(AT.LCR, 0x03, 1);
  assert.equal(device.read(0x08, 1), 0xc1, "IIR");
  assert.equal(device.peek("EFR"), 0x10);
});

Deno.test("IER[7:4] and MCR[6:5] change only while EFR[4] is set", () => {
  const { device } = rig();
  setUp({ device });
  device.write(AT.IER, 0xf3, 1);
  device.write(AT.MCR, 0x63, 1);
  assert.equal(device.read(AT.IER, 1), 0x03);
  assert.equal(device.read(AT.MCR, 1), 0x03);
  inModeB(device, 0x10);
  device.write(AT.IER, 0xf3, 1);
  assert.equal(device.read(AT.IER, 1), 0xf3);
});

Deno.test("a soft reset is done at once and clears everything", () => {
  const { device, clock, heard } = rig();
  setUp({ device });
  send(device, "ab");
  device.receive(1);
  device.write(SYSC, device.read(SYSC, 4) | 2, 4);
  assert.equal(device.read(SYSS, 4), 1);
  assert.equal(device.read(SYSC, 4), 0);
  assert.equal(lsr(device), 0x60);
  assert.equal(device.peek("MDR1"), 7);
  clock.runTo(1e6);
  assert.equal(heard.length, 0);
});

Deno.test("a poll of LSR may be skipped until an alarm, and not while it clears an overrun", () => {
  const { device, clock } = rig();
  setUp({ device });
  assert.equal(device.steadyUntil(AT.LSR), Infinity);
  assert.equal(device.steadyUntil(AT.DATA), clock.now());
  for (let i = 0; i < 65; i++) device.receive(i);
  assert.equal(device.steadyUntil(AT.LSR), clock.now());
});

Deno.test("FCR clears each FIFO alone, and what is on the line goes on", () => {
  const { clock, device, heard } = rig();
  setUp({ device });
  send(device, "abc");
  for (let i = 0; i < 3; i++) device.receive(i, { parity: i === 1 });
  device.write(AT.IIR, 3, 1);
  assert.deepEqual([device.read(0x64, 1), device.read(0x68, 1), lsr(device)], [0, 2, 0]);
  device.receive(9);
  device.write(AT.IIR, 5, 1);
  assert.deepEqual([device.read(0x64, 1), device.read(0x68, 1), lsr(device)], [1, 0, 0x21]);
  clock.runTo(1e6);
  assert.equal(heard.length, 1);
});

Deno.test("FIFOs are switched on only while the baud clock stands", () => {
  const { device } = rig();
  setUp({ device }, 0);
  device.write(AT.IIR, 1, 1);
  assert.equal(iir(device) & 0xc0, 0);
  device.write(MDR1, 7, 1);
  device.write(AT.IIR, 1, 1);
  assert.equal(iir(device) & 0xc0, 0xc0);
});

Deno.test("once all is read nothing times out", () => {
  const { clock, device, irq } = rig();
  setUp({ device });
  device.write(AT.IER, 1, 1);
  device.receive(1);
  device.receive(2);
  device.read(AT.DATA, 1);
  device.read(AT.DATA, 1);
  clock.runTo(1e7);
  assert.equal(irq.level, 0);
});

Deno.test("trigger levels come from FCR, from TLR, or to the character from both", () => {
  /** The level at which the receive interrupt comes, and the spaces at which the other one does. */
  const levels = (scr: number, tlr: number, fcr: number) => {
    const { device, irq } = rig();
    setUp({ device });
    inModeB(device, 0x10);
    device.write(AT.MCR, 0x40, 1);
    device.write(0x1c, tlr, 1);
    device.write(SCR, scr, 1);
    device.write(AT.IIR, fcr | 1, 1);
    device.write(AT.IER, 1, 1);
    let receive = 0;
    for (; irq.level === 0; receive++) device.receive(0);
    device.write(AT.IER, 2, 1);
    // One goes to the shift register at once.
    let sent = -1;
    for (; irq.level === 1; sent++) send(device, "x");
    return [receive, 64 - sent + 1];
  };
  assert.deepEqual(levels(0, 0, 0x00), [8, 8]);
  assert.deepEqual(levels(0, 0, 0x50), [16, 16]);
  assert.deepEqual(levels(0, 0, 0xa0), [56, 32]);
  assert.deepEqual(levels(0, 0, 0xf0), [60, 56]);
  assert.deepEqual(levels(0, 0x35, 0xf0), [12, 20]);
  assert.deepEqual(levels(0xc0, 0x35, 0x60), [13, 22]);
});

Deno.test("what IER2 enables is an interrupt while a FIFO is empty", () => {
  const { device, irq } = rig();
  setUp({ device });
  device.write(0x6c, 1, 1);
  assert.equal(irq.level, 1);
  assert.equal(device.read(0x70, 1), 1);
  device.receive(1);
  assert.equal(irq.level, 0);
  device.write(0x6c, 2, 1);
  assert.equal(device.read(0x70, 1), 2);
});

Deno.test("without FIFOs the transmit interrupt comes while the one place is free", () => {
  const { clock, device, irq } = rig();
  setUp({ device }, 0);
  device.write(AT.IER, 2, 1);
  assert.equal(irq.level, 1);
  send(device, "ab");
  assert.equal(irq.level, 0);
  clock.runTo(CHARACTER_NS);
  assert.equal(irq.level, 1);
});
