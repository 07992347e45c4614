/** Requests to relays on the network, with errors that say what they answered. */
import { PowerError, shown } from "./error.ts";
import type { Verb } from "./outlet.ts";

export interface HttpRequest {
  readonly url: string;
  /** Default: "GET", or "POST" with a body. */
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How the relay knows us. A secret that is not to stand in a file is named by its variable. */
export interface Credentials {
  readonly user?: string;
  readonly password?: string;
  readonly passwordEnv?: string;
  /** For "Authorization: Bearer". */
  readonly tokenEnv?: string;
}

/** No relay has more to say. */
const MOST_BYTES = 64 << 10;

/**
 * What the relay answers, as text.
 *
 * @throws PowerError when it cannot be reached or its status is not 2xx
 */
export async function ask(
  { name, doing, signal, credentials }: {
    readonly name: string;
    readonly doing: Verb;
    readonly signal: AbortSignal;
    readonly credentials: Credentials;
  },
  { url, method, body, headers = {} }: HttpRequest,
): Promise<string> {
  const authorization = authorize(name, credentials);
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      ...{ body, signal },
      headers: { ...authorization, ...headers, connection: "close" },
    });
    text = await firstBytes(answer);
  } catch (cause) {
    const what = `${hidden(url)} does not answer (${reason(cause)})`;
    throw new PowerError(name, doing, `${what}; look whether it is on the network`, { cause });
  }
  if (answer.ok) return text;
  const said = shown(text);
  const what = `${hidden(url)} answers ${answer.status} ${answer.statusText}`.trimEnd() +
    (said ? ` and says "${said}"` : "");
  const remedy = answer.status === 401 || answer.status === 403
    ? 'give "user" and "passwordEnv"'
    : "correct its address in the bench file";
  throw new PowerError(name, doing, `${what}; ${remedy}`);
}

/** A URL without what may be secret in it. */
export function hidden(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.username = parsed.password = "";
    for (const key of parsed.searchParams.keys()) {
      if (/pass|token|key|secret/i.test(key)) parsed.searchParams.set(key, "…");
    }
    return decodeURI(parsed.href);
  } catch {
    return "its address";
  }
}

function authorize(name: string, credentials: Credentials): Record<string, string> {
  const { user, tokenEnv, passwordEnv } = credentials;
  if (tokenEnv !== undefined) return { authorization: `Bearer ${secret(name, tokenEnv)}` };
  if (user === undefined) return {};
  const password = passwordEnv === undefined
    ? credentials.password ?? ""
    : secret(name, passwordEnv);
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return { authorization: `Basic ${bytes.toBase64()}` };
}

function secret(name: string, variable: string): string {
  const value = Deno.env.get(variable);
  if (value !== undefined && value !== "") return value;
  throw new Error(
    `Cannot use the power "${name}": the environment variable "${variable}" is not set; ` +
      `set it to the relay's secret`,
  );
}

async function firstBytes(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk);
    if ((size += chunk.length) >= MOST_BYTES) break;
  }
  return new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** The last of the causes: fetch says only that it failed. */
function reason(error: unknown): string {
  let last = error as Error;
  while (last.cause instanceof Error) last = last.cause;
  return shown(hiddenIn(last.message)).replace(/^.*: (?=[^:]+$)/, "");
}

function hiddenIn(message: string): string {
  return message.replace(/\(?https?:\/\/\S+/g, "");
}
