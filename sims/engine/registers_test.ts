import assert from "node:assert/strict";
import {
  defineRegisters,
  describeRegister,
  fieldOf,
  type FieldSpec,
  withField,
} from "./registers.ts";

const TIMER = defineRegisters({
  IRQSTATUS_RAW: { offset: 0x24, access: "w1s", fields: { MAT: 0, OVF: 1, TCAR: 2 } },
  IRQSTATUS: { offset: 0x28, access: "w1c", of: "IRQSTATUS_RAW" },
  TCLR: { offset: 0x38, reset: 0x10, writable: 0x7fff, fields: { ST: 0, AR: 1, PTV: [2, 4] } },
  ILR: { offset: 0x100, count: 4, reset: 7 },
  MIR: { offset: 0x200, count: 3, stride: 0x20 },
});

Deno.test("a register is found at each byte of its word, and nowhere else", () => {
  for (const offset of [0x38, 0x39, 0x3b]) assert.equal(TIMER.at(offset)?.name, "TCLR");
  assert.equal(TIMER.at(0x3c), undefined);
  assert.equal(TIMER.at(0x0), undefined);
  assert.equal(TIMER.at(0x1000), undefined);
});

Deno.test("a view stores in the slot of the register it shows", () => {
  assert.equal(TIMER.index.IRQSTATUS, TIMER.index.IRQSTATUS_RAW);
  assert.equal(TIMER.slots, 1 + 1 + 4 + 3);
});

Deno.test("an array lies at its stride and takes a slot for each element", () => {
  assert.deepEqual([0, 4, 12].map((at) => TIMER.at(0x100 + at)?.n), [0, 1, 3]);
  assert.equal(TIMER.at(0x110), undefined);
  assert.deepEqual([0, 0x20, 0x40].map((at) => TIMER.at(0x200 + at)?.slot), [6, 7, 8]);
  assert.equal(TIMER.at(0x204), undefined);
});

Deno.test("reset values are by slot", () => {
  assert.deepEqual([...TIMER.resets], [0, 0x10, 7, 7, 7, 7, 0, 0, 0]);
});

Deno.test("a register that is read and one that is written may share an offset", () => {
  const uart = defineRegisters({
    RHR: { offset: 0, access: "ro" },
    THR: { offset: 0, access: "wo" },
    LSR: { offset: 4, access: "ro" },
    CLEAR: { offset: 8, access: "wo" },
  });
  assert.equal(uart.at(0)?.name, "RHR");
  assert.equal(uart.at(0, true)?.name, "THR");
  assert.equal(uart.at(4, true)?.name, "LSR", "where only one is, both find it");
  assert.equal(uart.at(8)?.name, "CLEAR");
});

Deno.test("a bank shows what is in it and what is in all", () => {
  const uart = defineRegisters({
    IER: { offset: 4, banks: ["operational"] },
    DLH: { offset: 4, banks: ["A", "B"] },
    LCR: { offset: 12 },
  });
  assert.deepEqual(uart.banks, ["operational", "A", "B"]);
  assert.deepEqual([0, 1, 2].map((bank) => uart.at(4, false, bank)?.name), ["IER", "DLH", "DLH"]);
  assert.deepEqual([0, 1, 2].map((bank) => uart.at(12, true, bank)?.name), ["LCR", "LCR", "LCR"]);
});

Deno.test("two registers at one offset are refused", () => {
  assert.throws(() => defineRegisters({ A: { offset: 0 }, B: { offset: 2 } }), {
    message: 'Cannot define register "B": "A" lies at the same offset',
  });
  assert.throws(
    () => defineRegisters({ A: { offset: 0, banks: ["x"] }, B: { offset: 0, banks: ["y", "x"] } }),
    /"B": "A" lies at the same offset/,
  );
});

Deno.test("a view of nothing, and a view of a view, are refused", () => {
  const message = 'Cannot define register "B": "C" is no register of its own';
  assert.throws(() => defineRegisters({ B: { offset: 0, of: "C" } }), { message });
  assert.throws(
    () =>
      defineRegisters({
        A: { offset: 0 },
        C: { offset: 4, of: "A" },
        B: { offset: 8, of: "C" },
      }),
    { message },
  );
});

Deno.test("fields are taken out and put in, up to all 32 bits", () => {
  for (const [field, value] of [[0, 1], [31, 1], [[4, 7], 9], [[0, 31], 0xdead_beef]] as const) {
    const into = 0x5a5a_5a5a;
    const whole = withField(into, field, value);
    assert.equal(fieldOf(whole, field), value);
    const spec: FieldSpec = field;
    assert.equal(withField(whole, spec, fieldOf(into, spec)), into, "the rest is as it was");
  }
  assert.equal(withField(0, [4, 7], 0x1f), 0xf0, "a value too large loses its upper bits");
});

Deno.test("a value is described by the fields that are not 0", () => {
  assert.equal(describeRegister(TIMER.at(0x38)!, 0x0b), "TCLR = 0xb: ST 1, AR 1, PTV 2");
  assert.equal(describeRegister(TIMER.at(0x108)!, -1), "ILR[2] = 0xffffffff");
});
