/** The system calls around a capture that Deno has no words for. */
import { NAMESPACE_SYMBOLS, openLibrary } from "../libc.ts";

// `size_t` as 32 bits: no buffer here is longer. What a call on another thread reads and writes is
// memory of the C library, which no garbage collector moves.
const SYMBOLS = {
  ...NAMESPACE_SYMBOLS,
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  poll: { parameters: ["pointer", "u32", "i32"], result: "i32", nonblocking: true },
  calloc: { parameters: ["u32", "u32"], result: "pointer" },
  free: { parameters: ["pointer"], result: "void" },
  memcpy: { parameters: ["buffer", "u64", "u32"], result: "void" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  if_nameindex: { parameters: [], result: "pointer" },
  if_freenameindex: { parameters: ["pointer"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

const O_CLOEXEC = 0o2000000;
const CLOCK_REALTIME = 0;
const POLLIN = 1;

/** @throws TypeError, NotCapable as Deno.dlopen does */
export function openLibc(): Libc {
  return openLibrary("libc.so.6", SYMBOLS);
}

/** The network interfaces of this thread's namespace. */
export function interfaceNames(libc: Libc): string[] {
  const list = libc.symbols.if_nameindex();
  if (!list) return [];
  // An array of { unsigned index; char *name; }, ended by zeros.
  const view = new Deno.UnsafePointerView(list);
  const names: string[] = [];
  for (let at = 0; view.getUint32(at) !== 0; at += 16) {
    names.push(Deno.UnsafePointerView.getCString(view.getPointer(at + 8)!));
  }
  libc.symbols.if_freenameindex(list);
  return names;
}

/** Calendar time as the kernel stamps packets with. */
export function realTime(libc: Libc): { seconds: number; nanoseconds: number } {
  const time = new BigInt64Array(2);
  libc.symbols.clock_gettime(CLOCK_REALTIME, time);
  return { seconds: Number(time[0]), nanoseconds: Number(time[1]) };
}

/** Waits for a descriptor on a thread of Deno's pool; {@link close} ends all waits. */
export class Poller {
  readonly #wake: number;
  readonly #fds: Deno.PointerObject;
  #wait: Promise<unknown> | undefined;
  #closed = false;

  constructor(private readonly libc: Libc, fd: number) {
    this.#wake = libc.symbols.eventfd(0, O_CLOEXEC);
    // Two of { int fd; short events, revents; }.
    this.#fds = libc.symbols.calloc(2, 8)!;
    const words = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(this.#fds, 16));
    words.set([fd, POLLIN, this.#wake, POLLIN]);
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
