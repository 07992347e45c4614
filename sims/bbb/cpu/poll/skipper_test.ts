import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import {
  CODE,
  DATA,
  FAST_TIMER,
  type MachineOptions,
  PollingMachine,
  STATUS,
  TIMER,
} from "./_polling_machine.ts";

/**
 * What clang 14 -O2 makes of get_ticks, udelay64 and udelay32 (two kinds of U-Boot's __udelay), wait
 * (for a status bit, so many times) and wait2 (for it, so long):
 *
 * ```c
 * u64 get_ticks(void) {
 *   u32 now = TCRR; if (now < gd->lo) gd->hi++; gd->lo = now; return (u64) gd->hi << 32 | now;
 * }
 * void udelay64(u32 n) { u64 t = get_ticks() + n; while (get_ticks() < t + 1); }
 * void udelay32(long tmo) {
 *   u32 now, last = TCRR;
 *   while (tmo > 0) {
 *     now = TCRR;
 *     if (last > now) tmo -= 0xffffffff - last + now + 1; else tmo -= now - last;
 *     last = now;
 *   }
 * }
 * int wait(int n) { while (!(STAT & 1) && --n); return n; }
 * int wait2(u32 ms) { u32 s = TCRR; while (!(STAT & 1)) if (TCRR - s > ms) return -1; return 0; }
 * ```
 */
const CODES = {
  ARM: {
    hex: `3c0000e3041000e3040844e3011048e3000090e5042011e5020050e1002091350120823200208135040001e5
          001091e51eff2fe130482de90040a0e1efffffeb000094e00010a1e2014090e20050a1e2eaffffeb040050e0
          0500d1e0fbffff3a3088bde83c1000e3010050e3041844e3002091e51eff2fb1000082e0002091e5020040e0
          000050e3faffffca1eff2fe1301200e3061844e3002091e5010012e31eff2f11010050e2faffff1a0000a0e3
          1eff2fe13cc000e3303200e304c844e3063844e300209ce5001093e5010011e30000a0131eff2f1100109ce5
          021041e0000051e10000e0831eff2f81f5ffffea`,
    at: { udelay64: 0x34, udelay32: 0x64, wait: 0x90, wait2: 0xb4 },
    thumb: 0,
  },
  Thumb: {
    hex: `3c200421c4f60400c8f20101006851f8042c90423ebf0a6801320a6041f8040c09687047b0b50446fff7eaff
          001941f10001441c41f10005fff7e2ff001b71eb0500f9d3b0bd3c210128c4f604010a68b8bf704710440a68
          801a0028fadc704740f23021c4f606010a68d20718bf70470138f9d10020704740f23c0c40f23023c4f6040c
          c4f60603dcf800201968c9071cbf00207047dcf80010891a814284bf4ff0ff307047f1e7`,
    at: { udelay64: 0x24, udelay32: 0x46, wait: 0x60, wait2: 0x78 },
    thumb: 1,
  },
} as const;
type Routine = keyof typeof CODES["ARM"]["at"];

/** Where routines return to: counts in R11 for ever. */
const END = CODE + 0x400;

function machineFor(
  set: keyof typeof CODES,
  { routine, argument, ...options }: { routine: Routine; argument: number } & MachineOptions,
): PollingMachine {
  const machine = new PollingMachine(options);
  const { hex, at, thumb } = CODES[set];
  const bytes = hex.replace(/\s/g, "").match(/../g)!.map((byte) => parseInt(byte, 16));
  machine.memory.load(CODE, Uint8Array.from(bytes));
  machine.words(END, [0xe28b_b001, 0xeaff_fffd]); // add r11, r11, #1; b END
  machine.cpu.setRegister(0, argument);
  machine.cpu.setRegister(14, END);
  machine.cpu.jump(CODE + at[routine] + thumb);
  return machine;
}

type How = Pick<MachineOptions, "skips" | "translates">;

/**
 * Runs a machine that executes each round, one that skips, and one that translates code too, and
 * compares them at some times; gives the one that skips.
 */
function compare(
  make: (how: How) => PollingMachine,
  timesNs: readonly number[],
  name: string,
): { skips: PollingMachine } {
  const executes = make({ skips: false }), skips = make({ skips: true });
  const translates = make({ skips: true, translates: true });
  for (const t of timesNs) {
    for (const machine of [executes, skips, translates]) machine.clock.runTo(t);
    const state = executes.state();
    assert.deepEqual(skips.state(), state, `${name} at ${t} ns`);
    assert.deepEqual(translates.state(), state, `${name} at ${t} ns, translated`);
  }
  return { skips };
}

const MS = 1_000_000;
/** More of them have been tried: 400 of each kind, and 20,000 random loops. */
const SEEDS = 3;
const LOOPS = 40;

