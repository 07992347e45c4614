/** Serves the web phone's page on this machine alone, with the headers that a page with a microphone wants. */
import { FILES } from "./bundle.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** As a reverse proxy should send them, too. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; " +
    "connect-src https: wss: ws: 'self'; media-src blob: mediastream:; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};

export interface PageServer {
  /** `http://127.0.0.1:8080/` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param folder as `bundleWebphone` gives it
 * @param port 0: one that is free
 * @throws Deno.errors.AddrInUse when somebody has the port
 */
export function servePage(folder: string, port = 0): PageServer {
  const options = { hostname: "127.0.0.1", port, onListen: () => {} };
  const server = Deno.serve(options, (request) => answer(folder, request));
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return { url, close: () => server.shutdown() };
}

async function answer(folder: string, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  if (!(FILES as readonly string[]).includes(name)) {
    return new Response("Not here", { status: 404 });
  }
  if (!/^(GET|HEAD)$/.test(request.method)) return new Response(null, { status: 405 });
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)]!;
  const headers = { ...PAGE_HEADERS, "Content-Type": type };
  return new Response(await Deno.readFile(`${folder}/${name}`), { headers });
}
