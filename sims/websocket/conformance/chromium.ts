/**
 * Chromium as an echo client. Its page asks us what to do, again and again, and tells what has
 * happened: no debugger is attached that might change what the browser does.
 */
import { type Duration, seconds, withLimit } from "hil/time/mod.ts";
import type { EchoClient, EchoConnection } from "./echo_clients.ts";

export const CHROMIUM = "chromium";

const PAGE = `<!doctype html><title>echo client</title><script>
const sockets = new Map();
const tell = (id, what) => fetch("/told?id=" + id + "&what=" + what, { method: "POST" });
const acts = {
  connect({ id, url, protocols }) {
    let socket;
    try { socket = new WebSocket(url, protocols); } catch { return tell(id, "closed"); }
    sockets.set(id, socket);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => tell(id, "open");
    socket.onclose = () => tell(id, "closed");
    socket.onmessage = ({ data }) => socket.send(data);
  },
  close({ id }) { sockets.get(id)?.close(1000); },
  abandon({ id }) { sockets.get(id)?.close(); sockets.delete(id); },
};
(async () => {
  for (;;) {
    const told = await (await fetch("/next")).json();
    acts[told.act](told);
  }
})();
</script>`;

const START_LIMIT = seconds(30);
const FLAGS = [
  ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  ...["--disable-dev-shm-usage", "--disable-background-timer-throttling"],
];

type Act =
  | { readonly act: "connect"; id: number; url: string; protocols: readonly string[] }
  | { readonly act: "close" | "abandon"; id: number };

/** @throws Error when its page does not ask in time */
export async function startChromium(
  { folder, env, limit = START_LIMIT }: {
    readonly folder: string;
    readonly env: Readonly<Record<string, string>>;
    readonly limit?: Duration;
  },
): Promise<EchoClient> {
  const page = new Page();
  const profile = await Deno.makeTempDir({ dir: folder, prefix: "chromium-" });
  const child = new Deno.Command(CHROMIUM, {
    args: [...FLAGS, `--user-data-dir=${profile}`, page.url],
    env: { ...env, TMPDIR: folder }, // It makes folders there and leaves them when it is killed.
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  const stop = async () => {
    try {
      child.kill();
    } catch { /* It has ended. */ }
    await child.status;
    await page.stop();
  };
  const over = child.status.then(({ code }) => {
    throw new Error(
      `Cannot use ${CHROMIUM}: it has ended with ${code}; start it by hand to see why`,
    );
  });
  try {
    await withLimit(Promise.race([page.asked, over]), limit, () => {
      throw new Error(`Cannot use ${CHROMIUM}: its page asks nothing within ${limit}; try again`);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  over.catch(() => {}); // Who connects then is told that nothing opens.
  return { connect: (url, protocols) => page.connect(url, protocols), stop };
}

/** The page's own server: what it is told, and what it tells. */
class Page {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #asked = Promise.withResolvers<void>();
  readonly #acts: Act[] = [];
  readonly #opened = new Map<number, (open: boolean) => void>();
  #asking: ((act: Act | undefined) => void) | undefined;
  #nextId = 1;

  constructor() {
    const where = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
    this.#server = Deno.serve(where, (request) => this.#answer(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Resolves when the page runs. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  connect(url: string, protocols: readonly string[]): EchoConnection {
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#opened.set(id, resolve);
    this.#tell({ act: "connect", id, url, protocols });
    return {
      opened: promise,
      close: () => this.#tell({ act: "close", id }),
      abandon: () => this.#tell({ act: "abandon", id }),
    };
  }

  async stop(): Promise<void> {
    this.#asking?.(undefined);
    await this.#server.shutdown();
  }

  #tell(act: Act): void {
    const asking = this.#asking;
    this.#asking = undefined;
    if (asking) asking(act);
    else this.#acts.push(act);
  }

  async #answer({ url }: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    if (pathname === "/next") {
      this.#asked.resolve();
      const next = this.#acts.shift() ??
        await new Promise<Act | undefined>((resolve) => this.#asking = resolve);
      return Response.json(next ?? null);
    }
    if (pathname === "/told") {
      const id = Number(searchParams.get("id"));
      this.#opened.get(id)?.(searchParams.get("what") === "open");
      return new Response();
    }
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  }
}
