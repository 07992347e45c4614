/** The table of who is looked at: every case and what came, and what of it deviates. */
import type { Duration } from "hil/time/mod.ts";
import { type Case, nameOf, type Outcome, type Role, type Verdict } from "./case.ts";
import { casesFor } from "./cases/mod.ts";
import { runClientCase } from "./clients.ts";
import type { EchoClient } from "./echo_clients.ts";
import { runServerCase, type ServerUnderTest } from "./servers.ts";

export interface Row extends Outcome {
  readonly one: Case;
}

/** Who is looked at, by role. */
export type UnderTest =
  | { readonly role: "server"; readonly server: ServerUnderTest }
  | { readonly role: "client"; readonly client: EchoClient };

/** Runs all cases, one after another. */
export async function runTable(who: UnderTest, patience?: Duration): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const one of casesFor(who.role)) {
    const outcome = who.role === "server"
      ? await runServerCase(one, who.server, patience)
      : await runClientCase(one, who.client, patience);
    rows.push({ one, ...outcome });
  }
  return rows;
}

/** "187 passed, 3 lax, 1 failed, 20 n/a" */
export function counted(rows: readonly Row[]): string {
  const count = (wanted: Verdict) => rows.filter(({ verdict }) => verdict === wanted).length;
  return `${count("pass")} passed, ${count("lax")} lax, ${count("FAIL")} failed, ` +
    `${count("n/a")} n/a`;
}

export function deviationsOf(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ verdict }) => verdict === "lax" || verdict === "FAIL");
}

/** All cases, in Markdown. */
export function formatTable(rows: readonly Row[]): string {
  return table(rows.map(({ one, verdict, seen }) => [verdict, one.section, one.rule, seen]));
}

/** What of `rows` is not as `known` says: new deviations, others, and those that have vanished. */
export function differences(rows: readonly Row[], known: ReadonlyMap<string, string>): string[] {
  const deviations = deviationsOf(rows);
  const names = new Set(deviations.map(({ one }) => nameOf(one)));
  const changed = deviations.filter(({ one, verdict }) => known.get(nameOf(one)) !== verdict);
  return [
    ...changed.map(({ one, verdict, seen }) => {
      const before = known.get(nameOf(one)) ?? "not known";
      return `${verdict}, ${before} so far: ${nameOf(one)}: ${seen}`;
    }),
    ...[...known.keys()].filter((name) => !names.has(name)).map((name) => `gone: ${name}`),
  ];
}

export const DEVIATIONS_FILE = new URL("./DEVIATIONS.md", import.meta.url);

/** The part of the document that is about one of them. */
export function formatDeviations(role: Role, name: string, rows: readonly Row[]): string {
  const deviations = deviationsOf(rows).map(({ one, verdict, seen }) => [
    ...[verdict, one.section, one.rule, seen],
  ]);
  const rest = deviations.length > 0 ? `\n${table(deviations)}` : "";
  return `${heading(role, name)}\n\n${rows.length} cases: ${counted(rows)}.\n${rest}`;
}

/** Verdicts of the deviations that the document lists, by case; undefined when it lists none. */
export function knownDeviations(
  document: string,
  role: Role,
  name: string,
): ReadonlyMap<string, string> | undefined {
  const [, part] = document.split(`${heading(role, name)}\n`);
  if (part === undefined) return undefined;
  const known = new Map<string, string>();
  for (const line of part.split("\n## ")[0]!.split("\n")) {
    const [verdict, section, rule] = line.split(/(?<!\\)\|/).slice(1).map((cell) => cell.trim());
    if (verdict !== "lax" && verdict !== "FAIL") continue;
    known.set(`${section}: ${rule!.replaceAll("\\|", "|")}`, verdict);
  }
  return known;
}

function heading(role: Role, name: string): string {
  return `## The ${role} "${name}"`;
}

const COLUMNS = ["", "section", "rule", "what came"];

function table(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |\n`;
  return `${line(COLUMNS)}${line(COLUMNS.map(() => "---"))}${rows.map(line).join("")}`;
}

/** Ports differ from run to run. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll(/(:)\d{5}\b/g, "$1PORT");
}
