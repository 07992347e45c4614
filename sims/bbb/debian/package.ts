/**
 * A package of Debian's, unpacked into `.cache/debian/<package>_<sha256 of the .deb>/`. It is put
 * there as a whole, so that those who fetch the same at once do not see each other's halves, and
 * once it is there no network is needed.
 */
import { Apt, run } from "./apt.ts";
import { DebianError } from "./error.ts";
import { machinesMirror, type Mirror } from "./mirror.ts";

export interface Wanted {
  readonly suite: string;
  readonly architecture: string;
  readonly name: string;
  /** Taken when the suite still has it; otherwise what it has now. */
  readonly pin?: { readonly version: string; readonly sha256: string };
}

export interface Package {
  readonly name: string;
  readonly suite: string;
  readonly architecture: string;
  readonly version: string;
  /** Of the .deb. */
  readonly sha256: string;
  /** Absolute; below it are `usr`, `etc`, … */
  readonly root: string;
}

export interface FetchOptions {
  readonly progress?: (text: string) => void;
  /** Default `.cache/debian` of the repository. */
  readonly cache?: string;
  /** Default: the one in apt's sources. */
  readonly mirror?: Mirror;
}

export const CACHE = new URL("../../../.cache/debian", import.meta.url).pathname;
const ABOUT = "package.json";
const PREFIX = "fetching-";
/** Nobody fetches for that long: who began was killed. */
const LEFTOVER_MS = 3600e3;

/** What is unpacked already: the pinned one or, where there is none, another of that suite. */
export async function cachedPackage(
  wanted: Wanted,
  cache = CACHE,
): Promise<Package | undefined> {
  const { name, pin } = wanted;
  if (pin) {
    const pinned = await aboutOf(`${cache}/${folderName(name, pin.sha256)}`);
    if (pinned) return pinned;
  }
  const folders: string[] = [];
  try {
    for await (const { name } of Deno.readDir(cache)) folders.push(name);
  } catch {
    return undefined;
  }
  for (const folder of folders.filter((folder) => folder.startsWith(`${name}_`)).sort()) {
    const found = await aboutOf(`${cache}/${folder}`);
    if (found?.suite === wanted.suite && found.architecture === wanted.architecture) return found;
  }
  return undefined;
}

/** @throws DebianError when it is not in the cache and cannot be fetched */
export async function fetchPackage(wanted: Wanted, options: FetchOptions = {}): Promise<Package> {
  const { cache = CACHE, progress = () => {} } = options;
  const cached = await cachedPackage(wanted, cache);
  if (cached) return cached;
  const { suite, architecture, name, pin } = wanted;
  const mirror = options.mirror ?? await machinesMirror();
  await Deno.mkdir(cache, { recursive: true });
  const aside = await Deno.makeTempDir({ dir: cache, prefix: PREFIX });
  try {
    await removeLeftovers(cache, aside);
    await Deno.mkdir(`${aside}/apt`);
    const apt = await Apt.create({ folder: `${aside}/apt`, suite, architecture, mirror });
    progress(`getting the package lists of Debian ${suite} (${architecture})`);
    await apt.update();
    const offers = await apt.offers(name);
    const offer = offers.find(({ version }) => version === pin?.version) ?? offers[0];
    if (!offer) {
      throw new DebianError(
        `Cannot fetch package "${name}": Debian ${suite} (${architecture}) has none; ` +
          `name one that it has`,
      );
    }
    progress(`downloading ${name} ${offer.version}`);
    const deb = await apt.download(name, offer.version);
    await checkHash(deb, pin?.version === offer.version ? pin.sha256 : offer.sha256, mirror);
    const unpacked = `${aside}/unpacked`;
    await Deno.mkdir(`${unpacked}/root`, { recursive: true });
    progress(`unpacking ${name} ${offer.version}`);
    await run("dpkg-deb", ["-x", deb, `${unpacked}/root`], {
      what: `Cannot unpack package "${name}"`,
      remedy: "check that there is room on the disk",
    });
    const about = { name, suite, architecture, ...offer };
    await Deno.writeTextFile(`${unpacked}/${ABOUT}`, JSON.stringify(about, null, 2) + "\n");
    const folder = `${cache}/${folderName(name, offer.sha256)}`;
    await Deno.rename(unpacked, folder).catch(async (error) => {
      if (!await aboutOf(folder)) throw error; // Else another one fetched the same meanwhile.
    });
    return { ...about, root: `${folder}/root` };
  } finally {
    await Deno.remove(aside, { recursive: true }).catch(() => {});
  }
}

function folderName(name: string, sha256: string): string {
  return `${name}_${sha256.slice(0, 32)}`;
}

/** What killed processes have left; the age counts from the folder that was made just now. */
async function removeLeftovers(cache: string, aside: string): Promise<void> {
  const now = (await Deno.stat(aside)).mtime?.getTime() ?? 0;
  for await (const { name } of Deno.readDir(cache)) {
    const folder = `${cache}/${name}`;
    if (!name.startsWith(PREFIX)) continue;
    const { mtime } = await Deno.stat(folder).catch(() => ({ mtime: null }));
    if (mtime && now - mtime.getTime() > LEFTOVER_MS) {
      await Deno.remove(folder, { recursive: true }).catch(() => {}); // Another one does it too.
    }
  }
}

async function aboutOf(folder: string): Promise<Package | undefined> {
  try {
    const about = JSON.parse(await Deno.readTextFile(`${folder}/${ABOUT}`));
    return { ...about, root: `${folder}/root` };
  } catch {
    return undefined;
  }
}

async function checkHash(deb: string, sha256: string, mirror: Mirror): Promise<void> {
  const is = await sha256Of(deb);
  if (is === sha256) return;
  throw new DebianError(
    `Cannot use package "${deb.split("/").pop()}" of ${mirror.uri}: its sha256 is ${is}, ` +
      `and should be ${sha256}; the mirror is not to be trusted: choose another one`,
  );
}

/** In hexadecimal. */
export async function sha256Of(file: string): Promise<string> {
  const bytes = await Deno.readFile(file);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
