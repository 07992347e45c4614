/** The system calls around a capture that Deno has no words for. */
import { NAMESPACE_SYMBOLS, openLibrary } from "../libc.ts";
import { POLLER_SYMBOLS } from "../poller.ts";

// `size_t` as 32 bits: no buffer here is longer.
const SYMBOLS = {
  ...NAMESPACE_SYMBOLS,
  ...POLLER_SYMBOLS,
  memcpy: { parameters: ["buffer", "u64", "u32"], result: "void" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  if_nameindex: { parameters: [], result: "pointer" },
  if_freenameindex: { parameters: ["pointer"], result: "void" },
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
