/**
 * Builds the guest kernel with clang and ld.lld. A build is kept in `.cache/guest/<hash>/`, by a
 * hash of the sources, the flags and the tools, so that the second one costs nothing.
 */
import { type Mutation, MUTATIONS } from "./mutations.ts";

export interface GuestBuild {
  /** Absolute path of the image for QEMU's `-kernel`. */
  readonly kernel: string;
}

export interface BuildOptions {
  /** Name of a defect to build in (`mutations.ts`). */
  readonly mutation?: string;
  readonly progress?: (text: string) => void;
  /** Folder of the sources; default: this one. */
  readonly sources?: string;
  /** Default `.cache/guest` of the repository. */
  readonly cache?: string;
  /** Where tools are looked for; default `$PATH`. */
  readonly path?: string;
}

const HERE = new URL(".", import.meta.url).pathname;
const CACHE = new URL("../../../.cache/guest", import.meta.url).pathname;
const IMAGE = "guest.elf";
const SCRIPT = "kernel.ld";
/** Builds that are kept: one for each defect, and some of the past. */
const KEPT = 40;
const REMEDY = 'run "deno task hil doctor --install"';

// deno-fmt-ignore
const COMPILE = [
  "--target=x86_64-unknown-none-elf", "-std=c17", "-O2", "-ffreestanding", "-nostdlibinc",
  "-fno-pic", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
  // An interrupt may use the stack below its pointer, and saves no vector registers.
  "-mno-red-zone", "-mgeneral-regs-only",
  "-Wall", "-Wextra", "-Werror",
];
const LINK = ["-static", "-nostdlib", "--no-dynamic-linker", "-T", SCRIPT, "-o", IMAGE];

/** The guest kernel could not be built. */
export class GuestBuildError extends Error {
  override readonly name = "GuestBuildError";
}

/**
 * Builds the guest kernel, or finds it built.
 *
 * @throws GuestBuildError when a tool is missing or the sources do not compile
 */
export async function buildGuest(options: BuildOptions = {}): Promise<GuestBuild> {
  const { sources = HERE, cache = CACHE, path = Deno.env.get("PATH") ?? "" } = options;
  const mutation = findMutation(options.mutation);
  const tools = { clang: await findTool("clang", path), linker: await findTool("ld.lld", path) };
  const files = await readSources(sources);
  const flags = mutation ? [...COMPILE, `-DMUTATE=MUTATION_${mutation.define}`] : COMPILE;
  const folder = `${cache}/${await hashOf([
    ...flags,
    ...LINK,
    tools.clang.identity,
    tools.linker.identity,
  ], files)}`;
  const kernel = `${folder}/${IMAGE}`;
  if (await exists(kernel)) return { kernel };
  const name = mutation ? `guest kernel with the defect "${mutation.name}"` : "guest kernel";
  options.progress?.(`building the ${name}`);
  await Deno.mkdir(cache, { recursive: true });
  // Built aside and moved as a whole: two that build at once do not see each other's halves.
  const aside = await Deno.makeTempDir({ dir: cache, prefix: "building-" });
  try {
    await compile(tools, flags, files, aside);
    await moveInto(aside, folder);
  } finally {
    await Deno.remove(aside, { recursive: true }).catch(() => {}); // Moved, when all went well.
  }
  await prune(cache, folder);
  return { kernel };
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

interface Tool {
  readonly file: string;
  /** Another compiler, another build: what tells them apart without running them. */
  readonly identity: string;
}

async function findTool(name: string, path: string): Promise<Tool> {
  for (const folder of path.split(":").filter(Boolean)) {
    const file = `${folder}/${name}`;
    try {
      const real = await Deno.realPath(file);
      const { isFile, size, mtime } = await Deno.stat(real);
      if (isFile) return { file, identity: `${real} ${size} ${mtime?.getTime()}` };
    } catch { /* Not here. */ }
  }
  throw new GuestBuildError(
    `Cannot build the guest kernel with "${name}": it is not on the PATH; ${REMEDY}`,
  );
}

type Sources = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

async function readSources(folder: string): Promise<Sources> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (/\.(c|h|S)$/.test(name) || name === SCRIPT) names.push(name);
  }
  const read = async (name: string) => [name, await Deno.readFile(`${folder}/${name}`)] as const;
  return new Map(await Promise.all(names.sort().map(read)));
}

async function hashOf(words: readonly string[], files: Sources): Promise<string> {
  const digest = async (bytes: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const parts = [...words];
  for (const [name, bytes] of files) parts.push(name, await digest(bytes));
  return (await digest(new TextEncoder().encode(parts.join("\0")))).slice(0, 32);
}

async function compile(
  { clang, linker }: { readonly clang: Tool; readonly linker: Tool },
  flags: readonly string[],
  files: Sources,
  folder: string,
): Promise<void> {
  for (const [name, bytes] of files) await Deno.writeFile(`${folder}/${name}`, bytes);
  const units = [...files.keys()].filter((name) => /\.[cS]$/.test(name));
  await run(clang, ["-c", ...flags, ...units], folder);
  const objects = units.map((name) => name.replace(/\.[cS]$/, ".o"));
  await run(linker, [...LINK, ...objects], folder);
  for (const name of [...files.keys(), ...objects]) await Deno.remove(`${folder}/${name}`);
}

async function run(tool: Tool, args: string[], cwd: string): Promise<void> {
  const command = new Deno.Command(tool.file, { args, cwd, stdin: "null" });
  const { success, code, signal, stderr, stdout } = await command.output().catch((cause) => {
    throw new GuestBuildError(
      `Cannot build the guest kernel with "${tool.file}": ${cause.message}; ${REMEDY}`,
      { cause },
    );
  });
  if (success) return;
  const said = [stderr, stdout].map((bytes) => new TextDecoder().decode(bytes)).join("").trim();
  throw new GuestBuildError(
    `Cannot build the guest kernel with "${tool.file}": it ` +
      `${signal ? `was killed by ${signal}` : `exited with code ${code}`}; it said:\n${said}`,
  );
}

async function exists(file: string): Promise<boolean> {
  return await Deno.stat(file).then(() => true, () => false);
}

/** Another one may have built the same meanwhile: then its build is as good. */
async function moveInto(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!await exists(`${to}/${IMAGE}`)) throw error;
  }
}

/** Keeps the newest builds. */
async function prune(cache: string, current: string): Promise<void> {
  const builds: { folder: string; at: number }[] = [];
  for await (const { name } of Deno.readDir(cache)) {
    const folder = `${cache}/${name}`;
    const stat = await Deno.stat(folder).catch(() => undefined);
    if (stat && folder !== current) builds.push({ folder, at: stat.mtime?.getTime() ?? 0 });
  }
  builds.sort((a, b) => b.at - a.at);
  for (const { folder } of builds.slice(KEPT - 1)) {
    await Deno.remove(folder, { recursive: true }).catch(() => {}); // Another one prunes too.
  }
}
