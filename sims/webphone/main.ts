/** Serves the web phone's page on this machine: see `--help`. */
import { parseArgs } from "node:util";
import { bundleWebphone, WebphoneBuildError } from "./bundle.ts";
import { DeskPbx } from "./desk.ts";
import { servePage } from "./serve.ts";

const HELP = `Serves the web phone's page on this machine alone, and prints its address.

Usage: deno task webphone [option…]

  --port PORT       of the page; default 8080, 0: one that is free
  --pbx sim         starts a simulated exchange beside it, with users 1001, 1002 and 1003, and
                    prints an address for each that registers at once. They can call each other:
                    open two of them. 700 to 703 end in 403, 503, 486 (busy) and 603 (declined);
                    there is no echo, as the exchange sends no sound.
  --pbx-port PORT   of its WebSocket; default: one that is free
  --bundle          only bundles, and prints the folder: to be served by any web server
  --help`;

const OPTIONS = {
  port: { type: "string", default: "8080" },
  pbx: { type: "string" },
  "pbx-port": { type: "string", default: "0" },
  bundle: { type: "boolean" },
  help: { type: "boolean" },
} as const;

const USERS = ["1001", "1002", "1003"];

/** For an error of who typed it. */
class UsageError extends Error {}

async function main(argv: readonly string[]): Promise<void> {
  const { values } = parse(argv);
  if (values.help) return console.log(HELP);
  if (values.pbx !== undefined && values.pbx !== "sim") {
    throw new UsageError(`Cannot start the exchange "${values.pbx}": there is only sim`);
  }
  const folder = await bundleWebphone();
  if (values.bundle) return console.log(folder);
  const page = listening("port", values.port, (port) => servePage(folder, port));
  console.log(`The web phone is at ${page.url}`);
  if (values.pbx) {
    startDesk(listening("pbx-port", values["pbx-port"], deskAt), page.url);
  }
  console.log("Ctrl-C ends it");
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS });
  } catch (error) {
    throw new UsageError(`Cannot start the web phone: ${(error as Error).message}`);
  }
}

function listening<T>(option: string, typed: string, listen: (port: number) => T): T {
  const port = Number(typed);
  if (!/^\d+$/.test(typed) || port > 65535) {
    throw new UsageError(`Cannot take --${option} "${typed}": a port is a number from 0 to 65535`);
  }
  try {
    return listen(port);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new UsageError(
      `Cannot take --${option} "${typed}": somebody else has it; take another, or 0`,
    );
  }
}

function deskAt(port: number): DeskPbx {
  const passwords = USERS.map((user) => [user, `secret-of-${user}`]);
  return new DeskPbx({
    port,
    phones: Object.fromEntries(passwords),
    onEvent: ({ kind, user }) => console.log(`  exchange: ${kind} ${user}`),
  });
}

function startDesk({ url, pbx }: DeskPbx, page: string): void {
  console.log(`The simulated exchange is at ${url}; phones of it:`);
  for (const [user, password] of Object.entries(pbx.options.phones)) {
    const account = { server: url, user, domain: "127.0.0.1", register: "1" };
    console.log(`  ${page}?${new URLSearchParams(account)}#${new URLSearchParams({ password })}`);
  }
}

try {
  await main(Deno.args);
} catch (error) {
  if (!(error instanceof UsageError || error instanceof WebphoneBuildError)) throw error;
  console.error(error.message);
  Deno.exit(error instanceof UsageError ? 2 : 1);
}
