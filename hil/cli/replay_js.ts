/** JavaScript at the prompt of `hil replay`: evaluated with the ports in scope, and completed. */
import type { Ports, Stop } from "../replay/seek/mod.ts";
import { plainText } from "../report/mod.ts";
import { minutes, ms, ns, seconds, us } from "../time/mod.ts";
import { print } from "./output.ts";

/** What calls are given, beside the ports. */
const DURATIONS = { ns, us, ms, seconds, minutes };

export async function evaluate(stop: Stop, code: string): Promise<void> {
  if (code === "") {
    return print("js EXPRESSION: for example  js await board.memory(0x80000000, 16)");
  }
  try {
    const scope = { ...DURATIONS, ...stop.ports };
    const compiled = compile(code, Object.keys(scope));
    const value = await stop.evaluate(() => compiled(...Object.values(scope)));
    print(plainText(Deno.inspect(value, { depth: 4, iterableLimit: 50, strAbbreviateSize: 2000 })));
  } catch (error) {
    print(plainText(error instanceof Error ? `${error.name}: ${error.message}` : `${error}`));
  }
}

/** An expression, or, when it is none, statements. */
function compile(code: string, names: readonly string[]): (...scope: unknown[]) => unknown {
  const make = (body: string) =>
    new Function(...names, `return (async () => { ${body} })()`) as (
      ...scope: unknown[]
    ) => unknown;
  try {
    return make(`return (${code}\n);`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return make(`${code}\n`);
  }
}

/** Names of what an object offers; functions with "()". */
export function membersOf(port: unknown): string {
  const names = new Set<string>();
  for (let of = port; of && of !== Object.prototype; of = Object.getPrototypeOf(of)) {
    for (const name of Object.getOwnPropertyNames(of)) if (name !== "constructor") names.add(name);
  }
  const members = port as Record<string, unknown>;
  return [...names].sort().map((name) => {
    try {
      return typeof members[name] === "function" ? `${name}()` : name;
    } catch {
      return name; // A getter that has no answer now.
    }
  }).join(", ");
}

/** What a line may go on with. */
export function completions(
  line: string,
  { view, ports }: Stop,
  commands: readonly string[],
): readonly string[] {
  const start = (head: string, words: readonly string[], typed: string) =>
    words.filter((word) => word.startsWith(typed)).map((word) => head + word);
  const [, command, rest] = line.match(/^(\S+)\s+(.*)$/) ?? [];
  if (command === undefined) return start("", commands, line);
  if (command === "tail") return start("tail ", view.consoles, rest!);
  if (command === "signals") {
    return start(
      "signals ",
      view.channels.map(({ channel }) => channel),
      rest!,
    );
  }
  if (command !== "js") return [];
  const [, before, port, member] = rest!.match(/^(.*?)(\w+)\.(\w*)$/) ?? [];
  if (port === undefined) {
    const [, head = "", word = ""] = rest!.match(/^(.*?)(\w*)$/) ?? [];
    return start(`js ${head}`, Object.keys(ports), word);
  }
  if (!Object.hasOwn(ports, port)) return [];
  const members = membersOf(ports[port as keyof Ports]).split(", ").map((name) =>
    name.replace("()", "(")
  );
  return start(`js ${before}${port}.`, members, member!);
}
