import assert from "node:assert/strict";
import { BusFault } from "../bus.ts";
import { MmuFixture, SIZES, TABLE } from "./_mmu_fixture.ts";
import { type Cp15Name, SCTLR } from "./cp15_registers.ts";
import { CODE_MAP, STATE, TLB } from "./layout.ts";

const VA = 0x4123_4000;
const PA = 0x8123_4000;
const DEVICE = 0b00001;
const STRONGLY_ORDERED = 0b00000;

// Rights.

/** What AP[2:0] allows, in privileged modes and in user mode (table B3-8). */
// deno-fmt-ignore
const RIGHTS = [
  ["", ""], ["rw", ""], ["rw", "r"], ["rw", "rw"], ["", ""], ["r", ""], ["r", "r"], ["r", "r"],
] as const;

for (const size of SIZES) {
  const level2 = size === "small" || size === "large";
  const permission = level2 ? 0xf : 0xd;
  const domain = size === "supersection" ? 0 : 0x50;

  Deno.test(`a ${size} gives each mode the rights that AP says, and faults name the domain`, () => {
    const fixture = MmuFixture.on();
    for (const [ap, rights] of RIGHTS.entries()) {
      for (const [mode, privileged] of [true, false].entries()) {
        fixture.map(VA, PA, size, { ap, domain: 5 });
        const allowed = (letter: string, status: number) =>
          rights[mode]!.includes(letter) ? "ok" : (status | domain).toString(16);
        const name = `AP ${ap}, ${privileged ? "privileged" : "user"}`;
        assert.equal(fixture.try(VA, "read", privileged), allowed("r", permission), name);
        assert.equal(fixture.try(VA, "write", privileged), allowed("w", permission | 0x800), name);
        assert.equal(fixture.try(VA, "fetch", privileged), allowed("r", permission), name);
      }
    }
  });

  Deno.test(`what is in a ${size} with XN cannot be executed, but by a manager`, () => {
    const fixture = MmuFixture.on();
    fixture.map(VA, PA, size, { xn: true, domain: 5 });
    assert.equal(fixture.try(VA, "fetch"), (permission | domain).toString(16));
    assert.equal(fixture.try(VA, "read"), "ok");
    fixture.set("DACR", 0xffff_ffff);
    assert.equal(fixture.try(VA, "fetch"), "ok");
  });

  Deno.test(`the domain of a ${size} decides first: no access, client, manager`, () => {
    const fixture = MmuFixture.on();
    fixture.map(VA, PA, size, { ap: 0, domain: 5 });
    const status = ((level2 ? 0xb : 0x9) | domain).toString(16);
    const others = ~(size === "supersection" ? 3 : 3 << 10);
    for (const [role, expected] of [[0, status], [2, status], [3, "ok"]] as const) {
      fixture.set("DACR", others | (role << (size === "supersection" ? 0 : 10)));
      assert.equal(fixture.try(VA, "read"), expected, `role ${role}`);
    }
  });

  Deno.test(`the access flag of a ${size} faults before its domain, even for a manager`, () => {
    const fixture = MmuFixture.on(SCTLR.AFE);
    fixture.map(VA, PA, size, { ap: 2, domain: 5 });
    const status = ((level2 ? 0x6 : 0x3) | domain).toString(16);
    for (const dacr of [0, 0xffff_ffff]) {
      fixture.set("DACR", dacr);
      assert.equal(fixture.try(VA, "read", false), status);
    }
    fixture.set("DACR", 0x5555_5555);
    fixture.map(VA, PA, size, { ap: 3, domain: 5 });
    assert.equal(fixture.try(VA, "write", false), "ok");
  });
}

// Walks.

Deno.test("each size of entry maps the addresses that it covers", () => {
  const fixture = MmuFixture.on();
  // deno-fmt-ignore
  const rows = [
    ["section", 0x4123_4567, 0x8ab3_4567],
    ["supersection", 0x5523_4567, 0x8a23_4567],
    ["small", 0x6123_4567, 0x8ab1_2567],
    ["large", 0x7123_4567, 0x8ab1_4567],
  ] as const;
  for (const [size, va, pa] of rows) {
    fixture.map(va, 0x8ab1_2000, size);
    assert.equal(fixture.mmu.translate(va, "read", true), pa, size);
  }
});

