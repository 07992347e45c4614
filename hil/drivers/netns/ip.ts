/** `ip` (iproute2): one process for one command, or for a batch of them. */
import { registerError } from "../../record/errors.ts";

/** @throws Error with what `ip` says */
export function ip(...args: string[]): Promise<string> {
  return run("ip", args);
}

/**
 * All commands by one process, in order, in `namespace` or this process's own.
 *
 * @param options.force goes on after one that fails, and rejects with none of them
 * @throws Error with what it says to the first that fails
 */
export async function ipBatch(
  commands: readonly string[],
  options: { namespace?: string; force?: boolean } = {},
): Promise<string> {
  if (commands.length === 0) return "";
  const { namespace, force } = options;
  const args = [...force ? ["-force"] : [], ...namespace ? ["-netns", namespace] : []];
  try {
    return await run("ip", [...args, "-batch", "-"], commands.join("\n") + "\n");
  } catch (error) {
    if (!(error instanceof IpError)) throw error;
    if (force) return error.output;
    // Of a word that it does not understand it tells no line, only the word.
    const line = /Command failed -:(\d+)/.exec(error.said)?.[1];
    const command = line ? commands[Number(line) - 1] : "-batch -";
    const said = error.said.replace(/\s*Command failed -:\d+\s*/, "");
    throw new IpError(`ip ${[...args, command].join(" ")}`, said, error.output);
  }
}

/** What a program of iproute2 refuses. */
export class IpError extends Error {
  override readonly name = "IpError";

  constructor(readonly command: string, readonly said: string, readonly output = "") {
    super(`Cannot run "${command}": ${said}; ${remedyFor(said)}`);
  }
}
registerError(IpError);

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/not permitted|Permission denied/, "be root, and have CAP_NET_ADMIN and CAP_SYS_ADMIN"],
  [/no such program/, "install it: apt-get install iproute2"],
  [/qdisc kind is unknown/, "load the kernel's module: modprobe sch_netem"],
  [/Cannot remove namespace file/, "somebody has removed it: nothing is left to do"],
  [/Cannot open network namespace/, "make it first"],
];

function remedyFor(said: string): string {
  return REMEDIES.find(([pattern]) => pattern.test(said))?.[1] ?? "ip(8) has what is allowed";
}

/** @throws IpError with what the program says */
export async function run(program: string, args: readonly string[], input = ""): Promise<string> {
  const shown = [program, ...args].join(" ");
  let child: Deno.ChildProcess;
  try {
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    child = new Deno.Command(program, { args: [...args], ...pipes }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new IpError(shown, "there is no such program");
    throw error;
  }
  const writer = child.stdin.getWriter();
  // Of one that ends early, what it says tells more than the broken pipe.
  const fed = writer.write(new TextEncoder().encode(input)).then(() => writer.close());
  const [{ success, stdout, stderr }] = await Promise.all([child.output(), fed.catch(() => {})]);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return text(stdout);
  throw new IpError(shown, text(stderr).trim(), text(stdout));
}
