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

/** With characters and levels of software flow control, EFR last. */
function withFlow(efr: number, mcr = 0) {
  const board = rig();
  const { device } = board;
  setUp(board);
  inModeB(device, 0x10);
  device.write(AT.MCR, 0x40, 1);
  device.write(AT.MSR, 0x24, 1); // stop at 16, go on at 8
  device.write(AT.MCR, mcr, 1);
  device.write(AT.LCR, 0xbf, 1);
  for (
    const [offset, byte] of [[0x10, XON1], [0x14, XON2], [0x18, XOFF1], [0x1c, XOFF2]] as const
  ) {
    device.write(offset, byte, 1);
  }
  device.write(0x08, efr | 0x10, 1);
  device.write(AT.LCR, 3, 1);
  device.write(AT.IER, 0x20, 1);
  return board;
}

const XON1 = 0x11, XOFF1 = 0x13, XON2 = 0x21, XOFF2 = 0x23;

Deno.test("XOFF holds what is sent and interrupts, XON lets it go on; neither is data", () => {
  for (const [efr, xon, xoff] of [[0x02, XON1, XOFF1], [0x01, XON2, XOFF2]] as const) {
    const { clock, device, heard, irq } = withFlow(efr);
    device.receive(xoff);
    send(device, "a");
    clock.runTo(1e6);
    assert.equal(heard.length, 0);
    assert.equal(irq.level, 1);
    assert.equal(iir(device), 0xd0);
    assert.equal(irq.level, 1, "reading IIR does not end it");
    device.receive(xon);
    assert.equal(irq.level, 0);
    clock.runTo(2e6);
    assert.equal(heard.length, 1);
    assert.equal(device.read(0x64, 1), 0);
  }
});

Deno.test("in pairs the first character alone is data", () => {
  const { device, irq } = withFlow(0x03);
  device.receive(XOFF1);
  assert.equal(device.read(0x64, 1), 0);
  device.receive(0x41);
  assert.deepEqual([device.read(AT.DATA, 1), device.read(AT.DATA, 1)], [XOFF1, 0x41]);
  device.receive(XOFF1);
  device.receive(XOFF2);
  assert.deepEqual([irq.level, device.read(0x64, 1)], [1, 0]);
  device.receive(XON1);
  device.receive(XON2);
  assert.equal(irq.level, 0);
});

Deno.test("a flow character with an error is data", () => {
  const { device, irq } = withFlow(0x02);
  device.receive(XOFF1, { parity: true });
  assert.equal(irq.level, 0);
  assert.equal(device.read(AT.DATA, 1), XOFF1);
});

Deno.test("with XON any everything lets it go on, and is data", () => {
  const { device, irq } = withFlow(0x02, 0x20);
  device.receive(XOFF1);
  assert.equal(irq.level, 1);
  device.receive(XOFF1);
  assert.equal(irq.level, 0);
  assert.equal(device.read(AT.DATA, 1), XOFF1);
});

Deno.test("the special character is data and an interrupt, which reading IIR clears", () => {
  const { device, irq } = withFlow(0x20);
  device.receive(XOFF2);
  assert.equal(irq.level, 1);
  assert.equal(device.steadyUntil(AT.IIR), 0);
  assert.equal(iir(device), 0xd0);
  assert.equal(irq.level, 0);
  assert.equal(device.read(AT.DATA, 1), XOFF2);
});

Deno.test("as its FIFO fills it asks to stop, and to go on as that empties", () => {
  for (
    const [efr, stop, go] of [
      [0x08, [XOFF1, XOFF1], [XON1, XON1]],
      [0x04, [XOFF2, XOFF2], [XON2, XON2]],
      [0x0c, [XOFF1, XOFF2], [XON1, XON2]],
    ] as const
  ) {
    const { clock, device, heard } = withFlow(efr);
    const said = () => {
      clock.runTo(clock.now() + 1e6);
      return heard.splice(0).map(({ byte }) => byte);
    };
    for (let i = 0; i < 15; i++) device.receive(i);
    assert.deepEqual(said(), []);
    send(device, "ab");
    device.receive(15);
    assert.deepEqual(said(), [0x61, ...stop, 0x62], "before what waits");
    for (let i = 0; i < 7; i++) device.read(AT.DATA, 1);
    assert.deepEqual(said(), []);
    device.read(AT.DATA, 1);
    assert.deepEqual(said(), [...go]);
  }
});

Deno.test("switched off while the other side is stopped it lets that go on", () => {
  const { clock, device, heard } = withFlow(0x08);
  for (let i = 0; i < 16; i++) device.receive(i);
  clock.runTo(1e6);
  for (let i = 0; i < 4; i++) device.read(AT.DATA, 1);
  heard.length = 0;
  inModeB(device, 0x10);
  clock.runTo(2e6);
  assert.deepEqual(heard.map(({ byte }) => byte), [XON1, XON1]);
});

Deno.test("CTS that comes wakes up too", () => {
  const { device, cts } = rig();
  setUp({ device });
  device.write(SCR, 0x10, 1);
  const peer = cts.driver("other side");
  peer.drive(0);
  assert.equal(device.read(SSR, 1) & 2, 2);
  device.write(SCR, 0, 1);
  device.write(SCR, 0x10, 1);
  peer.drive(1);
  assert.equal(device.read(SSR, 1) & 2, 0, "going away does not");
});

Deno.test("XON2 alone, or behind anything but XON1, lets nothing go on", () => {
  const { device, irq } = withFlow(0x03);
  device.receive(XOFF1);
  device.receive(XOFF2);
  device.receive(XON2);
  device.receive(0x41);
  device.receive(XON1);
  device.receive(0x42);
  assert.equal(irq.level, 1);
  assert.equal(device.read(0x64, 1), 4);
});
