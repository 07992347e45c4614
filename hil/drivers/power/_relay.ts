/** For tests: a relay with a web server on this machine, and programs in a folder of their own. */
import { seconds, withLimit } from "../../time/mod.ts";

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: string;
  readonly authorization: string | null;
  readonly header: string | null;
}

export interface FakeRelay {
  readonly url: string;
  readonly asked: Asked[];
}

/** Runs `body` with a relay that answers as `answer` says; a text is an answer that went well. */
export async function withRelay(
  answer: (asked: Asked) => string | Response | Promise<Response>,
  body: (relay: FakeRelay) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (it) => {
    const { pathname, search } = new URL(it.url);
    const one = {
      method: it.method,
      path: pathname + search,
      body: await it.text(),
      authorization: it.headers.get("authorization"),
      header: it.headers.get("x-relay"),
    };
    asked.push(one);
    const said = await answer(one);
    return typeof said === "string" ? new Response(said) : said;
  });
  try {
    await limited(body({ url: `http://127.0.0.1:${server.addr.port}`, asked }));
  } finally {
    await server.shutdown();
  }
}

/** Fails rather than hangs. */
export function limited<T>(work: Promise<T>): Promise<T> {
  const limit = seconds(60);
  return withLimit(work, limit, () => {
    throw new Error(`still running after ${limit}`);
  });
}

export interface FakePrograms {
  readonly folder: string;
  /** What they were called with: a list for each call. */
  calls(): string[][];
}

/** Runs `body` with programs, shell scripts by name, before all others on the PATH. */
export async function withPrograms(
  scripts: Readonly<Record<string, string>>,
  body: (programs: FakePrograms) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hil-power-" });
  const path = Deno.env.get("PATH")!;
  const calls = `${folder}/calls`;
  await Deno.writeTextFile(calls, "");
  for (const [name, script] of Object.entries(scripts)) {
    const record = `{ printf '%s\\0' ${name} "$@"; echo; } >>'${calls}'`;
    await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${record}\n${script}\n`, {
      mode: 0o755,
    });
  }
  Deno.env.set("PATH", `${folder}:${path}`);
  try {
    await limited(body({
      folder,
      calls: () =>
        Deno.readTextFileSync(calls).split("\0\n").slice(0, -1).map((call) => call.split("\0")),
    }));
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
}
