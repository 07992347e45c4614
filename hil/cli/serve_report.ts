/**
 * A report and the files of its run on localhost. Other users of this machine may connect too, hence
 * a token in the address; what a scenario left is served as what it is, never as a page that runs.
 */

export interface ReportServer {
  /** With the token. */
  readonly url: string;
  readonly finished: Promise<void>;
  shutdown(): Promise<void>;
}

export interface ServedReport {
  /** Folder that paths of the address are relative to; absolute, like all here. */
  readonly reports: string;
  /** The run: nothing outside of it is served but the report itself. */
  readonly folder: string;
  readonly path: string;
  readonly token: string;
}

const TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  jsonl: "text/plain; charset=utf-8",
  md: "text/plain; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  log: "text/plain; charset=utf-8",
  csv: "text/plain; charset=utf-8",
  html: "text/plain; charset=utf-8",
  svg: "text/plain; charset=utf-8",
};

/** Serves until it is shut down. */
export function serveReport(served: ServedReport): ReportServer {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(request, served),
  );
  const below = served.path.startsWith(`${served.reports}/`);
  const name = below ? served.path.slice(served.reports.length + 1) : "index.html";
  return {
    url: `http://127.0.0.1:${server.addr.port}/${served.token}/${name}`,
    finished: server.finished,
    shutdown: () => server.shutdown(),
  };
}

async function answer(request: Request, served: ServedReport): Promise<Response> {
  const nothing = new Response("There is no such file in this report\n", { status: 404 });
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response(null, { status: 405 });
  }
  const file = fileOf(new URL(request.url).pathname, served);
  if (file === undefined) return nothing;
  try {
    const real = await Deno.realPath(file);
    const isReport = real === await Deno.realPath(served.path);
    if (!isReport && !real.startsWith(`${await Deno.realPath(served.folder)}/`)) return nothing;
    const opened = await Deno.open(real);
    const type = isReport ? "text/html; charset=utf-8" : typeOf(real);
    return new Response(opened.readable, {
      headers: {
        "content-type": type,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
      },
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) {
      return nothing;
    }
    throw error;
  }
}

/** The file that an address means; undefined without the token. */
function fileOf(
  pathname: string,
  { reports, folder, path, token }: ServedReport,
): string | undefined {
  const prefix = `/${token}/`;
  if (!pathname.startsWith(prefix)) return undefined;
  let name: string;
  try {
    name = decodeURIComponent(pathname.slice(prefix.length));
  } catch {
    return undefined;
  }
  if (name.includes("\0")) return undefined;
  if (path.startsWith(`${reports}/`)) return name === "" ? path : `${reports}/${name}`;
  return name === "" || name === "index.html" ? path : `${folder}/${name}`;
}

function typeOf(path: string): string {
  const extension = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return TYPES[extension] ?? "application/octet-stream";
}
