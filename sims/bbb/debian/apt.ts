/**
 * One suite of Debian for one architecture, asked through apt with a configuration, lists and a
 * cache of its own (apt.conf(5)): neither dpkg's architectures nor the machine's lists change, and
 * no root is needed. Proxies and the like are taken over from the machine's configuration.
 */
import { parseParagraphs } from "./deb822.ts";
import { DebianError } from "./error.ts";
import { type Mirror, MIRROR_VARIABLE } from "./mirror.ts";

/** A package that the suite has. */
export interface Offer {
  readonly version: string;
  /** Of the .deb, as the signed index has it. */
  readonly sha256: string;
}

export interface AptOptions {
  /** Empty; its owner removes it. */
  readonly folder: string;
  readonly suite: string;
  readonly architecture: string;
  readonly mirror: Mirror;
}

const REMEDY = `check the network, or set ${MIRROR_VARIABLE} to a mirror that can be reached`;

export class Apt {
  readonly #configuration: string;

  private constructor(private readonly options: AptOptions) {
    this.#configuration = `${options.folder}/apt.conf`;
  }

  static async create(options: AptOptions): Promise<Apt> {
    const { folder, suite, architecture, mirror } = options;
    const apt = new Apt(options);
    await Deno.stat(mirror.signedBy).catch((cause) => {
      throw new DebianError(
        `Cannot check packages of ${mirror.uri}: its keyring "${mirror.signedBy}" is not there; ` +
          `install the package debian-archive-keyring`,
        { cause },
      );
    });
    for (const below of ["lists/partial", "archives/partial", "etc"]) {
      await Deno.mkdir(`${folder}/${below}`, { recursive: true });
    }
    await Deno.writeTextFile(`${folder}/status`, "");
    await Deno.writeTextFile(
      `${folder}/sources.list`,
      `deb [signed-by=${mirror.signedBy}] ${mirror.uri} ${suite} main\n`,
    );
    const own = {
      "APT::Architecture": architecture,
      "APT::Architectures": architecture,
      // Nothing runs as root that apt's own user could not do, and it cannot enter each folder.
      "APT::Sandbox::User": "root",
      "Dir::State": folder,
      "Dir::State::lists": `${folder}/lists`,
      "Dir::State::status": `${folder}/status`,
      "Dir::Cache": folder,
      "Dir::Cache::archives": `${folder}/archives`,
      "Dir::Etc::main": "/dev/null",
      "Dir::Etc::parts": `${folder}/etc`,
      "Dir::Etc::sourcelist": `${folder}/sources.list`,
      "Dir::Etc::sourceparts": "/dev/null",
      "Dir::Etc::preferences": "/dev/null",
      "Dir::Etc::preferencesparts": "/dev/null",
      "Acquire::Languages": "none",
      "Acquire::Retries": "3",
      "Acquire::http::Timeout": "20",
      "Acquire::https::Timeout": "20",
    };
    const lines = Object.entries(own).map(([name, value]) => `${name} "${value}";\n`);
    const machine = await apt.#run("apt-config", ["dump", "Acquire"], {});
    await Deno.writeTextFile(apt.#configuration, machine + lines.join(""));
    return apt;
  }

  /** @throws DebianError when the mirror cannot be reached or does not carry the suite */
  async update(): Promise<void> {
    await this.#run("apt-get", ["update", "--error-on=any"]);
  }

  /** What there is of a package, the highest version first. */
  async offers(name: string): Promise<Offer[]> {
    const text = await this.#run("apt-cache", ["show", name]);
    return parseParagraphs(text).filter((p) => p.has("version") && p.has("sha256"))
      .map((p) => ({ version: p.get("version")!, sha256: p.get("sha256")! }));
  }

  /** Gives the path of the .deb. */
  async download(name: string, version: string): Promise<string> {
    const folder = await Deno.makeTempDir({ dir: this.options.folder });
    await this.#run("apt-get", ["download", `${name}=${version}`], { cwd: folder });
    for await (const { name } of Deno.readDir(folder)) return `${folder}/${name}`;
    throw new DebianError(`Cannot download package "${name}": apt-get left no file; ${REMEDY}`);
  }

  async #run(
    program: string,
    args: readonly string[],
    { cwd }: { readonly cwd?: string } = { cwd: this.options.folder },
  ): Promise<string> {
    const env = { LC_ALL: "C", ...cwd === undefined ? {} : { APT_CONFIG: this.#configuration } };
    return await run(program, args, { cwd, env, what: this.#what(), remedy: REMEDY });
  }

  #what(): string {
    const { suite, architecture, mirror } = this.options;
    return `Cannot get packages of Debian's suite "${suite}" (${architecture}) from ${mirror.uri}`;
  }
}

/** Runs a tool of Debian's; gives what it printed. */
export async function run(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Record<string, string>;
    /** Begins the message. */
    readonly what: string;
    readonly remedy: string;
  },
): Promise<string> {
  const { cwd, env, what, remedy } = options;
  const command = new Deno.Command(program, { args: [...args], cwd, env, stdin: "null" });
  let output: Deno.CommandOutput;
  try {
    output = await command.output();
  } catch (cause) {
    throw new DebianError(
      `${what}: "${program}" cannot be run (${(cause as Error).message}); ` +
        `this needs apt and dpkg: run it on Debian or one of its kind`,
      { cause },
    );
  }
  const text = new TextDecoder();
  if (output.success) return text.decode(output.stdout);
  const lines = text.decode(output.stderr).split("\n");
  const said = lines.find((line) => /^E: |error:/.test(line)) ?? lines.find(Boolean) ??
    "no message";
  throw new DebianError(
    `${what}: ${program} failed with "${
      said[0]?.replace(/^[EW]: /, "") ?? "no message"
    }"; ${remedy}`,
  );
}