for (const set of ["ARM", "Thumb"] as const) {
  for (const routine of ["udelay64", "udelay32", "wait", "wait2"] as const) {
    Deno.test(`${routine} in ${set} code ends as if each round had been executed`, () => {
      const seen = { skipped: 0, ended: 0 };
      for (let seed = 1; seed <= SEEDS; seed++) {
        const random = new Random(seed);
        const options = {
          routine,
          // Some 3 ms, or about as many rounds.
          argument: random.below(routine === "wait" ? 18_000 : 9_000),
          from: random.chance(0.5) ? 0 : 2 ** 32 - 1 - random.below(9_000),
          reload: random.chance(0.5) ? 0 : 2 ** 32 - 1 - random.below(2_000),
          readyNs: random.chance(0.5) ? Infinity : random.below(3 * MS),
          irqsNs: Array.from({ length: random.below(4) }, () => random.below(3 * MS)),
        };
        const times = Array.from({ length: 10 }, () => random.below(4 * MS)).sort((a, b) => a - b);
        const { skips } = compare(
          (how) => machineFor(set, { ...options, ...how }),
          times,
          `seed ${seed}`,
        );
        if (skips.cpu.skipper.skippedRounds > 100) seen.skipped++;
        if (skips.cpu.register(11) > 0) seen.ended++;
      }
      // Not of the skipper but of this test: mostly something was skipped, and the end was reached.
      assert.ok(seen.skipped > SEEDS / 2, `skipped in ${seen.skipped} of ${SEEDS}`);
      assert.ok(seen.ended > SEEDS / 3, `ended in ${seen.ended} of ${SEEDS}`);
    });
  }
}

Deno.test("a counter that overflows while rounds are looked at, and is loaded, deceives nobody", () => {
  // ldr r0, [r6]; mov r2, r1; mov r1, r0; b to the first. The first look is from round 32 on; at
  // 10 MHz a round takes a tick.
  const loop = [0xe596_0000, 0xe1a0_2001, 0xe1a0_1000, 0xeaff_fffb];
  for (let left = 30; left < 44; left++) {
    const make = (how: How) => {
      const options = { ticks: 10, from: 2 ** 32 - left, reload: 2 ** 30, ...how };
      const machine = new PollingMachine(options);
      machine.words(CODE, loop);
      machine.cpu.setRegister(6, TIMER);
      machine.cpu.jump(CODE);
      return machine;
    };
    const { skips } = compare(make, [60_000, 100_000], `${left} ticks before`);
    assert.ok(skips.cpu.skipper.skippedRounds > 0);
  }
});

// What is read of the timer (R0) goes through memory. R8 is DATA's, R4 is 8.
// deno-fmt-ignore
const THROUGH_MEMORY: Readonly<Record<string, readonly number[]>> = {
  "str r0, [r8, #4]; ldr r1, [r8, #4]": [0xe588_0004, 0xe598_1004],
  "str r0, [r8], #4; ldr r1, [r8, #-4]!": [0xe488_0004, 0xe538_1004],
  "str r0, [r8, r4, lsl #2]; ldr r1, [r8, r4, lsl #2]": [0xe788_0104, 0xe798_1104],
  "str r0, [r8, -r4]; ldr r1, [r8, -r4]!; add r8, r8, r4": [0xe708_0004, 0xe738_1004, 0xe088_8004],
  "str r0, [r8], -r4; add r8, r8, r4; ldr r1, [r8]": [0xe608_0004, 0xe088_8004, 0xe598_1000],
  "strd r0, [r8, #8]; ldrd r2, [r8, #8]": [0xe1c8_00f8, 0xe1c8_20d8],
  "stmdb r8, {r0, r4}; ldmdb r8, {r1, r2}": [0xe908_0011, 0xe918_0006],
  "stmib r8, {r0, r4}; ldr r1, [r8, #4]": [0xe988_0011, 0xe598_1004],
  "str r0, [r8, #8]; ldmib r8, {r2, r3}": [0xe588_0008, 0xe998_000c],
  "push {r0, r4}; pop {r1, r2}": [0xe92d_0011, 0xe8bd_0006],
  "strb r4, [r8, #1]; ldrb r1, [r8, #1]; str r0, [r8, #4]": [0xe5c8_4001, 0xe5d8_1001, 0xe588_0004],
  "strh r4, [r8, #2]; ldrsh r1, [r8, #2]; ldrsb r2, [r8, #3]": [0xe1c8_40b2, 0xe1d8_10f2, 0xe1d8_20d3],
  "ldr r1, [pc, #-8]; mvns r2, r0": [0xe51f_1008, 0xe1f0_2000],
};

