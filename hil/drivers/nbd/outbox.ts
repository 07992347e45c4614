/** What waits to be written to a client: in order, and many small answers by one system call. */

/** Answers are put together up to this size; a longer one goes as it is, uncopied. */
const JOINED = 64 << 10;
/** Bytes that wait before the client is heard no more. */
const ROOM = 16 << 20;

export class Outbox {
  #waiting: Uint8Array[] = [];
  #size = 0;
  #writing: Promise<void> | undefined;
  #broken = false;
  #made: (() => void) | undefined;

  constructor(private readonly conn: Pick<Deno.Conn, "write">) {}

  /** Sends after all that was sent before. */
  send(bytes: Uint8Array): void {
    if (this.#broken) return;
    this.#waiting.push(bytes);
    this.#size += bytes.length;
    this.#writing ??= this.#write();
  }

  /** Resolves when less than 16 MiB wait. */
  hasRoom(): Promise<void> | void {
    if (this.#size < ROOM || this.#broken) return;
    return new Promise((resolve) => this.#made = resolve);
  }

  /** Resolves when nothing waits, or the client is gone. */
  async empty(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      // What is sent in the same turn of the event loop goes in the same write.
      await Promise.resolve();
      while (this.#waiting.length > 0) {
        const bytes = this.#next();
        for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
        this.#size -= bytes.length;
        if (this.#size < ROOM) this.#made?.();
      }
    } catch {
      this.#broken = true; // The client is gone; its read says so.
      this.#waiting = [];
      this.#made?.();
    }
    this.#writing = undefined;
  }

  /** The first that waits, with as many after it as make one write of a good size. */
  #next(): Uint8Array {
    const first = this.#waiting[0]!;
    let size = first.length;
    let count = 1;
    for (; count < this.#waiting.length; count++) {
      const more = this.#waiting[count]!.length;
      if (size + more > JOINED) break;
      size += more;
    }
    const parts = this.#waiting.splice(0, count);
    return count === 1 ? first : join(parts, size);
  }
}

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
