/**
 * Packets by the dozen out of libpcap with few calls: pcap_dispatch gives each to libpcap's own
 * pcap_dump, which writes it as a record of a capture file (pcap-savefile(5)) into memory of the C
 * library. No function of JavaScript is called from C, and no packet costs a call of its own.
 */
import type { Libc } from "./_libc.ts";
import type { Libpcap } from "./_libpcap.ts";

/** { u32 seconds, nanoseconds, kept, length; } */
export const RECORD = 16;
/** So many packets are written at once: of usual sizes they stay in the processor's cache. */
const MOST_PACKETS = 64;
const MOST_BYTES = 4 * 2 ** 20;
const IOFBF = 0;
const STREAM_BUFFER = 65_536;

export class Batch {
  /** Records, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  readonly #memory: Deno.PointerObject;
  readonly #stream: Deno.PointerObject;
  readonly #dumper: Deno.PointerValue;
  readonly #most: number;

  constructor(
    private readonly libc: Libc,
    private readonly pcap: Libpcap,
    private readonly handle: Deno.PointerObject,
    snapLength: number,
  ) {
    const each = RECORD + snapLength;
    this.#most = Math.max(1, Math.min(MOST_PACKETS, Math.floor(MOST_BYTES / each)));
    const size = this.#most * each;
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    const { calloc, fmemopen, setvbuf } = libc.symbols;
    // One more than is used: a stream in memory ends its text with a zero.
    this.#memory = calloc(1, size + 1)!;
    this.#stream = fmemopen(this.#memory, size + 1, W)!;
    setvbuf(this.#stream, null, IOFBF, STREAM_BUFFER);
    // It writes a file's header, which the first batch goes over.
    this.#dumper = pcap.symbols.pcap_dump_fopen(handle, this.#stream);
  }

  /**
   * Fills {@link bytes} with what is there, `most` packets at most, and never waits.
   *
   * @returns how many bytes are filled; less than 0: the capture has failed
   */
  fill(most: number): number {
    const { rewind, fflush, ftell, copy } = this.libc.symbols;
    const { pcap_dispatch, pcap_dump } = this.pcap.symbols;
    rewind(this.#stream);
    const count = pcap_dispatch(
      this.handle,
      Math.min(most, this.#most),
      pcap_dump,
      this.#dumper,
    );
    if (count <= 0) return count;
    fflush(this.#stream);
    const length = ftell(this.#stream);
    copy(this.bytes, this.#memory, length);
    return length;
  }

  close(): void {
    this.pcap.symbols.pcap_dump_close(this.#dumper);
    this.libc.symbols.free(this.#memory);
  }
}

const W = new TextEncoder().encode("w\0");