/** Parts of words that change: nothing is known of them. */
const IN_PARTS: Readonly<Record<string, readonly number[]>> = {
  "str r0, [r8]; ldrb r1, [r8]": [0xe588_0000, 0xe5d8_1000],
  "str r0, [r8]; strb r4, [r8, #1]; ldr r1, [r8]": [0xe588_0000, 0xe5c8_4001, 0xe598_1000],
};

for (const [name, words] of Object.entries({ ...THROUGH_MEMORY, ...IN_PARTS })) {
  const skipped = !(name in IN_PARTS);
  Deno.test(`a loop with ${name} is ${skipped ? "skipped" : "executed"}`, () => {
    const make = (how: How) => {
      const machine = new PollingMachine({ from: 1000, ...how });
      const back = -(words.length + 3) & 0xff_ffff;
      machine.words(CODE, [0xe596_0000, ...words, (0xea00_0000 | back) >>> 0]);
      [[4, 8], [6, TIMER], [8, DATA + 0x100]].forEach(([r, value]) =>
        machine.cpu.setRegister(r!, value!)
      );
      machine.cpu.jump(CODE);
      return machine;
    };
    const { skips } = compare(make, [20_000, 50_321, 60_000], name);
    assert.equal(skips.cpu.skipper.skippedRounds > 100, skipped);
  });
}

Deno.test("a loop that compares what is read with zero is skipped", () => {
  const make = (how: How) => {
    const machine = new PollingMachine({ from: 1000, ...how });
    // ldr r0, [r6]; cbz r0, behind the nop; nop; b to the first
    machine.memory.load(
      CODE,
      new Uint8Array(Uint16Array.of(0x6830, 0xb100, 0xbf00, 0xe7fb).buffer),
    );
    machine.cpu.setRegister(6, TIMER);
    machine.cpu.jump(CODE + 1);
    return machine;
  };
  assert.ok(compare(make, [50_000], "cbz").skips.cpu.skipper.skippedRounds > 100);
});

Deno.test("a loop in which an access aborts is executed", () => {
  const make = (how: How) => {
    const machine = new PollingMachine(how);
    machine.words(CODE, [0xe597_0000, 0xe599_1000, 0xeaff_fffc]); // ldr r0, [r7]; ldr r1, [r9]; b
    machine.cpu.setRegister(7, STATUS);
    machine.cpu.setRegister(9, 0xdead_0000);
    machine.cpu.jump(CODE);
    return machine;
  };
  assert.equal(compare(make, [50_000], "abort").skips.cpu.skipper.skippedRounds, 0);
});

Deno.test("what changes in the last round that is looked at is not taken for what stays", () => {
  // ldr r1, [r7]; cmp r2, #0; mov r2, r1; beq to the first: the status counts one round late.
  const loop = [0xe597_1000, 0xe352_0000, 0xe1a0_2001, 0x0aff_fffb, 0xe28b_b001, 0xeaff_fffd];
  for (let readyNs = 3_450; readyNs < 3_900; readyNs += 25) {
    const make = (how: How) => {
      const machine = new PollingMachine({ readyNs, ...how });
      machine.words(CODE, loop);
      machine.cpu.setRegister(2, 0);
      machine.cpu.setRegister(7, STATUS);
      machine.cpu.jump(CODE);
      return machine;
    };
    compare(make, [30_000], `ready at ${readyNs} ns`);
  }
});

Deno.test("a wait of 10 ms takes some hundred reads, not tens of thousands", () => {
  for (const set of ["ARM", "Thumb"] as const) {
    for (const routine of ["udelay64", "udelay32", "wait", "wait2"] as const) {
      const options = { routine, argument: 300_000_000, skips: true };
      const machine = machineFor(set, options);
      machine.clock.runTo(10 * MS);
      assert.ok(machine.reads < 600, `${routine} in ${set} code: ${machine.reads} reads`);
    }
  }
});

Deno.test("a register that says nothing of its future is read each time", () => {
  const options = { routine: "wait", argument: 30_000, skips: true } as const;
  const machine = machineFor("ARM", options);
  const region = machine.bus.at(STATUS)!;
  Object.assign(region.device, { steadyUntil: () => machine.clock.now() });
  machine.clock.runTo(MS);
  assert.ok(machine.reads > 9_000);
  assert.equal(machine.cpu.skipper.skippedRounds, 0);
});

Deno.test("who observes accesses sees each of them", () => {
  const machine = machineFor("ARM", { routine: "wait", argument: 30_000, skips: true });
  let seen = 0;
  machine.bus.observer = { read: () => seen++, write: () => {} };
  machine.clock.runTo(MS);
  assert.ok(seen > 9_000);
});

// Random loops.

// deno-fmt-ignore
const OPCODES = { AND: 0, EOR: 1, SUB: 2, RSB: 3, ADD: 4, ADC: 5, SBC: 6, RSC: 7, TST: 8, TEQ: 9,
  CMP: 10, CMN: 11, ORR: 12, MOV: 13, BIC: 14, MVN: 15 };
