/**
 * The image of an Asterisk: a root file system of Debian's packages, made by mmdebstrap(1) from the
 * mirror in the machine's own apt sources, whose signatures are checked. The archive is kept in
 * `.cache/asterisk`, so that an engine without the image gets it in two seconds. Where a registry
 * can be reached, the Dockerfile beside this file makes the same.
 */
import { dirname } from "node:path";
import { ContainerError, type Engine, LineSplitter } from "hil/drivers/container/mod.ts";
import { newName, ownerIsGone } from "hil/drivers/netns/mod.ts";
import { machinesMirror, type Mirror, MIRROR_VARIABLE } from "sims/bbb/debian/mod.ts";
import { type AsteriskVersion, imageTag, type Recipe, RECIPES } from "./recipe.ts";

const CACHE = new URL("../../../.cache/asterisk", import.meta.url).pathname;
const BUILDING = "building-";
/** Keeps what it mounts to itself: it is gone with the process, even with a killed one. */
const ALONE = ["--mount", "--propagation", "private"];

export interface ImageOptions {
  readonly progress?: (text: string) => void;
}

/**
 * The tag of the image, which the engine has then.
 *
 * @throws ContainerError when it can neither be found nor made
 */
export async function asteriskImage(
  engine: Engine,
  version: AsteriskVersion,
  { progress = () => {} }: ImageOptions = {},
): Promise<string> {
  const recipe = RECIPES[version];
  const tag = await imageTag(recipe);
  if (await engine.hasImage(tag)) return tag;
  const archive = `${CACHE}/${tag.split(":")[1]}.tar`;
  if (!await exists(archive)) await buildArchive(recipe, archive, { progress });
  progress(`importing the image of Asterisk ${version}`);
  const file = await Deno.open(archive);
  await engine.importImage({ tag, archive: file.readable });
  return tag;
}

/**
 * Makes the archive of a root file system, beside its place, and puts it there as a whole.
 *
 * @throws ContainerError when the mirror cannot be reached or has another Asterisk
 */
export async function buildArchive(
  recipe: Recipe,
  archive: string,
  options: ImageOptions & { readonly mirror?: Mirror } = {},
): Promise<void> {
  const { progress = () => {}, mirror = await machinesMirror() } = options;
  const cache = dirname(archive);
  await Deno.mkdir(cache, { recursive: true });
  await removeLeftovers(cache);
  const aside = `${cache}/${BUILDING}${newName()}`;
  await Deno.mkdir(aside);
  try {
    const said = await runBuilder({ recipe, mirror, aside, progress });
    const is = (await Deno.readTextFile(`${aside}/version`).catch(() => "")).trim();
    if (!is.startsWith(`Asterisk ${recipe.version}.`)) {
      throw new ContainerError(
        `Cannot make the image of Asterisk ${recipe.version} from Debian ${recipe.suite}: ` +
          (is === "" ? `mmdebstrap says "${said}"` : `the suite has "${is}" now`) +
          `; check the network, or set ${MIRROR_VARIABLE} to a mirror that has it`,
      );
    }
    await Deno.rename(`${aside}/root.tar`, archive);
  } finally {
    await Deno.remove(aside, { recursive: true });
  }
}

interface Building {
  readonly recipe: Recipe;
  readonly mirror: Mirror;
  /** A folder for all that it writes. */
  readonly aside: string;
  readonly progress: (text: string) => void;
}

/** Gives the first error that it named, or else its last line. */
async function runBuilder(building: Building): Promise<string> {
  const { recipe: { version, suite }, aside, progress } = building;
  const builder = new Deno.Command("unshare", {
    args: [...ALONE, "mmdebstrap", ...await builderArguments(building)],
    env: { TMPDIR: aside, LC_ALL: "C", VERSION_FILE: `${aside}/version` },
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  const lines = new LineSplitter();
  let error = "", last = "";
  for await (const piece of builder.stderr) {
    for (const line of lines.push(piece)) {
      last = line;
      if (line.startsWith("E: ")) error ||= line.slice("E: ".length);
      const step = /^I: ((?!main|removing)[a-z].*?)\.\.\.$/.exec(line)?.[1];
      if (step) progress(`Asterisk ${version} of Debian ${suite}: ${step}`);
    }
  }
  const { success } = await builder.status;
  // A version that was written by one that failed later is none.
  if (!success) await Deno.remove(`${aside}/version`).catch(() => {});
  return (error || last).replaceAll('"', "'");
}

async function builderArguments({ recipe, mirror, aside }: Building): Promise<string[]> {
  const { suite, packages, without } = recipe;
  return [
    ...["--mode=root", "--variant=essential", "--format=tar", `--include=${packages}`],
    `--keyring=${mirror.signedBy}`,
    ...(await proxies()).map((line) => `--aptopt=${line}`),
    ...without.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    // Signatures are checked; their age is not, since a mirror may be one of a day in the past.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    // Who loses the machine's power makes the image again.
    "--dpkgopt=force-unsafe-io",
    '--customize-hook=chroot "$1" asterisk -V >"$VERSION_FILE"',
    '--customize-hook=rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/apt/sources.list',
    ...[suite, `${aside}/root.tar`, mirror.uri],
  ];
}

/** Of the machine's apt: who needs one to reach the mirror. */
async function proxies(): Promise<string[]> {
  const dump = new Deno.Command("apt-config", { args: ["dump", "Acquire"], stderr: "null" });
  const text = new TextDecoder().decode((await dump.output()).stdout);
  return text.split("\n").filter((line) => /^Acquire::https?::Proxy.* ".+";$/i.test(line));
}

/** Of builders that were killed. */
async function removeLeftovers(cache: string): Promise<void> {
  for await (const { name } of Deno.readDir(cache)) {
    if (!name.startsWith(BUILDING) || !ownerIsGone(name.slice(BUILDING.length))) continue;
    await Deno.remove(`${cache}/${name}`, { recursive: true }).catch(() => {});
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
