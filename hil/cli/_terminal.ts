/** For the tests of this folder: `hil` or a shell on a terminal of its own, and a person at it. */
import { openPty } from "../drivers/pty/mod.ts";
import { seconds, withLimit } from "../time/mod.ts";
import { TASK, type TestFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

/** A person types `keys` when `seen` has appeared since what was typed before. */
export type Turn = readonly [seen: string, keys: string];

/** A boot in virtual time on a machine with other work to do. */
const LIMIT = seconds(120);

interface Shown {
  readonly code: number;
  /** All that it showed. */
  readonly shown: string;
}

/** Runs `deno task hil ARGS` on a terminal. */
export function atTerminal(
  folder: TestFolder,
  args: readonly string[],
  turns: readonly Turn[],
): Promise<Shown> {
  const env = { INIT_CWD: folder.path, NO_COLOR: "1" };
  return programAtTerminal([Deno.execPath(), ...TASK, ...args], env, turns);
}

/** Runs a program on a terminal; the user's folder is the project's. */
export async function programAtTerminal(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  turns: readonly Turn[],
): Promise<Shown> {
  const pty = openPty({ stays: true });
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `exec ${quoted} <${pty.path} >${pty.path} 2>&1`;
  const child = new Deno.Command("sh", {
    args: ["-c", script],
    cwd: ROOT,
    env: { TERM: "dumb", ...env },
  }).spawn();
  let shown = "";
  let from = 0;
  let look = () => {};
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of pty.master.readable) {
      shown += decoder.decode(bytes, { stream: true });
      look();
    }
  })();
  try {
    for (const [seen, keys] of turns) {
      const come = new Promise<void>((resolve) => {
        look = () => shown.includes(seen, from) && resolve();
        look();
      });
      const late = () =>
        Promise.reject(new Error(`there is no "${seen}" in:\n${shown.slice(from)}`));
      await withLimit(come, LIMIT, late);
      from = shown.indexOf(seen, from) + seen.length;
      await pty.master.write(new TextEncoder().encode(keys));
    }
    const { code } = await child.status;
    return { code, shown };
  } catch (error) {
    child.kill("SIGKILL");
    await child.status;
    throw error;
  } finally {
    await pty.close();
    await reading;
  }
}
