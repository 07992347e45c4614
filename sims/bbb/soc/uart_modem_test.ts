import assert from "node:assert/strict";
import { Wire } from "sims/engine/mod.ts";
import { AT, CHARACTER_NS, iir, inModeB, lsr, rig, SCR, send, setUp, SSR } from "./_uart_rig.ts";

Deno.test("in loopback it hears itself and nobody else, and its modem lines are its own", () => {
  const { clock, device, heard } = rig();
  setUp({ device });
  device.write(AT.MCR, 0x12, 1);
  device.receive(0x55);
  send(device, "z");
  clock.runTo(1e6);
  assert.equal(heard.length, 0);
  assert.equal(lsr(device), 0x61);
  assert.equal(device.read(AT.DATA, 1), 0x7a);
  assert.equal(device.read(AT.MSR, 1), 0x11, "RTS seen as CTS, which has changed");
  assert.equal(device.read(AT.MSR, 1), 0x10);
});

Deno.test("auto-CTS holds the next character, not the one on the line", () => {
  const { clock, device, cts, heard } = rig();
  setUp({ device });
  inModeB(device, 0x90);
  const peer = cts.driver("other side");
  peer.drive(0);
  send(device, "ab");
  peer.drive(1);
  clock.runTo(1e6);
  assert.equal(heard.length, 1);
  peer.drive(0);
  clock.runTo(2e6);
  assert.equal(heard[1]!.t, 1e6 + CHARACTER_NS);
});

Deno.test("auto-RTS goes by the levels of TCR", () => {
  const { device, rts } = rig();
  setUp({ device });
  inModeB(device, 0x50);
  device.write(AT.MCR, 0x40, 1);
  device.write(AT.MSR, 0x24, 1); // halt at 16, go on at 8
  for (let i = 0; i < 15; i++) device.receive(i);
  assert.equal(rts.level, 0);
  device.receive(15);
  assert.equal(rts.level, 1);
  for (let i = 0; i < 7; i++) device.read(AT.DATA, 1);
  assert.equal(rts.level, 1);
  device.read(AT.DATA, 1);
  assert.equal(rts.level, 0);
});

Deno.test("modem status and its interrupt follow the CTS pin", () => {
  const { device, cts, irq } = rig();
  setUp({ device });
  device.write(AT.IER, 8, 1);
  cts.driver("other side").drive(0);
  assert.equal(irq.level, 1);
  assert.equal(iir(device), 0xc0);
  assert.equal(device.read(AT.MSR, 1), 0x11);
  assert.equal(irq.level, 0);
});

Deno.test("a wake-up edge is an interrupt until SCR[4] is cleared", () => {
  const { device, irq } = rig();
  setUp({ device });
  device.write(SCR, 0x10, 1);
  device.receive(0x0d);
  assert.equal(irq.level, 1);
  assert.equal(device.read(SSR, 1) & 2, 2);
  device.write(SCR, 0, 1);
  assert.equal(irq.level, 0);
});

Deno.test("DSR that ends is an interrupt of the lowest priority, cleared by reading IIR", () => {
  const dsr = new Wire("dsr");
  const { device, irq } = rig({ modem: { dsr } });
  setUp({ device });
  const peer = dsr.driver("other side");
  peer.drive(1);
  assert.equal(irq.level, 0);
  peer.drive(0);
  device.write(SCR, 0x20, 1);
  assert.equal(irq.level, 1, "it has ended before");
  assert.equal(iir(device), 0xe0);
  assert.equal(irq.level, 0);
  peer.drive(1);
  assert.equal(device.steadyUntil(AT.IIR), 0);
  assert.equal(iir(device), 0xe0);
  assert.equal(device.steadyUntil(AT.IIR), Infinity);
});

Deno.test("loopback shows each modem output as the input that it is tied to", () => {
  for (const [mcr, msr] of [[0x11, 0x20], [0x12, 0x10], [0x14, 0x40], [0x18, 0x80]] as const) {
    const { device } = rig();
    setUp({ device });
    device.write(AT.MCR, 0x10, 1);
    device.read(AT.MSR, 1);
    device.write(AT.MCR, mcr, 1);
    assert.equal(device.read(AT.MSR, 1) & 0xf0, msr);
    device.write(AT.MCR, 0x10, 1);
    assert.equal(device.read(AT.MSR, 1), msr === 0x40 ? 0x04 : msr >> 4);
  }
});

Deno.test("of RI only the end of a ring counts", () => {
  const ri = new Wire("ri", { pull: 1 });
  const { device } = rig({ modem: { ri } });
  setUp({ device });
  const phone = ri.driver("phone");
  phone.drive(0);
  assert.equal(device.read(AT.MSR, 1), 0x40);
  phone.drive(1);
  assert.equal(device.read(AT.MSR, 1), 0x04);
});

Deno.test("RTS and DTR are as MCR says, and RTS that ends can interrupt", () => {
  const [rts, dtr] = [new Wire("rts"), new Wire("dtr")];
  const { device, irq } = rig({ modem: { rts: rts.driver("UART0"), dtr: dtr.driver("UART0") } });
  setUp({ device });
  assert.deepEqual([rts.level, dtr.level], [0, 0]);
  inModeB(device, 0x10);
  device.read(AT.IIR, 1);
  device.write(AT.IER, 0x40, 1);
  iir(device);
  device.write(AT.MCR, 0x02, 1);
  assert.deepEqual([rts.level, dtr.level, irq.level], [0, 1, 0]);
  device.write(AT.MCR, 0, 1);
  assert.deepEqual([rts.level, dtr.level, irq.level], [1, 1, 1]);
  assert.equal(iir(device), 0xe0);
});
