/** Peers written in Python, by Debian's own interpreter: its packages are not those of others. */
import { PeerMissing } from "./benchmark.ts";

const PYTHON = "/usr/bin/python3";

/** Starts a script of this folder. */
export function spawnPython(script: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(PYTHON, {
    args: [new URL(script, import.meta.url).pathname, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
}

/** What a script of this folder prints. */
export async function python(script: string, args: readonly string[]): Promise<string> {
  const { success, stdout } = await spawnPython(script, args).output();
  if (!success) throw new Error(`${PYTHON} bench/${script} failed`);
  return new TextDecoder().decode(stdout).trim();
}

/** @throws PeerMissing when Debian's package is not installed */
export async function needPython(module: string, debianPackage: string): Promise<void> {
  const args = ["-c", `import ${module}`];
  const found = await new Deno.Command(PYTHON, { args, stderr: "null" }).output()
    .catch(() => undefined);
  if (found?.success) return;
  throw new PeerMissing(
    `Cannot measure beside "${module}": Debian's Python has no such module; ` +
      `run apt-get install ${debianPackage}`,
  );
}
