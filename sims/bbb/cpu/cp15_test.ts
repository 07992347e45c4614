import assert from "node:assert/strict";
import { loadParts, saveParts } from "sims/engine/mod.ts";
import { MmuFixture, TABLE } from "./_mmu_fixture.ts";
import { CP15, CP15_NAMES, CP15_REGISTERS, type Cp15Name } from "./cp15_registers.ts";
import { Undefined } from "./fault.ts";

function read({ cp15 }: MmuFixture, name: Cp15Name): number {
  const { crn, op1, crm, op2 } = CP15_REGISTERS[name];
  return cp15.read(crn, op1, crm, op2);
}

function write({ cp15 }: MmuFixture, name: Cp15Name, value: number): void {
  const { crn, op1, crm, op2 } = CP15_REGISTERS[name];
  cp15.write(crn, op1, crm, op2, value);
}

function isUndefined(access: () => unknown): boolean {
  try {
    access();
    return false;
  } catch (error) {
    assert.ok(error instanceof Undefined, String(error));
    return true;
  }
}

/** Whose reads or writes have effects of their own: see the tests below. */
const SPECIAL: readonly Cp15Name[] = [
  "PMCR",
  "PMCNTENSET",
  "PMCNTENCLR",
  "PMOVSR",
  "PMXEVTYPER",
  "PMXEVCNTR",
  "PMINTENSET",
  "PMINTENCLR",
];

// Generated from the table.

Deno.test("no two registers have the same encoding, and each has a word of its own", () => {
  const encodings = CP15_NAMES.map((name) => {
    const { crn, op1, crm, op2 } = CP15_REGISTERS[name];
    return [crn, op1, crm, op2].join();
  });
  assert.equal(new Set(encodings).size, CP15_NAMES.length);
  assert.equal(new Set(Object.values(CP15)).size, CP15_NAMES.length);
  assert.ok(Math.max(...Object.values(CP15)) < 0x600, "VFP begins there");
});

Deno.test("each register has the rights of the table, in both modes, and its reset value", () => {
  const fixture = new MmuFixture();
  for (const name of CP15_NAMES) {
    const spec = CP15_REGISTERS[name];
    for (const privileged of [true, false]) {
      fixture.privileged = privileged;
      const rights = privileged ? spec.privileged : spec.user === "pmu" ? "-" : spec.user;
      assert.equal(isUndefined(() => read(fixture, name)), !rights.includes("r"), name);
      if (name !== "SCTLR") { // where a write could switch the MMU on
        assert.equal(isUndefined(() => write(fixture, name, 0)), !rights.includes("w"), name);
      }
    }
    fixture.cp15.reset();
    fixture.privileged = true;
    if (!spec.privileged.includes("r") || name === "CCSIDR") continue;
    assert.equal(read(fixture, name), spec.reset, name);
  }
});

Deno.test("a write changes the bits that can change, and reads back", () => {
  const fixture = new MmuFixture();
  for (const name of CP15_NAMES) {
    const { privileged, reset, writable } = CP15_REGISTERS[name];
    if (privileged !== "rw" || SPECIAL.includes(name)) continue;
    fixture.cp15.reset();
    write(fixture, name, 0xffff_ffff);
    assert.equal(read(fixture, name), ((reset & ~writable) | writable) >>> 0, `${name}: ones`);
    write(fixture, name, 0);
    assert.equal(read(fixture, name), (reset & ~writable) >>> 0, `${name}: zeroes`);
  }
});

Deno.test("user mode reaches the performance monitors when PMUSERENR says so", () => {
  const fixture = new MmuFixture();
  write(fixture, "PMUSERENR", 1);
  fixture.privileged = false;
  for (const name of CP15_NAMES) {
    const spec = CP15_REGISTERS[name];
    if (spec.user !== "pmu") continue;
    assert.equal(isUndefined(() => read(fixture, name)), spec.privileged === "w", name);
    assert.equal(isUndefined(() => write(fixture, name, 0)), false, name);
  }
  assert.ok(isUndefined(() => write(fixture, "PMINTENSET", 1)));
});

