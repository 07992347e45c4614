/** The daemon's control: a Unix socket of its owner, a line of JSON for each request and answer. */
import { registerError } from "hil/record/errors.ts";
import { dirname } from "node:path";
import { listenUnix, removeSocket } from "hil/drivers/unix_socket.ts";

export type Request =
  | { readonly command: "list" | "status" }
  | { readonly command: "ban"; readonly target: string; readonly seconds?: number }
  | { readonly command: "unban"; readonly target: string };

export type Answer = { readonly ok: true; readonly result: unknown } | {
  readonly ok: false;
  readonly error: string;
};

/** Of a request: more is no request of ours. */
const LONGEST = 64 * 1024;

export class ControlError extends Error {
  override readonly name = "ControlError";
}
registerError(ControlError);

export class ControlServer {
  readonly #connections = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;

  private constructor(
    private readonly listener: Deno.Listener,
    private readonly path: string,
    private readonly answer: (request: Request) => Promise<unknown>,
  ) {
    this.#serving = this.#serve();
  }

  /**
   * @param answer throws what is told to who asked
   * @throws ControlError when a daemon answers there already
   */
  static async listen(
    path: string,
    answer: (request: Request) => Promise<unknown>,
  ): Promise<ControlServer> {
    const folder = dirname(path);
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    await makeWay(path);
    const listener = listenUnix(path);
    Deno.chmodSync(path, 0o600);
    return new ControlServer(listener, path, answer);
  }

  async close(): Promise<void> {
    this.listener.close();
    removeSocket(this.path);
    for (const connection of this.#connections) connection.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    try {
      for await (const connection of this.listener) void this.#talk(connection);
    } catch {
      // It was closed while it waited.
    }
  }

  async #talk(connection: Deno.Conn): Promise<void> {
    this.#connections.add(connection);
    try {
      for await (const line of linesOf(connection)) {
        const answer = `${JSON.stringify(await this.#answerTo(line))}\n`;
        await writeAll(connection, new TextEncoder().encode(answer));
      }
    } catch {
      // Who asked has gone.
    } finally {
      if (this.#connections.delete(connection)) tryClose(connection);
    }
  }

  async #answerTo(line: string): Promise<Answer> {
    try {
      return { ok: true, result: await this.answer(requestOf(line)) ?? null };
    } catch (error) {
      return { ok: false, error: (error as Error).message };
    }
  }
}

/** @throws ControlError when nobody answers, or what is asked cannot be done */
export async function ask(path: string, request: Request): Promise<unknown> {
  let connection: Deno.Conn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    // It is for who started this process, not for who keeps the daemon.
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ControlError(
      `Cannot reach the daemon at "${path}": ${(error as Error).message}; ` +
        `start it with "sipban run", and be its user`,
      { cause: error },
    );
  }
  try {
    await writeAll(connection, new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    for await (const line of linesOf(connection, Infinity)) {
      const answer = JSON.parse(line) as Answer;
      if (answer.ok) return answer.result;
      throw new ControlError(answer.error);
    }
    throw new ControlError(`Cannot ask the daemon at "${path}": it ended; ask again`);
  } finally {
    tryClose(connection);
  }
}

/** What a killed daemon has left is removed; a living one is not. */
async function makeWay(path: string): Promise<void> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) removeSocket(path);
    return;
  }
  throw new ControlError(
    `Cannot listen on "${path}": a daemon answers there; end it, or give this one another control`,
  );
}

function requestOf(line: string): Request {
  const { command, target, seconds } = JSON.parse(line) as Record<string, unknown>;
  if (command === "list" || command === "status") return { command };
  const isTime = seconds === undefined ||
    typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0;
  if ((command === "ban" || command === "unban") && typeof target === "string" && isTime) {
    return { command, target, ...(seconds !== undefined && { seconds: seconds as number }) };
  }
  throw new ControlError(
    `Cannot do "${line.slice(0, 80)}": it is no request; ` +
      `ask for list, status, ban or unban, with "target" and "seconds"`,
  );
}

async function* linesOf(connection: Deno.Conn, longest = LONGEST): AsyncGenerator<string> {
  const text = new TextDecoder();
  const buffer = new Uint8Array(16 * 1024);
  let held = "";
  for (let count = await connection.read(buffer); count !== null;) {
    held += text.decode(buffer.subarray(0, count), { stream: true });
    const lines = held.split("\n");
    held = lines.pop()!;
    yield* lines;
    if (held.length > longest) return;
    count = await connection.read(buffer);
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function tryClose(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
