/**
 * The MMU against a second reading of the manual (ARM ARM DDI 0406C, section B3.5, as an address
 * goes through it, without any cache): random tables, random registers, random accesses, and after
 * each change the maintenance that the manual asks for.
 */
import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { MmuFixture } from "./_mmu_fixture.ts";
import { Abort, type Access } from "./fault.ts";

interface Translation {
  readonly pa: number;
  readonly device: boolean;
}

/** A translation, or the fault status. */
function translate(
  { cp15, word }: { cp15: MmuFixture["cp15"]; word: (pa: number) => number | undefined },
  { va, access, privileged }: { va: number; access: Access; privileged: boolean },
): Translation | number {
  const bit = (value: number, n: number) => Math.floor(value / 2 ** n) % 2 === 1;
  const bits = (value: number, high: number, low: number) =>
    Math.floor(value / 2 ** low) % 2 ** (high - low + 1);
  const sctlr = cp15.get("SCTLR"), ttbcr = cp15.get("TTBCR"), dacr = cp15.get("DACR");
  const afe = bit(sctlr, 29), tre = bit(sctlr, 28), ee = bit(sctlr, 25);
  const write = access === "write" ? 0x800 : 0;
  if (!bit(sctlr, 0)) return { pa: va, device: true };

  const fetchWord = (pa: number) => {
    const found = word(pa);
    if (found === undefined || !ee) return found;
    return bits(found, 7, 0) * 2 ** 24 + bits(found, 15, 8) * 2 ** 16 +
      bits(found, 23, 16) * 2 ** 8 +
      bits(found, 31, 24);
  };

  const n = bits(ttbcr, 2, 0);
  const useTtbr0 = n === 0 || bits(va, 31, 32 - n) === 0;
  if (bit(ttbcr, useTtbr0 ? 4 : 5)) return 0x5 + write;
  const size = useTtbr0 ? 14 - n : 14;
  const base = cp15.get(useTtbr0 ? "TTBR0" : "TTBR1");
  const index = useTtbr0 ? bits(va, 31 - n, 20) : bits(va, 31, 20);
  const l1 = fetchWord(base - bits(base, size - 1, 0) + 4 * index);
  if (l1 === undefined) return 0xc + write;

  let pa: number, ap: number, xn: boolean, tex: number, c: boolean, b: boolean;
  let domain = bits(l1, 8, 5) * 16;
  const kind = bits(l1, 1, 0);
  if (kind === 0 || kind === 3) return 0x5 + write;
  if (kind === 2) {
    const big = bit(l1, 18);
    if (big) domain = 0;
    const low = big ? 23 : 19;
    pa = l1 - bits(l1, low, 0) + bits(va, low, 0);
    ap = (bit(l1, 15) ? 4 : 0) + bits(l1, 11, 10);
    xn = bit(l1, 4);
    tex = bits(l1, 14, 12);
    [c, b] = [bit(l1, 3), bit(l1, 2)];
  } else {
    const l2 = fetchWord(l1 - bits(l1, 9, 0) + 4 * bits(va, 19, 12));
    if (l2 === undefined) return 0xe + domain + write;
    if (bits(l2, 1, 0) === 0) return 0x7 + domain + write;
    const small = bit(l2, 1);
    const low = small ? 11 : 15;
    pa = l2 - bits(l2, low, 0) + bits(va, low, 0);
    ap = (bit(l2, 9) ? 4 : 0) + bits(l2, 5, 4);
    xn = small ? bit(l2, 0) : bit(l2, 15);
    tex = small ? bits(l2, 8, 6) : bits(l2, 14, 12);
    [c, b] = [bit(l2, 3), bit(l2, 2)];
  }
  const page = kind === 1;

  if (afe && ap % 2 === 0) return (page ? 0x6 : 0x3) + domain + write;
  const role = bits(dacr, domain / 8 + 1, domain / 8);
  if (role === 0 || role === 2) return (page ? 0xb : 0x9) + domain + write;
  if (role === 1) {
    let readable = false, writable = false;
    if (privileged) {
      readable = [1, 2, 3, 5, 6, 7].includes(ap);
      writable = [1, 2, 3].includes(ap);
    } else {
      readable = [2, 3, 6, 7].includes(ap);
      writable = ap === 3;
    }
    const allowed = access === "write" ? writable : access === "read" ? readable : readable && !xn;
    if (!allowed) return (page ? 0xf : 0xd) + domain + write;
  }
  let device: boolean;
  if (tre) {
    const entry = (tex % 2) * 4 + (c ? 2 : 0) + (b ? 1 : 0);
    device = bits(cp15.get("PRRR"), 2 * entry + 1, 2 * entry) <= 1;
  } else {
    device = (tex === 0 && !c) || (tex === 2 && !c && !b);
  }
  return { pa, device };
}

