/** Says a race as a person wants to read it: who, what, and at which lines of C. */
import { type DecisionLog, replay } from "hil/explore/mod.ts";
import type { CacheCode } from "./code.ts";
import { lineAt } from "./lines.ts";
import { type Access, Machine } from "./machine.ts";
import { ownerOf } from "./tasks.ts";
import type { Race } from "./races.ts";
import { runLoad, type WasmRunOptions } from "./run.ts";
import { symbolAt } from "./symbols.ts";

/** One of the two accesses of a race. */
export interface ExplainedAccess extends Access {
  /** "client 2" */
  readonly who: string;
  /** "blocks+0x200 (fixed_array.c)" */
  readonly symbol: string;
  /** Innermost function first, "cache_read, cache.c:306"; empty for a drive, which has no code. */
  readonly stack: readonly string[];
}

export interface ExplainedRace {
  readonly first: ExplainedAccess;
  readonly second: ExplainedAccess;
  readonly text: string;
}

/**
 * Runs the run again to see where its code was at the accesses of the race.
 *
 * @param options those of the run, whose decisions are `log`
 */
export async function explainRace(
  code: CacheCode,
  race: Race,
  log: DecisionLog,
  options: Omit<WasmRunOptions, "chooser">,
): Promise<ExplainedRace> {
  const found = new Map<number, string>();
  await runLoad(code, {
    ...options,
    chooser: replay(log),
    races: undefined,
    onAccess: () => {},
    stacks: new Set([race.first.at, race.second.at]),
    onStack: (at, stack) => found.set(at, stack),
  });
  const clients = options.load.clients.length;
  const explain = (access: Access): ExplainedAccess => {
    const isDrive = Machine.isDrive(access.task, clients);
    const stack = isDrive ? [] : framesOf(code, found.get(access.at) ?? "");
    const who = Machine.actorName(access.task, clients);
    return { ...access, who, symbol: placeOf(code, access.address), stack };
  };
  const [first, second] = [explain(race.first), explain(race.second)];
  const text = `${second.symbol}: ${said(second)}, unordered with: ${said(first)}`;
  return { first, second, text };
}

function said({ who, write, size, stack }: ExplainedAccess): string {
  const at = stack.length > 0 ? ` in ${stack.join(" < ")}` : "";
  return `${who} ${write ? "writes" : "reads"} ${size} bytes${at}`;
}

function placeOf(code: CacheCode, address: number): string {
  const owner = ownerOf(code, address);
  if (owner !== undefined) return `stack of client ${owner}`;
  return symbolAt(code.symbols, address) ?? `0x${address.toString(16)}`;
}

/** V8: "at cache_read (wasm://wasm/0003f82a:wasm-function[12]:0x1a05)". */
const FRAME = /at (\S+) \(wasm:\/\/\S+:0x([0-9a-f]+)\)/g;
/** Functions of hooks.c that stand between an access and the machine. */
const HOOKS = /^(__tsan_|access$|mem(set|cpy)$|interrupt$)/;

function framesOf(code: CacheCode, stack: string): readonly string[] {
  return [...stack.matchAll(FRAME)]
    .filter(([, name]) => !HOOKS.test(name!))
    .map(([, name, offset]) => {
      const line = lineAt(code.lines, parseInt(offset!, 16));
      return line ? `${name}, ${line}` : name!;
    });
}
