/** The table of who is looked at: every case and what came, and what of it deviates. */
import type { Duration } from "hil/time/mod.ts";
import type { Case, Outcome, Verdict } from "./case.ts";
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

/** Cases that run at once: who is silent is waited for in each. */
const AT_ONCE = 6;

/** Runs all cases; the rows are in their order. */
export async function runTable(who: UnderTest, patience?: Duration): Promise<readonly Row[]> {
  const cases = casesFor(who.role);
  const rows: Row[] = new Array(cases.length);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < cases.length; i = next++) {
      const one = cases[i]!;
      const outcome = who.role === "server"
        ? await runServerCase(one, who.server, patience)
        : await runClientCase(one, who.client, patience);
      rows[i] = { one, ...outcome };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
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
  return markdown(rows.map(({ one, verdict, seen }) => [verdict, one.section, one.rule, seen]));
}

const COLUMNS = ["", "section", "rule", "what came"];

/** Rows of Markdown below their head. */
export function markdown(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |\n`;
  return `${line(COLUMNS)}${line(COLUMNS.map(() => "---"))}${rows.map(line).join("")}`;
}

/** Ports differ from run to run. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll(/(:)\d{5}\b/g, "$1PORT");
}
