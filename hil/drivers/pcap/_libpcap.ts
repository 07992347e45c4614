/** libpcap (pcap(3PCAP), 1.10) as Deno calls it, and the opening of a live capture. */
import { cString, openLibrary, TEXT_SYMBOLS, textAt } from "../libc.ts";
import { CaptureError, type CaptureTrouble } from "./error.ts";

const SYMBOLS = {
  ...TEXT_SYMBOLS,
  pcap_create: { parameters: ["buffer", "buffer"], result: "pointer" },
  pcap_set_snaplen: { parameters: ["pointer", "i32"], result: "i32" },
  pcap_set_promisc: { parameters: ["pointer", "i32"], result: "i32" },
  pcap_set_timeout: { parameters: ["pointer", "i32"], result: "i32" },
  pcap_set_immediate_mode: { parameters: ["pointer", "i32"], result: "i32" },
  pcap_set_buffer_size: { parameters: ["pointer", "i32"], result: "i32" },
  pcap_set_tstamp_precision: { parameters: ["pointer", "i32"], result: "i32" },
  pcap_activate: { parameters: ["pointer"], result: "i32" },
  pcap_geterr: { parameters: ["pointer"], result: "u64" },
  pcap_datalink: { parameters: ["pointer"], result: "i32" },
  pcap_set_datalink: { parameters: ["pointer", "i32"], result: "i32" },
  pcap_compile: { parameters: ["pointer", "buffer", "buffer", "i32", "u32"], result: "i32" },
  pcap_setfilter: { parameters: ["pointer", "buffer"], result: "i32" },
  pcap_freecode: { parameters: ["buffer"], result: "void" },
  pcap_setnonblock: { parameters: ["pointer", "i32", "buffer"], result: "i32" },
  pcap_get_selectable_fd: { parameters: ["pointer"], result: "i32" },
  // The callback is pcap_dump: C calls C.
  pcap_dispatch: { parameters: ["pointer", "i32", "pointer", "pointer"], result: "i32" },
  pcap_dump: { type: "pointer" },
  pcap_dump_fopen: { parameters: ["pointer", "pointer"], result: "pointer" },
  pcap_dump_close: { parameters: ["pointer"], result: "void" },
  pcap_stats: { parameters: ["pointer", "buffer"], result: "i32" },
  pcap_close: { parameters: ["pointer"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

export type Libpcap = Deno.DynamicLibrary<typeof SYMBOLS>;

const ERRBUF_SIZE = 256;
const NANOSECONDS = 1;
const NETMASK_UNKNOWN = 0xffffffff;

/** What pcap_activate returns, as its manual names them. */
const TROUBLES: Readonly<Record<number, CaptureTrouble>> = {
  [-5]: "no interface", // PCAP_ERROR_NO_SUCH_DEVICE
  [-8]: "not permitted", // PCAP_ERROR_PERM_DENIED
  [-11]: "not permitted", // PCAP_ERROR_PROMISC_PERM_DENIED
};

export interface OpenSettings {
  readonly interface: string;
  readonly filter: string;
  readonly snapLength: number;
  readonly bufferBytes: number;
  readonly promiscuous: boolean;
  /** 0: each packet at once. */
  readonly gatherMs: number;
  readonly linkType: number | undefined;
}

export function openLibpcap(name = "libpcap.so.0.8"): Libpcap {
  try {
    return openLibrary(name, SYMBOLS);
  } catch (error) {
    const denied = error instanceof Deno.errors.NotCapable;
    const remedy = denied
      ? "Deno may not call it; run with --allow-ffi"
      : `it cannot be loaded; install it: apt-get install libpcap0.8`;
    const trouble = denied ? "not permitted" : "no library";
    throw new CaptureError(trouble, `Cannot use the library "${name}": ${remedy}`, {
      cause: error,
    });
  }
}

/** @throws CaptureError */
export function openLive(
  pcap: Libpcap,
  settings: OpenSettings,
  interfaces: () => readonly string[],
): Deno.PointerObject {
  const { pcap_create, pcap_close } = pcap.symbols;
  const errors = new Uint8Array(ERRBUF_SIZE);
  const handle = pcap_create(cString(settings.interface), errors);
  if (!handle) throw failure("other", settings, textOf(errors));
  try {
    activate(pcap, handle, settings, interfaces);
    setFilter(pcap, handle, settings);
    if (pcap.symbols.pcap_setnonblock(handle, 1, errors) !== 0) {
      throw failure("other", settings, textOf(errors));
    }
    return handle;
  } catch (error) {
    pcap_close(handle);
    throw error;
  }
}

function activate(
  pcap: Libpcap,
  handle: Deno.PointerObject,
  settings: OpenSettings,
  interfaces: () => readonly string[],
): void {
  const set = pcap.symbols;
  set.pcap_set_snaplen(handle, settings.snapLength);
  set.pcap_set_promisc(handle, Number(settings.promiscuous));
  // With a timeout of 0, libpcap waits until a block of its ring is full.
  set.pcap_set_timeout(handle, Math.max(1, settings.gatherMs));
  set.pcap_set_immediate_mode(handle, Number(settings.gatherMs === 0));
  set.pcap_set_buffer_size(handle, settings.bufferBytes);
  set.pcap_set_tstamp_precision(handle, NANOSECONDS);
  const status = set.pcap_activate(handle);
  if (status < 0) {
    const trouble = TROUBLES[status] ?? "other";
    const said = lastError(pcap, handle);
    if (trouble === "not permitted") {
      throw failure(trouble, settings, `it is not permitted; be root, or have CAP_NET_RAW`, said);
    }
    if (trouble !== "no interface") throw failure(trouble, settings, said);
    const there = interfaces().toSorted().join(", ") || "none";
    throw failure(
      trouble,
      settings,
      `there is no such interface; there are ${there} and any`,
      said,
    );
  }
  const { linkType } = settings;
  if (linkType !== undefined && set.pcap_set_datalink(handle, linkType) !== 0) {
    throw failure("other", settings, lastError(pcap, handle));
  }
}

function setFilter(pcap: Libpcap, handle: Deno.PointerObject, settings: OpenSettings): void {
  const { filter } = settings;
  if (filter === "") return;
  const { pcap_compile, pcap_setfilter, pcap_freecode } = pcap.symbols;
  // { unsigned length; struct bpf_insn *instructions; }
  const program = new Uint8Array(16);
  if (pcap_compile(handle, program, cString(filter), 1, NETMASK_UNKNOWN) !== 0) {
    throw new CaptureError(
      "bad filter",
      `Cannot use the filter "${filter}": ${
        lastError(pcap, handle)
      }; write it as pcap-filter(7) has it`,
    );
  }
  const status = pcap_setfilter(handle, program);
  pcap_freecode(program);
  if (status !== 0) throw failure("other", settings, lastError(pcap, handle));
}

export function lastError(pcap: Libpcap, handle: Deno.PointerObject): string {
  return textAt(pcap, pcap.symbols.pcap_geterr(handle)) || "libpcap does not say why";
}

function failure(
  trouble: CaptureTrouble,
  settings: OpenSettings,
  what: string,
  said?: string,
): CaptureError {
  const cause = said ? { cause: new Error(said) } : undefined;
  return new CaptureError(trouble, `Cannot capture on "${settings.interface}": ${what}`, cause);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}
