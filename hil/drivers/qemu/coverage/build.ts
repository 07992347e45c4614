/** Builds the plugin with whatever C compiler is there; kept in `.cache/qemu-coverage/`. */

/** The plugin, or why there is none: then all but coverage works. */
export type CoveragePlugin =
  | { readonly ok: true; readonly file: string }
  | { readonly ok: false; readonly reason: string };

const SOURCE = new URL("./edges.c", import.meta.url).pathname;
const CACHE = new URL("../../../../.cache/qemu-coverage", import.meta.url).pathname;
const COMPILERS = ["cc", "gcc", "clang"];
const FLAGS = ["-shared", "-fPIC", "-O2", "-fvisibility=hidden"];

export interface CoverageBuildOptions {
  /** Default "qemu-system-x86_64". */
  readonly binary?: string;
  readonly compilers?: readonly string[];
  readonly cache?: string;
}

/** Builds the plugin, or finds it built. Never throws. */
export async function buildCoveragePlugin(
  { binary = "qemu-system-x86_64", compilers = COMPILERS, cache = CACHE }: CoverageBuildOptions =
    {},
): Promise<CoveragePlugin> {
  const help = await run(binary, ["--help"]);
  if (!/^-plugin /m.test(help ?? "")) return { ok: false, reason: `${binary} takes no plugins` };
  const source = await Deno.readFile(SOURCE);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", source)).toHex().slice(0, 16);
  const file = `${cache}/edges-${hash}.so`;
  if (await Deno.stat(file).then(() => true, () => false)) return { ok: true, file };
  await Deno.mkdir(cache, { recursive: true });
  const aside = await Deno.makeTempFile({ dir: cache, suffix: ".so" });
  for (const compiler of compilers) {
    if (await run(compiler, [...FLAGS, "-o", aside, SOURCE]) === undefined) continue;
    await Deno.rename(aside, file); // As a whole: another one may be building it too.
    return { ok: true, file };
  }
  await Deno.remove(aside);
  return { ok: false, reason: `no C compiler makes it: ${compilers.join(", ")} were tried` };
}

/** What a program prints; undefined when it fails or is not there. */
async function run(program: string, args: string[]): Promise<string | undefined> {
  try {
    const options = { args, stdin: "null", stderr: "null" } as const;
    const { success, stdout } = await new Deno.Command(program, options).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}
