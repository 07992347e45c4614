import assert from "node:assert/strict";
import { Bus, type BusDevice, BusFault } from "./bus.ts";
import { CODE_MAP } from "./cpu/layout.ts";
import { GuestMemory } from "./memory.ts";

/** Remembers what it was asked, and answers reads with the offset. */
class Recorder implements BusDevice {
  readonly log: string[] = [];
  constructor(readonly name: string) {}

  read(offset: number, width: number): number {
    this.log.push(`read ${offset} ${width}`);
    return offset;
  }

  write(offset: number, value: number, width: number): void {
    this.log.push(`write ${offset} ${value} ${width}`);
  }
}

function fault(access: () => void): BusFault {
  try {
    access();
  } catch (error) {
    assert.ok(error instanceof BusFault, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "there was no fault" });
}

Deno.test("an access goes to the module at its address, with the offset in it", () => {
  const bus = new Bus();
  const uart = new Recorder("UART0");
  const gpio = new Recorder("GPIO0");
  bus.map({ base: 0x44e0_9000, size: 0x1000, device: uart });
  bus.map({ base: 0x44e0_7000, size: 0x1000, device: gpio });
  assert.equal(bus.read(0x44e0_9014, 4), 0x14);
  bus.write(0x44e0_7fff, 5, 1);
  assert.deepEqual(uart.log, ["read 20 4"]);
  assert.deepEqual(gpio.log, ["write 4095 5 1"]);
  assert.deepEqual(bus.regions.map(({ device }) => device.name), ["GPIO0", "UART0"]);
});

Deno.test("an address may be a signed number", () => {
  const bus = new Bus();
  bus.map({ base: 0xf000_0000, size: 0x1000_0000, device: new Recorder("top") });
  assert.equal(bus.read(0xffff_fffc | 0, 4), 0x0fff_fffc);
  assert.equal(bus.at(0xefff_ffff | 0), undefined);
});

Deno.test("several modules can share a page, and one can have many", () => {
  const bus = new Bus();
  bus.map({ base: 0x1100, size: 0x100, device: new Recorder("B") });
  bus.map({ base: 0x1000, size: 0x100, device: new Recorder("A") });
  bus.map({ base: 0x1f00, size: 0x3200, device: new Recorder("C") });
  const name = (pa: number) => bus.at(pa)?.device.name;
  assert.deepEqual(
    [0xfff, 0x1000, 0x10ff, 0x1100, 0x11ff, 0x1200, 0x1eff, 0x1f00, 0x3000, 0x50ff, 0x5100]
      .map(name),
    [undefined, "A", "A", "B", "B", undefined, undefined, "C", "C", "C", undefined],
  );
});

Deno.test("modules that overlap, or lie outside 4 GiB, are refused", () => {
  const bus = new Bus();
  bus.map({ base: 0x1000, size: 0x100, device: new Recorder("A") });
  const map = (base: number, size: number) => () =>
    bus.map({ base, size, device: new Recorder("B") });
  assert.throws(map(0x10ff, 1), {
    name: "RangeError",
    message: `Cannot map "B" at 0x10ff to 0x10ff: ` +
      `"A" is at 0x1000 to 0x10ff; the two must not overlap`,
  });
  assert.throws(map(0xf00, 0x101), RangeError);
  assert.throws(map(0x0, 0x10000), RangeError);
  assert.throws(map(0xffff_f000, 0x1001), /no range of whole bytes within 4 GiB/);
  assert.throws(map(-4096, 4096), RangeError);
  assert.throws(map(0x2000, 0), RangeError);
  map(0x1100, 1)();
  map(0xfff, 1)();
});

