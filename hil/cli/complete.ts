/** What may stand at the end of a command line of `hil`: commands, options and what they take. */
import { loadBench } from "../bench/mod.ts";
import type { Option, OptionTable } from "./command_line.ts";
import { COMMANDS, type OperandKind } from "./commands.ts";
import { DEFAULT_BENCH, ROOT, typedPath } from "./paths.ts";
import { RUN_OPTIONS } from "./run_options.ts";

/** More would only scroll by. */
const MOST = 500;

/**
 * Words that the last of `words`, which may be empty, can become. One that ends with "/", "=" or ","
 * wants more behind it.
 *
 * @param words those after "hil"
 */
export async function complete(words: readonly string[]): Promise<string[]> {
  const word = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const name = before[0] !== undefined && Object.hasOwn(COMMANDS, before[0])
    ? before[0]
    : undefined;
  const entry = name === undefined ? undefined : COMMANDS[name]!;
  const table: OptionTable = entry ? await entry.options() : RUN_OPTIONS;
  const found = await candidates({ word, before, table, operand: entry?.operand, name });
  return found.filter((text) => text.startsWith(word) && text !== "").slice(0, MOST);
}

interface Place {
  readonly word: string;
  readonly before: readonly string[];
  readonly table: OptionTable;
  readonly operand: OperandKind | undefined;
  readonly name: string | undefined;
}

async function candidates(place: Place): Promise<string[]> {
  const { word, before, table, operand, name } = place;
  const [, inline, value = ""] = word.match(/^--([\w-]+)=(.*)$/s) ?? [];
  if (inline !== undefined) {
    const values = await valuesOf(inline, value, place);
    return values.map((text) => `--${inline}=${text}`);
  }
  const last = before.at(-1)?.match(/^--([\w-]+)$/)?.[1];
  if (last !== undefined && optionOf(table, last)?.parse) return await valuesOf(last, word, place);
  if (word.startsWith("-") && !before.includes("--")) {
    return [...Object.keys(table), "help"].map((option) => `--${option}`);
  }
  if (name === "completions") return before.length === 1 ? ["bash", "zsh", "fish"] : [];
  const commands = before.length === 0 ? Object.keys(COMMANDS) : [];
  return [...commands, ...await operands(operand, place)];
}

function optionOf(table: OptionTable, name: string): Option | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

async function operands(kind: OperandKind | undefined, place: Place): Promise<string[]> {
  if (kind === "none") return [];
  if (kind === "target") {
    const roles = await rolesOf(place);
    return roles.flatMap((
      { role, targets },
    ) => [role, ...targets.map((name) => `${role}=${name}`)]);
  }
  if (kind === "run") return [...await runs(), ...await paths(place.word, () => false)];
  const wanted = kind === undefined
    ? (name: string) => name.endsWith(".scenario.ts")
    : kind === "trace"
    ? (name: string) => name.endsWith(".jsonl")
    : () => true;
  return await paths(place.word, wanted);
}

/** What an option takes, as far as that can be known. */
async function valuesOf(name: string, typed: string, place: Place): Promise<string[]> {
  const option = optionOf(place.table, name);
  const takes = option?.value ?? "";
  if (name === "use" || takes.startsWith("ROLE=")) return await uses(typed, place);
  if (name === "bench") return await paths(typed, (file) => /\.ya?ml$/.test(file));
  if (/FILE|FOLDER|DIR|PATH|TRACE/.test(takes)) {
    return await paths(typed, () => !/^(DIR|FOLDER)/.test(takes));
  }
  const list = takes.match(/^[a-z0-9-]+(?:\|[a-z0-9-]+)+$/) ? takes.split("|") : [];
  return list;
}

/** `board=sim`, `board=sim,serial`. */
async function uses(typed: string, place: Place): Promise<string[]> {
  const roles = await rolesOf(place);
  const at = typed.indexOf("=");
  if (at < 0) return roles.map(({ role }) => `${role}=`);
  const head = typed.slice(0, Math.max(at, typed.lastIndexOf(",")) + 1);
  const role = roles.find(({ role }) => role === typed.slice(0, at));
  const taken = typed.slice(at + 1).split(",").slice(0, -1);
  return (role?.targets ?? []).filter((name) => !taken.includes(name)).map((name) => head + name);
}

/** Of the bench that the line names; nothing when that is none. */
async function rolesOf({ before }: Place): Promise<{ role: string; targets: string[] }[]> {
  const inline = before.find((word) => word.startsWith("--bench="))?.slice("--bench=".length);
  const at = before.indexOf("--bench");
  const typed = inline ?? (at >= 0 ? before[at + 1] : undefined);
  try {
    const bench = await loadBench(typed === undefined ? DEFAULT_BENCH : typedPath(typed));
    return [...bench.roles].map(([role, { targets }]) => ({ role, targets: [...targets.keys()] }));
  } catch {
    return []; // The command itself says what is wrong with it.
  }
}

/** Files and folders that begin as `typed` does; folders end with a slash. */
async function paths(typed: string, wanted: (name: string) => boolean): Promise<string[]> {
  const folder = typed.slice(0, typed.lastIndexOf("/") + 1);
  const hidden = typed.slice(folder.length).startsWith(".");
  const found: string[] = [];
  try {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(typedPath(folder || "."))) {
      if (name.startsWith(".") && !hidden) continue;
      const folderToo = isDirectory || (isSymlink && await leadsToFolder(typedPath(folder + name)));
      if (folderToo) found.push(`${folder}${name}/`);
      else if (wanted(name)) found.push(folder + name);
    }
  } catch {
    return []; // Nothing that can be read.
  }
  return found.sort();
}

async function leadsToFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

/** Names under reports/runs, the latest first. */
async function runs(): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${ROOT}/reports/runs`)) names.push(name);
  } catch { /* There was none yet. */ }
  return names.sort().reverse();
}

/** The words of a line of a shell, the last of which may be open: quotes and backslashes are taken. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (quote) {
      if (character === quote) quote = "";
      else word = (word ?? "") + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (character === "\\" && i + 1 < line.length) {
      word = (word ?? "") + line[++i];
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  return [...words, word ?? ""];
}
