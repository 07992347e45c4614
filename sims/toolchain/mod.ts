/**
 * What is built from sources: kept in a folder by a hash of all that went into it, so that the
 * second build costs nothing, and moved there as a whole, so that two that build at once do not
 * see each other's halves.
 */

/** Something could not be built. */
export class BuildError extends Error {
  override readonly name: string = "BuildError";
}

/** A program that builds. */
export interface BuildTool {
  readonly file: string;
  /** Another compiler, another build: what tells them apart without running them. */
  readonly identity: string;
}

export type Sources = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

const REMEDY = 'run "deno task hil doctor --install"';

/** The failures of one thing that is built: "guest kernel". */
export class Toolchain {
  /**
   * @param what is built, for messages
   * @param error the class that its failures have
   */
  constructor(
    readonly what: string,
    private readonly error: new (message: string, options?: ErrorOptions) => BuildError =
      BuildError,
  ) {}

  /** @param path folders to look in; default `$PATH` */
  async find(name: string, path = Deno.env.get("PATH") ?? ""): Promise<BuildTool> {
    for (const folder of path.split(":").filter(Boolean)) {
      const file = `${folder}/${name}`;
      try {
        const real = await Deno.realPath(file);
        const { isFile, size, mtime } = await Deno.stat(real);
        if (isFile) return { file, identity: `${real} ${size} ${mtime?.getTime()}` };
      } catch { /* Not here. */ }
    }
    throw new this.error(
      `Cannot build the ${this.what} with "${name}": it is not on the PATH; ${REMEDY}`,
    );
  }

  async run(tool: BuildTool, args: string[], cwd: string): Promise<void> {
    const command = new Deno.Command(tool.file, { args, cwd, stdin: "null" });
    const { success, code, signal, stderr, stdout } = await command.output().catch((cause) => {
      throw new this.error(
        `Cannot build the ${this.what} with "${tool.file}": ${cause.message}; ${REMEDY}`,
        { cause },
      );
    });
    if (success) return;
    const said = [stderr, stdout].map((bytes) => new TextDecoder().decode(bytes)).join("").trim();
    throw new this.error(
      `Cannot build the ${this.what} with "${tool.file}": it ` +
        `${signal ? `was killed by ${signal}` : `exited with code ${code}`}; it said:\n${said}`,
    );
  }
}

/** The version that a tool tells; undefined when there is no such tool. */
export async function versionOf(tool: string): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command(tool, { args: ["--version"], stdin: "null" })
      .output();
    return new TextDecoder().decode(stdout).match(/\d+(?:\.\d+)+/)?.[0] ?? "unknown";
  } catch {
    return undefined;
  }
}

/** Those files of a folder, by name, in the order of their names. */
export async function readSources(
  folder: string,
  wanted: (name: string) => boolean,
): Promise<Sources> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (wanted(name)) names.push(name);
  const read = async (name: string) => [name, await Deno.readFile(`${folder}/${name}`)] as const;
  return new Map(await Promise.all(names.sort().map(read)));
}

export interface KeptBuild {
  /** Where builds are kept. */
  readonly cache: string;
  /** How many. */
  readonly kept: number;
  /** All that goes in beside the sources: flags, identities of tools. */
  readonly words: readonly string[];
  readonly sources: Sources;
  /** The file that a whole build has. */
  readonly product: string;
  /** Called when it is not there yet: builds in that folder, in which the sources are. */
  readonly build: (folder: string) => Promise<void>;
}

/** Builds it, or finds it built; gives the absolute path of its folder. */
export async function buildOnce(what: KeptBuild): Promise<string> {
  const folder = `${what.cache}/${await hashOf(what.words, what.sources)}`;
  if (await exists(`${folder}/${what.product}`)) return folder;
  await Deno.mkdir(what.cache, { recursive: true });
  const aside = await Deno.makeTempDir({ dir: what.cache, prefix: "building-" });
  try {
    for (const [name, bytes] of what.sources) await Deno.writeFile(`${aside}/${name}`, bytes);
    await what.build(aside);
    for (const name of what.sources.keys()) await Deno.remove(`${aside}/${name}`);
    await moveInto(aside, folder, what.product);
  } finally {
    await Deno.remove(aside, { recursive: true }).catch(() => {}); // Moved, when all went well.
  }
  await prune(what.cache, folder, what.kept);
  return folder;
}

async function hashOf(words: readonly string[], files: Sources): Promise<string> {
  const digest = async (bytes: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const parts = [...words];
  for (const [name, bytes] of files) parts.push(name, await digest(bytes));
  return (await digest(new TextEncoder().encode(parts.join("\0")))).slice(0, 32);
}

async function exists(file: string): Promise<boolean> {
  return await Deno.stat(file).then(() => true, () => false);
}

/** Another one may have built the same meanwhile: then its build is as good. */
async function moveInto(from: string, to: string, product: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!await exists(`${to}/${product}`)) throw error;
  }
}

/** Keeps the newest builds. */
async function prune(cache: string, current: string, kept: number): Promise<void> {
  const builds: { folder: string; at: number }[] = [];
  for await (const { name } of Deno.readDir(cache)) {
    const folder = `${cache}/${name}`;
    const stat = await Deno.stat(folder).catch(() => undefined);
    if (stat && folder !== current) builds.push({ folder, at: stat.mtime?.getTime() ?? 0 });
  }
  builds.sort((a, b) => b.at - a.at);
  for (const { folder } of builds.slice(kept - 1)) {
    await Deno.remove(folder, { recursive: true }).catch(() => {}); // Another one prunes too.
  }
}
