import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { armCondition, decodeArm } from "./decode/arm.ts";
import { packThumb } from "./decode/cache.ts";
import { pack, UNDEFINED } from "./decode/instruction.ts";
import { recordText } from "./disassemble.ts";

/** As llvm-mc 14 encodes the texts (but for synonyms). */
// deno-fmt-ignore
const ARM = [
  ["e21100ff", "ands r0, r1, #255"],
  ["e0232004", "eor r2, r3, r4"],
  ["e0510182", "subs r0, r1, r2, lsl #3"],
  ["e0610022", "rsb r0, r1, r2, lsr #32"],
  ["00810352", "addeq r0, r1, r2, asr r3"],
  ["e0b54066", "adcs r4, r5, r6, rrx"],
  ["e0c543e6", "sbc r4, r5, r6, ror #7"],
  ["e2f21000", "rscs r1, r2, #0"],
  ["e1110002", "tst r1, r2"],
  ["e3310004", "teq r1, #4"],
  ["e1510242", "cmp r1, r2, asr #4"],
  ["e3710001", "cmn r1, #1"],
  ["11821003", "orrne r1, r2, r3"],
  ["e1a01002", "mov r1, r2"],
  ["e1b01282", "lsls r1, r2, #5"],
  ["e1a01062", "rrx r1, r2"],
  ["e1a01372", "ror r1, r2, r3"],
  ["e3c21003", "bic r1, r2, #3"],
  ["e1e01002", "mvn r1, r2"],
  ["e3011234", "mov r1, #4660"],
  ["e3411234", "movt r1, #4660"],
  ["e5910004", "ldr r0, [r1, #4]"],
  ["e5310004", "ldr r0, [r1, #-4]!"],
  ["e4910004", "ldr r0, [r1], #4"],
  ["e7d10002", "ldrb r0, [r1, r2]"],
  ["e7710102", "ldrb r0, [r1, -r2, lsl #2]!"],
  ["e08100b2", "strh r0, [r1], r2"],
  ["e1d100b6", "ldrh r0, [r1, #6]"],
  ["e19100d2", "ldrsb r0, [r1, r2]"],
  ["e17100f6", "ldrsh r0, [r1, #-6]!"],
  ["e1c120d8", "ldrd r2, r3, [r1, #8]"],
  ["e04120f8", "strd r2, r3, [r1], #-8"],
  ["e4b10004", "ldrt r0, [r1], #4"],
  ["e4610001", "strbt r0, [r1], #-1"],
  ["e0f100b2", "ldrht r0, [r1], #2"],
  ["e890000e", "ldm r0, {r1, r2, r3}"],
  ["e8300006", "ldmda r0!, {r1, r2}"],
  ["e9908002", "ldmib r0, {r1, pc}"],
  ["e9000006", "stmdb r0, {r1, r2}"],
  ["e92d4010", "push {r4, lr}"],
  ["e8bd8010", "pop {r4, pc}"],
  ["e8d00006", "ldm r0, {r1, r2}^"],
  ["e8fd8001", "ldm sp!, {r0, pc}^"],
  ["e0110392", "muls r1, r2, r3"],
  ["e0214392", "mla r1, r2, r3, r4"],
  ["e0614392", "mls r1, r2, r3, r4"],
  ["e0821493", "umull r1, r2, r3, r4"],
  ["e0b21493", "umlals r1, r2, r3, r4"],
  ["e0421493", "umaal r1, r2, r3, r4"],
  ["e0c21493", "smull r1, r2, r3, r4"],
  ["e0e21493", "smlal r1, r2, r3, r4"],
  ["e16103c2", "smulbt r1, r2, r3"],
  ["e10143a2", "smlatb r1, r2, r3, r4"],
  ["e1421483", "smlalbb r1, r2, r3, r4"],
  ["e12103e2", "smulwt r1, r2, r3"],
  ["e1214382", "smlawb r1, r2, r3, r4"],
  ["e701f332", "smuadx r1, r2, r3"],
  ["e701f352", "smusd r1, r2, r3"],
  ["e7014312", "smlad r1, r2, r3, r4"],
  ["e7014372", "smlsdx r1, r2, r3, r4"],
  ["e7421413", "smlald r1, r2, r3, r4"],
  ["e7421473", "smlsldx r1, r2, r3, r4"],
  ["e751f312", "smmul r1, r2, r3"],
  ["e7514332", "smmlar r1, r2, r3, r4"],
  ["e75143d2", "smmls r1, r2, r3, r4"],
  ["e781f312", "usad8 r1, r2, r3"],
  ["e7814312", "usada8 r1, r2, r3, r4"],
  ["e6af1072", "sxtb r1, r2"],
  ["e6b21473", "sxtah r1, r2, r3, ror #8"],
  ["e6cf1c72", "uxtb16 r1, r2, ror #24"],
  ["e7c6119f", "bfc r1, #3, #4"],
  ["e7c61192", "bfi r1, r2, #3, #4"],
  ["e7a311d2", "sbfx r1, r2, #3, #4"],
  ["e7ff1052", "ubfx r1, r2, #0, #32"],
  ["e16f1f12", "clz r1, r2"],
  ["e6ff1f32", "rbit r1, r2"],
  ["e6bf1f32", "rev r1, r2"],
  ["e6bf1fb2", "rev16 r1, r2"],
  ["e6ff1fb2", "revsh r1, r2"],
  ["e6821fb3", "sel r1, r2, r3"],
  ["e6821213", "pkhbt r1, r2, r3, lsl #4"],
  ["e6821253", "pkhtb r1, r2, r3, asr #4"],
  ["e6a71112", "ssat r1, #8, r2, lsl #2"],
  ["e6e81152", "usat r1, #8, r2, asr #2"],
  ["e6a71f32", "ssat16 r1, #8, r2"],
  ["e6e81f32", "usat16 r1, #8, r2"],
  ["e1031052", "qadd r1, r2, r3"],
  ["e1631052", "qdsub r1, r2, r3"],
  ["e6121f13", "sadd16 r1, r2, r3"],
  ["e6621f33", "uqasx r1, r2, r3"],
  ["e6321ff3", "shsub8 r1, r2, r3"],
  ["e6721f93", "uhadd8 r1, r2, r3"],
  ["e6221f53", "qsax r1, r2, r3"],
  ["e6521f73", "usub16 r1, r2, r3"],
  ["e1921f9f", "ldrex r1, [r2]"],
  ["e1831f92", "strex r1, r2, [r3]"],
  ["e1b12f9f", "ldrexd r2, r3, [r1]"],
  ["e1a41f92", "strexd r1, r2, r3, [r4]"],
  ["e1d21f9f", "ldrexb r1, [r2]"],
  ["e1e31f92", "strexh r1, r2, [r3]"],
  ["f57ff01f", "clrex"],
  ["e1031092", "swp r1, r2, [r3]"],
  ["e1431092", "swpb r1, r2, [r3]"],
  ["e10f1000", "mrs r1, apsr"],
  ["e14f1000", "mrs r1, spsr"],
  ["e129f001", "msr cpsr_fc, r1"],
  ["e16ff001", "msr spsr_fsxc, r1"],
  ["e328f20f", "msr cpsr_f, #4026531840"],
  ["f10800c0", "cpsie if"],
  ["f10e0113", "cpsid a, #19"],
  ["f102001f", "cps #31"],
  ["f1010200", "setend be"],
  ["f96d0513", "srsdb sp!, #19"],
  ["f8b00a00", "rfe r0!"],
  ["ef00007b", "svc #123"],
  ["e120077b", "bkpt #123"],
  ["e1600073", "smc #3"],
  ["e12fff11", "bx r1"],
  ["e12fff31", "blx r1"],
  ["e320f003", "wfi"],
  ["f57ff06f", "isb"],
  ["ee071f15", "mcr p15, 0, r1, c7, c5, 0"],
  ["ee17ff7a", "mrc p15, 0, apsr_nzcv, c7, c10, 3"],
  ["e320f000", "nop"],
] as const;