Deno.test("a fault says what is at the address, why it failed, and what to do", () => {
  const memory = new GuestMemory();
  const bus = new Bus(memory);
  const clock = { name: "CM_PER_UART1_CLKCTRL", running: false };
  bus.map({ base: 0x4802_2000, size: 0x1000, device: new Recorder("UART1"), clock });
  const cases: [() => void, string, string][] = [
    [
      () => bus.read(0x4802_2014, 4),
      "unclocked",
      `Cannot read 4 bytes at "0x48022014" (UART1 + 0x14): the module has no clock; ` +
      `set MODULEMODE of CM_PER_UART1_CLKCTRL to 2 first`,
    ],
    [
      () => bus.write(0x4802_4008, 1, 1),
      "unmapped",
      `Cannot write 1 byte at "0x48024008" (UART2 + 0x8): no simulated module is there; ` +
      `map one, or keep the guest from using it`,
    ],
    [
      () => bus.read(0x4802_0000, 2),
      "unmapped",
      `Cannot read 2 bytes at "0x48020000" (reserved in the memory map): nothing is there, and ` +
      `the nearest is "UART1" at 0x48022000 to 0x48022fff; look at how the address was made`,
    ],
    [
      () => bus.write(0x4002_0000, 1, 4),
      "read-only",
      `Cannot write 4 bytes at "0x40020000" (boot ROM, public + 0x0): it is ROM; ` +
      `write to SRAM at 0x402f0400 or to DDR`,
    ],
    [
      () => bus.read(0x8000_0002, 4),
      "unaligned",
      `Cannot read 4 bytes at "0x80000002" (DDR + 0x2): it is not a multiple of 4; ` +
      `split the access`,
    ],
  ];
  for (const [access, kind, message] of cases) {
    const error = fault(access);
    assert.equal(error.kind, kind);
    assert.equal(error.message, message);
  }
  clock.running = true;
  assert.equal(bus.read(0x4802_2014, 4), 0x14);
  assert.equal(fault(() => bus.write(0x4802_2012, 0, 4)).kind, "unaligned");
  clock.running = false;
  const { access, address, width } = fault(() => bus.write(0x4802_2012, 0, 2));
  assert.deepEqual({ access, address, width }, { access: "write", address: 0x4802_2012, width: 2 });
});

Deno.test("the nearest module is the one whose edge is nearest, on either side", () => {
  const bus = new Bus();
  for (
    const [base, size, name] of [[0x4800_0000, 0x4000, "A"], [0x4800_8000, 0x8000, "B"]] as const
  ) {
    bus.map({ base, size, device: new Recorder(name) });
  }
  const nearest = (pa: number) =>
    fault(() => bus.read(pa, 4)).message.match(/nearest is "(.)"/)![1];
  assert.equal(nearest(0x4800_4000), "A");
  assert.equal(nearest(0x4800_5000), "A");
  assert.equal(nearest(0x4800_7000), "B");
  assert.equal(nearest(0x4801_0000), "B");
  assert.equal(nearest(0xffff_fffc), "B");
  assert.equal(nearest(0x47ff_fffc), "A");
});

Deno.test("a bus without modules says so", () => {
  assert.match(fault(() => new Bus().read(0xdead_0000, 4)).message, /nothing is mapped/);
});

Deno.test("memory answers where no module does, marks its pages and drops code", () => {
  const memory = new GuestMemory();
  const bus = new Bus(memory);
  const line = memory.hostOf(0x8000_0000) >>> 6;
  memory.u8[CODE_MAP + line] = 1;
  bus.write(0x8000_0000, 0x1234_5678, 4);
  bus.write(0x8000_0004, 0xabcd, 2);
  bus.write(0x8000_0006, 0xef, 1);
  assert.equal(memory.u8[CODE_MAP + line], 0);
  assert.equal(bus.read(0xa000_0000, 4), 0x1234_5678);
  assert.equal(bus.read(0x8000_0004, 2), 0xabcd);
  assert.equal(bus.read(0x8000_0006, 1), 0xef);
  assert.equal(memory.snapshot().pages, 1);
  assert.equal(fault(() => bus.write(0x8000_0001, 1, 2)).kind, "unaligned");
});

Deno.test("an observer sees what was answered, and not what was refused", () => {
  const bus = new Bus();
  const clock = { name: "C", running: true };
  bus.map({ base: 0x1000, size: 0x100, device: new Recorder("A"), clock });
  const seen: unknown[] = [];
  bus.observer = {
    read: ({ device }, ...rest) => seen.push([device.name, "read", ...rest]),
    write: ({ device }, ...rest) => seen.push([device.name, "write", ...rest]),
  };
  bus.read(0x1008, 2);
  bus.write(0x100c, 7, 4);
  clock.running = false;
  fault(() => bus.read(0x1008, 2));
  assert.deepEqual(seen, [["A", "read", 8, 8, 2], ["A", "write", 12, 7, 4]]);
});
