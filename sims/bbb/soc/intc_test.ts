import assert from "node:assert/strict";
import { type Level, VirtualClock, Wire, type WireDriver } from "sims/engine/mod.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { Intc } from "./intc.ts";

const SIR_IRQ = 0x40, SIR_FIQ = 0x44, CONTROL = 0x48, PROTECTION = 0x4c, PRIORITY = 0x60;
const THRESHOLD = 0x68;
const NEW_IRQ = 1, NEW_FIQ = 2;
const bank = (register: number, line: number) => register + 0x20 * (line >>> 5);
const bit = (line: number) => (1 << (line & 31)) >>> 0;

interface IntcRig extends Rig {
  readonly device: Intc;
  readonly irq: Wire;
  readonly fiq: Wire;
  readonly lines: readonly WireDriver[];
}

function rig(): IntcRig {
  const clock = new VirtualClock("board");
  const [irq, fiq] = [new Wire("irq"), new Wire("fiq")];
  const device = new Intc({
    name: "INTC",
    clock,
    irq: irq.driver("INTC"),
    fiq: fiq.driver("INTC"),
  });
  const lines = Array.from({ length: 128 }, (_, n) => device.line(n).driver("module"));
  return {
    clock,
    irq,
    fiq,
    device,
    lines,
    parts: [device, irq, fiq],
    disturb: (random) => lines[random.below(128)]!.drive(random.below(2) as Level),
  };
}

function unmask(device: Intc, line: number, ilr = 0): void {
  device.write(0x100 + 4 * line, ilr, 4);
  device.write(bank(0x88, line), bit(line), 4);
}

const sir = (device: Intc) => device.read(SIR_IRQ, 4) >>> 0;

registerTests("INTC", rig, {
  reset: { register: "INTC_SYSCONFIG", bit: 1, seenBy: "INTC_IDLE" },
  apart: ["INTC_SYSCONFIG", "INTC_MIR_CLEAR", "INTC_MIR_SET", "INTC_ISR_CLEAR"],
  reads: { INTC_MIR_CLEAR: 0, INTC_MIR_SET: 0 },
});
restoreTest("INTC", rig, {
  values: [1, 0xffff_ffff, 0, 2],
  strideNs: 30,
  prepare: ({ device }) => {
    for (let line = 0; line < 128; line += 3) unmask(device as Intc, line, line % 7 << 2);
  },
});
steadyTest("INTC", rig, {
  values: [1, 0xffff_ffff, 0, 2],
  strideNs: 30,
  prepare: ({ device }) => {
    for (let line = 0; line < 128; line += 3) unmask(device as Intc, line, line % 7 << 2);
  },
});

Deno.test("a line that is not masked is an interrupt, until software agrees to a new one", () => {
  const { device, irq, lines } = rig();
  unmask(device, 95);
  assert.equal(sir(device), 0xffff_ff80);
  lines[95]!.drive(1);
  assert.equal(irq.level, 1);
  assert.equal(sir(device), 95);
  lines[95]!.drive(0);
  assert.equal(irq.level, 1, "the output stays");
  device.write(CONTROL, NEW_IRQ, 4);
  assert.equal(irq.level, 0);
});

Deno.test("a line that is still high is an interrupt again after the agreement", () => {
  const { device, irq, lines } = rig();
  unmask(device, 10);
  lines[10]!.drive(1);
  device.write(CONTROL, NEW_IRQ, 4);
  assert.equal(irq.level, 1);
  assert.equal(sir(device), 10);
});

Deno.test("a masked line is seen in ITR alone", () => {
  const { device, irq, lines } = rig();
  lines[66]!.drive(1);
  assert.equal(device.read(bank(0x80, 66), 4), bit(66));
  assert.equal(device.read(bank(0x98, 66), 4), 0);
  assert.equal(irq.level, 0);
  device.write(bank(0x88, 66), bit(66), 4);
  assert.equal(device.read(bank(0x98, 66), 4), bit(66));
  assert.equal(irq.level, 1);
});

Deno.test("the lowest priority number goes first, and of equals the highest line", () => {
  const { device, lines } = rig();
  for (const [line, priority] of [[5, 9], [70, 9], [100, 20], [30, 9]] as const) {
    lines[line]!.drive(1);
    device.write(0x100 + 4 * line, priority << 2, 4);
  }
  device.write(0x88, 0xffff_ffff, 4);
  device.write(bank(0x88, 70), bit(70), 4);
  device.write(bank(0x88, 100), bit(100), 4);
  // Line 30 was the first that was not masked: its sorting is done.
  const order = [];
  for (let i = 0; i < 4; i++) {
    order.push(sir(device));
    lines[sir(device)]!.drive(0);
    device.write(CONTROL, NEW_IRQ, 4);
  }
  assert.deepEqual(order, [30, 70, 5, 100]);
});