Deno.test("a walk that ends at nothing, or at no RAM, says at which level", () => {
  const fixture = MmuFixture.on();
  assert.equal(fixture.try(VA, "write"), "805");
  fixture.word(TABLE + 4 * (VA >>> 20), 3); // reserved
  assert.equal(fixture.try(VA, "read"), "5");
  fixture.map(VA, PA, "small", { domain: 7 });
  assert.equal(fixture.try(VA + 0x1000, "write"), "877");
  fixture.word(TABLE + 4 * (VA >>> 20), 0x44e0_0000 | (7 << 5) | 1);
  assert.equal(fixture.try(VA, "read"), "7e");
  fixture.set("TTBR0", 0x44e0_0000);
  assert.equal(fixture.try(VA, "fetch"), "c");
});

Deno.test("TTBCR.N shares the addresses between TTBR0 and TTBR1; PD0 and PD1 close one", () => {
  const fixture = MmuFixture.on();
  for (let n = 0; n <= 7; n++) {
    const low = 2 ** (32 - n) - 0x10_0000;
    const high = n === 0 ? undefined : 2 ** (32 - n);
    const table0 = TABLE + (n === 0 ? 0 : 0x4000 >>> n);
    fixture.set("TTBCR", n);
    fixture.set("TTBR0", table0 | 0x5b); // cacheability, which is no part of the address
    fixture.set("TTBR1", TABLE + 0x1_0000);
    fixture.word(table0 + 4 * (low >>> 20), 0x8000_0c02);
    fixture.word(TABLE + 0x1_0000 + 4 * ((high ?? 0) >>> 20), 0x9000_0c02);
    assert.equal(fixture.mmu.translate(low + 5, "read", true), 0x8000_0005, `N ${n}`);
    if (high !== undefined) {
      assert.equal(fixture.mmu.translate(high + 5, "read", true), 0x9000_0005, `N ${n}`);
      fixture.set("TTBCR", n | 0x20);
      assert.equal(fixture.try(high, "read"), "5");
      assert.equal(fixture.try(low, "read"), "ok");
    }
    fixture.set("TTBCR", n | 0x10);
    assert.equal(fixture.try(low, "read"), "5");
  }
});

Deno.test("with SCTLR.EE the tables are big-endian", () => {
  const fixture = MmuFixture.on(SCTLR.EE);
  fixture.word(TABLE + 4 * (VA >>> 20), 0x020c_1081); // 81100c02
  assert.equal(fixture.mmu.translate(VA, "read", true), 0x8113_4000);
});

Deno.test("with the MMU off addresses are physical", () => {
  const { mmu } = new MmuFixture();
  assert.equal(mmu.translate(0xdead_beef, "write", false), 0xdead_beef);
  mmu.write(0x8000_0000, 0xffff_fffe, 4);
  assert.equal(mmu.read(0xa000_0000, 4), 0xffff_fffe);
  assert.equal(mmu.fetchPage(0x8000_0123), 32 << 20);
});

Deno.test("the process ID of FCSE moves the lowest 32 MiB, also in the fault address", () => {
  const fixture = MmuFixture.on();
  fixture.map(0x0600_1000, PA);
  fixture.set("FCSEIDR", 0x0600_0000);
  assert.equal(fixture.mmu.translate(0x1008, "read", true), PA + 8);
  assert.equal(fixture.abort(() => fixture.mmu.read(0x2000, 4)).address, 0x0600_2000);
  assert.equal(fixture.abort(() => fixture.mmu.read(0x0200_0000, 4)).address, 0x0200_0000);
  // An invalidation names the modified address.
  fixture.mmu.read(0x1000, 4);
  fixture.map(0x0600_1000, PA + 0x1000);
  fixture.word(PA + 0x1000, 42);
  fixture.set("TLBIMVA", 0x0600_1000);
  assert.equal(fixture.mmu.read(0x1000, 4), 42);
});

// Data accesses.

Deno.test("values of each width are read and written, and are not sign-extended", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA);
  const { mmu } = fixture;
  for (let round = 0; round < 2; round++) { // first by a walk, then by the soft TLB
    mmu.write(VA, 0xfedc_ba98, 4);
    mmu.write(VA + 4, -2, 2);
    mmu.write(VA + 6, -3, 1);
    assert.equal(mmu.read(VA, 4), 0xfedc_ba98);
    assert.equal(mmu.read(VA + 2, 2), 0xfedc);
    assert.equal(mmu.read(VA + 3, 1), 0xfe);
    assert.equal(mmu.read(VA + 4, 4), 0x00fd_fffe);
  }
});

