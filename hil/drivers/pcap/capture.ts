/**
 * A live capture on an interface, by libpcap. In a network namespace it is opened by taking this
 * thread there for the opening only: the socket stays in its namespace, and neither a process nor a
 * worker has to carry the packets over. Waiting is poll(2) on a thread of Deno's pool: no packets, no
 * work. Linux only; needs `--allow-ffi`.
 */
import { type Duration, ms } from "../../time/mod.ts";
import { inNamespace } from "../libc.ts";
import { Poller } from "../poller.ts";
import { Batch, RECORD } from "./_batch.ts";
import { interfaceNames, type Libc, openLibc, realTime } from "./_libc.ts";
import { lastError, type Libpcap, openLibpcap, openLive, type OpenSettings } from "./_libpcap.ts";
import { CaptureError } from "./error.ts";
import { type CapturedPacket, linkTypeOf } from "./packet.ts";

export interface CaptureOptions {
  /** "any": all, as a cooked capture. */
  readonly interface: string;
  /** The name of a network namespace, or the path of one: /proc/PID/ns/net. Default: this one. */
  readonly namespace?: string;
  /** As pcap-filter(7) has it: "udp port 5060". */
  readonly filter?: string;
  /** How many bytes of a packet are kept. Default: 65,535. */
  readonly snapLength?: number;
  /** The ring that kernel and program share. Default: 16 MiB. */
  readonly bufferBytes?: number;
  /** Also what is for others. Default: no. */
  readonly promiscuous?: boolean;
  /**
   * How long the kernel may gather packets before it says so. 0: each at once, which at 10,000
   * packets/s costs four to eight times as much, and the ring has a place of snapLength for each:
   * only 256 of them by default. Default: 10 ms.
   */
  readonly gather?: Duration;
  /** Where an interface has several: LINK.LINUX_SLL2 for "any". */
  readonly linkType?: number;
}

export interface CaptureStatistics {
  /** What the filter has let through; on a loopback interface the kernel counts all twice. */
  readonly received: number;
  /** Of those, lost because they were not fetched in time. */
  readonly dropped: number;
  /** Lost by the interface. */
  readonly droppedByInterface: number;
}

/** Between two looks at other work. */
const BATCH = 1024;

/**
 * @example
 * ```ts ignore
 * await using capture = Capture.open({ interface: "eth0", filter: "udp port 5060" });
 * for await (const packet of capture) console.log(decodePacket(packet));
 * ```
 */
export class Capture implements AsyncDisposable, AsyncIterable<CapturedPacket> {
  readonly linkType: number;
  readonly #handle: Deno.PointerObject;
  readonly #poller: Poller;
  readonly #batch: Batch;
  #closing: Promise<void> | undefined;
  #last: CaptureStatistics = { received: 0, dropped: 0, droppedByInterface: 0 };

  private constructor(
    private readonly libc: Libc,
    private readonly pcap: Libpcap,
    private readonly settings: OpenSettings,
    namespace: string | undefined,
  ) {
    const open = () => openLive(pcap, settings, () => interfaceNames(libc));
    this.#handle = namespace === undefined ? open() : openIn(libc, namespace, open);
    this.linkType = linkTypeOf(pcap.symbols.pcap_datalink(this.#handle));
    this.#poller = new Poller(libc, pcap.symbols.pcap_get_selectable_fd(this.#handle));
    this.#batch = new Batch(libc, pcap, this.#handle, settings.snapLength);
  }

  /** @throws CaptureError whose `trouble` says of what kind it is, and its message what to do */
  static open(options: CaptureOptions): Capture {
    const pcap = openLibpcap();
    const libc = openLibc();
    try {
      return new Capture(libc, pcap, settingsOf(options), options.namespace);
    } catch (error) {
      libc.close();
      pcap.close();
      throw error;
    }
  }

  get interface(): string {
    return this.settings.interface;
  }

  /** How old a packet may be before it is there to be drained. */
  get gather(): Duration {
    return ms(this.settings.gatherMs);
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Gives all packets that are there now, `most` at most, to `visit`; never waits. Their bytes are
   * overwritten by later ones. The fast way: about 0.3 µs a packet.
   *
   * @returns how many they were
   * @throws CaptureError when the interface is gone
   */
  drain(visit: (packet: CapturedPacket) => void, most = BATCH): number {
    let count = 0;
    while (count < most && !this.closed) {
      const length = this.#batch.fill(most - count);
      if (length < 0) {
        const why = lastError(this.pcap, this.#handle);
        throw new CaptureError("other", `Cannot go on capturing on "${this.interface}": ${why}`);
      }
      if (length === 0) break;
      count += this.#give(length, visit);
    }
    return count;
  }

  /** Waits until packets may be there. False: the capture was closed. */
  ready(): Promise<boolean> {
    return this.#poller.ready();
  }

  /** Packets as they come, until {@link close}. Those of one capture go to one reader. */
  async *[Symbol.asyncIterator](): AsyncGenerator<CapturedPacket> {
    do {
      for (let full = true; full;) {
        const batch: CapturedPacket[] = [];
        full = this.drain((packet) => {
          batch.push({ ...packet, bytes: packet.bytes.slice() });
        }) === BATCH;
        yield* batch;
      }
    } while (await this.ready());
  }

  /** Since it was opened; after its end, until then. */
  statistics(): CaptureStatistics {
    if (this.closed) return this.#last;
    const stats = new Uint32Array(3);
    this.pcap.symbols.pcap_stats(this.#handle, stats);
    const [received, dropped, droppedByInterface] = stats as unknown as [number, number, number];
    return this.#last = { received, dropped, droppedByInterface };
  }

  /** Calendar time now, on the clock of the packets. */
  now(): { readonly seconds: number; readonly nanoseconds: number } {
    return realTime(this.libc);
  }

  /** Ends the waits. What was not fetched is lost. */
  close(): Promise<void> {
    if (!this.closed) this.statistics();
    return this.#closing ??= this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#poller.close();
    this.#batch.close();
    this.pcap.symbols.pcap_close(this.#handle);
    this.pcap.close();
    this.libc.close();
  }

  /** The packets of a batch, as far as nobody closes the capture meanwhile. */
  #give(length: number, visit: (packet: CapturedPacket) => void): number {
    const { bytes, view } = this.#batch;
    const { linkType } = this;
    let count = 0;
    for (let at = 0; at < length && !this.closed; count++) {
      const from = at + RECORD;
      const seconds = view.getUint32(at, true);
      const nanoseconds = view.getUint32(at + 4, true);
      const wire = view.getUint32(at + 12, true);
      at = from + view.getUint32(at + 8, true);
      visit({ linkType, seconds, nanoseconds, bytes: bytes.subarray(from, at), length: wire });
    }
    return count;
  }
}

function settingsOf(options: CaptureOptions): OpenSettings {
  return {
    interface: options.interface,
    filter: options.filter ?? "",
    snapLength: options.snapLength ?? 65_535,
    bufferBytes: options.bufferBytes ?? 16 * 2 ** 20,
    promiscuous: options.promiscuous ?? false,
    gatherMs: Math.ceil((options.gather ?? ms(10)).ms),
    linkType: options.linkType,
  };
}

function openIn<T>(libc: Libc, namespace: string, open: () => T): T {
  const path = namespace.includes("/") ? namespace : `/run/netns/${namespace}`;
  const opened = inNamespace(libc, path, open);
  if (opened) return opened.value;
  throw new CaptureError(
    "no namespace",
    `Cannot capture in the namespace "${namespace}": ${path} cannot be entered; ` +
      `make it first, and be root`,
  );
}
