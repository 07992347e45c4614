/** `hil report`: writes the HTML report of a run, shows it, or serves it on this machine. */
import { latestRun, readRun, RunReadError, writeHtml } from "../report/html/mod.ts";
import { ReportWriteError } from "../report/mod.ts";
import { type OptionTable, parseCommandLine, UsageError } from "./command_line.ts";
import { print, printError } from "./output.ts";
import { ROOT, shownPath, typedPath } from "./paths.ts";
import { serveReport } from "./serve_report.ts";

export const REPORT_OPTIONS = {
  serve: { help: "serve it on localhost, with a token in its address, until Ctrl+C" },
  open: { help: "open it in the browser" },
  reports: {
    value: "DIR",
    help: "where runs left their files; default reports",
    parse: (text: string) => text,
  },
} as const satisfies OptionTable;

/** Programs that open what they are given as the desktop is used to: Linux, macOS. */
const OPENERS = ["xdg-open", "open"];

/**
 * @returns the exit code: 2 when there is no such run or the report cannot be written
 * @throws UsageError
 */
export async function report(args: readonly string[]): Promise<number> {
  const { values, operands } = parseCommandLine(args, REPORT_OPTIONS);
  const [name, more] = operands;
  if (more !== undefined) {
    throw new UsageError(
      `Cannot report ${operands.length} runs: give one of reports/runs/, or none`,
    );
  }
  const reports = values.reports === undefined ? `${ROOT}/reports` : typedPath(values.reports);
  try {
    const { folder, path } = place(reports, name);
    const history = `${reports}/history.sqlite`;
    await writeHtml(await readRun(folder, ROOT), { root: ROOT, path, history });
    print(shownPath(path));
    if (values.serve) return await serve({ reports, folder, path }, values.open === true);
    return values.open && !await open(path) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof RunReadError || error instanceof ReportWriteError)) throw error;
    printError(`hil: ${error.message}`);
    return 2;
  }
}

/** The latest run's report is `index.html` of all reports; that of another is in its folder. */
function place(reports: string, name: string | undefined): { folder: string; path: string } {
  const runs = `${reports}/runs`;
  if (name === undefined) {
    return { folder: `${runs}/${latestRun(runs)}`, path: `${reports}/index.html` };
  }
  const folder = name.includes("/") ? typedPath(name) : `${runs}/${name}`;
  return { folder, path: `${folder}/index.html` };
}

interface Served {
  readonly reports: string;
  readonly folder: string;
  readonly path: string;
}

async function serve(served: Served, opened: boolean): Promise<number> {
  const server = serveReport(served);
  print(`${server.url}\nCtrl+C ends it`);
  if (opened) await open(server.url);
  const stop = () => void server.shutdown();
  Deno.addSignalListener("SIGINT", stop);
  try {
    await server.finished;
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
  }
  return 0;
}

async function open(address: string): Promise<boolean> {
  for (const opener of OPENERS) {
    try {
      const { success } = await new Deno.Command(opener, {
        args: [address],
        ...{ stdin: "null", stdout: "null", stderr: "null" },
      }).output();
      if (success) return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  printError(
    `hil: Cannot open "${address}": neither ${OPENERS.join(" nor ")} did; open it in a browser`,
  );
  return false;
}