Deno.test("an unaligned access in Normal memory works across pages that lie apart", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA);
  fixture.map(VA + 0x1000, PA + 0x8000);
  for (let offset = 0xffd; offset <= 0xfff; offset++) {
    fixture.mmu.write(VA + offset, 0x1122_3344 + offset, 4);
    assert.equal(fixture.mmu.read(VA + offset, 4), 0x1122_3344 + offset);
  }
  fixture.mmu.write(VA + 0xfff, 0xaabb, 2);
  assert.equal(fixture.mmu.read(VA + 0xfff, 2), 0xaabb);
  assert.equal(fixture.memory.bytes(PA + 0xfff, 1)[0], 0xbb);
  assert.equal(fixture.memory.bytes(PA + 0x8000, 1)[0], 0xaa);
});

Deno.test("an unaligned access whose second page faults changes nothing and names that page", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA);
  fixture.map(VA + 0x1000, PA + 0x1000, "small", { ap: 5 });
  fixture.word(PA + 0xffc, 0);
  const { kind, status, address } = fixture.abort(() => fixture.mmu.write(VA + 0xffe, -1, 4));
  assert.deepEqual({ kind, status, address }, {
    kind: "data",
    status: 0x80f,
    address: VA + 0x1000,
  });
  assert.equal(fixture.word(PA + 0xffc), 0);
  assert.equal(fixture.mmu.read(VA + 0xffe, 4), 0);
});

Deno.test("with SCTLR.A every unaligned access is an alignment fault, before its translation", () => {
  const fixture = MmuFixture.on(SCTLR.A);
  for (const [va, width] of [[VA + 1, 2], [VA + 1, 4], [VA + 2, 4], [VA + 3, 4]] as const) {
    const read = fixture.abort(() => fixture.mmu.read(va, width));
    assert.deepEqual([read.status, read.address], [0x001, va]);
    const write = fixture.abort(() => fixture.mmu.write(va, 0, width));
    assert.deepEqual([write.status, write.address], [0x801, va]);
  }
  assert.equal(fixture.abort(() => fixture.mmu.read(VA, 4)).status, 0x005);
});

Deno.test("an unaligned access to Device or Strongly-ordered memory is an alignment fault", () => {
  const fixture = MmuFixture.on();
  /** TEX, C, B that are ordered without TEX remap (table B3-10). */
  const ordered = [0b00000, 0b00001, 0b01000];
  for (let type = 0; type < 32; type++) {
    for (const size of SIZES) {
      fixture.map(VA, PA, size, { type });
      const access = () => fixture.mmu.read(VA + 1, 4);
      if (ordered.includes(type)) assert.equal(fixture.abort(access).status, 1, `${size} ${type}`);
      else access();
    }
  }
  fixture.map(VA, PA, "small");
  fixture.map(VA + 0x1000, PA, "small", { type: DEVICE });
  assert.equal(fixture.abort(() => fixture.mmu.write(VA + 0xffe, 0, 4)).address, VA + 0x1000);
});

Deno.test("with TEX remap PRRR gives the type", () => {
  const fixture = MmuFixture.on(SCTLR.TRE);
  for (let type = 0; type < 8; type++) {
    fixture.map(VA, PA, "small", { type: type | 0b01000 }); // TEX[2:1] are the system's own
    const types = [0, 1, 2];
    const statuses = types.map((kind) => {
      fixture.set("PRRR", 0x2_aaaa & ~(3 << (2 * type)) | (kind << (2 * type)));
      return fixture.try(VA, "read") === "ok" && unaligned(fixture);
    });
    assert.deepEqual(statuses, [1, 1, 0], `TEX[0], C, B = ${type}`);
  }
});

function unaligned(fixture: MmuFixture): number {
  try {
    fixture.mmu.read(VA + 1, 4);
    return 0;
  } catch {
    return fixture.mmu.abort.status;
  }
}

Deno.test("with the MMU off data are Strongly-ordered: unaligned accesses fault", () => {
  const fixture = new MmuFixture();
  assert.equal(fixture.abort(() => fixture.mmu.write(0x8000_0002, 0, 4)).status, 0x801);
});

