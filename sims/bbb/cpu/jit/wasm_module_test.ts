import assert from "node:assert/strict";
import { Bytes, Code, I32, I64 } from "./wasm_code.ts";
import { encodeModule, type ModuleParts } from "./wasm_module.ts";

const TYPES = [{ parameters: 1, results: 1 }, { parameters: 2, results: 1 }] as const;

interface Host {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
}

function instantiate(
  functions: ModuleParts["functions"],
  imports: Record<string, (x: number) => number> = {},
): Host & { call(name: string, ...args: number[]): number } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const table = new WebAssembly.Table({ initial: 8, element: "anyfunc" });
  const bytes = encodeModule({
    types: TYPES,
    imports: Object.keys(imports).map((name) => ({ name, type: 0 })),
    functions,
    memoryPages: 1,
    tableSize: 8,
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory, table, ...imports },
  });
  const call = (name: string, ...args: number[]) =>
    (instance.exports[name] as (...args: number[]) => number)(...args);
  return { memory, table, call };
}

/** Runs a body of one parameter. */
function run(write: (code: Code) => unknown, argument = 0): number {
  const code = new Code(1);
  write(code);
  return instantiate([{ type: 0, body: code.encode(), exported: "f" }]).call("f", argument);
}

Deno.test("constants of every length come back", () => {
  const edges = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, -8192, -8193, 0x7fff_ffff, -0x8000_0000];
  for (const value of edges) assert.equal(run((code) => code.i32(value)), value);
  for (let bit = 0; bit < 32; bit++) {
    assert.equal(run((code) => code.i32(1 << bit)), 1 << bit);
    assert.equal(run((code) => code.i32(~(1 << bit))), ~(1 << bit));
    assert.equal(run((code) => code.i64(1 << bit).op("wrap")), 1 << bit);
  }
});

Deno.test("unsigned numbers are LEB128", () => {
  const leb = (value: number) => [...new Bytes().unsigned(value).view];
  assert.deepEqual(leb(0), [0]);
  assert.deepEqual(leb(127), [127]);
  assert.deepEqual(leb(128), [0x80, 1]);
  assert.deepEqual(leb(624485), [0xe5, 0x8e, 0x26]);
  assert.deepEqual(leb(0xffff_ffff), [0xff, 0xff, 0xff, 0xff, 0x0f]);
});

Deno.test("a loop with a branch table counts as it is told", () => {
  const sum = run((code) => {
    const total = code.local();
    const loop = code.loop();
    const two = code.block(), one = code.block(), zero = code.block();
    code.get(0).brTable([zero, one], two);
    code.end().get(total).op("return").end(); // 0: done
    code.get(total).i32(100).op("add").set(total).i32(0).set(0).br(loop).end(); // 1
    code.get(total).get(0).op("add").set(total).get(0).i32(1).op("sub").set(0).br(loop).end();
    code.op("unreachable");
  }, 5);
  assert.equal(sum, 5 + 4 + 3 + 2 + 100);
});

Deno.test("both arms of an if give its value", () => {
  const pick = (argument: number) =>
    run((code) => {
      code.get(0);
      code.if(I32);
      code.i32(7).else().i32(9).end();
    }, argument);
  assert.equal(pick(1), 7);
  assert.equal(pick(0), 9);
});

Deno.test("a 64-bit local keeps a long product", () => {
  const high = run((code) => {
    const wide = code.local(I64);
    code.get(0).op("i64_extend_u").get(0).op("i64_extend_u", "i64_mul").set(wide);
    code.get(wide).i64(32).op("i64_shr_u", "wrap");
  }, 0xffff_ffff);
  assert.equal(high >>> 0, 0xffff_fffe);
});

Deno.test("functions call imports, and each other by the table, with and without a frame", () => {
  const double = new Code(1).get(0).call(0).encode();
  const tail = new Code(2).get(0).get(1).returnCallIndirect(0).encode();
  const plain = new Code(2).get(0).get(1).callIndirect(0).i32(1).op("add").encode();
  const host = instantiate([
    { type: 0, body: double, slot: 5 },
    { type: 1, body: tail, exported: "tail" },
    { type: 1, body: plain, exported: "plain" },
  ], { double: (x) => 2 * x });
  assert.equal(host.call("tail", 21, 5), 42);
  assert.equal(host.call("plain", 21, 5), 43);
  assert.equal(host.table.get(4), null);
});

Deno.test("a function that calls itself instead of returning needs no stack", () => {
  const code = new Code(2);
  code.get(0).op("eqz").if();
  code.get(1).op("return").end();
  code.get(0).i32(1).op("sub").get(1).i32(2).op("add").i32(3).returnCallIndirect(1);
  const host = instantiate([{ type: 1, body: code.encode(), slot: 3, exported: "f" }]);
  assert.equal(host.call("f", 1_000_000, 0), 2_000_000);
});

Deno.test("loads and stores of each width go where their offset says", () => {
  const code = new Code(1);
  code.i32(16).get(0).memory("store", 4);
  code.i32(16).memory("load8_s", 4).i32(16).memory("load16_u", 6).op("add");
  const host = instantiate([{ type: 0, body: code.encode(), exported: "f" }]);
  assert.equal(host.call("f", 0x1234_56ff), -1 + 0x1234);
  assert.equal(new DataView(host.memory.buffer).getUint32(20, true), 0x1234_56ff);
});

Deno.test("a body with an open block is refused", () => {
  const code = new Code(0);
  code.block();
  assert.throws(() => code.encode(), /1 blocks are not closed/);
});
