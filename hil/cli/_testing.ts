/** For the tests of this folder: `hil` as a child process, in a folder and on a PATH of its own. */
import { ROOT } from "./paths.ts";

/** A folder for one test, with `bin` for programs. */
export async function testFolder() {
  const path = await Deno.makeTempDir({ prefix: "hil-cli-" });
  await Deno.mkdir(`${path}/bin`);
  await Deno.mkdir(`${path}/t`);
  return {
    path,
    write: (name: string, text: string) => Deno.writeTextFile(`${path}/${name}`, text),
    read: (name: string) => Deno.readTextFile(`${path}/${name}`),
    /** A program for `sh`. */
    async program(name: string, script = "") {
      await Deno.writeTextFile(`${path}/bin/${name}`, `#!/bin/sh\n${script}`, { mode: 0o755 });
    },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

export type TestFolder = Awaited<ReturnType<typeof testFolder>>;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `deno task hil` without "deno": run, permissions, the file. */
export const TASK: readonly string[] = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`))
  .tasks.hil.split(" ").slice(1);

/** Runs `deno task hil` without the shell in between: same permissions, user's folder `folder`. */
export function hil(folder: TestFolder, args: readonly string[], env = {}): Promise<Ended> {
  return deno(folder, [...TASK, ...args], env);
}

/** Runs a script that the folder has. */
export function script(folder: TestFolder, name: string, env = {}): Promise<Ended> {
  return deno(
    folder,
    [...TASK.slice(0, -1), "--config", "deno.json", `${folder.path}/${name}`],
    env,
  );
}

async function deno(folder: TestFolder, args: readonly string[], env: object): Promise<Ended> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    // Killed runs of others are told of, and cleared up after, by who looks into the same place.
    env: {
      ...{ INIT_CWD: folder.path, TMPDIR: `${folder.path}/t` },
      ...{ NO_COLOR: "1", GITHUB_ACTIONS: "", ...env },
    },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
