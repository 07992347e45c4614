import assert from "node:assert/strict";
import { assertAlike, DEVICE, Machine } from "./_lockstep.ts";
import { Random } from "sims/engine/mod.ts";
import type { TierOptions } from "./tier.ts";

const CODE = 0x8010_0000, OTHER_PAGE = 0x8010_1000, DATA = 0x8030_0000;

const words = (...values: number[]) => new Uint8Array(new Uint32Array(values).buffer);

interface Setup {
  /** Words; of Thumb code halfwords. */
  readonly code: readonly number[];
  readonly thumb?: boolean;
  readonly registers?: Readonly<Record<number, number>>;
  readonly options?: TierOptions;
}

/** Two machines at the start of the code, one with the tier. */
function machines(
  { code, thumb = false, registers = {}, options }: Setup,
): [plain: Machine, tiered: Machine] {
  const made = [new Machine(), new Machine({ hot: 1, batch: 1, ...options })] as const;
  for (const machine of made) {
    machine.write(CODE, thumb ? new Uint8Array(new Uint16Array(code).buffer) : words(...code));
    for (const [r, value] of Object.entries(registers)) machine.cpu.setRegister(Number(r), value);
    machine.cpu.jump(CODE + (thumb ? 1 : 0));
  }
  return [...made];
}

/** Runs both for that long, and tells what a register is then; they must agree all along. */
function run([plain, tiered]: [Machine, Machine], ns: number, step = 7): void {
  const end = plain.clock.now() + ns;
  while (plain.clock.now() < end) {
    const until = Math.min(end, plain.clock.now() + step);
    plain.clock.runTo(until);
    tiered.clock.runTo(until);
    assertAlike(plain, tiered, `at ${until} ns`);
  }
}

const B_BACK = (instructions: number) => (0xea00_0000 | (-instructions - 2) & 0xff_ffff) >>> 0;
const NOP = 0xe320_f000;
const ADD_R0_1 = 0xe280_0001, ADD_R0_2 = 0xe280_0002;

/**
 * eor r3, r3, r4; str r3, [r1]; NOPs to the next line; what is stored; b. It adds 2 and 1 in turn.
 */
const OVERWRITES_ITSELF: Setup = {
  code: [0xe023_3004, 0xe581_3000, ...Array(14).fill(NOP), ADD_R0_1, B_BACK(17)],
  registers: { 1: CODE + 64, 3: ADD_R0_1, 4: ADD_R0_1 ^ ADD_R0_2 },
};

Deno.test("a loop is translated and counts each instruction", () => {
  const both = machines({ code: [ADD_R0_1, B_BACK(1)] });
  run(both, 1000, 1000);
  assert.equal(both[1].cpu.register(0), 500);
  assert.equal(both[1].cpu.instructions, 1000);
  assert.equal(both[1].tier!.translated, 1);
});

Deno.test("an instruction that a block overwrites ahead of itself is executed as it is", () => {
  const both = machines(OVERWRITES_ITSELF);
  run(both, 1800, 1800);
  assert.equal(both[1].cpu.register(0), 150);
  assert.ok(both[1].tier!.translated > 0);
});

Deno.test("code that is overwritten in turn is translated again each time", () => {
  const [plain, tiered] = machines({ code: [ADD_R0_1, B_BACK(1)] });
  for (let n = 0; n < 5; n++) {
    run([plain, tiered], 200, 200);
    const word = words(n % 2 ? ADD_R0_1 : ADD_R0_2);
    for (const machine of [plain, tiered]) machine.write(CODE, word);
  }
  assert.equal(tiered.tier!.translated, 5);
  assert.equal(tiered.cpu.register(0), 100 + 200 + 100 + 200 + 100);
});

Deno.test("code that comes back is not compiled again", () => {
  const [plain, tiered] = machines({ code: [ADD_R0_1, B_BACK(1)] });
  for (let n = 0; n < 6; n++) {
    run([plain, tiered], 200, 200);
    const word = words(n % 2 ? ADD_R0_1 : ADD_R0_2);
    for (const machine of [plain, tiered]) machine.write(CODE, word);
  }
  assert.equal(tiered.tier!.translated, 6);
  assert.equal(tiered.tier!.compiled, 2);
});

Deno.test("programs at the same place take turns, with place for the code of some", () => {
  // push {lr}; bl 1f; pop {lr}; b back; 1: add r0, #n; bx lr: a return is looked up.
  const program = (n: number) => [
    ...[0xe52d_e004, 0xeb00_0001, 0xe49d_e004, B_BACK(3)],
    ...[ADD_R0_1 - 1 + n, 0xe12f_ff1e],
  ];
  const random = new Random("turns");
  for (const regions of [2, 3, 4, 8, 64]) {
    const both = machines({ code: program(1), registers: { 13: DATA }, options: { regions } });
    for (let turn = 0; turn < 12; turn++) {
      run(both, 100 + random.below(20), 50);
      const code = words(...program(1 + random.below(3)));
      for (const machine of both) machine.write(CODE, code);
    }
    const { translated, compiled } = both[1].tier!;
    assert.ok(translated >= 12, `${translated} regions for 12 programs`);
    assert.ok(regions < 8 || compiled <= translated / 2, `${compiled} of ${translated} compiled`);
  }
});

