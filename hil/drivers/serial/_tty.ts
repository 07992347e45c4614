/**
 * An open terminal device (termios(3), ioctl_tty(2)): read and write never block, waiting is done
 * in a thread, and closing ends every wait.
 */
import { cString } from "../libc.ts";
import { constants } from "node:fs";
import { errnoName, type Libc } from "./_libc.ts";

/** As open(2) has it for Linux; Node's constants do not. */
const O_CLOEXEC = 0o2000000;
const FLAGS = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK | O_CLOEXEC;
const LOCK_EX_NB = 2 | 4;
const POLLIN = 0x1;
const POLLOUT = 0x4;
/** POLLERR, POLLHUP, POLLNVAL. */
const GONE = 0x8 | 0x10 | 0x20;
const EVENTS = { read: POLLIN, write: POLLOUT } as const;

/** What {@link Tty.ready} waited for. "hung up": bytes may be left to be read. */
export type Readiness = "ready" | "hung up" | "closed";

/** A system call that failed. */
export class CallError extends Error {
  override readonly name = "CallError";

  /** @param code as errno(3) names it: "ENOENT" */
  constructor(readonly call: string, readonly code: string) {
    super(`${call}: ${code}`);
  }
}

export class Tty {
  readonly #libc: Libc;
  readonly #fd: number;
  /** Becomes readable when {@link close} is called, which ends the polls. */
  readonly #wake: number;
  readonly #waits = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @throws CallError */
  constructor(readonly path: string, libc: Libc) {
    this.#libc = libc;
    this.#fd = libc.symbols.open(cString(path), FLAGS);
    if (this.#fd < 0) throw new CallError("open", errnoName(libc));
    this.#wake = libc.symbols.eventfd(0, O_CLOEXEC);
    if (this.#wake < 0) {
      const error = new CallError("eventfd", errnoName(libc));
      libc.symbols.close(this.#fd);
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** How many bytes came into `buffer`; 0 when none are there now. */
  read(buffer: Uint8Array<ArrayBuffer>): number {
    return this.closed ? 0 : Math.max(0, this.#libc.symbols.read(this.#fd, buffer, buffer.length));
  }

  /** How many bytes of `data` were taken; 0 when there is no room now. */
  write(data: Uint8Array<ArrayBuffer>): number {
    return this.closed ? 0 : Math.max(0, this.#libc.symbols.write(this.#fd, data, data.length));
  }

  /** Waits until bytes or room are there. It takes a thread of Deno's pool meanwhile. */
  async ready(what: keyof typeof EVENTS): Promise<Readiness> {
    if (this.closed) return "closed";
    // An array of `struct pollfd { int fd; short events; short revents; }`.
    const fds = new Int32Array([this.#fd, EVENTS[what], this.#wake, POLLIN]);
    await this.#tracked(this.#libc.symbols.poll(fds, 2, -1));
    if (this.closed) return "closed";
    const found = fds[1]! >> 16;
    // Nothing found is a signal (EINTR): the caller tries and waits again.
    return (found & GONE) !== 0 ? "hung up" : "ready";
  }

  /** @throws CallError */
  control(call: string, request: number, argument: Uint8Array<ArrayBuffer> | number): void {
    this.#mustBeOpen(call);
    const { ioctl, ioctl_value } = this.#libc.symbols;
    const result = typeof argument === "number"
      ? ioctl_value(this.#fd, request, argument)
      : ioctl(this.#fd, request, argument);
    if (result < 0) throw new CallError(call, errnoName(this.#libc));
  }

  /** Like {@link control}, for what may block: in a thread. Whether it went well. */
  async controlLater(request: number, argument: number): Promise<boolean> {
    this.#mustBeOpen("ioctl");
    return await this.#tracked(this.#libc.symbols.ioctl_later(this.#fd, request, argument)) >= 0;
  }

  /** Whether flock(2) gives it to us alone. */
  lock(): boolean {
    return this.#libc.symbols.flock(this.#fd, LOCK_EX_NB) === 0;
  }

  /** Ends the waits, then gives the device back. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#libc.symbols.write(this.#wake, new Uint8Array(new BigUint64Array([1n]).buffer), 8);
    await Promise.all(this.#waits);
    await this.#libc.symbols.close_later(this.#fd);
    this.#libc.symbols.close(this.#wake);
  }

  async #tracked<T>(wait: Promise<T>): Promise<T> {
    this.#waits.add(wait);
    try {
      return await wait;
    } finally {
      this.#waits.delete(wait);
    }
  }

  #mustBeOpen(call: string): void {
    // The number may belong to another file by now.
    if (this.closed) throw new CallError(call, "EBADF");
  }
}
