/**
 * The system calls of a serial port, through the C library: Deno has no words for them, and opens
 * itself what is in /dev only with --allow-all.
 */
import { openLibc as open } from "../libc.ts";

// `size_t` and `ssize_t` as 32 bits: no buffer here is longer, the calling conventions of 64-bit
// Linux widen them, and numbers are faster than bigints.
const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  /** Waits, on a line, until what was written is sent. */
  close_later: { name: "close", parameters: ["i32"], result: "i32", nonblocking: true },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  ioctl_value: { name: "ioctl", parameters: ["i32", "u32", "u32"], result: "i32" },
  ioctl_later: {
    name: "ioctl",
    parameters: ["i32", "u32", "u32"],
    result: "i32",
    nonblocking: true,
  },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32", nonblocking: true },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** What is called; tests put calls of their own in the place of some. */
export type Libc = Pick<Deno.DynamicLibrary<typeof SYMBOLS>, "symbols" | "close">;

/** @throws Error when Deno may not, or the library is not there */
export function openLibc(): Libc {
  return open(SYMBOLS, (why, cause) => new Error(`Cannot use serial ports: ${why}`, { cause }));
}

/** errno(3) by name, as far as serial ports have them. */
const NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  4: "EINTR",
  5: "EIO",
  6: "ENXIO",
  11: "EAGAIN",
  13: "EACCES",
  16: "EBUSY",
  19: "ENODEV",
  20: "ENOTDIR",
  21: "EISDIR",
  22: "EINVAL",
  24: "EMFILE",
  25: "ENOTTY",
};

/** Why the call before this one, on this thread, has failed. */
export function errnoName(libc: Libc): string {
  const at = libc.symbols.__errno_location();
  const number = at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
  return NAMES[number] ?? `errno ${number}`;
}
