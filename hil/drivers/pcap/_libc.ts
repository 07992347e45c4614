/** The system calls around a capture that Deno has no words for. */
import { NAMESPACE_SYMBOLS, openLibrary, TEXT_SYMBOLS, textAt } from "../libc.ts";
import { POLLER_SYMBOLS } from "../poller.ts";

// `size_t` as 32 bits: no buffer here is longer.
const SYMBOLS = {
  ...NAMESPACE_SYMBOLS,
  ...POLLER_SYMBOLS,
  ...TEXT_SYMBOLS,
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  if_nameindex: { parameters: [], result: "u64" },
  if_freenameindex: { parameters: ["u64"], result: "void" },
  fmemopen: { parameters: ["pointer", "u32", "buffer"], result: "pointer" },
  setvbuf: { parameters: ["pointer", "pointer", "i32", "u32"], result: "i32" },
  rewind: { parameters: ["pointer"], result: "void" },
  fflush: { parameters: ["pointer"], result: "i32" },
  ftell: { parameters: ["pointer"], result: "i32" },
  copy: { name: "memcpy", parameters: ["buffer", "pointer", "u32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

const CLOCK_REALTIME = 0;

/** @throws TypeError, NotCapable as Deno.dlopen does */
export function openLibc(): Libc {
  return openLibrary("libc.so.6", SYMBOLS);
}

/** The network interfaces of this thread's namespace. */
export function interfaceNames(libc: Libc): string[] {
  const list = libc.symbols.if_nameindex();
  if (list === 0n) return [];
  // An array of { unsigned index; char *name; }, ended by zeros.
  const entry = new BigUint64Array(2);
  const names: string[] = [];
  for (let at = list;; at += 16n) {
    libc.symbols.memcpy(new Uint8Array(entry.buffer), at, 16);
    if (entry[1] === 0n) break;
    names.push(textAt(libc, entry[1]!));
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
