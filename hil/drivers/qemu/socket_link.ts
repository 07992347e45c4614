/**
 * Unix sockets that QEMU connects to, and the links over them. We listen before it starts, so there
 * is nothing to poll for and no byte can come before somebody listens.
 */
import type { ByteLink } from "../../ports/mod.ts";
import { listenUnix, removeSocket } from "../unix_socket.ts";

const READ_SIZE = 64 << 10;

/** A listener that takes one connection. */
export interface Rendezvous {
  readonly path: string;
  /** The connection; rejects when {@link close} comes first. */
  readonly connection: Promise<Deno.Conn>;
  /** Ends the listener, or the connection that came of it. */
  close(): void;
}

/** Listens on `path` until the first connection is there. */
export function rendezvous(path: string): Rendezvous {
  const listener = listenUnix(path);
  let undo = () => {
    listener.close();
    removeSocket(path);
  };
  const connection = listener.accept().then((conn) => {
    undo();
    undo = () => closeQuietly(conn);
    return conn;
  });
  connection.catch(() => {}); // Whoever waits for it gets it; nobody may.
  const close = () => {
    undo();
    undo = () => {};
  };
  return { path, connection, close };
}

/** What a link goes over: a connection, or a process's standard input and output. */
export interface Channel {
  /** What came; undefined at the end. A reset or a channel closed here is an end too. */
  read(): Promise<Uint8Array | undefined>;
  write(data: Uint8Array): Promise<void>;
  close(): void;
}

export function channelOver(conn: Deno.Conn): Channel {
  const buffer = new Uint8Array(READ_SIZE);
  return {
    async read() {
      const size = await conn.read(buffer).catch(() => 0);
      return size ? buffer.slice(0, size) : undefined;
    },
    async write(data) {
      for (let at = 0; at < data.length;) at += await conn.write(data.subarray(at));
    },
    close: () => closeQuietly(conn),
  };
}

/**
 * A byte link over a channel.
 *
 * @param verdict asked when the other side has closed: the error to end `readable` with and to
 *   refuse further bytes with, or undefined for a good end. All bytes that came before are read
 *   first.
 */
export function linkOver(
  channel: Channel,
  verdict: () => Promise<Error | undefined> = () => Promise.resolve(undefined),
): ByteLink {
  let closed = false;
  let last: Promise<void> = Promise.resolve();
  const close = () => {
    closed = true;
    channel.close();
    return Promise.resolve();
  };
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const bytes = await channel.read();
      if (bytes) return controller.enqueue(bytes);
      const error = closed ? undefined : await verdict();
      if (error) controller.error(error);
      else controller.close();
    },
    cancel: close,
    // Nothing is read ahead: an error would throw away what waits in the stream's queue.
  }, { highWaterMark: 0 });
  const send = async (data: Uint8Array) => {
    try {
      await channel.write(data);
    } catch (error) {
      throw (closed ? undefined : await verdict()) ?? error;
    }
  };
  const write = (data: Uint8Array) => {
    last = last.catch(() => {}).then(() => send(data));
    return last;
  };
  return { readable, write, close };
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch { /* It is closed. */ }
}