// deno-fmt-ignore
const THUMB = [
  ["00c8", "lsls r0, r1, #3"],
  ["1888", "adds r0, r1, r2"],
  ["1ec8", "subs r0, r1, #3"],
  ["20c8", "movs r0, #200"],
  ["28c8", "cmp r0, #200"],
  ["30c8", "adds r0, r0, #200"],
  ["4008", "ands r0, r0, r1"],
  ["4088", "lsls r0, r0, r1"],
  ["4248", "rsbs r0, r1, #0"],
  ["4348", "muls r0, r0, r1"],
  ["43c8", "mvns r0, r1"],
  ["4488", "add r8, r8, r1"],
  ["4588", "cmp r8, r1"],
  ["4688", "mov r8, r1"],
  ["4770", "bx lr"],
  ["4798", "blx r3"],
  ["6fc8", "ldr r0, [r1, #124]"],
  ["5c88", "ldrb r0, [r1, r2]"],
  ["5e88", "ldrsh r0, [r1, r2]"],
  ["87c8", "strh r0, [r1, #62]"],
  ["90ff", "str r0, [sp, #1020]"],
  ["a8ff", "add r0, sp, #1020"],
  ["b07f", "add sp, sp, #508"],
  ["b0ff", "sub sp, sp, #508"],
  ["b208", "sxth r0, r1"],
  ["b2c8", "uxtb r0, r1"],
  ["b581", "push {r0, r7, lr}"],
  ["bd81", "pop {r0, r7, pc}"],
  ["b662", "cpsie i"],
  ["ba08", "rev r0, r1"],
  ["bac8", "revsh r0, r1"],
  ["be01", "bkpt #1"],
  ["bf00", "nop"],
  ["bf30", "wfi"],
  ["c006", "stm r0!, {r1, r2}"],
  ["c806", "ldm r0!, {r1, r2}"],
  ["c807", "ldm r0, {r0, r1, r2}"],
  ["df01", "svc #1"],
  ["f00110ff", "and r0, r1, #16711935"],
  ["f0110fff", "tst r1, #255"],
  ["ea2100c2", "bic r0, r1, r2, lsl #3"],
  ["ea4f0009", "mov r0, r9"],
  ["ea4f0019", "lsr r0, r9, #32"],
  ["ea610002", "orn r0, r1, r2"],
  ["f06f30aa", "mvn r0, #-1431655766"],
  ["f60170ff", "add r0, r1, #4095"],
  ["f6a170ff", "sub r0, r1, #4095"],
  ["f64f70ff", "mov r0, #65535"],
  ["f6ca30cd", "movt r0, #43981"],
  ["f3010000", "ssat r0, #1, r1"],
  ["f3a100c0", "usat r0, #0, r1, asr #3"],
  ["f321000f", "ssat16 r0, #16, r1"],
  ["f3411045", "sbfx r0, r1, #5, #6"],
  ["f361104a", "bfi r0, r1, #5, #6"],
  ["f36f104a", "bfc r0, #5, #6"],
  ["f3808800", "msr cpsr_f, r0"],
  ["f3ef8000", "mrs r0, apsr"],
  ["f3af8111", "cps #17"],
  ["f3bf8f2f", "clrex"],
  ["f3bf8f4f", "dsb"],
  ["f3c38f00", "bx r3"],
  ["f8d10fff", "ldr r0, [r1, #4095]"],
  ["f8510cff", "ldr r0, [r1, #-255]"],
  ["f8510bff", "ldr r0, [r1], #255"],
  ["f8510fff", "ldr r0, [r1, #255]!"],
  ["f9110032", "ldrsb r0, [r1, r2, lsl #3]"],
  ["f8510e04", "ldrt r0, [r1, #4]"],
  ["f8810fff", "strb r0, [r1, #4095]"],
  ["e9d105ff", "ldrd r0, r5, [r1, #1020]"],
  ["e9610502", "strd r0, r5, [r1, #-8]!"],
  ["e8d0f001", "tbb [r0, r1]"],
  ["e8d0f011", "tbh [r0, r1, lsl #1]"],
  ["e8510fff", "ldrex r0, [r1, #1020]"],
  ["e8c21570", "strexd r0, r1, r5, [r2]"],
  ["e9200202", "stmdb r0!, {r1, r9}"],
  ["e9100202", "ldmdb r0, {r1, r9}"],
  ["e92d4210", "push {r4, r9, lr}"],
  ["e8bd8210", "pop {r4, r9, pc}"],
  ["e810c000", "rfedb r0"],
  ["e98dc013", "srs sp, #19"],
  ["fa01f002", "lsl r0, r1, r2"],
  ["fa41f0a2", "sxtab r0, r1, r2, ror #16"],
  ["fa1ff089", "uxth r0, r9"],
  ["fa81f042", "uadd8 r0, r1, r2"],
  ["fac1f012", "qsub8 r0, r1, r2"],
  ["faa1f022", "shasx r0, r1, r2"],
  ["fae1f062", "uhsax r0, r1, r2"],
  ["fa82f091", "qdadd r0, r1, r2"],
  ["fa91f0a1", "rbit r0, r1"],
  ["faa1f082", "sel r0, r1, r2"],
  ["fab1f081", "clz r0, r1"],
  ["fb013002", "mla r0, r1, r2, r3"],
  ["fb01f802", "mul r8, r1, r2"],
  ["fb113012", "smlabt r0, r1, r2, r3"],
  ["fb31f002", "smulwb r0, r1, r2"],
  ["fb213002", "smlad r0, r1, r2, r3"],
  ["fb51f012", "smmulr r0, r1, r2"],
  ["fb613002", "smmls r0, r1, r2, r3"],
  ["fb713002", "usada8 r0, r1, r2, r3"],
  ["fb820103", "smull r0, r1, r2, r3"],
  ["fbc201a3", "smlaltb r0, r1, r2, r3"],
  ["fbc201d3", "smlaldx r0, r1, r2, r3"],
  ["fbd201c3", "smlsld r0, r1, r2, r3"],
  ["fbe20163", "umaal r0, r1, r2, r3"],
  ["ee010f10", "mcr p15, 0, r0, c1, c0, 0"],
] as const;

