/**
 * The machine's own Debian mirror, from apt's sources in both of their forms (sources.list(5)):
 * who set the machine up has chosen it, and it is the one that can be reached from there.
 */
import { parseParagraphs } from "./deb822.ts";
import { DebianError } from "./error.ts";

export interface Mirror {
  /** As apt writes it. */
  readonly uri: string;
  /** The keyring that its release files are signed with. */
  readonly signedBy: string;
}

interface Source {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

/** Names a mirror instead of the one in apt's sources. */
export const MIRROR_VARIABLE = "DEBIAN_MIRROR";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const SUITES = new Set([
  ...["stable", "oldstable", "oldoldstable", "testing", "unstable", "sid"],
  ...["bullseye", "bookworm", "trixie", "forky", "duke"],
]);

/** @throws DebianError when apt knows no mirror of Debian */
export async function machinesMirror(
  { etc = "/etc/apt", override = Deno.env.get(MIRROR_VARIABLE) }: {
    /** Where apt's configuration is. */
    readonly etc?: string;
    readonly override?: string;
  } = {},
): Promise<Mirror> {
  if (override) return { uri: override, signedBy: KEYRING };
  const mirror = mirrorIn(await readSources(etc));
  if (mirror) return mirror;
  throw new DebianError(
    `Cannot find a Debian mirror in "${etc}": no source there has "main" of a Debian release; ` +
      `set ${MIRROR_VARIABLE} to the address of a mirror`,
  );
}

/** The best one: other archives name their suites after Debian's too. */
export function mirrorIn(sources: readonly Source[]): Mirror | undefined {
  const found: (Mirror & { readonly rank: number })[] = [];
  for (const { uris, suites, components, signedBy } of sources) {
    if (!components.includes("main") || !suites.some((suite) => SUITES.has(suite))) continue;
    for (const uri of uris) {
      if (/^cdrom:/.test(uri) || /[-/]security(\.list)?\/*$/.test(uri)) continue;
      const named = /\/debian(\.list)?\/*$/.test(uri);
      const signed = signedBy?.includes("debian-archive") ?? false;
      const rank = Number(named) + Number(signed);
      // Somebody else's key says that it is somebody else's archive.
      if (rank > 0) found.push({ uri, signedBy: signed ? signedBy! : KEYRING, rank });
    }
  }
  return found.sort((a, b) => b.rank - a.rank).map(({ uri, signedBy }) => ({ uri, signedBy }))[0];
}

async function readSources(etc: string): Promise<Source[]> {
  const read = (file: string) => Deno.readTextFile(file).catch(() => "");
  const sources = parseSourcesList(await read(`${etc}/sources.list`));
  const folder = `${etc}/sources.list.d`;
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(name);
  } catch { /* It need not be there. */ }
  for (const name of names.sort()) {
    const parse = name.endsWith(".sources")
      ? parseSources
      : name.endsWith(".list")
      ? parseSourcesList
      : undefined;
    if (parse) sources.push(...parse(await read(`${folder}/${name}`)));
  }
  return sources;
}

/** `deb [options] uri suite component…`, one a line. */
export function parseSourcesList(text: string): Source[] {
  const sources: Source[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = line.replace(/#.*/, "").match(/^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S.*)$/);
    if (!match) continue;
    const [suite, ...components] = words(match[3]);
    const signedBy = match[1]?.match(/(?:^|\s)signed-by=(\S+)/i)?.[1];
    sources.push({ uris: [match[2]!], suites: [suite!], components, signedBy });
  }
  return sources;
}

/** Paragraphs with Types, URIs, Suites, Components. */
export function parseSources(text: string): Source[] {
  return parseParagraphs(text).filter((source) =>
    words(source.get("types")).includes("deb") &&
    !/^(no|false|without|off|disable)$/i.test(source.get("enabled") ?? "")
  ).map((source) => ({
    uris: words(source.get("uris")),
    suites: words(source.get("suites")),
    components: words(source.get("components")),
    signedBy: source.get("signed-by"),
  }));
}

function words(text = ""): string[] {
  return text.split(/\s+/).filter(Boolean);
}