Deno.test("data are big-endian with CPSR.E, and again little-endian without", () => {
  const fixture = MmuFixture.on();
  const { mmu } = fixture;
  fixture.map(VA, PA);
  mmu.write(VA, 0x1122_3344, 4);
  mmu.enter(true, true);
  assert.equal(mmu.read(VA, 4), 0x4433_2211);
  assert.equal(mmu.read(VA, 2), 0x4433);
  assert.equal(mmu.read(VA + 1, 2), 0x3322);
  assert.equal(mmu.read(VA, 1), 0x44);
  mmu.write(VA + 4, 0x55aa, 2);
  mmu.write(VA + 7, 0x0102_0304, 4);
  mmu.enter(true, false);
  assert.equal(mmu.read(VA + 4, 2), 0xaa55);
  assert.equal(mmu.read(VA + 7, 4), 0x0403_0201);
});

Deno.test("while data are big-endian translated code finds nothing in the soft TLB", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA);
  const words = () => [softWord(fixture, "TLB_READ"), softWord(fixture, "TLB_WRITE")];
  fixture.mmu.write(VA, 1, 4);
  assert.ok(words().every((word) => word !== 0));
  fixture.mmu.enter(true, true);
  fixture.mmu.write(VA, 1, 4);
  assert.deepEqual(words(), [0, 0]);
});

Deno.test("LDRT and STRT have the rights of user mode", () => {
  const fixture = MmuFixture.on();
  const { mmu } = fixture;
  fixture.map(VA, PA, "small", { ap: 2 });
  mmu.write(VA, 0x1234_5678, 4);
  assert.equal(mmu.readUnprivileged(VA, 4), 0x1234_5678);
  assert.equal(mmu.readUnprivileged(VA + 1, 2), 0x3456);
  assert.equal(fixture.abort(() => mmu.writeUnprivileged(VA, 0, 4)).status, 0x80f);
  assert.equal(fixture.abort(() => mmu.writeUnprivileged(VA + 1, 0, 4)).status, 0x80f);
  fixture.map(VA, PA, "small", { ap: 3 });
  mmu.writeUnprivileged(VA, 7, 1);
  mmu.writeUnprivileged(VA + 1, 0x99, 2);
  assert.equal(mmu.read(VA, 4), 0x1200_9907);
  fixture.map(VA, PA, "small", { ap: 1 });
  assert.equal(fixture.abort(() => mmu.readUnprivileged(VA, 4)).status, 0xf);
});

// Devices.

function withDevice(sctlr = 0): { fixture: MmuFixture; log: string[] } {
  const fixture = MmuFixture.on(sctlr);
  const log: string[] = [];
  fixture.bus.map({
    base: 0x4802_2000,
    size: 0x1000,
    device: {
      name: "UART1",
      read: (offset, width) => (log.push(`read ${offset} ${width}`), -1),
      write: (offset, value, width) => void log.push(`write ${offset} ${value} ${width}`),
    },
  });
  fixture.map(VA, 0x4802_2000, "small", { type: STRONGLY_ORDERED, domain: 3 });
  return { fixture, log };
}

Deno.test("an access to a device goes to the bus each time", () => {
  const { fixture, log } = withDevice();
  fixture.mmu.read(VA + 0x14, 4);
  fixture.mmu.read(VA + 0x14, 1);
  fixture.mmu.write(VA + 0x20, 9, 2);
  fixture.mmu.write(VA + 0x20, 9, 2);
  assert.deepEqual(log, ["read 20 4", "read 20 1", "write 32 9 2", "write 32 9 2"]);
  assert.equal(fixture.abort(() => fixture.mmu.read(VA + 2, 4)).status, 1);
});

Deno.test("with CPSR.E a device's values are turned round, in one access", () => {
  const { fixture, log } = withDevice();
  fixture.mmu.enter(true, true);
  fixture.mmu.write(VA, 0x1122, 2);
  fixture.mmu.write(VA, 0x1122_3344, 4);
  fixture.mmu.read(VA, 4);
  assert.deepEqual(log, [`write 0 ${0x2211} 2`, `write 0 ${0x4433_2211} 4`, "read 0 4"]);
});

