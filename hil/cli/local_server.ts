/**
 * Pages for who started the program, and nobody else: on localhost, below a random token. Other users
 * of this machine may connect, and pages of elsewhere may make the browser ask; so the token is
 * compared in constant time, and who asked for another host, or from another origin, gets nothing.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { randomSeed } from "../time/chance.ts";
import { seconds, withLimit } from "../time/mod.ts";

export interface LocalServer {
  /** With the token, and a slash behind it. */
  readonly url: string;
  readonly finished: Promise<void>;
  /** What is being sent gets a moment more. */
  shutdown(): Promise<void>;
}

export interface LocalSite {
  /** 0: any that is free. */
  readonly port?: number;
  readonly token?: string;
  /** @param name path below the token, decoded; "" for the token alone */
  answer(name: string, query: URLSearchParams): Response | Promise<Response>;
}

const HOST = "127.0.0.1";
const PATIENCE = seconds(2);
const HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
};

/** Nobody guesses it: 128 bits. */
function newToken(): string {
  return Array.from({ length: 4 }, () => randomSeed().toString(36).padStart(7, "0")).join("");
}

/**
 * Serves until it is shut down.
 *
 * @throws Deno.errors.AddrInUse, Deno.errors.PermissionDenied when the port is not to be had
 */
export function serveLocally({ port = 0, token = newToken(), answer }: LocalSite): LocalServer {
  const ending = new AbortController();
  const server = Deno.serve(
    { hostname: HOST, port, signal: ending.signal, onListen: () => {} },
    async (request, { completed }) => {
      completed.catch(() => {}); // The browser has gone away.
      const response = await checked(request, { port: server.addr.port, token, answer });
      for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
      return response;
    },
  );
  return {
    url: `http://${HOST}:${server.addr.port}/${token}/`,
    finished: server.finished,
    shutdown: () => withLimit(server.shutdown(), PATIENCE, () => ending.abort()),
  };
}

interface Checks extends Pick<LocalSite, "answer"> {
  readonly port: number;
  readonly token: string;
}

async function checked(request: Request, { port, token, answer }: Checks): Promise<Response> {
  const host = request.headers.get("host") ?? "";
  const origin = request.headers.get("origin");
  const ours = [HOST, "localhost"].map((name) => `${name}:${port}`);
  if (!ours.includes(host) || origin !== null && origin !== `http://${host}`) return refused();
  const { pathname, searchParams } = new URL(request.url);
  const [, given = "", ...rest] = pathname.split("/");
  if (!isSame(given, token)) return refused();
  if (request.method !== "GET") {
    return new Response("Only GET\n", { status: 405, headers: { allow: "GET" } });
  }
  try {
    return await answer(decodeURIComponent(rest.join("/")), searchParams);
  } catch (error) {
    if (error instanceof URIError) return missing();
    return new Response(`${(error as Error).message}\n`, { status: 500 });
  }
}

function refused(): Response {
  return new Response("Use the address that hil has printed: it has a token\n", { status: 403 });
}

export function missing(): Response {
  return new Response("There is no such file in this report\n", { status: 404 });
}

/** In a time that does not tell how much of it is right. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