// Tables are in the first pages of DDR, and entries mostly point to the pages behind them.
const TABLES = 0x8000_0000;
const TABLE_BYTES = 0x1_0000;
const ADDRESSES = [0x0000_0000, 0x0123_4000, 0x01ff_f000, 0x0200_0000, 0x3fff_f000, 0x4000_0000]
  .concat([0x7fff_f000, 0x8000_0000, 0xbfff_0000, 0xc000_1000, 0xffef_f000, 0xffff_f000]);
const ACCESSES: readonly Access[] = ["read", "write", "fetch"];

class Machine {
  readonly fixture = new MmuFixture();
  readonly random: Random;
  privileged = true;
  /** Fault status without domain and direction; 0: success. */
  readonly met = new Set<number>();

  constructor(seed: number) {
    this.random = new Random(seed);
    // Each word of RAM holds its own address, so that a value tells where it was read.
    for (let pa = TABLES + TABLE_BYTES; pa < TABLES + 0x3_0000; pa += 4) this.fixture.word(pa, pa);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!;
  }

  registers(): void {
    const { fixture, random } = this;
    const sctlr = 0x00c5_0078 | (random.chance(0.95) ? 1 : 0) | (random.below(4) << 28) |
      (random.chance(0.2) ? 1 << 25 : 0) | (random.chance(0.1) ? 2 : 0);
    fixture.set("SCTLR", sctlr);
    fixture.set("TTBCR", random.chance(0.4) ? 0 : random.below(8) | (random.below(4) << 4));
    fixture.set("TTBR0", random.chance(0.05) ? 0x4802_2000 : TABLES | random.below(0x4000));
    fixture.set("TTBR1", TABLES | 0x4000);
    fixture.set("DACR", random.chance(0.5) ? 0x5555_5555 : random.next());
    fixture.set("PRRR", random.next());
  }

  /** An entry that what is random would hardly ever be. */
  entry(): number {
    const { random } = this;
    const attributes = random.next() & 0xf_fffc;
    const page = TABLES + TABLE_BYTES + 0x1000 * random.below(16);
    switch (random.below(8)) {
      case 0:
        return random.next();
      case 1:
      case 2: // a second-level table, or what may be taken for one
        return (TABLES + 0x8000 + 0x400 * random.below(16)) | (random.below(16) << 5) | 1;
      case 3:
        return (0x8000_0000 | attributes | (1 << 18) | 2) >>> 0;
      case 4:
        return (0x4800_0000 | random.below(2) << 17 | 0xc02) >>> 0;
      default:
        return (page | (attributes & 0xfff) | 2) >>> 0;
    }
  }

  /** Changes some entries that the addresses of interest go through. */
  entries(count: number): void {
    const { fixture, random } = this;
    const ee = (fixture.cp15.get("SCTLR") & (1 << 25)) !== 0;
    for (let n = 0; n < count; n++) {
      const va = this.pick(ADDRESSES);
      const ttbr0 = fixture.cp15.get("TTBR0");
      const first = random.chance(0.5) ? TABLES + 0x4000 : (ttbr0 & ~0x3fff) >>> 0;
      const at = random.chance(0.5)
        ? first + 4 * (va >>> 20)
        : TABLES + 0x8000 + 0x400 * random.below(16) + 4 * ((va >>> 12) & 0xff);
      if (fixture.memory.hostOf(at) < 0) continue;
      const word = this.entry();
      fixture.word(at, ee ? new DataView(Uint32Array.of(word).buffer).getUint32(0) : word);
    }
  }

  expected(va: number, access: Access, privileged = this.privileged): Translation | number {
    const { cp15, memory } = this.fixture;
    const word = (pa: number) =>
      memory.hostOf(pa) < 0 ? undefined : memory.u32[memory.hostOf(pa) >>> 2];
    return translate({ cp15, word }, { va, access, privileged });
  }

