/**
 * Requests to a Docker Engine over its Unix socket (Docker Engine API 1.41). The npm client dockerode
 * brings gRPC and protobuf along; of its hundred requests a lab needs ten.
 */
import { ContainerError } from "./error.ts";

/** Of Docker 20.10, the oldest that Debian still has; newer engines speak it too. */
const VERSION = "v1.41";

export interface EngineRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON; a stream is sent as it is. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Begins the message of an error: `start container "pbx"`. */
  readonly doing: string;
}

export class EngineClient {
  readonly #http: Deno.HttpClient;

  /** @param socket path of the engine's Unix socket */
  constructor(readonly socket: string) {
    // Nothing is kept open for later: a test, and a run, ends with no connection of it left.
    this.#http = Deno.createHttpClient({
      proxy: { transport: "unix", path: socket },
      poolMaxIdlePerHost: 0,
    });
  }

  /** @throws ContainerError when the engine refuses, or cannot be reached */
  async request(path: string, request: EngineRequest): Promise<Response> {
    const { method = "GET", query = {}, body, signal, doing } = request;
    const url = new URL(`http://engine/${VERSION}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, `${value}`);
    }
    const streamed = body instanceof ReadableStream;
    const type = streamed ? "application/x-tar" : "application/json";
    let answer: Response;
    try {
      answer = await fetch(url, {
        ...{ method, signal, client: this.#http },
        ...body !== undefined && {
          headers: { "content-type": type },
          body: streamed ? body : JSON.stringify(body),
        },
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ContainerError(
        `Cannot ${doing}: the engine at "${this.socket}" does not answer (${reason(cause)}); ` +
          `start it, or name another one in DOCKER_HOST`,
        { cause },
      );
    }
    if (answer.ok) return answer;
    const said = messageIn(await answer.text());
    throw new ContainerError(`Cannot ${doing}: the engine answers ${answer.status}, "${said}"`, {
      status: answer.status,
    });
  }

  async json<T>(path: string, request: EngineRequest): Promise<T> {
    return await (await this.request(path, request)).json() as T;
  }

  /** For a request whose answer says nothing. */
  async run(path: string, request: EngineRequest): Promise<void> {
    await (await this.request(path, request)).body?.cancel();
  }

  close(): void {
    this.#http.close();
  }
}

/** The engine says `{"message": "…"}`. */
function messageIn(text: string): string {
  try {
    return `${(JSON.parse(text) as { message?: string }).message ?? text}`.trim();
  } catch {
    return text.trim();
  }
}

/** The last of the causes: fetch says only that it failed. */
function reason(error: unknown): string {
  let last = error as Error;
  while (last.cause instanceof Error) last = last.cause;
  return last.message;
}
