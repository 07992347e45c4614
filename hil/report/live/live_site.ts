/** What pages of a live report ask for: the page, its events, and details of scenarios. */
import { page } from "../html/write.ts";
import { eventStream } from "./event_stream.ts";
import type { LiveReport } from "./live_report.ts";

/** Pages that are told of changes at once; a browser itself keeps to six. */
const MOST_PAGES = 32;

export class LiveSite implements Disposable {
  readonly #live: LiveReport;
  readonly #ending = new AbortController();
  #pages = 0;

  constructor(live: LiveReport) {
    this.#live = live;
  }

  /** The folder whose files are served beside it; undefined before the run has one. */
  get folder(): string | undefined {
    return this.#live.folder;
  }

  /** @param name path below the token; undefined: it is none of ours */
  answer(name: string, query: URLSearchParams): Promise<Response> | Response | undefined {
    if (name === "" || name === "index.html") return this.#page();
    if (name === "live/events") return this.#events();
    const [, row] = name.match(/^live\/(\d{1,7})$/) ?? [];
    return row === undefined ? undefined : this.#detail(Number(row), query.get("has") ?? undefined);
  }

  /** Ends all streams. */
  [Symbol.dispose](): void {
    this.#ending.abort();
  }

  #page(): Response {
    return new Response(page(this.#live.index(), []), {
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  }

  #events(): Response {
    if (this.#pages >= MOST_PAGES) return new Response("Too many pages\n", { status: 503 });
    this.#pages++;
    const stream = eventStream(this.#live, {
      signal: this.#ending.signal,
      onEnd: () => void this.#pages--,
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream" } });
  }

  async #detail(row: number, has: string | undefined): Promise<Response> {
    const found = await this.#live.detail(row, has);
    if (!found) return new Response("There is no such scenario\n", { status: 404 });
    if (!found.detail) return new Response(null, { status: 204 });
    return Response.json(found);
  }
}
