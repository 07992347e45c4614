/**
 * The conformance table without the runner. Of any echo server:
 * `deno run --allow-net sims/websocket/conformance/main.ts ws://host:port/` prints the table; exit
 * code 1 when something fails. With `--write` the document of known deviations is made anew, of
 * those that are on this machine: `deno run -A sims/websocket/conformance/main.ts --write [FILE…]`; files
 * are deviations.md that scenarios have left, for those that only they can start.
 */
import type { Role } from "./case.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { ECHO_CLIENTS, type EchoClient } from "./echo_clients.ts";
import { ECHO_SERVERS } from "./echo_servers.ts";
import { counted, formatTable, type Row, runTable } from "./table.ts";
import { DEVIATIONS_FILE, formatDeviations, partOf } from "./deviations.ts";
import { versionOf } from "sims/toolchain/mod.ts";

const [argument] = Deno.args;
if (argument === "--write") await write();
else if (argument?.startsWith("ws")) await show(argument);
else {
  console.error(
    `Cannot run the conformance table of "${argument ?? ""}": it is no URL of an echo server; ` +
      `give "ws://host:port/", or --write`,
  );
  Deno.exitCode = 2;
}

async function show(url: string): Promise<void> {
  const rows = await runTable({ role: "server", server: { url } });
  console.log(`${formatTable(rows)}\n${rows.length} cases: ${counted(rows)}`);
  Deno.exitCode = rows.some(({ verdict }) => verdict === "FAIL") ? 1 : 0;
}

/** Whoever is not on this machine keeps what the document says of it. */
async function write(): Promise<void> {
  const before = await Deno.readTextFile(DEVIATIONS_FILE);
  const parts = [before.split("\n## ")[0]!.trimEnd() + "\n"];
  const given = (await Promise.all(Deno.args.slice(1).map((path) => Deno.readTextFile(path))))
    .join();
  const add = (role: Role, name: string, rows: readonly Row[] | undefined) => {
    const part = rows
      ? formatDeviations(role, name, rows)
      : partOf(given, role, name) ?? partOf(before, role, name);
    if (part !== undefined) parts.push(part);
    console.log(`${role} ${name}: ${rows ? counted(rows) : "not on this machine"}`);
  };
  for (const [name, start] of Object.entries(ECHO_SERVERS)) {
    const server = await start();
    add("server", name, await runTable({ role: "server", server }));
    await server.stop();
  }
  add("server", "asterisk", undefined);
  const folder = await Deno.makeTempDir();
  const chromium = async () => {
    if (await versionOf(CHROMIUM) === undefined) return undefined;
    return await startChromium({ folder, env: {} });
  };
  const clients: Record<string, () => Promise<EchoClient | undefined>> = {
    ...ECHO_CLIENTS,
    chromium,
  };
  for (const [name, start] of Object.entries(clients)) {
    const client = await start();
    add("client", name, client && await runTable({ role: "client", client }));
    await client?.stop();
  }
  await Deno.remove(folder, { recursive: true });
  await Deno.writeTextFile(DEVIATIONS_FILE, parts.join("\n"));
}
