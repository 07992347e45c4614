/** `hil --ui`: the report in a browser while the run goes on. */
import { type LiveOptions, LiveReport, LiveSite } from "../report/live/mod.ts";
import { UsageError } from "./command_line.ts";
import { type LocalServer, missing, serveLocally } from "./local_server.ts";
import { printError } from "./output.ts";
import { fileOfRun } from "./serve_report.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export class LiveView {
  private constructor(
    readonly reporter: LiveReport,
    private readonly site: LiveSite,
    private readonly server: LocalServer,
  ) {}

  /**
   * Serves from now on, and says where: on standard error, as what the run is to print is its own.
   *
   * @throws UsageError when the port is not to be had
   */
  static begin(options: LiveOptions, port = 0): LiveView {
    const reporter = new LiveReport(options);
    const site = new LiveSite(reporter);
    const reports = options.path.slice(0, options.path.lastIndexOf("/"));
    const answer = async (name: string, query: URLSearchParams) => {
      const { folder } = site;
      return await site.answer(name, query) ??
        (folder ? await fileOfRun(`${reports}/${name}`, folder) : missing());
    };
    const view = new LiveView(reporter, site, listen(port, answer));
    printError(`live view: ${view.server.url}`);
    return view;
  }

  /** Until Ctrl+C; then it is no more. */
  async stay(): Promise<void> {
    printError(`the run has ended; live view until Ctrl+C: ${this.server.url}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const signal of SIGNALS) Deno.addSignalListener(signal, resolve);
    await promise;
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, resolve);
    await this.close();
  }

  async close(): Promise<void> {
    this.site[Symbol.dispose]();
    await this.server.shutdown();
  }
}

function listen(
  port: number,
  answer: Parameters<typeof serveLocally>[0]["answer"],
): LocalServer {
  try {
    return serveLocally({ port, answer });
  } catch (error) {
    const inUse = error instanceof Deno.errors.AddrInUse;
    if (!inUse && !(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new UsageError(
      `Cannot serve the live view at port "${port}": it ${
        inUse ? "is in use" : "may not be had"
      }; choose another --ui-port, or none`,
    );
  }
}