const ADDRESS = 0x8000;

function armText(word: number): string {
  const record = new Int32Array(4);
  const how = { cond: armCondition(word), wide: false, it: 0 };
  pack(record, 0, decodeArm(word) ?? UNDEFINED(word), how);
  return recordText(record, 0, ADDRESS);
}

function thumbText(hex: string, it = 0): string {
  const record = new Int32Array(4);
  const raw = parseInt(hex, 16) | 0;
  packThumb(record, 0, { raw, wide: hex.length === 8, it, offset: 0 });
  return recordText(record, 0, ADDRESS);
}

Deno.test("ARM instructions of every group are decoded as an assembler encodes them", () => {
  for (const [hex, text] of ARM) assert.equal(armText(parseInt(hex, 16) | 0), text, hex);
});

Deno.test("Thumb instructions of every group are decoded as an assembler encodes them", () => {
  for (const [hex, text] of THUMB) assert.equal(thumbText(hex), text, hex);
});

Deno.test("branches show where they go", () => {
  assert.equal(armText(0xeafffffe | 0), "b 0x8000");
  assert.equal(armText(0x1b000002), "blne 0x8010");
  assert.equal(armText(0xfb000000 | 0), "blx 0x800a");
  assert.equal(armText(0xe59f0010 | 0), "ldr r0, [0x8018]");
  assert.equal(thumbText("d0fe"), "beq 0x8000");
  assert.equal(thumbText("e7fe"), "b 0x8000");
  assert.equal(thumbText("b101"), "cbz r1, 0x8004");
  assert.equal(thumbText("f7fffffe"), "bl 0x8000");
  assert.equal(thumbText("f43faffe"), "beq 0x8000");
  assert.equal(thumbText("f000e800"), "blx 0x8004");
});