const LIKELY = [OPCODES.SUB, OPCODES.ADD, OPCODES.CMP, OPCODES.MOV, OPCODES.RSB] as const;
const ALWAYS = 14;
const REGISTERS = 5; // R0 to R4; the devices' addresses are in R5 to R7, DATA's in R8

/** A loop that reads the timer or the status register, and does something with it. */
class LoopWriter {
  readonly words: number[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
    for (let n = 1 + random.below(7); n > 0; n--) this.#instruction();
    this.#load(random.chance(0.7) ? 6 : 7 - 2 * random.below(2));
    for (let n = random.below(4); n > 0; n--) this.#instruction();
    if (random.chance(0.6)) this.#compare();
    const back = (-(this.words.length + 2)) & 0xff_ffff;
    this.words.push((this.#condition() << 28 | 0x0a00_0000 | back) >>> 0);
    this.words.push(0xe28b_b001, 0xeaff_fffd); // add r11, r11, #1; b to that
  }

  #condition(): number {
    return this.#random.chance(0.4) ? ALWAYS : this.#random.below(15);
  }

  #register(): number {
    return this.#random.below(REGISTERS);
  }

  #instruction(): void {
    const kind = this.#random.below(20);
    if (kind < 13) this.#data();
    else if (kind < 15) this.#load(8, this.#random.below(4) * 4);
    else if (kind < 17) this.#store(this.#random.below(4) * 4);
    else if (kind < 18) this.#load(5 + this.#random.below(3));
    else if (kind < 19) this.words.push(0xe920_001f | 8 << 16 | 0x0100_0000); // stmdb r8, {r0-r4}
    else this.words.push(0xe910_001f | 8 << 16 | 0x0100_0000); // ldmdb r8, {r0-r4}
  }

  #data(): void {
    const random = this.#random;
    const opcode = random.chance(0.7) ? LIKELY[random.below(5)]! : random.below(16);
    const compares = opcode >= 8 && opcode <= 11;
    const s = compares || random.chance(0.3) ? 1 : 0;
    const condition = random.chance(0.7) ? ALWAYS : this.#condition();
    const second = random.below(4) === 0
      ? 1 << 25 | random.below(256)
      : random.chance(0.8)
      ? this.#register()
      : random.below(32) << 7 | random.below(4) << 5 | this.#register();
    const rd = compares ? 0 : this.#register();
    this.words.push(
      (condition << 28 | opcode << 21 | s << 20 | this.#register() << 16 | rd << 12 | second) >>> 0,
    );
  }

  #compare(): void {
    const second = this.#random.chance(0.5) ? this.#register() : 1 << 25 | this.#random.below(256);
    this.words.push((0xe150_0000 | this.#register() << 16 | second) >>> 0);
  }

  #load(base: number, offset = 0): void {
    this.words.push((0xe590_0000 | base << 16 | this.#register() << 12 | offset) >>> 0);
  }

  #store(offset: number): void {
    this.words.push((0xe580_0000 | 8 << 16 | this.#register() << 12 | offset) >>> 0);
  }
}

Deno.test("random loops end as if each round had been executed", () => {
  let skipped = 0;
  for (let seed = 1; seed <= LOOPS; seed++) {
    const random = new Random(seed);
    const { words } = new LoopWriter(random);
    const registers = Array.from(
      { length: REGISTERS },
      () => random.chance(0.5) ? random.below(2000) : random.next(),
    );
    const options = {
      from: random.chance(0.5) ? 0 : random.next(),
      reload: random.chance(0.7) ? 0 : 2 ** 32 - 1 - random.below(5_000),
      ticks: 1 + random.below(30),
      ns: 1000,
      readyNs: random.chance(0.5) ? Infinity : random.below(400_000),
      irqsNs: random.chance(0.5) ? [] : [random.below(400_000)],
    };
    const make = (how: How) => {
      const machine = new PollingMachine({ ...options, ...how });
      machine.words(CODE, words);
      registers.forEach((value, r) => machine.cpu.setRegister(r, value));
      [FAST_TIMER, TIMER, STATUS, DATA + 0x100].forEach((value, n) =>
        machine.cpu.setRegister(5 + n, value)
      );
      machine.cpu.jump(CODE);
      return machine;
    };
    const times = Array.from({ length: 4 }, () => random.below(400_000)).sort((a, b) => a - b);
    const { skips } = compare(make, times, `seed ${seed}`);
    if (skips.cpu.skipper.skippedRounds > 0) skipped++;
  }
  // Not of the skipper but of this test: enough loops are such that something can be skipped.
  assert.ok(skipped > LOOPS / 8, `skipped in ${skipped} of ${LOOPS}`);
});
