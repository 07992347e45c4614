/**
 * Installs Debian packages by apt-get, when root or a sudo without password allows. It asks the
 * sources that the machine has, waits for whoever holds the locks, and says what is in the way.
 */
import type { Tool } from "../bench/mod.ts";
import { hostNow, minutes, pause, seconds } from "../time/mod.ts";
import { runApt } from "./_apt.ts";
import { findTool, missingTools } from "./tools.ts";

export type Progress = (text: string) => void;

/** Thrown when packages cannot be installed; the message has the command to run by hand. */
export class InstallError extends Error {
  override readonly name = "InstallError";

  constructor(readonly packages: readonly string[], why: string) {
    super(`Cannot install ${packages.join(", ")}: ${why}`);
  }
}

/** The packages of tools, each once, in order of names. */
export function packagesOf(tools: readonly Tool[]): string[] {
  return [...new Set(tools.map(({ debianPackage }) => debianPackage))].sort();
}

/** What a user types to install packages. */
export function installCommand(packages: readonly string[]): string {
  const sudo = Deno.uid() !== 0 && findTool("sudo") ? "sudo " : "";
  return `${sudo}apt-get install -y --no-install-recommends ${packages.join(" ")}`;
}

/**
 * Installs what is missing of `tools`. When nothing is, that takes a look along the PATH.
 *
 * @throws InstallError
 */
export async function setUp(tools: readonly Tool[], progress: Progress): Promise<void> {
  const missing = missingTools(tools);
  if (missing.length === 0) return;
  const packages = packagesOf(missing);
  const prefix = await privilege(packages);
  progress(`installing ${packages.join(", ")}`);
  const said = await installPackages(packages, prefix, progress);
  if (said !== undefined) throw new InstallError(packages, explain(said, packages));
  const still = missingTools(missing).map(({ command }) => command);
  if (still.length > 0) {
    const what = `apt-get succeeded, but ${still.join(", ")} is still not there`;
    throw new InstallError(packages, `${what}; see that the package has it and PATH leads to it`);
  }
}

/** What goes before apt-get so that it may install. */
async function privilege(packages: readonly string[]): Promise<readonly string[]> {
  const command = installCommand(packages);
  if (!findTool("apt-get")) {
    const remedy = `install what Debian calls ${packages.join(", ")} by hand`;
    throw new InstallError(packages, `this machine has no apt-get; ${remedy}`);
  }
  if (Deno.uid() === 0) return [];
  const sudo = findTool("sudo") !== undefined;
  if (sudo) {
    const ask = new Deno.Command("sudo", { args: ["-n", "true"], stdin: "null" });
    if ((await ask.output()).success) return ["sudo", "-n"];
  }
  const why = sudo ? "sudo asks for a password; run" : "there is no sudo; run as root";
  throw new InstallError(packages, `you are not root and ${why}\n  ${command}`);
}

/** @returns what apt-get said when it failed */
async function installPackages(
  packages: readonly string[],
  prefix: readonly string[],
  progress: Progress,
): Promise<string | undefined> {
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  let updated = "";
  const update = async () => {
    progress("asking which packages there are (apt-get update)");
    updated = (await patientApt(prefix, ["update"], progress)).output;
  };
  const fresh = !hasLists();
  if (fresh) await update();
  let result = await patientApt(prefix, install, progress);
  if (!result.success && !fresh && STALE_LISTS.test(result.output)) {
    await update();
    result = await patientApt(prefix, install, progress);
  }
  return result.success ? undefined : `${updated}\n${result.output}`;
}

/** Lists that are older than the mirror name packages that it no longer has. */
const STALE_LISTS = /Unable to locate package|no installation candidate|Failed to fetch|404 /;

/** Whether apt-get has ever been told which packages there are; minimal images ship without. */
function hasLists(): boolean {
  try {
    const names = Deno.readDirSync("/var/lib/apt/lists");
    return names.some(({ name }) => /_Packages(\.\w+)?$/.test(name));
  } catch {
    return false;
  }
}

/** apt-get waits for dpkg's lock by itself, but not for its own two. */
const APT_LOCKED = /^E: Could not get lock \/var\/(?:lib\/apt|cache\/apt)/m;
const PATIENCE = minutes(5);
const TRY_AGAIN = seconds(2);

async function patientApt(prefix: readonly string[], args: readonly string[], progress: Progress) {
  const began = hostNow();
  while (true) {
    const result = await runApt(prefix, args, { lockTimeout: PATIENCE, progress });
    const locked = !result.success && APT_LOCKED.test(result.output);
    if (!locked || hostNow() - began > PATIENCE.ns) return result;
    progress("waiting for another apt-get to end");
    await pause(TRY_AGAIN);
  }
}

/** What apt-get says when it fails, most telling first, and what that means. */
const CAUSES: readonly (readonly [pattern: RegExp, why: string])[] = [
  [
    /Could not get lock|Unable to acquire the dpkg/,
    "another program holds the lock of dpkg; wait for it to end and try again",
  ],
  [
    /Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|unreachable|timed out/,
    "the package mirror of this machine cannot be reached; check the network and apt's sources",
  ],
  [
    /You don't have enough free space|No space left/,
    "there is not enough room on the disk; free some",
  ],
  [
    /Unable to locate package|no installation candidate/,
    "no source of this machine has it; check apt's sources",
  ],
];

function explain(said: string, packages: readonly string[]): string {
  const errors = said.split("\n").filter((line) => /^[EW]: /.test(line)).slice(-3);
  const cause = CAUSES.find(([pattern]) => pattern.test(said))?.[1] ??
    `apt-get failed; run "${installCommand(packages)}" to see why`;
  return [cause, ...errors.map((line) => `  ${line}`)].join("\n");
}
