/** EMIF, GPMC, ELM, USB, spinlocks, mailboxes, and modules that are only there. */
import assert from "node:assert/strict";
import { type Peripheral, VirtualClock, Wire } from "sims/engine/mod.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { ELM, Elm } from "./elm.ts";
import { Emif } from "./emif.ts";
import { GPMC, Gpmc } from "./gpmc.ts";
import { IdleModule } from "./idle_module.ts";
import { MAILBOX, Mailbox } from "./mailbox.ts";
import { ModuleMemory } from "./module_memory.ts";
import { Spinlock } from "./spinlock.ts";
import { Usb } from "./usb.ts";

function rigOf(make: (clock: VirtualClock, irq: Wire) => Peripheral): () => Rig & { irq: Wire } {
  return () => {
    const clock = new VirtualClock("test");
    const irq = new Wire("irq");
    const device = make(clock, irq);
    return { clock, device, parts: [device, irq], irq };
  };
}

const emif = rigOf((clock) => new Emif({ clock }));
const gpmc = rigOf((clock) => new Gpmc({ clock }));
const elm = rigOf((clock, irq) => new Elm({ clock, irq: irq.driver("ELM") }));
const usb = rigOf((clock) => new Usb({ clock }));
const spinlock = rigOf((clock) => new Spinlock({ clock }));
const mailbox = rigOf((clock, irq) => new Mailbox({ clock, irq: irq.driver("MAILBOX0") }));

registerTests("EMIF", emif);
registerTests("GPMC", gpmc, {
  reads: { GPMC_NAND_DATA: 0xffff_ffff },
  apart: ["GPMC_SYSCONFIG", "GPMC_ECC_CONTROL"],
});
registerTests("ELM", elm, { apart: ["ELM_SYSCONFIG", "ELM_SYNDROME_FRAGMENT_6"] });
registerTests("USB", usb, { apart: ["CORE0_INDEXED", "CORE1_INDEXED"] });
registerTests("Spinlocks", spinlock, { apart: ["SYSCONFIG", "LOCK_REG"] });
registerTests("Mailboxes", mailbox, {
  reads: { IRQSTATUS_RAW: 0xaaaa, IRQSTATUS_CLR: 0 },
  apart: ["SYSCONFIG", "IRQSTATUS_RAW", "IRQSTATUS_CLR", "IRQENABLE_SET", "IRQENABLE_CLR"],
});
for (const [title, rig] of Object.entries({ gpmc, elm, usb, spinlock, mailbox })) {
  restoreTest(title, rig, { walks: 15 });
  steadyTest(title, rig, { walks: 15 });
}

Deno.test("GPMC: nothing is on it: no wait, NAND reads as all ones", () => {
  const { device } = gpmc();
  assert.equal(device.read(0x54, 4), 0x101);
  assert.equal(device.read(0x84, 1), 0xff);
  assert.equal(device.read(0x84, 4) >>> 0, 0xffff_ffff);
  device.write(GPMC.specs.GPMC_CONFIG7.offset + 0x30, 0xf48, 4);
  device.write(0x10, 2, 4);
  assert.equal(device.read(0xa8, 4), 0xf00, "a soft reset");
});

Deno.test("ELM: a syndrome is found correctable without errors, with an interrupt", () => {
  const { device, irq } = elm();
  device.write(ELM.specs.ELM_IRQENABLE.offset, 0x1ff, 4);
  device.write(ELM.specs.ELM_SYNDROME_FRAGMENT_6.offset + 0x40, 1 << 16, 4);
  assert.equal(irq.level, 1);
  assert.equal(device.read(ELM.specs.ELM_LOCATION_STATUS.offset + 0x100, 4), 0x100);
  device.write(ELM.specs.ELM_IRQSTATUS.offset, 2, 4);
  assert.equal(irq.level, 0);
});

Deno.test("USB: revision, version and configuration of the core are what drivers look for", () => {
  const { device } = usb();
  assert.equal(device.read(0x1000, 4), 0x4ea2_0800);
  assert.equal(device.read(0x146c, 2), 0x0800);
  device.write(0x140e, 0, 1);
  assert.equal(device.read(0x141f, 1), 0xde);
  device.write(0x140e, 3, 1);
  assert.equal(device.read(0x141f, 1), 0, "of an endpoint it is another register");
  assert.equal(device.read(0x140e, 1), 3);
});

Deno.test("Spinlocks: a read takes a lock, the next one finds it taken, a write of 0 frees it", () => {
  const { device } = spinlock();
  const lock = 0x800 + 4 * 5;
  assert.equal(device.read(lock, 4), 0);
  assert.equal(device.read(lock, 4), 1);
  assert.equal(device.read(0x14, 4), 0x0100_0101);
  device.write(lock, 1, 4);
  assert.equal(device.read(lock, 4), 1);
  device.write(lock, 0, 4);
  assert.equal(device.read(0x14, 4), 0x0100_0001);
  assert.equal(device.read(lock, 4), 0);
});

Deno.test("Mailboxes: four messages fit, come out in order, and tell user 0", () => {
  const { device, irq } = mailbox();
  const message = MAILBOX.specs.MESSAGE.offset + 4 * 2;
  device.write(MAILBOX.specs.IRQENABLE_SET.offset, 1 << 4, 4);
  for (let n = 1; n <= 5; n++) device.write(message, n, 4);
  assert.equal(device.read(MAILBOX.specs.FIFOSTATUS.offset + 8, 4), 1);
  assert.equal(irq.level, 1);
  assert.deepEqual([1, 2, 3, 4, 5].map(() => device.read(message, 4)), [1, 2, 3, 4, 0]);
  device.write(MAILBOX.specs.IRQSTATUS_CLR.offset, 1 << 4, 4);
  assert.equal(irq.level, 0);
});

Deno.test("A module that is only there: revision, soft reset that is done at once, zeros", () => {
  const device = new IdleModule({
    name: "RNG",
    clock: new VirtualClock("test"),
    revision: { offset: 0x1fe0, value: 0x55 },
    sysconfig: { offset: 0x1fe4, softReset: 1 },
    sysstatus: 0x1fe8,
  });
  device.write(0x1fe4, 0x13, 4);
  assert.deepEqual([0x1fe0, 0x1fe4, 0x1fe8, 0x10].map((at) => device.read(at, 4)), [
    0x55,
    0x11,
    1,
    0,
  ]);
});

Deno.test("Memory of a module takes bytes, halfwords and words, and a snapshot", () => {
  const memory = new ModuleMemory("M3UMEM", 0x4000);
  memory.write(0x100, 0x1234_5678, 4);
  memory.write(0x102, 0xbeef, 2);
  memory.write(0x101, 0xaa, 1);
  const saved = memory.save();
  assert.deepEqual([memory.read(0x100, 4), memory.read(0x102, 2)], [0xbeef_aa78, 0xbeef]);
  memory.reset();
  assert.equal(memory.read(0x100, 4), 0);
  memory.write(0x3ffc, 1, 4);
  memory.load(saved);
  assert.deepEqual([memory.read(0x100, 4), memory.read(0x3ffc, 4)], [0xbeef_aa78, 0]);
});
