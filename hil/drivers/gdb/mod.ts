/**
 * A GDB server: debugs any machine that is a {@link GdbTarget}, forwards and backwards.
 *
 * @example
 * ```ts ignore
 * const server = serveGdb({ target, port: 3333 });
 * console.log(`gdb-multiarch -ex "target remote ${server.address}" os.elf`);
 * ```
 */
import { GdbSession } from "./session.ts";
import type { GdbTarget } from "./target.ts";

export { GdbSession } from "./session.ts";
export type { Breakpoint, BreakpointKind, GdbTarget, Stop } from "./target.ts";

export interface GdbServer {
  /** "127.0.0.1:3333" */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * One GDB at a time, from this machine only; a second one is turned away.
 *
 * @param options.port 0 for any that is free
 * @throws Deno.errors.AddrInUse
 */
export function serveGdb(options: { target: GdbTarget; port: number }): GdbServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: options.port });
  let connected: Deno.TcpConn | undefined;
  const serving = (async () => {
    for await (const connection of listener) {
      if (connected) connection.close();
      else {
        connected = connection;
        void converse(options.target, connection).finally(() => connected = undefined);
      }
    }
  })();
  const { port } = listener.addr;
  return {
    address: `127.0.0.1:${port}`,
    async close() {
      listener.close();
      if (connected) closeQuietly(connected);
      await serving;
    },
  };
}

async function converse(target: GdbTarget, connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const writer = connection.writable.getWriter();
  const session = new GdbSession(target, {
    send: (bytes) => void writer.write(bytes).catch(() => {}),
    end: () => void writer.ready.then(() => closeQuietly(connection)).catch(() => {}),
  });
  try {
    for await (const bytes of connection.readable) session.receive(bytes);
  } catch {
    // GDB was killed: as if it had closed the connection.
  } finally {
    session.close();
    closeQuietly(connection);
  }
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