Deno.test("a bus fault is a precise external abort that remembers the fault", () => {
  const { fixture } = withDevice();
  fixture.map(VA, 0x4802_4000, "small", { type: DEVICE, domain: 3 });
  const read = fixture.abort(() => fixture.mmu.read(VA + 8, 4));
  assert.deepEqual([read.kind, read.status, read.address], ["data", 0x1038, VA + 8]);
  assert.ok(read.cause instanceof BusFault);
  assert.equal(read.cause.address, 0x4802_4008);
  const write = fixture.abort(() => fixture.mmu.write(VA + 8, 1, 1));
  assert.deepEqual([write.status, write.address], [0x1838, VA + 8]);
  // The next abort is not the bus's.
  assert.equal(fixture.abort(() => fixture.mmu.read(0, 4)).cause, undefined);
});

Deno.test("a defect of a device's model is not taken for a bus fault", () => {
  const { fixture } = withDevice();
  const defect = new TypeError("a defect");
  fixture.bus.map({
    base: 0x4802_4000,
    size: 4,
    device: {
      name: "broken",
      read: () => {
        throw defect;
      },
      write: () => {
        throw defect;
      },
    },
  });
  fixture.map(VA, 0x4802_4000);
  assert.throws(() => fixture.mmu.read(VA, 4), defect);
  assert.throws(() => fixture.mmu.write(VA, 0, 4), defect);
});

Deno.test("a write to ROM is an external abort, a read is not", () => {
  const fixture = new MmuFixture();
  fixture.memory.load(0x4002_0000, Uint8Array.of(1, 2, 3, 4));
  assert.equal(fixture.mmu.read(0x2_0000, 4), 0x0403_0201);
  assert.equal(fixture.abort(() => fixture.mmu.write(0x2_0000, 0, 4)).status, 0x1808);
  assert.equal(fixture.mmu.read(0x2_0000, 4), 0x0403_0201);
});

// Execution.

Deno.test("a page to execute must be RAM and executable", () => {
  const { fixture } = withDevice();
  fixture.map(VA + 0x1000, PA, "small", { domain: 3 });
  assert.equal(fixture.mmu.fetchPage(VA + 0x1abc), fixture.memory.hostOf(PA));
  const device = fixture.abort(() => fixture.mmu.fetchPage(VA + 4));
  assert.deepEqual(
    [device.kind, device.status, device.address, device.cause?.message],
    [
      "prefetch",
      0x1038,
      VA + 4,
      `Cannot fetch 4 bytes at "0x48022004" (UART1 + 0x4): the CPU can only fetch from RAM ` +
      `and ROM; look at where pc came from`,
    ],
  );
  fixture.map(VA + 0x2000, PA, "small", { xn: true, domain: 3 });
  const { kind, status } = fixture.abort(() => fixture.mmu.fetchPage(VA + 0x2000));
  assert.deepEqual([kind, status], ["prefetch", 0x3f]);
});

Deno.test("a page to execute is asked for at each privilege", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA, "small", { ap: 1 });
  fixture.mmu.fetchPage(VA);
  fixture.privileged = false;
  assert.equal(fixture.abort(() => fixture.mmu.fetchPage(VA)).status, 0xf);
});

Deno.test("the epoch rises with every change that a fetched page may notice", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA, "small", { domain: 2 });
  const rises = (change: () => void) => {
    fixture.mmu.fetchPage(VA);
    const before = fixture.mmu.epoch;
    change();
    return fixture.mmu.epoch > before;
  };
  assert.ok(rises(() => fixture.set("TLBIALL", 0)));
  assert.ok(rises(() => fixture.set("TLBIMVA", VA)));
  assert.ok(rises(() => fixture.set("CONTEXTIDR", 1)));
  assert.ok(rises(() => fixture.set("TTBR1", TABLE)));
  assert.ok(rises(() => fixture.set("DACR", 0x5555_5555 & ~0x30)));
  fixture.set("DACR", 0x5555_5555);
  assert.ok(!rises(() => fixture.set("DACR", 0x5555_5554)), "a domain that executed nothing");
  assert.ok(!rises(() => fixture.set("TPIDRURW", 1)));
});

// The soft TLB.

function softWord(fixture: MmuFixture, which: "TLB_READ" | "TLB_WRITE", va = VA): number {
  const table = fixture.memory.i32[STATE[which] >>> 2]!;
  return fixture.memory.i32[(table >>> 2) + (va >>> 12)]!;
}

