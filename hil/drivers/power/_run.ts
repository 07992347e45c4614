/** Programs that switch power: given as an argument list, never to a shell. */
import { PowerError, shown } from "./error.ts";
import type { Verb } from "./outlet.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly name: string;
  readonly doing: Verb;
  readonly signal: AbortSignal;
  readonly stdin?: string;
}

/** @throws PowerError when the program cannot be started, or was ended by `signal` */
export async function run(
  { name, doing, signal, stdin }: RunOptions,
  [command, ...args]: readonly string[],
): Promise<Ran> {
  try {
    const child = new Deno.Command(command!, {
      args,
      signal,
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin !== undefined) {
      const writer = child.stdin.getWriter();
      // A program that ends without reading it says itself why.
      await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
      await writer.close().catch(() => {});
    }
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    const what = `there is no program "${command}"; install it, or correct its name`;
    throw new PowerError(name, doing, what, { cause });
  }
}

/** @throws PowerError also when its exit status is not 0, with what it said */
export async function runWell(options: RunOptions, command: readonly string[]): Promise<string> {
  const ran = await run(options, command);
  if (ran.code !== 0) throw failed(options, command, ran);
  return ran.stdout;
}

export function failed(
  { name, doing }: Pick<RunOptions, "name" | "doing">,
  command: readonly string[],
  { code, stdout, stderr }: Ran,
): PowerError {
  const said = shown(stderr) || shown(stdout);
  const what = `"${command.join(" ")}" ended with ${code}` +
    (said ? ` and said "${said}"` : " and said nothing");
  return new PowerError(name, doing, `${what}; run it by hand to see why`);
}
