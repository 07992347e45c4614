/**
 * Builds the operating system of the BeagleBone Black with clang and ld.lld: the kernel for U-Boot
 * to load and to jump to, and its applications as they lie on the eMMC. Kept in `.cache/firmware-os`
 * by a hash of all that goes in.
 */
import {
  BuildError,
  buildOnce,
  type BuildTool,
  readSources,
  Toolchain,
} from "sims/toolchain/mod.ts";

/** Where U-Boot has to load the kernel and to jump to. */
export const OS_BASE = 0x8000_0000;
/** Block of the eMMC at which the applications begin, and how many blocks are theirs. */
export const OS_APPS_BLOCK = 0x28000;
export const OS_APPS_BLOCKS = 0x100;

/** Absolute paths. */
export interface OsBuild {
  /** A flat binary, for {@linkcode OS_BASE}. */
  readonly kernel: string;
  /** The table of sizes and the images, for {@linkcode OS_APPS_BLOCK}. */
  readonly apps: string;
  /** The kernel with its symbols. */
  readonly elf: string;
}

const HERE = new URL(".", import.meta.url).pathname;
const APPS_HERE = `${HERE}apps/`;
/** C that the project's guests have in common. */
const SHARED = new URL("../../../checked_lines/", import.meta.url).pathname;
const CACHE = new URL("../../../../.cache/firmware-os", import.meta.url).pathname;
const KERNEL = "os.bin";
const ELF = "os.elf";
const APPS = "apps.bin";
const APP_NAMES = ["app1", "app2"];
/** Of each application. */
const APP_UNITS = ["app.S", "work.c"];
const KEPT = 8;
const BLOCK_BYTES = 512;

// deno-fmt-ignore
const COMPILE = [
  "--target=arm-none-eabi", "-mcpu=cortex-a8", "-marm", "-mfloat-abi=soft", "-std=c17", "-O2",
  // Also for alignment faults of ours: structures are read by words that are aligned.
  "-ffreestanding", "-nostdlibinc", "-fno-pic", "-mno-unaligned-access",
  "-Wall", "-Wextra", "-Werror",
];
const LINK = ["-static", "-nostdlib", "--no-dynamic-linker"];

/** The operating system could not be built. */
export class OsBuildError extends BuildError {
  override readonly name = "OsBuildError";
}

const TOOLCHAIN = new Toolchain("operating system for the board", OsBuildError);

/**
 * Builds it, or finds it built.
 *
 * @throws OsBuildError when a tool is missing or the sources do not compile
 */
export async function buildOs(options: { readonly path?: string } = {}): Promise<OsBuild> {
  const tools = {
    clang: await TOOLCHAIN.find("clang", options.path),
    linker: await TOOLCHAIN.find("ld.lld", options.path),
  };
  const wanted = (name: string) => /\.(c|h|S|ld)$/.test(name);
  const kernel = new Map([
    ...await readSources(HERE, wanted),
    ...await readSources(SHARED, wanted),
  ]);
  const units = [...kernel.keys()].filter((name) => /\.[cS]$/.test(name));
  const sources = new Map([...kernel, ...await readSources(APPS_HERE, wanted)]);
  const folder = await buildOnce({
    ...{ cache: CACHE, kept: KEPT, sources, product: APPS },
    words: [...COMPILE, ...LINK, ...APP_NAMES, tools.clang.identity, tools.linker.identity],
    build: async (folder) => {
      await linkKernel(tools, units, folder);
      const images = [];
      for (const name of APP_NAMES) images.push(await linkApp(tools, name, folder));
      // Last: with it the build is whole.
      await Deno.writeFile(`${folder}/${APPS}`, appsToc(images));
    },
  });
  return {
    kernel: `${folder}/${KERNEL}`,
    apps: `${folder}/${APPS}`,
    elf: `${folder}/${ELF}`,
  };
}

/**
 * What a TFTP server has to have for `tftpboot`: os.bin and apps.bin.
 *
 * @throws as {@linkcode buildOs}
 */
export async function osFiles(): Promise<{ "os.bin": Uint8Array; "apps.bin": Uint8Array }> {
  const { kernel, apps } = await buildOs();
  return { "os.bin": await Deno.readFile(kernel), "apps.bin": await Deno.readFile(apps) };
}

interface Tools {
  readonly clang: BuildTool;
  readonly linker: BuildTool;
}

async function linkKernel(tools: Tools, units: readonly string[], folder: string): Promise<void> {
  await TOOLCHAIN.run(tools.clang, ["-c", ...COMPILE, ...units], folder);
  const objects = units.map(objectOf);
  const link = [...LINK, "-T", "kernel.ld", ...objects];
  await TOOLCHAIN.run(tools.linker, [...link, "-o", ELF], folder);
  await TOOLCHAIN.run(tools.linker, [...link, "--oformat", "binary", "-o", KERNEL], folder);
  for (const object of objects) await Deno.remove(`${folder}/${object}`);
}

async function linkApp(tools: Tools, name: string, folder: string): Promise<Uint8Array> {
  const units = [...APP_UNITS, `${name}.c`];
  const named = [`-DNAME="${name}"`, `-DNAME_SIZE=${name.length}`];
  await TOOLCHAIN.run(tools.clang, ["-c", ...COMPILE, ...named, ...units], folder);
  const objects = units.map(objectOf);
  const image = `${name}.bin`;
  const link = [...LINK, "-T", "app.ld", ...objects];
  await TOOLCHAIN.run(tools.linker, [...link, "-o", `${name}.elf`], folder);
  await TOOLCHAIN.run(tools.linker, [...link, "--oformat", "binary", "-o", image], folder);
  for (const object of objects) await Deno.remove(`${folder}/${object}`);
  return await Deno.readFile(`${folder}/${image}`);
}

const objectOf = (unit: string) => unit.replace(/\.[cS]$/, ".o");

/**
 * Images as the mission's tool `appstoc` lays them out: a block of sizes in bytes, up to a 0; then
 * each image from a block of its own.
 */
export function appsToc(images: readonly Uint8Array[]): Uint8Array {
  const blocks = images.map(({ length }) => Math.ceil(length / BLOCK_BYTES));
  const bytes = new Uint8Array(BLOCK_BYTES * blocks.reduce((sum, n) => sum + n, 1));
  const table = new DataView(bytes.buffer);
  let at = BLOCK_BYTES;
  for (const [n, image] of images.entries()) {
    table.setUint32(4 * n, image.length, true);
    bytes.set(image, at);
    at += BLOCK_BYTES * blocks[n]!;
  }
  return bytes;
}