Deno.test("a read fills in where the page is, a write also that it may be written", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA);
  const word = (fixture.memory.hostOf(PA) - VA) | 0;
  fixture.mmu.read(VA + 0x123, 1);
  assert.deepEqual([softWord(fixture, "TLB_READ"), softWord(fixture, "TLB_WRITE")], [word, 0]);
  fixture.mmu.write(VA + 0x123, 1, 1);
  assert.deepEqual([softWord(fixture, "TLB_READ"), softWord(fixture, "TLB_WRITE")], [word, word]);
});

Deno.test("a read of a page that has been written fills in both, if it may be written", () => {
  const fixture = MmuFixture.on();
  fixture.memory.markDirty(fixture.memory.hostOf(PA));
  for (const [ap, writable] of [[3, true], [5, false]] as const) {
    fixture.map(VA, PA, "small", { ap });
    fixture.set("TLBIALL", 0);
    fixture.mmu.read(VA, 4);
    assert.equal(softWord(fixture, "TLB_WRITE") !== 0, writable);
  }
});

Deno.test("each privilege has its own soft TLB", () => {
  const fixture = MmuFixture.on();
  const { i32 } = fixture.memory;
  assert.equal(i32[STATE.TLB_READ >>> 2], TLB.READ_PRIVILEGED);
  fixture.map(VA, PA, "small", { ap: 1 });
  fixture.mmu.write(VA, 1, 4);
  fixture.privileged = false;
  assert.equal(i32[STATE.TLB_READ >>> 2], TLB.READ_USER);
  assert.equal(i32[STATE.TLB_WRITE >>> 2], TLB.WRITE_USER);
  assert.equal(fixture.abort(() => fixture.mmu.read(VA, 4)).status, 0xf);
});

for (const size of SIZES) {
  Deno.test(`an entry stays until it is invalidated, at any address of its ${size}`, () => {
    const fixture = MmuFixture.on();
    fixture.word(PA, 1);
    fixture.word(PA ^ 0x1000_0000, 2);
    for (const name of ["TLBIMVA", "TLBIMVAA", "ITLBIMVA", "TLBIALL"] as const) {
      fixture.map(VA, PA, size);
      fixture.set("TLBIALL", 0);
      assert.equal(fixture.mmu.read(VA, 4), 1);
      fixture.mmu.fetchPage(VA);
      fixture.map(VA, PA ^ 0x1000_0000, size);
      assert.equal(fixture.mmu.read(VA, 4), 1, "not before it is invalidated");
      fixture.set(name, VA);
      assert.equal(fixture.mmu.read(VA, 4), 2);
      assert.equal(fixture.mmu.fetchPage(VA), fixture.memory.hostOf(PA ^ 0x1000_0000));
    }
    const last = { section: 0xf_ffff, supersection: 0xff_ffff, small: 0xfff, large: 0xffff }[size];
    fixture.map(VA, PA, size);
    fixture.set("TLBIMVA", VA | last);
    assert.equal(fixture.mmu.read(VA, 4), 1);
  });
}

Deno.test("an invalidation by address leaves other pages alone", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA);
  fixture.map(VA + 0x1000, PA);
  fixture.mmu.read(VA, 4);
  fixture.mmu.read(VA + 0x1000, 4);
  fixture.set("TLBIMVA", VA);
  assert.equal(softWord(fixture, "TLB_READ"), 0);
  assert.notEqual(softWord(fixture, "TLB_READ", VA + 0x1000), 0);
});

Deno.test("a new ASID, or its invalidation, drops what is not global", () => {
  const changes: [string, (fixture: MmuFixture) => void, boolean][] = [
    ["another ASID", (fixture) => fixture.set("CONTEXTIDR", 6), true],
    ["another PROCID", (fixture) => fixture.set("CONTEXTIDR", 0x105), false],
    ["TLBIASID of it", (fixture) => fixture.set("TLBIASID", 5), true],
    ["TLBIASID of another", (fixture) => fixture.set("TLBIASID", 6), false],
    ["another TTBR0", (fixture) => fixture.set("TTBR0", TABLE | 0x5b), false],
  ];
  const other = VA + 0x0200_0000;
  for (const [name, change, drops] of changes) {
    for (const size of SIZES) {
      const fixture = MmuFixture.on();
      fixture.set("CONTEXTIDR", 5);
      fixture.map(VA, PA, size, { nonGlobal: true });
      fixture.map(other, PA, size);
      fixture.mmu.read(VA, 4);
      fixture.mmu.read(other, 4);
      change(fixture);
      assert.equal(softWord(fixture, "TLB_READ") === 0, drops, `${name}, ${size}`);
      assert.notEqual(softWord(fixture, "TLB_READ", other), 0, `${name}, ${size}`);
    }
  }
});

