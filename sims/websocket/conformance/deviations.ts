/** Deviations that are known: a document that people read, and that each run is compared with. */
import { nameOf, type Role } from "./case.ts";
import { counted, deviationsOf, markdown, type Row } from "./table.ts";

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
  const rest = deviations.length > 0 ? `\n${markdown(deviations)}` : "";
  return `${heading(role, name)}\n\n${rows.length} cases: ${counted(rows)}.\n${rest}`;
}

/** Verdicts of the deviations that the document lists, by case; undefined when it lists none. */
export function knownDeviations(
  document: string,
  role: Role,
  name: string,
): ReadonlyMap<string, string> | undefined {
  const part = partOf(document, role, name);
  if (part === undefined) return undefined;
  const known = new Map<string, string>();
  for (const line of part.split("\n")) {
    const [verdict, section, rule] = line.split(/(?<!\\)\|/).slice(1).map((cell) => cell.trim());
    if (verdict !== "lax" && verdict !== "FAIL") continue;
    known.set(`${section}: ${rule!.replaceAll("\\|", "|")}`, verdict);
  }
  return known;
}

/** The part of the document that is about one of them, with its heading. */
export function partOf(document: string, role: Role, name: string): string | undefined {
  const [, behind] = document.split(`${heading(role, name)}\n`);
  return behind && `${heading(role, name)}\n${behind.split("\n## ")[0]!.trimEnd()}\n`;
}

function heading(role: Role, name: string): string {
  return `## The ${role} "${name}"`;
}