Deno.test("a store beside code, in its page but not in its line, does not drop it", () => {
  const both = machines({
    code: [0xe581_0000, ADD_R0_1, B_BACK(2)],
    registers: { 1: CODE + 0x800 },
  });
  run(both, 3000, 3000);
  assert.equal(both[1].tier!.translated, 1);
});

Deno.test("a device sees the exact time, and its alarm interrupts at the exact instruction", () => {
  // ldr r2, [r1]; add r3, r3, r2; and r2, r2, #255; str r2, [r1]; add r0, #1; b
  const both = machines({
    code: [0xe591_2000, 0xe083_3002, 0xe202_20ff, 0xe581_2000, ADD_R0_1, B_BACK(5)],
    registers: { 1: DEVICE },
  });
  for (const { cpu } of both) cpu.core.cpsr = 0x13;
  // At the vector of IRQ: ldr r2, [r1]; subs pc, lr, #4.
  for (const machine of both) machine.write(0x18, words(0xe591_2000, 0xe25e_f004));
  run(both, 40_000, 333);
  assert.ok(both[1].tier!.translated >= 1);
  assert.ok(both[1].alarm.accesses > 200);
});

Deno.test("an abort in the middle of a block leaves what was before it, and its address", () => {
  // add r0, #1; ldr r5, [r1], #4; add r0, #1; b: until R1 leaves RAM.
  const both = machines({
    code: [ADD_R0_1, 0xe491_5004, ADD_R0_1, B_BACK(3)],
    registers: { 1: 0xbfff_ff00 },
  });
  for (const machine of both) machine.write(0x10, words(0xeaff_fffe));
  run(both, 2000, 2000);
  assert.equal(both[1].cpu.register(0), 2 * 64 + 1);
  assert.equal(both[1].cpu.register(1), 0xc000_0000);
  assert.equal(both[1].cpu.pc, 0x10);
  assert.equal(both[1].cpu.register(14), CODE + 4 + 8);
});

Deno.test("when there is no place for more regions, all are dropped, and the rest goes on", () => {
  // Eight loops, each of which counts to 20 and goes on to the next; the last one to the first.
  const loops = Array.from({ length: 8 }, () => [0xe3a0_5014, ADD_R0_1, 0xe255_5001, 0x1aff_fffc]);
  const code = loops.flat();
  const both = machines({ code: [...code, B_BACK(code.length)], options: { regions: 4 } });
  run(both, 5000, 61);
  assert.ok(both[1].tier!.translated > 8);
});

Deno.test("a restored snapshot runs what memory holds then, and keeps what is translated", () => {
  const [plain, tiered] = machines({ code: [ADD_R0_1, B_BACK(1)] });
  for (const machine of [plain, tiered]) machine.write(OTHER_PAGE, words(ADD_R0_2, B_BACK(1)));
  run([plain, tiered], 500, 500);
  const then = [plain, tiered].map(({ cpu, memory }) => ({
    ...{ cpu: cpu.save(), memory: memory.snapshot() },
  }));
  for (const machine of [plain, tiered]) {
    machine.write(OTHER_PAGE, words(ADD_R0_1, B_BACK(1)));
    machine.cpu.jump(OTHER_PAGE);
  }
  run([plain, tiered], 500, 500);
  assert.equal(tiered.cpu.register(0), 250 + 250);
  [plain, tiered].forEach(({ cpu, memory }, n) => {
    memory.restore(then[n]!.memory);
    cpu.load(then[n]!.cpu);
    cpu.settle();
  });
  run([plain, tiered], 500, 500);
  assert.equal(tiered.cpu.register(0), 250 + 250);
  assert.equal(tiered.tier!.translated, 2, "the first page was left alone");
  for (const { cpu } of [plain, tiered]) cpu.jump(OTHER_PAGE);
  run([plain, tiered], 500, 500);
  assert.equal(tiered.cpu.register(0), 250 + 250 + 500);
});

Deno.test("an instruction of an IT block that is also branched to does either, as it comes", () => {
  // cmp r0, #0; it eq; 1: addeq r1, #1; adds r2, #1; lsls r3, r2, #30; bne 1b; b
  const both = machines({
    code: [0x2800, 0xbf08, 0x3101, 0x3201, 0x0793, 0xd1fb, 0xe7f8],
    thumb: true,
    registers: { 0: 1 },
  });
  run(both, 2200, 2200);
  assert.ok(both[1].tier!.translated > 0);
  assert.ok(both[1].cpu.register(1) > 300, "three times of four it was branched to");
});

