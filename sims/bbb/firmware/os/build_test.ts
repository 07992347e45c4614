import assert from "node:assert/strict";
import { Random } from "sims/engine/mod.ts";
import { readSymbols } from "sims/bbb/elf.ts";
import { Toolchain } from "sims/toolchain/mod.ts";
import { appsToc, buildOs, OS_BASE, OsBuildError, osFiles } from "./build.ts";

const HERE = new URL(".", import.meta.url).pathname;

Deno.test("the kernel begins at its address, and is found the second time", async () => {
  const built = await buildOs();
  assert.deepEqual(await buildOs(), built);
  const elf = await Deno.readFile(built.elf);
  const symbols = readSymbols(elf, built.elf);
  assert.equal(symbols.at(OS_BASE), "_start");
  const kernel = await Deno.readFile(built.kernel);
  const first = new DataView(kernel.buffer).getUint32(0, true);
  assert.equal(first >>> 16, 0xf10e, "cpsid aif, #MODE_SVC");
});

Deno.test("apps.bin: a block of sizes up to a 0, then each image from a block of its own", () => {
  const images = [new Uint8Array(513).fill(1), new Uint8Array(512).fill(2), Uint8Array.of(3)];
  const bytes = appsToc(images);
  assert.equal(bytes.length, 512 * (1 + 2 + 1 + 1));
  assert.deepEqual([...new Uint32Array(bytes.buffer, 0, 4)], [513, 512, 1, 0]);
  for (const [at, value] of [[512, 1], [1024, 1], [1025, 0], [1536, 2], [2048, 3], [2049, 0]]) {
    assert.equal(bytes[at!], value, `byte ${at}`);
  }
});

Deno.test("applications have a header, an entry in their code, and names", async () => {
  const { "apps.bin": bytes } = await osFiles();
  const view = new DataView(bytes.buffer);
  const text = (at: number, size: number) =>
    new TextDecoder().decode(bytes.subarray(at, at + size)).replace(/\0+$/, "");
  let at = 512;
  for (const [n, name] of ["app1", "app2"].entries()) {
    const size = view.getUint32(4 * n, true);
    const [entry, textEnd, imageEnd, bssEnd] = [4, 8, 12, 16].map((o) =>
      view.getUint32(at + o, true)
    );
    assert.equal(text(at, 4), "1APP");
    assert.equal(text(at + 20, 12), name);
    assert.ok(entry! > 0x1000_0000 && entry! < textEnd!, "the entry is code");
    assert.equal(textEnd! % 4096, 0);
    assert.equal(imageEnd, 0x1000_0000 + size);
    assert.ok(bssEnd! >= imageEnd!);
    at += 512 * Math.ceil(size / 512);
  }
});

Deno.test("without a compiler it says what to do", async () => {
  await assert.rejects(
    buildOs({ path: "" }),
    (error: Error) =>
      error instanceof OsBuildError &&
      error.message === 'Cannot build the operating system for the board with "clang": it is not ' +
          'on the PATH; run "deno task hil doctor --install"',
  );
});

interface Division {
  __aeabi_uidivmod(n: number, d: number): bigint;
  __aeabi_idivmod(n: number, d: number): bigint;
  divide64(n: bigint, d: bigint, rest: number): bigint;
  readonly memory: WebAssembly.Memory;
}

/** division.c as WebAssembly. */
async function division(): Promise<Division> {
  const toolchain = new Toolchain("division as WebAssembly");
  const file = await Deno.makeTempFile({ suffix: ".wasm" });
  try {
    // deno-fmt-ignore
    const flags = [
      "--target=wasm32", "-std=c17", "-O2", "-ffreestanding", "-nostdlib", "-Wall", "-Wextra",
      "-Werror", "-Wl,--no-entry", "-Wl,--export-all",
    ];
    const clang = await toolchain.find("clang");
    await toolchain.run(clang, [...flags, "division.c", "-o", file], HERE);
    const module = await WebAssembly.compile(await Deno.readFile(file));
    return new WebAssembly.Instance(module).exports as unknown as Division;
  } finally {
    await Deno.remove(file);
  }
}

/** Few bits as often as many. */
function number(random: Random): number {
  return random.below(2 ** 32) >>> random.below(32);
}

Deno.test("division is as the processor's own would be, for any numbers", async () => {
  const c = await division();
  const random = new Random(5);
  const pair = (value: bigint) => [value & 0xffff_ffffn, BigInt.asUintN(64, value) >> 32n];
  for (let round = 0; round < 3000; round++) {
    const [n, d] = [number(random), number(random) || 1];
    const [bigN, bigD] = [BigInt(n), BigInt(d)];
    assert.deepEqual(pair(c.__aeabi_uidivmod(n, d)), [bigN / bigD, bigN % bigD], `${n} / ${d}`);
    const [signedN, signedD] = [BigInt(n | 0), BigInt(d | 0)];
    const signed = [signedN / signedD, signedN % signedD].map((v) => BigInt.asUintN(32, v));
    assert.deepEqual(pair(c.__aeabi_idivmod(n | 0, d | 0)), signed, `${n | 0} / ${d | 0}`);
    const long = bigN << 32n | BigInt(number(random));
    const rest = 1024;
    assert.equal(BigInt.asUintN(64, c.divide64(long, bigD, rest)), long / bigD, `${long} / ${d}`);
    assert.equal(new DataView(c.memory.buffer).getBigUint64(rest, true), long % bigD);
  }
});