Deno.test("what the manual does not list is undefined; c15 reads as zero, if privileged", () => {
  const { cp15 } = new MmuFixture();
  assert.ok(isUndefined(() => cp15.read(4, 0, 0, 0)));
  assert.ok(isUndefined(() => cp15.write(2, 0, 0, 3, 0)));
  assert.equal(cp15.read(15, 0, 1, 1), 0);
  cp15.write(15, 0, 1, 1, 5);
  assert.equal(cp15.read(15, 0, 1, 1), 0);
});

// What the processor says of itself.

Deno.test("it is a Cortex-A8 r3p2 with the caches of the AM335x", () => {
  const fixture = new MmuFixture();
  assert.equal(read(fixture, "MIDR"), 0x413f_c082);
  assert.equal(read(fixture, "CLIDR"), 0x0a00_0023);
  const sizes = [0, 1, 2, 3].map((cache) => {
    write(fixture, "CSSELR", cache);
    const ccsidr = read(fixture, "CCSIDR");
    const line = 2 ** ((ccsidr & 7) + 4);
    return line * (((ccsidr >>> 3) & 0x3ff) + 1) * (((ccsidr >>> 13) & 0x7fff) + 1);
  });
  assert.deepEqual(sizes.slice(0, 3), [32 * 1024, 32 * 1024, 256 * 1024]);
  assert.equal(read(fixture, "CCSIDR"), 0);
});

Deno.test("ISR has the interrupts that wait", () => {
  const fixture = new MmuFixture();
  fixture.pending = 0x80;
  assert.equal(read(fixture, "ISR"), 0x80);
});

Deno.test("an abort is noted where its kind belongs", () => {
  const fixture = MmuFixture.on();
  const { cp15, mmu } = fixture;
  fixture.abort(() => mmu.write(0x1234, 0, 4));
  cp15.noteAbort(mmu.abort);
  assert.deepEqual([cp15.get("DFSR"), cp15.get("DFAR")], [0x805, 0x1234]);
  fixture.abort(() => mmu.fetchPage(0xffff_0008));
  cp15.noteAbort(mmu.abort);
  assert.deepEqual([cp15.get("IFSR"), cp15.get("IFAR")], [0x5, 0xffff_0008]);
  assert.deepEqual([cp15.get("DFSR"), cp15.get("DFAR")], [0x805, 0x1234]);
});

// Performance monitors.

Deno.test("the cycle counter counts nanoseconds while it is enabled, by 64 if told", () => {
  const fixture = new MmuFixture();
  const at = (ns: number, what: () => void = () => {}) => {
    fixture.nowNs = ns;
    what();
    return read(fixture, "PMCCNTR");
  };
  assert.equal(at(100), 0);
  assert.equal(at(200, () => write(fixture, "PMCNTENSET", 0x8000_0000)), 0, "PMCR.E is not set");
  assert.equal(at(300, () => write(fixture, "PMCR", 1)), 0);
  assert.equal(at(350), 50);
  assert.equal(at(400, () => write(fixture, "PMCCNTR", 7)), 7);
  assert.equal(at(410), 17);
  assert.equal(at(500, () => write(fixture, "PMCNTENCLR", 0x8000_0000)), 107);
  assert.equal(at(600), 107);
  assert.equal(at(700, () => write(fixture, "PMCNTENSET", 0x8000_0000)), 107);
  assert.equal(at(800, () => write(fixture, "PMCR", 0x9)), 207, "before the divider");
  assert.equal(at(863), 207);
  assert.equal(at(864), 208);
  assert.equal(at(991), 209);
  assert.equal(at(992), 210, "what was left over has counted");
  assert.equal(at(1000, () => write(fixture, "PMCR", 0x1 | 0x4)), 0);
});