/** Two page tables, by ASID, map an address to a page each; the word there tells which. */
const OTHER_TABLE = TABLE + 0x10_0000 * 8;

function twoSpaces(): { fixture: MmuFixture; enter: (asid: number, table: number) => void } {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA, "section", { nonGlobal: true });
  fixture.word(OTHER_TABLE + 4 * (VA >>> 20), fixture.word(TABLE + 4 * (VA >>> 20)) + 0x10_0000);
  fixture.word(PA, 1);
  fixture.word(PA + 0x10_0000, 2);
  const enter = (asid: number, table: number) => {
    fixture.set("CONTEXTIDR", 0);
    fixture.set("TTBR0", table);
    fixture.set("CONTEXTIDR", asid);
  };
  return { fixture, enter };
}

Deno.test("two tables under two ASIDs are told apart; under one, the first one's entries stay", () => {
  for (const [second, seen] of [[2, 2], [1, 1]] as const) {
    for (const privileged of [true, false]) {
      const { fixture, enter } = twoSpaces();
      fixture.privileged = privileged;
      enter(1, TABLE);
      assert.equal(fixture.mmu.read(VA, 4), 1);
      enter(second, OTHER_TABLE);
      assert.equal(fixture.mmu.read(VA, 4), seen, `ASID ${second}`);
      enter(1, TABLE);
      assert.equal(fixture.mmu.read(VA, 4), 1, "back");
    }
  }
});

Deno.test("what an ASID that is not present has left goes with its invalidation, and what is wider", () => {
  const changes: [string, (fixture: MmuFixture) => void, number][] = [
    ["nothing", () => {}, 1],
    ["TLBIASID of another", (fixture) => fixture.set("TLBIASID", 2), 1],
    ["TLBIASID of it", (fixture) => fixture.set("TLBIASID", 1), 2],
    ["TLBIMVA", (fixture) => fixture.set("TLBIMVA", VA | 1), 2],
    ["TLBIALL", (fixture) => fixture.set("TLBIALL", 0), 2],
    ["other rights of domains", (fixture) => fixture.set("DACR", 0x5555_5551), 2],
  ];
  for (const [name, change, seen] of changes) {
    const { fixture, enter } = twoSpaces();
    enter(1, TABLE);
    fixture.mmu.read(VA, 4);
    enter(0, TABLE);
    change(fixture);
    enter(1, OTHER_TABLE);
    assert.equal(fixture.mmu.read(VA, 4), seen, name);
  }
});

Deno.test("a page that was written under an ASID is noticed again after a snapshot", () => {
  const { fixture, enter } = twoSpaces();
  enter(1, TABLE);
  fixture.mmu.write(VA, 1, 4);
  enter(2, OTHER_TABLE);
  fixture.memory.snapshot();
  enter(1, TABLE);
  assert.equal(softWord(fixture, "TLB_WRITE"), 0);
});

Deno.test("DACR drops only what it concerns, and the other privilege's when that is entered", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA, "section", { domain: 1 });
  fixture.map(VA + 0x10_0000, PA, "section", { domain: 2 });
  const both = () => {
    fixture.mmu.read(VA, 4);
    fixture.mmu.read(VA + 0x10_0000, 4);
  };
  both();
  fixture.privileged = false;
  both();
  fixture.privileged = true;
  fixture.set("DACR", 0x5555_5555 & ~0xc);
  assert.equal(fixture.abort(() => fixture.mmu.read(VA, 4)).status, 0x19);
  assert.notEqual(softWord(fixture, "TLB_READ", VA + 0x10_0000), 0);
  // Back before user mode: nothing has changed for that.
  fixture.set("DACR", 0x5555_5555);
  fixture.privileged = false;
  assert.notEqual(softWord(fixture, "TLB_READ"), 0);
  // Not back: user mode sees it.
  fixture.privileged = true;
  fixture.set("DACR", 0x5555_5555 & ~0xc);
  fixture.privileged = false;
  assert.equal(fixture.abort(() => fixture.mmu.read(VA, 4)).status, 0x19);
});

