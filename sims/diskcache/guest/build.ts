/**
 * Builds the guest kernel with clang and ld.lld. A build is kept in `.cache/guest/<hash>/`, by a
 * hash of the sources, the flags and the tools, so that the second one costs nothing.
 */
import { type Mutation, MUTATIONS } from "./mutations.ts";
import {
  BuildError,
  buildOnce,
  type BuildTool,
  readSources,
  type Sources,
  Toolchain,
} from "sims/toolchain/mod.ts";

export interface GuestBuild {
  /** Absolute path of the image for QEMU's `-kernel`. */
  readonly kernel: string;
}

export interface BuildOptions {
  /** Name of a defect to build in (`mutations.ts`). */
  readonly mutation?: string;
  /** The idle thread does not sleep: QEMU records and replays that 50 times faster. */
  readonly idlePolls?: boolean;
  readonly progress?: (text: string) => void;
  /** Folder of the sources, all of them; default: this one and what guests share. */
  readonly sources?: string;
  /** Default `.cache/guest` of the repository. */
  readonly cache?: string;
  /** Where tools are looked for; default `$PATH`. */
  readonly path?: string;
}

const HERE = new URL(".", import.meta.url).pathname;
/** C that the project's guests have in common. */
const SHARED = new URL("../../checked_lines/", import.meta.url).pathname;
const CACHE = new URL("../../../.cache/guest", import.meta.url).pathname;
const IMAGE = "guest.elf";
const SCRIPT = "kernel.ld";
/** Builds that are kept: one for each defect, and some of the past. */
const KEPT = 60;

// deno-fmt-ignore
const COMPILE = [
  "--target=x86_64-unknown-none-elf", "-std=c17", "-O2", "-ffreestanding", "-nostdlibinc",
  "-fno-pic", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
  // An interrupt may use the stack below its pointer, and saves no vector registers.
  "-mno-red-zone", "-mgeneral-regs-only",
  "-Wall", "-Wextra", "-Werror", "-DTRACED",
];
const LINK = ["-static", "-nostdlib", "--no-dynamic-linker", "-T", SCRIPT, "-o", IMAGE];

/** The guest kernel could not be built. */
export class GuestBuildError extends BuildError {
  override readonly name = "GuestBuildError";
}

const TOOLCHAIN = new Toolchain("guest kernel", GuestBuildError);

/**
 * Builds the guest kernel, or finds it built.
 *
 * @throws GuestBuildError when a tool is missing or the sources do not compile
 */
export async function buildGuest(options: BuildOptions = {}): Promise<GuestBuild> {
  const { sources: from = HERE, cache = CACHE, path } = options;
  const mutation = findMutation(options.mutation);
  const tools = {
    clang: await TOOLCHAIN.find("clang", path),
    linker: await TOOLCHAIN.find("ld.lld", path),
  };
  const wanted = (name: string) => /\.(c|h|S)$/.test(name) || name === SCRIPT;
  const shared = options.sources ? [] : await readSources(SHARED, wanted);
  const sources = new Map([...await readSources(from, wanted), ...shared]);
  const flags = [
    ...COMPILE,
    ...(mutation ? [`-DMUTATE=MUTATION_${mutation.define}`] : []),
    ...(options.idlePolls ? ["-DIDLE_POLLS"] : []),
  ];
  const words = [...flags, ...LINK, tools.clang.identity, tools.linker.identity];
  const folder = await buildOnce({
    ...{ cache, kept: KEPT, words, sources, product: IMAGE },
    build: async (folder) => {
      const name = mutation ? `guest kernel with the defect "${mutation.name}"` : "guest kernel";
      options.progress?.(`building the ${name}`);
      await compile(tools, flags, sources, folder);
    },
  });
  return { kernel: `${folder}/${IMAGE}` };
}

function findMutation(name: string | undefined): Mutation | undefined {
  if (name === undefined) return undefined;
  const found = MUTATIONS.find((mutation) => mutation.name === name);
  if (found) return found;
  const names = MUTATIONS.map((mutation) => mutation.name).join(", ");
  throw new GuestBuildError(
    `Cannot build the guest kernel with the defect "${name}": there are ${names}; name one of them`,
  );
}

async function compile(
  { clang, linker }: { readonly clang: BuildTool; readonly linker: BuildTool },
  flags: readonly string[],
  sources: Sources,
  folder: string,
): Promise<void> {
  const units = [...sources.keys()].filter((name) => /\.[cS]$/.test(name));
  await TOOLCHAIN.run(clang, ["-c", ...flags, ...units], folder);
  const objects = units.map((name) => name.replace(/\.[cS]$/, ".o"));
  await TOOLCHAIN.run(linker, [...LINK, ...objects], folder);
  for (const name of objects) await Deno.remove(`${folder}/${name}`);
}
