/** Servers and clients of WebSockets, whether they keep to RFC 6455 and RFC 7692. */
import { attach, expect, measure, scenario, seconds } from "hil";
import type { Role } from "sims/websocket/conformance/case.ts";
import {
  DEVIATIONS_FILE,
  differences,
  formatDeviations,
  knownDeviations,
} from "sims/websocket/conformance/deviations.ts";
import { counted, formatTable, type Row, runTable } from "sims/websocket/conformance/table.ts";
import { webSocketClient, webSocketServer } from "sims/websocket/port.ts";

/** The whole table beside the trace, and what is otherwise than is known. */
async function judge(role: Role, name: string | undefined, rows: readonly Row[]): Promise<void> {
  console.log(`${rows.length} cases: ${counted(rows)}`);
  console.log(formatTable(rows));
  // Of one that nobody knows, it is what people came for.
  const print = name === undefined;
  attach("conformance.md", formatTable(rows), { title: "every case, and what came", print });
  attach("deviations.md", formatDeviations(role, name ?? "url", rows), { title: "deviations" });
  measure("cases that pass", rows.filter(({ verdict }) => verdict === "pass").length, {
    unit: "cases",
  });
  if (name === undefined) {
    const broken = rows.filter(({ verdict }) => verdict === "FAIL");
    const lines = broken.map(({ one, seen }) => `${one.section}: ${one.rule}: ${seen}`);
    return expect(lines, "rules that are broken").toEqual([]);
  }
  const known = knownDeviations(await Deno.readTextFile(DEVIATIONS_FILE), role, name);
  expect(differences(rows, known ?? new Map()), "what is not as DEVIATIONS.md says").toEqual([]);
}

scenario(
  "a server keeps to every rule, or deviates as is known",
  { uses: { server: webSocketServer() }, timeout: seconds(120) },
  async ({ server }) => judge("server", server.name, await runTable({ role: "server", server })),
);

scenario(
  "a client keeps to every rule, or deviates as is known",
  { uses: { client: webSocketClient() }, timeout: seconds(120) },
  async ({ client }) => judge("client", client.name, await runTable({ role: "client", client })),
);
