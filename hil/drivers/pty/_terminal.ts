/**
 * The system calls of a pseudo-terminal that Deno has no words for: unlockpt(3), ptsname(3),
 * termios(3), and read, write and poll on a descriptor that never blocks. It is opened here too:
 * Deno itself opens what is in /dev only with --allow-all.
 */
import { constants } from "node:fs";
import { cString, openLibc } from "../libc.ts";

// `size_t` and `ssize_t` as 32 bits: no buffer here is longer, the calling conventions of 64-bit
// Linux widen them, and numbers are faster than bigints.
const SYMBOLS = {
  posix_openpt: { parameters: ["i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  unlockpt: { parameters: ["i32"], result: "i32" },
  ptsname_r: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
  cfmakeraw: { parameters: ["buffer"], result: "void" },
  tcsetattr: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32", nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

/** As open(2) has it for Linux; Node's constants do not. */
const O_CLOEXEC = 0o2000000;
const OPEN_FLAGS = constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC;
const TCSANOW = 0;
/** Larger than any libc's `struct termios`. */
const TERMIOS_SIZE = 256;
const POLLIN = 0x1;
const POLLOUT = 0x4;
const EVENTS = { read: POLLIN, write: POLLOUT } as const;

/** What {@link Terminal.ready} waited for; "hung up": no program has the other side open now. */
export type Readiness = "ready" | "hung up" | "closed";

/** The master side in raw mode. None of its calls blocks the event loop. */
export class Terminal {
  readonly path: string;
  readonly #libc: Libc;
  readonly #fd: number;
  /** Becomes readable when {@link close} is called, which ends the polls. */
  readonly #wake: number;
  /** The other side, when {@link hold} keeps it open. */
  #held: number | undefined;
  readonly #polls = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @throws Error when the system has no pseudo-terminal to give */
  constructor() {
    this.#libc = openLibc(SYMBOLS, failure);
    const flags = OPEN_FLAGS | constants.O_NONBLOCK;
    this.#fd = this.#libc.symbols.posix_openpt(flags);
    if (this.#fd < 0) {
      this.#libc.close();
      throw failure("the system has none to give; look at /proc/sys/kernel/pty/nr and max");
    }
    this.#wake = this.#libc.symbols.eventfd(0, O_CLOEXEC);
    try {
      this.path = this.#makeUsable();
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Keeps the other side open, so that it does not hang up when programs come and go. */
  hold(): void {
    this.#held = this.#libc.symbols.open(cString(this.path), OPEN_FLAGS);
    if (this.#held < 0) throw failure(`its other side ${this.path} cannot be opened`);
  }

  /** How many bytes came into `buffer`; 0 when none are there now. */
  read(buffer: Uint8Array<ArrayBuffer>): number {
    return this.closed ? 0 : Math.max(0, this.#libc.symbols.read(this.#fd, buffer, buffer.length));
  }

  /** How many bytes of `data` were taken; 0 when there is no room now. */
  write(data: Uint8Array<ArrayBuffer>): number {
    return this.closed ? 0 : Math.max(0, this.#libc.symbols.write(this.#fd, data, data.length));
  }

  /**
   * Waits until bytes or room are there. "hung up" comes only after all bytes were read.
   * A wait takes a thread of Deno's pool.
   */
  async ready(what: keyof typeof EVENTS): Promise<Readiness> {
    if (this.closed) return "closed";
    const fds = pollFds([[this.#fd, EVENTS[what]], [this.#wake, POLLIN]]);
    const poll = this.#libc.symbols.poll(fds, 2, -1);
    this.#polls.add(poll);
    await poll;
    this.#polls.delete(poll);
    if (this.closed) return "closed";
    const found = returnedEvents(fds, 0);
    // Nothing found is a signal (EINTR): the caller tries and waits again.
    return found === 0 || (found & EVENTS[what]) !== 0 ? "ready" : "hung up";
  }

  /** Ends the waits, then gives the terminal back: the other side is hung up. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#libc.symbols.write(this.#wake, new Uint8Array(new BigUint64Array([1n]).buffer), 8);
    await Promise.all(this.#polls);
    this.#release();
  }

  #release(): void {
    for (const fd of [this.#fd, this.#wake, this.#held]) {
      if (fd !== undefined) this.#libc.symbols.close(fd);
    }
    this.#libc.close();
  }

  /** Unlocks the other side and sets raw mode, which outlives the programs that open it. */
  #makeUsable(): string {
    const { unlockpt, ptsname_r, tcgetattr, cfmakeraw, tcsetattr } = this.#libc.symbols;
    if (unlockpt(this.#fd) !== 0) throw failure("unlockpt failed");
    const name = new Uint8Array(256);
    if (ptsname_r(this.#fd, name, name.length) !== 0) throw failure("ptsname_r failed");
    const termios = new Uint8Array(TERMIOS_SIZE);
    if (tcgetattr(this.#fd, termios) !== 0) throw failure("tcgetattr failed");
    cfmakeraw(termios);
    if (tcsetattr(this.#fd, TCSANOW, termios) !== 0) throw failure("tcsetattr failed");
    return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
  }
}

function failure(what: string, cause?: unknown): Error {
  return new Error(`Cannot open the pseudo-terminal "/dev/ptmx": ${what}`, { cause });
}

/** An array of `struct pollfd { int fd; short events; short revents; }`. */
function pollFds(
  wanted: readonly (readonly [fd: number, events: number])[],
): Int32Array<ArrayBuffer> {
  const fds = new Int32Array(2 * wanted.length);
  const shorts = new Int16Array(fds.buffer);
  for (const [i, [fd, events]] of wanted.entries()) {
    fds[2 * i] = fd;
    shorts[4 * i + 2] = events;
  }
  return fds;
}

function returnedEvents(fds: Int32Array<ArrayBuffer>, index: number): number {
  return new Int16Array(fds.buffer)[4 * index + 3]!;
}