Deno.test("a pair of loads to one register (UNPREDICTABLE) leaves the same in it", () => {
  const both = machines({
    code: [0xe9d1, 0x2200, 0x1880, 0xe7fb], // ldrd r2, r2, [r1]; adds r0, r0, r2; b
    thumb: true,
    registers: { 1: DATA },
  });
  for (const machine of both) machine.write(DATA, words(1, 1000));
  run(both, 300, 300);
  assert.ok(both[1].tier!.translated > 0);
  assert.equal(both[1].cpu.register(0), 100);
});

Deno.test("what the interpreter executes in between may branch (LDRT PC, UNPREDICTABLE)", () => {
  // add; tst r0, #3; beq 1f; ldrt pc, [r1]; 1: nop; b
  const both = machines({
    code: [ADD_R0_1, 0xe310_0003, 0x0a00_0000, 0xe4b1_f000, NOP, B_BACK(5)],
    registers: { 1: DATA },
  });
  for (const machine of both) machine.write(DATA, words(CODE));
  run(both, 1700, 170);
  assert.ok(both[1].tier!.translated > 0);
  assert.equal(both[1].cpu.register(0), 400);
});

Deno.test("calls from page to page, and back, stay in translated code", () => {
  const call = (0xeb00_0000 | (OTHER_PAGE - CODE - 8 >> 2)) >>> 0;
  const both = machines({ code: [call, ADD_R0_1, B_BACK(2)] });
  for (const machine of both) machine.write(OTHER_PAGE, words(ADD_R0_2, 0xe12f_ff1e));
  let entered = 0;
  const { tier } = both[1];
  both[1].cpu.tier = {
    enter: () => (entered++, tier!.enter()),
    dropLine: (line) => tier!.dropLine(line),
    flush: () => tier!.flush(),
  };
  run(both, 5000, 5000);
  assert.equal(both[1].cpu.register(0), 3000);
  assert.ok(entered < 20, `left ${entered} times`);
});

Deno.test("code that overwrites itself all the time is left to the interpreter", () => {
  const both = machines(OVERWRITES_ITSELF);
  run(both, 18_000, 18_000);
  assert.equal(both[1].cpu.register(0), 1500);
  assert.equal(both[1].tier!.translated, 16 + 1, "at last without that line");
});

/**
 * eor r3, r3, r4; str r3, [r1]; mov r5, r6; NOPs to the next line; what is stored; subs r5, r5, #1;
 * bne, to what is stored; b. It adds 2 and 1 in turn, R6 times each.
 */
const overwritesItself = (turns: number, options?: TierOptions): Setup => ({
  code: [0xe023_3004, 0xe581_3000, 0xe1a0_5006, ...Array(13).fill(NOP)].concat(
    [ADD_R0_1, 0xe255_5001, 0x1aff_fffc, B_BACK(19)],
  ),
  registers: { 1: CODE + 64, 3: ADD_R0_1, 4: ADD_R0_1 ^ ADD_R0_2, 6: turns },
  options,
});

Deno.test("code that is overwritten now and then is translated each time", () => {
  const both = machines(overwritesItself(30_000));
  const programs = (count: number) => {
    const before = both[1].tier!.translated;
    run(both, count * 90_017, 90_017);
    return both[1].tier!.translated - before;
  };
  assert.ok(programs(30) >= 30);
  assert.ok(programs(10) >= 10);
  assert.equal(both[1].cpu.register(0), 20 * 90_000);
});

Deno.test("code that is overwritten too often by what is interpreted is left to it as well", () => {
  const both = machines(overwritesItself(1000, { hot: 400 }));
  run(both, 300 * 3017, 3017);
  assert.equal(both[1].cpu.register(0), 150 * 3000);
  assert.equal(both[1].tier!.translated, 16);
});

const LDR = 0xe591_2000, LDREX = 0xe191_2f9f;

for (const [name, word] of Object.entries({ LDR, LDREX })) {
  Deno.test(`a defect of a device's model comes out as it is; ${name} can be done again`, () => {
    const [, tiered] = machines({ code: [ADD_R0_1, word, B_BACK(2)], registers: { 1: DATA } });
    tiered.clock.runTo(300);
    assert.equal(tiered.tier!.translated, 1);
    const defect = new TypeError("x is undefined");
    tiered.cpu.setRegister(1, DEVICE);
    tiered.alarm.defect = defect;
    assert.throws(() => tiered.clock.runTo(600), (error) => error === defect);
    assert.equal(tiered.cpu.pc, CODE + 4);
    tiered.alarm.defect = undefined;
    const before = tiered.cpu.register(0);
    tiered.clock.runTo(tiered.clock.now() + 1020);
    assert.ok(tiered.cpu.register(0) > before);
  });
}
