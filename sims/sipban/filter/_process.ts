/** One run of a program of the system, as back-ends without a session need it. */
import { FilterError } from "./filter.ts";

export interface Run {
  readonly namespace?: string;
  readonly input?: string;
}

/**
 * @returns what it says
 * @throws FilterError with what it complains of, and what to do
 */
export async function run(
  program: string,
  args: readonly string[],
  { namespace, input = "" }: Run = {},
): Promise<string> {
  const path = namespace?.includes("/") ? namespace : `/run/netns/${namespace}`;
  const inside = namespace === undefined ? [] : ["nsenter", `--net=${path}`];
  const [command, ...rest] = [...inside, program, ...args];
  try {
    const child = new Deno.Command(command!, {
      args: rest,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      clearEnv: true,
      env: { LC_ALL: "C", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      detached: true, // A Ctrl-C is for the daemon.
    }).spawn();
    const [output] = await Promise.all([child.output(), give(child, input)]);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (output.success) return text(output.stdout);
    throw refusal(program, text(output.stderr).trim());
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw refusal(program, "no such program", error);
    throw error;
  }
}

/** What it has not read when it ends, it tells by its status. */
async function give(child: Deno.ChildProcess, input: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
}

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/not permitted|Permission denied|must be root/i, "be root, or have CAP_NET_ADMIN"],
  [/no such program|failed to execute/, "install it: apt-get install iptables ipset"],
  [/cannot open .*ns|reassociate/, "make the network namespace first, and be root"],
  [/does not exist|No chain|doesn't exist/i, "somebody has removed it: open the filter again"],
];

function refusal(program: string, said: string, cause?: Error): FilterError {
  const what = said || "it says nothing";
  const remedy = REMEDIES.find(([pattern]) => pattern.test(what))?.[1] ??
    `${program.split("/").at(-1)}(8) has what is allowed`;
  return new FilterError(`Cannot run "${program}": ${what}; ${remedy}`, cause && { cause });
}
