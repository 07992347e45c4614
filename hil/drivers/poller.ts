/** Waiting for a descriptor of the C library (poll(2)): nothing to read, no work. */

// What a call on another thread reads and writes is memory of the C library, which no garbage
// collector moves.
export const POLLER_SYMBOLS = {
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  poll: { parameters: ["pointer", "u32", "i32"], result: "i32", nonblocking: true },
  calloc: { parameters: ["u32", "u32"], result: "pointer" },
  fill: { name: "memcpy", parameters: ["pointer", "buffer", "u32"], result: "void" },
  free: { parameters: ["pointer"], result: "void" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const O_CLOEXEC = 0o2000000;
const POLLIN = 1;

/** Waits for a descriptor on a thread of Deno's pool; {@link close} ends all waits. */
export class Poller {
  readonly #wake: number;
  readonly #fds: Deno.PointerObject;
  #wait: Promise<unknown> | undefined;
  #closed = false;

  constructor(
    private readonly libc: Pick<Deno.DynamicLibrary<typeof POLLER_SYMBOLS>, "symbols">,
    fd: number,
  ) {
    this.#wake = libc.symbols.eventfd(0, O_CLOEXEC);
    // Two of { int fd; short events, revents; }.
    this.#fds = libc.symbols.calloc(2, 8)!;
    const words = Int32Array.of(fd, POLLIN, this.#wake, POLLIN);
    // Not by a view of it: Deno has those only for who may load any library.
    libc.symbols.fill(this.#fds, new Uint8Array(words.buffer), words.byteLength);
  }

  /** @returns whether it is still open */
  async ready(): Promise<boolean> {
    if (this.#closed) return false;
    this.#wait ??= this.libc.symbols.poll(this.#fds, 2, -1);
    await this.#wait;
    this.#wait = undefined;
    return !this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const { write, close, free } = this.libc.symbols;
    write(this.#wake, new Uint8Array(new BigUint64Array([1n]).buffer), 8);
    await this.#wait;
    close(this.#wake);
    free(this.#fds);
  }
}
