import assert from "node:assert/strict";
import { buildWasm, WasmBuildError, wasmMutations } from "./build.ts";
import { CacheCode, promiseIntegration, WasmError } from "./code.ts";
import { symbolAt } from "./symbols.ts";

async function errorOf(work: Promise<unknown>): Promise<Error> {
  return await work.then(() => assert.fail("it was built"), (error) => error);
}

Deno.test("a build is kept and found again; a defect is another one", async () => {
  const cache = await Deno.makeTempDir();
  try {
    const said: string[] = [];
    const progress = (text: string) => said.push(text);
    const first = await buildWasm({ cache, progress });
    assert.deepEqual(await buildWasm({ cache, progress }), first);
    const other = await buildWasm({ cache, progress, mutation: "no-join" });
    assert.notEqual(other.module, first.module);
    assert.deepEqual(said, [
      "building the cache as WebAssembly",
      'building the cache as WebAssembly with the defect "no-join"',
    ]);
    assert.equal([...Deno.readDirSync(cache)].length, 2);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("a missing linker is named, with what installs it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/clang`, "");
    const error = await errorOf(buildWasm({ path: folder }));
    assert.ok(error instanceof WasmBuildError);
    assert.equal(
      error.message,
      'Cannot build the cache as WebAssembly with "wasm-ld": it is not on the PATH; ' +
        'run "deno task hil doctor --install"',
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a defect that there is not is refused", async () => {
  const error = await errorOf(buildWasm({ mutation: "no bug" }));
  assert.match(error.message, /with the defect "no bug": there are hit-asks-disk, .*; name one/);
});

Deno.test("defects of the cache are in what is built, those of the driver are not", async () => {
  const names = await wasmMutations();
  assert.ok(names.includes("copies-unprotected") && names.includes("tree-loses-a-node"));
  assert.ok(!names.includes("no-reset") && !names.includes("silent-panic"));
});

Deno.test("an engine without promise integration is told apart, with what to do", () => {
  assert.throws(() => promiseIntegration({}), (error: Error) => {
    assert.ok(error instanceof WasmError);
    assert.match(
      error.message,
      /^Cannot run the cache as WebAssembly in "V8 [\d.]+.*": it has no WebAssembly\.Suspending \(JavaScript Promise Integration\); use Deno 2\.9 or later$/,
    );
    return true;
  });
});

Deno.test("addresses have the names that C gave them", async () => {
  const { symbols, heapBase } = await CacheCode.load();
  const entries = symbols.find(({ name }) => name === "entries")!;
  assert.equal(entries.file, "fixed_array.c");
  assert.equal(symbolAt(symbols, entries.address), "entries (fixed_array.c)");
  assert.equal(symbolAt(symbols, entries.address + 0x58), "entries+0x58 (fixed_array.c)");
  assert.equal(symbolAt(symbols, heapBase), undefined);
  assert.equal(symbolAt(symbols, 0), undefined);
});
