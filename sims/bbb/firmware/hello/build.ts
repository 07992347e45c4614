/** Builds hello.S, a program for U-Boot to load and to jump to, with clang and ld.lld. */
import { BuildError, buildOnce, readSources, Toolchain } from "sims/toolchain/mod.ts";

/** Where U-Boot has to load it and to jump to: `tftp 0x80000000 os.bin`, `go 0x80000000`. */
export const HELLO_BASE = 0x8000_0000;

const HERE = new URL(".", import.meta.url).pathname;
const CACHE = new URL("../../../../.cache/firmware-hello", import.meta.url).pathname;
const SOURCE = "hello.S";
const IMAGE = "os.bin";
const KEPT = 4;
const COMPILE = ["--target=arm-none-eabi", "-mcpu=cortex-a8", "-Wall", "-Werror"];
const LINK = ["-static", `-Ttext=${HELLO_BASE.toString(16)}`, "--oformat", "binary", "-o", IMAGE];

/** The program could not be built. */
export class HelloBuildError extends BuildError {
  override readonly name = "HelloBuildError";
}

const TOOLCHAIN = new Toolchain("program for U-Boot to start", HelloBuildError);

/**
 * The flat binary, built or found.
 *
 * @throws HelloBuildError when a tool is missing or the source does not assemble
 */
export async function helloProgram(): Promise<Uint8Array> {
  const clang = await TOOLCHAIN.find("clang");
  const linker = await TOOLCHAIN.find("ld.lld");
  const folder = await buildOnce({
    ...{ cache: CACHE, kept: KEPT, product: IMAGE },
    sources: await readSources(HERE, (name) => name === SOURCE),
    words: [...COMPILE, ...LINK, clang.identity, linker.identity],
    build: async (folder) => {
      await TOOLCHAIN.run(clang, ["-c", ...COMPILE, SOURCE], folder);
      await TOOLCHAIN.run(linker, [...LINK, "hello.o"], folder);
    },
  });
  return await Deno.readFile(`${folder}/${IMAGE}`);
}
