/** The C library, for the system calls that Deno has no words for. */
import { constants } from "node:fs";

const O_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x4000_0000;

/** What {@link inNamespace} calls; spread into a driver's own symbols. */
export const NAMESPACE_SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * A library of the system. By its whole path first, where Debian has it: `--allow-ffi=PATH` allows
 * nothing that is named otherwise.
 *
 * @throws as Deno.dlopen does
 */
export function openLibrary<const Symbols extends Deno.ForeignLibraryInterface>(
  name: string,
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols> {
  const [first, ...others] = name.includes("/")
    ? [name]
    : [`/usr/lib/${Deno.build.arch}-linux-gnu/${name}`, name];
  try {
    return Deno.dlopen(first!, symbols);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || others.length === 0) throw error;
    return Deno.dlopen(others[0]!, symbols);
  }
}

/**
 * @param failure makes the error of why it cannot be had
 * @throws what `failure` makes
 */
export function openLibc<const Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
  failure: (why: string, cause: unknown) => Error,
): Deno.DynamicLibrary<Symbols> {
  try {
    return openLibrary("libc.so.6", symbols);
  } catch (error) {
    const denied = error instanceof Deno.errors.NotCapable;
    throw failure(
      denied ? "Deno may not call the C library; run it with --allow-ffi" : `${error}`,
      error,
    );
  }
}

export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** What {@link textAt} calls; every library that needs the C library has them. */
export const TEXT_SYMBOLS = {
  memcpy: { parameters: ["buffer", "u64", "u32"], result: "void" },
  strnlen: { parameters: ["u64", "u32"], result: "u32" },
} as const satisfies Deno.ForeignLibraryInterface;

const LONGEST_TEXT = 4096;

/**
 * A string of C at an address; "" at 0. Deno's own pointer views are only for who may load any
 * library.
 */
export function textAt(
  { symbols }: Pick<Deno.DynamicLibrary<typeof TEXT_SYMBOLS>, "symbols">,
  address: bigint,
): string {
  if (address === 0n) return "";
  const bytes = new Uint8Array(symbols.strnlen(address, LONGEST_TEXT));
  symbols.memcpy(bytes, address, bytes.length);
  return new TextDecoder().decode(bytes);
}

/**
 * Does `work` with this thread in another network namespace: a socket belongs to the one that its
 * thread was in when it was made. `work` must not await. Undefined when there is no way in.
 *
 * @param path of the namespace: "/run/netns/lab"
 */
export function inNamespace<T>(
  libc: Pick<Deno.DynamicLibrary<typeof NAMESPACE_SYMBOLS>, "symbols">,
  path: string,
  work: () => T,
): { value: T } | undefined {
  const { open, setns, close } = libc.symbols;
  const flags = constants.O_RDONLY | O_CLOEXEC;
  const own = open(cString("/proc/thread-self/ns/net"), flags);
  const other = open(cString(path), flags);
  try {
    if (own < 0 || other < 0 || setns(other, CLONE_NEWNET) !== 0) return undefined;
    try {
      return { value: work() };
    } finally {
      // Worse than to end: whatever follows would be in there.
      if (setns(own, CLONE_NEWNET) !== 0) {
        // deno-lint-ignore no-unsafe-finally
        throw new Error("This thread cannot leave the network namespace any more; end the process");
      }
    }
  } finally {
    for (const fd of [own, other]) if (fd >= 0) close(fd);
  }
}