  /** One translation, and one access as the CPU makes it, compared. */
  check(context: string): void {
    const { fixture, random } = this;
    const { mmu, memory } = fixture;
    const va = (this.pick(ADDRESSES) + random.below(0x1000)) >>> 0;
    const access = this.pick(ACCESSES);
    const privileged = random.chance(0.5);
    const name = `${context}: ${access} ${va.toString(16)}`;

    const expected = this.expected(va, access, privileged);
    const found = outcome(() => mmu.translate(va, access, privileged));
    this.met.add(typeof expected === "number" ? expected & 0xf : 0);
    if (typeof expected === "number") {
      assert.deepEqual(found, { status: expected, address: va }, name);
    } else assert.deepEqual(found, { value: expected.pa }, name);

    const now = this.expected(va, access);
    if (access === "fetch") {
      const page = outcome(() => mmu.fetchPage(va));
      if (typeof now === "number") assert.deepEqual(page, { status: now, address: va }, name);
      else if (memory.hostOf(now.pa) >= 0) {
        assert.deepEqual(page, { value: memory.hostOf(now.pa) & ~0xfff }, name);
      }
      return;
    }
    this.checkData(va & ~3, name, access === "write");
    this.checkUnaligned(va, name);
  }

  checkData(va: number, name: string, write: boolean): void {
    const { mmu, memory } = this.fixture;
    const now = this.expected(va >>> 0, write ? "write" : "read");
    const host = typeof now === "number" ? -1 : memory.hostOf(now.pa);
    const old = host < 0 ? undefined : memory.u32[host >>> 2]!;
    // What is written is what is there, so the tables stay as they are.
    const done = outcome(() => write ? mmu.write(va, old!, 4) : mmu.read(va, 4));
    if (typeof now === "number") {
      assert.deepEqual(done, { status: now, address: va >>> 0 }, name);
    } else if (host < 0 || (write && !memory.writable(host))) {
      const status = (done as { status: number }).status & ~0xf0;
      assert.equal(status, write ? 0x1808 : 0x1008, name);
    } else {
      assert.deepEqual(done, { value: write ? undefined : old }, name);
    }
  }

  checkUnaligned(va: number, name: string): void {
    const { mmu, memory, cp15 } = this.fixture;
    if (va % 4 === 0) return;
    const done = outcome(() => mmu.read(va, 4));
    if (cp15.get("SCTLR") & 2) return assert.deepEqual(done, { status: 1, address: va }, name);
    let value = 0;
    for (let n = 0; n < 4; n++) {
      const at = (va + n) >>> 0;
      const byte = this.expected(at, "read");
      if (typeof byte === "number") {
        return assert.deepEqual(done, { status: byte, address: at }, name);
      }
      const host = byte.device ? -1 : memory.hostOf(byte.pa);
      if (host < 0) return assert.deepEqual(done, { status: 1, address: at }, name);
      value += memory.u8[host]! * 2 ** (8 * n);
    }
    assert.deepEqual(done, { value }, name);
  }

  /** A change, and what a kernel does after it. */
  change(): void {
    const { fixture, random } = this;
    switch (random.below(7)) {
      case 0:
        this.registers();
        return fixture.set("TLBIALL", 0);
      case 1:
        this.entries(8);
        return fixture.set("TLBIALL", 0);
      case 2:
        this.entries(2);
        for (const va of ADDRESSES) fixture.set("TLBIMVAA", va);
        return;
      case 3:
        return fixture.set("DACR", random.chance(0.5) ? 0x5555_5555 : random.next());
      case 4:
        this.privileged = !this.privileged;
        fixture.privileged = this.privileged;
        return;
      case 5:
        return void fixture.memory.snapshot();
      default:
        return fixture.set("PRRR", random.next());
    }
  }
}

type Outcome = { value: unknown } | { status: number; address: number };

function outcome(access: () => unknown): Outcome {
  try {
    return { value: access() };
  } catch (error) {
    assert.ok(error instanceof Abort, String(error));
    return { status: error.status, address: error.address };
  }
}

Deno.test("the MMU does what the manual says, whatever the tables, and whatever it has cached", () => {
  const met = new Set<number>();
  for (let seed = 1; seed <= 25; seed++) {
    const machine = new Machine(seed);
    machine.registers();
    machine.entries(200);
    machine.fixture.set("TLBIALL", 0);
    for (let step = 0; step < 60; step++) {
      for (let n = 0; n < 25; n++) machine.check(`seed ${seed}, step ${step}`);
      machine.change();
    }
    for (const status of machine.met) met.add(status);
  }
  // Not a property of the MMU but of this test: it has met success and every kind of fault.
  const all = [0, 3, 5, 6, 7, 9, 0xb, 0xc, 0xd, 0xe, 0xf];
  assert.deepEqual([...met].sort((a, b) => a - b), all);
});
