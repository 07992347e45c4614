/**
 * Unix sockets that QEMU connects to. We listen before it starts, so there is nothing to poll for
 * and no byte can come before somebody listens.
 */
import type { ByteLink } from "../../ports/mod.ts";
import { QemuError } from "./error.ts";

/** Bytes that a Unix socket path may have on Linux (sun_path without its NUL). */
const PATH_LIMIT = 107;
const READ_SIZE = 64 << 10;

/** A listener that takes one connection. */
export interface Rendezvous {
  readonly path: string;
  /** The connection; rejects when {@link close} comes first. */
  readonly connection: Promise<Deno.Conn>;
  close(): void;
}

/** Listens on `path` until the first connection is there. */
export function rendezvous(path: string): Rendezvous {
  const size = new TextEncoder().encode(path).length;
  if (size > PATH_LIMIT) {
    throw new QemuError(
      `Cannot listen on the Unix socket "${path}": it has ${size} bytes and ${PATH_LIMIT} is ` +
        `the most; set TMPDIR to a shorter folder`,
    );
  }
  const listener = Deno.listen({ transport: "unix", path });
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    listener.close();
    try {
      Deno.removeSync(path);
    } catch { /* The folder may be gone before us. */ }
  };
  const connection = listener.accept().finally(close);
  connection.catch(() => {}); // Whoever waits for it gets it; nobody may.
  return { path, connection, close };
}

/**
 * A byte link over a connection.
 *
 * @param verdict asked when the other side has closed: the error to end `readable` with, or
 *   undefined for a good end. All bytes that came before are read first.
 */
export function linkOver(
  conn: Deno.Conn,
  verdict: () => Promise<Error | undefined> = () => Promise.resolve(undefined),
): ByteLink {
  let closed = false;
  let last: Promise<void> = Promise.resolve();
  const close = () => {
    if (!closed) conn.close();
    closed = true;
    return Promise.resolve();
  };
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await readChunk(conn);
      if (chunk) return controller.enqueue(chunk);
      const error = closed ? undefined : await verdict();
      if (error) controller.error(error);
      else controller.close();
    },
    cancel: close,
    // Nothing is read ahead: an error would throw away what waits in the stream's queue.
  }, { highWaterMark: 0 });
  const write = (data: Uint8Array) => {
    last = last.catch(() => {}).then(() => writeAll(conn, data));
    return last;
  };
  return { readable, write, close };
}

/** The next bytes, or undefined at the end; a reset or a connection closed here is an end too. */
async function readChunk(conn: Deno.Conn): Promise<Uint8Array | undefined> {
  const buffer = new Uint8Array(READ_SIZE);
  try {
    const size = await conn.read(buffer);
    return size === null ? undefined : buffer.subarray(0, size);
  } catch {
    return undefined;
  }
}

async function writeAll(conn: Deno.Conn, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length;) at += await conn.write(data.subarray(at));
}