Deno.test("switching the MMU on or off, or the kind of its tables, drops everything", () => {
  const fixture = MmuFixture.on();
  for (const bit of [SCTLR.M, SCTLR.AFE, SCTLR.TRE, SCTLR.EE]) {
    fixture.set("SCTLR", 0x00c5_0079);
    fixture.map(VA, PA);
    fixture.mmu.read(VA, 4);
    fixture.set("SCTLR", 0x00c5_0079 ^ bit);
    assert.equal(softWord(fixture, "TLB_READ"), 0);
  }
});

Deno.test("pages without number are dropped as surely as a few", () => {
  const fixture = new MmuFixture();
  for (let page = 0; page < 40_000; page++) fixture.mmu.read(0x8000_0000 + page * 4096, 4);
  fixture.set("TLBIALL", 0);
  const table = fixture.memory.i32[STATE.TLB_READ >>> 2]! >>> 2;
  assert.ok(fixture.memory.i32.subarray(table, table + (1 << 20)).every((word) => word === 0));
});

// Snapshots and code.

Deno.test("after a snapshot the first write to a page is noticed again, read or not", () => {
  const fixture = MmuFixture.on();
  const { memory, mmu } = fixture;
  fixture.map(VA, PA);
  mmu.write(VA, 1, 4);
  const one = memory.snapshot();
  mmu.read(VA, 4);
  assert.equal(softWord(fixture, "TLB_WRITE"), 0);
  mmu.write(VA, 2, 4);
  const two = memory.snapshot();
  mmu.write(VA + 1, 3, 2); // unaligned: by no entry
  memory.restore(one);
  assert.equal(mmu.read(VA, 4), 1);
  memory.restore(two);
  assert.equal(mmu.read(VA, 4), 2);
  mmu.writeUnprivileged(VA, 4, 4);
  memory.restore(two);
  assert.equal(mmu.read(VA, 4), 2);
  fixture.privileged = false;
  mmu.write(VA, 5, 4);
  memory.restore(two);
  mmu.write(VA, 6, 4);
  memory.restore(two);
  assert.equal(mmu.read(VA, 4), 2);
});

Deno.test("a store to a line with code drops that code first", () => {
  const fixture = MmuFixture.on();
  const { memory, mmu } = fixture;
  fixture.map(VA, PA);
  const line = memory.hostOf(PA) >>> 6;
  const seen: [number, number][] = [];
  memory.onCodeWritten((dropped) => seen.push([dropped - line, fixture.word(PA)]));
  const mark = () => memory.u8.fill(1, CODE_MAP + line, CODE_MAP + line + 2);
  mark();
  mmu.write(VA, 1, 4);
  mmu.write(VA, 2, 4);
  assert.deepEqual(seen, [[0, 0]]);
  mark();
  mmu.write(VA + 0x3f, 0xffff, 2);
  assert.deepEqual(seen, [[0, 0], [0, 2], [1, 2]]);
});

// Translations for their own sake.

Deno.test("PAR has the address of what is mapped, and the fault of what is not", () => {
  const fixture = MmuFixture.on();
  fixture.map(VA, PA, "small", { ap: 2, domain: 4 });
  fixture.map(0x5000_0000, 0x8a00_0000, "supersection");
  fixture.map(VA + 0x2000, PA, "small", { ap: 1, domain: 4 });
  const par = (name: Cp15Name, va: number) => {
    fixture.set(name, va);
    return fixture.cp15.get("PAR").toString(16);
  };
  assert.equal(par("V2PCWPR", VA + 0x123), "81234000");
  assert.equal(par("V2PCWPW", VA + 0x123), "81234000");
  assert.equal(par("V2PCWUR", VA + 0x123), "81234000");
  assert.equal(par("V2PCWUW", VA + 0x123), "1f"); // permission fault, second level
  for (const world of ["C", "O"] as const) {
    const both = (op: "PR" | "PW" | "UR" | "UW") =>
      [0, 0x2000].map((at) => par(`V2P${world}W${op}`, VA + at));
    assert.deepEqual(both("PR"), ["81234000", "81234000"]);
    assert.deepEqual(both("PW"), ["81234000", "81234000"]);
    assert.deepEqual(both("UR"), ["81234000", "1f"]);
    assert.deepEqual(both("UW"), ["1f", "1f"]);
  }
  assert.equal(par("V2PCWPR", VA + 0x1000), "f"); // translation fault, second level
  assert.equal(par("V2PCWPR", 0x0), "b"); // translation fault, first level
  assert.equal(par("V2PCWPR", 0x5012_3456), "8a000002");
});
