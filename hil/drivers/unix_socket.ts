/** Listening on Unix sockets, with errors that say what to do. */

/** Bytes that a Unix socket path may have on Linux (sun_path without its NUL). */
const PATH_LIMIT = 107;

/**
 * Listens on `path`.
 *
 * @throws RangeError when the path is too long for a socket
 * @throws Error when the socket cannot be made there
 */
export function listenUnix(path: string): Deno.Listener {
  const size = new TextEncoder().encode(path).length;
  if (size > PATH_LIMIT) {
    throw new RangeError(
      `Cannot listen on the Unix socket "${path}": it has ${size} bytes and ${PATH_LIMIT} is ` +
        `the most; set TMPDIR to a shorter folder`,
    );
  }
  try {
    return Deno.listen({ transport: "unix", path });
  } catch (error) {
    throw new Error(
      `Cannot listen on the Unix socket "${path}": ${(error as Error).message}; ` +
        `give a path that is not there yet in a folder that is`,
      { cause: error },
    );
  }
}

/** Removes the file of a socket that is closed; the folder may be gone before us. */
export function removeSocket(path: string): void {
  try {
    Deno.removeSync(path);
  } catch { /* It is gone, which is what was wanted. */ }
}