Deno.test("an IT block gives its instructions conditions and takes their flags", () => {
  assert.equal(thumbText("bf08"), "it eq");
  assert.equal(thumbText("bf0c"), "ite eq");
  assert.equal(thumbText("bf1b"), "ittet ne");
  assert.equal(thumbText("1840"), "adds r0, r0, r1");
  assert.equal(thumbText("1840", 0x08), "addeq r0, r0, r1");
  assert.equal(thumbText("4281", 0x18), "cmpne r1, r0", "comparisons keep their S");
});

Deno.test("what the Cortex-A8 lacks is undefined", () => {
  for (const word of [0xe710f211, 0xe730f211, 0xe7f000f0, 0xe1400070, 0xe160006e, 0xf5910000]) {
    assert.match(armText(word | 0), /^udf/, word.toString(16)); // SDIV UDIV UDF HVC ERET PLDW
  }
  for (const word of [0xfe0d1f50, 0xfe000e10, 0xfc410f00, 0xfd910f00]) {
    assert.match(armText(word | 0), /^udf/, word.toString(16)); // MCR2 p15, MCR2 p14, MCRR2, LDC2
  }
  for (const hex of ["fe0d1f50", "fb91f0f2", "fbb1f0f2", "de00", "f7f0a000", "ba80"]) {
    assert.match(thumbText(hex), /^udf/, hex); // SDIV UDIV UDF UDF.W HLT
  }
});

Deno.test("every halfword and any word has a text without an unfilled part", () => {
  const random = new Random(1);
  const check = (text: string, word: number) =>
    assert.doesNotMatch(text, /undefined|NaN|[{}]\w|^op /, (word >>> 0).toString(16));
  const plain = (text: string) => text.replace(/\{[a-z0-9, ]*\}/, "");
  for (let halfword = 0; halfword < 0xe800; halfword++) {
    check(plain(thumbText(halfword.toString(16).padStart(4, "0"))), halfword);
  }
  for (let n = 0; n < 50_000; n++) {
    const word = random.next() >>> 0;
    check(plain(armText(word | 0)), word);
    const wide = (word | 0xe800_0000) >>> 0;
    check(plain(thumbText(wide.toString(16))), wide);
  }
});