Deno.test("sorting is frozen while an interrupt is handled", () => {
  const { device, lines } = rig();
  unmask(device, 20, 8 << 2);
  unmask(device, 21, 0);
  lines[20]!.drive(1);
  lines[21]!.drive(1);
  assert.equal(sir(device), 20);
  assert.equal(device.read(PRIORITY, 4), 8);
  device.write(CONTROL, NEW_IRQ, 4);
  assert.equal(sir(device), 21);
});

Deno.test("a software interrupt raises IRQ 95 as the line does, and can be told from it", () => {
  const { device, irq } = rig();
  unmask(device, 95);
  device.write(bank(0x90, 95), bit(95), 4);
  assert.equal(irq.level, 1);
  assert.equal(sir(device), 95);
  assert.equal(device.read(bank(0x90, 95), 4), bit(95), "a software interrupt");
  device.write(bank(0x94, 95), bit(95), 4);
  device.write(CONTROL, NEW_IRQ, 4);
  assert.equal(irq.level, 0);
  assert.equal(device.read(bank(0x90, 95), 4), 0);
});

Deno.test("the threshold lets higher priorities pass, and priority 0 always", () => {
  const { device, irq, lines } = rig();
  unmask(device, 1, 5 << 2);
  unmask(device, 2, 4 << 2);
  unmask(device, 3, 0);
  device.write(THRESHOLD, 5, 4);
  lines[1]!.drive(1);
  assert.equal(irq.level, 0);
  lines[2]!.drive(1);
  assert.equal(sir(device), 2);
  lines[2]!.drive(0);
  device.write(CONTROL, NEW_IRQ, 4);
  device.write(THRESHOLD, 0, 4);
  assert.equal(irq.level, 0);
  lines[3]!.drive(1);
  assert.equal(sir(device), 3);
  device.write(CONTROL, NEW_IRQ, 4);
  lines[3]!.drive(0);
  device.write(CONTROL, NEW_IRQ, 4);
  device.write(THRESHOLD, 0xff, 4);
  assert.equal(sir(device), 1);
});

Deno.test("a line routed to FIQ is sorted apart from the others", () => {
  const { device, irq, fiq, lines } = rig();
  unmask(device, 7, 1);
  lines[7]!.drive(1);
  assert.deepEqual([irq.level, fiq.level], [0, 1]);
  assert.equal(device.read(SIR_FIQ, 4), 7);
  assert.equal(device.read(0x9c, 4), bit(7));
  assert.equal(sir(device), 0xffff_ff80);
  lines[7]!.drive(0);
  device.write(CONTROL, NEW_IRQ, 4);
  assert.equal(fiq.level, 1);
  device.write(CONTROL, NEW_FIQ, 4);
  assert.equal(fiq.level, 0);
});

Deno.test("masked before it was sorted an interrupt is spurious, and later it is not", () => {
  const { clock, device, irq, lines } = rig();
  unmask(device, 40);
  lines[40]!.drive(1);
  device.write(bank(0x8c, 40), bit(40), 4);
  assert.equal(irq.level, 1);
  assert.equal(sir(device), 0xffff_ff80 + 40);
  device.write(CONTROL, NEW_IRQ, 4);
  assert.equal(irq.level, 0);
  device.write(bank(0x88, 40), bit(40), 4);
  clock.runTo(100);
  device.write(bank(0x8c, 40), bit(40), 4);
  assert.equal(sir(device), 40);
});

Deno.test("under protection only privileged accesses reach the registers", () => {
  const { device } = rig();
  let privileged = false;
  device.privileged = () => privileged;
  device.write(PROTECTION, 1, 4);
  assert.equal(device.peek("INTC_PROTECTION"), 0, "it protects itself always");
  device.write(THRESHOLD, 3, 4);
  assert.equal(device.read(THRESHOLD, 4), 3);
  privileged = true;
  device.write(PROTECTION, 1, 4);
  privileged = false;
  device.write(THRESHOLD, 4, 4);
  assert.equal(device.read(THRESHOLD, 4), 0);
  privileged = true;
  assert.equal(device.read(THRESHOLD, 4), 3);
});

Deno.test("a soft reset masks everything", () => {
  const { device, irq, lines } = rig();
  unmask(device, 3);
  lines[3]!.drive(1);
  device.write(0x10, 2, 4);
  assert.equal(device.read(0x14, 4), 1);
  assert.equal(irq.level, 0);
  assert.equal(device.read(0x84, 4) >>> 0, 0xffff_ffff);
});

Deno.test("there is no line 128", () => {
  assert.throws(() => rig().device.line(128), {
    message: 'Cannot use interrupt line "128": there are 0 to 127',
  });
});

Deno.test("with nothing active number and priority are flagged as spurious", () => {
  const { device, lines } = rig();
  unmask(device, 9, 3 << 2);
  lines[9]!.drive(1);
  assert.equal(device.read(PRIORITY, 4), 3);
  lines[9]!.drive(0);
  device.write(CONTROL, NEW_IRQ, 4);
  assert.equal(sir(device), 0xffff_ff80);
  assert.equal(device.read(PRIORITY, 4) >>> 0, 0xffff_ffc0);
});
