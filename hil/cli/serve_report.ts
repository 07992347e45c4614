/**
 * A report and the files of its run on localhost; what a scenario left is served as what it is, never
 * as a page that runs.
 */
import { type LocalServer, missing, serveLocally } from "./local_server.ts";

export interface ServedReport {
  /** Folder that paths of the address are relative to; absolute, like all here. */
  readonly reports: string;
  /** The run: nothing outside of it is served but the report itself. */
  readonly folder: string;
  readonly path: string;
  readonly token?: string;
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
export function serveReport(served: ServedReport): LocalServer {
  const server = serveLocally({ token: served.token, answer: (name) => answer(name, served) });
  const below = served.path.startsWith(`${served.reports}/`);
  const name = below ? served.path.slice(served.reports.length + 1) : "index.html";
  return { ...server, url: server.url + name };
}

async function answer(name: string, served: ServedReport): Promise<Response> {
  const { reports, folder, path } = served;
  const below = path.startsWith(`${reports}/`);
  const isReport = name === "" || `${reports}/${name}` === path || !below && name === "index.html";
  if (!isReport) return await fileOfRun(below ? `${reports}/${name}` : `${folder}/${name}`, folder);
  return await opened(path, "text/html; charset=utf-8");
}

/** A file of a run, wherever links in it lead: 404 for what lies elsewhere. */
export async function fileOfRun(file: string, folder: string): Promise<Response> {
  if (file.includes("\0")) return missing();
  try {
    const real = await Deno.realPath(file);
    if (!real.startsWith(`${await Deno.realPath(folder)}/`)) return missing();
    return await opened(real, typeOf(real));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return missing();
    throw error;
  }
}

async function opened(path: string, type: string): Promise<Response> {
  try {
    const file = await Deno.open(path);
    return new Response(file.readable, { headers: { "content-type": type } });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) {
      return missing();
    }
    throw error;
  }
}

function typeOf(path: string): string {
  const extension = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return TYPES[extension] ?? "application/octet-stream";
}