Deno.test("a cycle counter that wraps sets its overflow flag, which a write of 1 clears", () => {
  const fixture = new MmuFixture();
  write(fixture, "PMCR", 1);
  write(fixture, "PMCNTENSET", 0x8000_0000);
  write(fixture, "PMCCNTR", 0xffff_fff0);
  fixture.nowNs = 15;
  assert.equal(read(fixture, "PMOVSR"), 0);
  fixture.nowNs = 20;
  assert.equal(read(fixture, "PMOVSR"), 0x8000_0000);
  assert.equal(read(fixture, "PMCCNTR"), 4);
  write(fixture, "PMOVSR", 0x8000_0000);
  assert.equal(read(fixture, "PMOVSR"), 0);
});

Deno.test("an event counter counts software increments, if it is enabled and that is its event", () => {
  const fixture = new MmuFixture();
  write(fixture, "PMSELR", 2);
  write(fixture, "PMXEVTYPER", 0);
  write(fixture, "PMXEVCNTR", 0xffff_ffff);
  write(fixture, "PMSWINC", 4);
  assert.equal(read(fixture, "PMXEVCNTR"), 0xffff_ffff, "nothing is enabled");
  write(fixture, "PMCNTENSET", 4);
  write(fixture, "PMSWINC", 4);
  assert.equal(read(fixture, "PMXEVCNTR"), 0xffff_ffff, "PMCR.E is not set");
  write(fixture, "PMCR", 1);
  write(fixture, "PMSWINC", 3);
  assert.equal(read(fixture, "PMXEVCNTR"), 0xffff_ffff, "others");
  write(fixture, "PMSWINC", 4);
  assert.equal(read(fixture, "PMXEVCNTR"), 0);
  assert.equal(read(fixture, "PMOVSR"), 4);
  write(fixture, "PMSWINC", 4);
  write(fixture, "PMXEVTYPER", 0x11);
  write(fixture, "PMSWINC", 4);
  assert.equal(read(fixture, "PMXEVCNTR"), 1);
  write(fixture, "PMCR", 1 | 2);
  assert.equal(read(fixture, "PMXEVCNTR"), 0);
});

Deno.test("PMCR keeps E, D, X and DP, and reset clears the counters", () => {
  const fixture = new MmuFixture();
  write(fixture, "PMCR", 0xffff_ffff);
  assert.equal(read(fixture, "PMCR"), 0x4100_2039);
  write(fixture, "PMCR", 0);
  assert.equal(read(fixture, "PMCR"), 0x4100_2000);
  write(fixture, "PMXEVCNTR", 5);
  fixture.cp15.reset();
  assert.equal(read(fixture, "PMXEVCNTR"), 0);
});

Deno.test("enables of counters and interrupts are set and cleared by writes of 1", () => {
  const fixture = new MmuFixture();
  for (
    const [set, clear] of [["PMCNTENSET", "PMCNTENCLR"], ["PMINTENSET", "PMINTENCLR"]] as const
  ) {
    write(fixture, set, 0x8000_0003);
    write(fixture, set, 0x30);
    write(fixture, clear, 1);
    assert.equal(read(fixture, set), 0x8000_0002);
    assert.equal(read(fixture, clear), 0x8000_0002);
  }
});

// Snapshots.

Deno.test("state that is saved and restored is the same, and translations follow it", () => {
  const fixture = MmuFixture.on();
  fixture.map(0x4000_0000, 0x8000_0000);
  fixture.set("TPIDRPRW", 0xcafe_f00d);
  fixture.set("PMCR", 1);
  fixture.set("PMCNTENSET", 0x8000_0001);
  fixture.set("PMSWINC", 1);
  fixture.nowNs = 1000;
  const states = saveParts([fixture.cp15]);
  const other = new MmuFixture();
  for (let mb = 0; mb < 16; mb++) other.mmu.read(0x8000_0000 + (mb << 20), 4); // flat, as it is now
  other.nowNs = 1000;
  loadParts([other.cp15], JSON.parse(JSON.stringify(states)));
  assert.deepEqual(saveParts([other.cp15]), states);
  assert.equal(other.cp15.get("TTBR0"), TABLE);
  assert.equal(other.abort(() => other.mmu.read(0x8000_0000, 4)).status, 5);
  assert.equal(read(other, "PMCCNTR"), 1000);
  other.set("PMSELR", 0);
  assert.equal(read(other, "PMXEVCNTR"), 1);
});
