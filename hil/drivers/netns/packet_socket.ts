/**
 * A packet socket (packet(7)) in a network namespace: whole Ethernet frames out of and into one of its
 * interfaces. Deno has no words for it, so it is opened through the C library.
 */
import { cString, inNamespace, NAMESPACE_SYMBOLS, openLibc } from "../libc.ts";
import { Poller, POLLER_SYMBOLS } from "../poller.ts";
import { CHECKSUM_SYMBOLS, checksumsBySoftware } from "./checksums.ts";
import { pathOf } from "./names.ts";
import { ENDS, type NetworkNamespace } from "./namespace.ts";

// `size_t` and `ssize_t` as 32 bits: no buffer here is longer.
const SYMBOLS = {
  ...NAMESPACE_SYMBOLS,
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  ...CHECKSUM_SYMBOLS,
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  ...POLLER_SYMBOLS,
  // Of the same name: one that this thread waits in.
  wait: { name: "poll", parameters: ["buffer", "u32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

const O_CLOEXEC = 0o2000000;
const [AF_PACKET, SOCK_RAW, SOCK_NONBLOCK] = [17, 3, 0o4000];
/** ETH_P_ALL, in network order. */
const ALL_PROTOCOLS = 0x0300;
const [SOL_PACKET, PACKET_IGNORE_OUTGOING] = [263, 23];
const POLLIN = 1;
const LARGEST_FRAME = 65_536;

export class PacketSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(LARGEST_FRAME);
  #poller: Poller | undefined;
  #closed = false;

  /**
   * On the harness's end of the namespace's link; on another one, checksums are left as they are.
   *
   * @throws Error when the system or Deno's permissions do not allow it
   */
  constructor(space: Pick<NetworkNamespace, "name">, link: string = ENDS.harness) {
    this.#libc = openLibc(SYMBOLS, failure);
    try {
      const opened = inNamespace(
        this.#libc,
        pathOf(space.name),
        () => openSocket(this.#libc, link),
      );
      if (!opened) throw failure(`its namespace "${space.name}" cannot be entered; be root`);
      this.#fd = opened.value;
    } catch (error) {
      this.#libc.close();
      throw error;
    }
  }

  /** The next frame that a program has sent, without FCS; undefined when there is none now. */
  receive(): Uint8Array | undefined {
    const length = this.#libc.symbols.recv(this.#fd, this.#buffer, this.#buffer.length, 0);
    return length > 0 ? this.#buffer.slice(0, length) : undefined;
  }

  /** False when the kernel has no room for it now: then it is lost, as on a line. */
  send(frame: Uint8Array): boolean {
    const bytes = frame as Uint8Array<ArrayBuffer>;
    return this.#libc.symbols.send(this.#fd, bytes, bytes.length, 0) === bytes.length;
  }

  /** Blocks this thread until a frame is there, for `limitNs` at most, in whole milliseconds. */
  wait(limitNs: number): void {
    const fds = new Int32Array([this.#fd, POLLIN]);
    this.#libc.symbols.wait(fds, 1, Math.ceil(limitNs / 1e6));
  }

  /** Waits until frames may be there, without blocking. False: it was closed. */
  ready(): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    return (this.#poller ??= new Poller(this.#libc, this.#fd)).ready();
  }

  /** Done when it returns, unless somebody waits for {@link ready}: that ends first. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#poller) await this.#poller.close();
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }
}

function openSocket(libc: Libc, link: string): number {
  const { socket, close } = libc.symbols;
  const fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | O_CLOEXEC, ALL_PROTOCOLS);
  if (fd < 0) throw failure("the system gives none; be root, and have CAP_NET_RAW");
  try {
    bindTo(libc, fd, link);
    if (link === ENDS.harness && !checksumsBySoftware(libc, fd, ENDS.programs)) {
      throw failure(`checksums of "${ENDS.programs}" cannot be made by software`);
    }
  } catch (error) {
    close(fd);
    throw error;
  }
  return fd;
}

/** `struct sockaddr_ll`: family, protocol, index; what follows does not matter to bind. */
function bindTo(libc: Libc, fd: number, name: string): void {
  const { if_nametoindex, bind, setsockopt } = libc.symbols;
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ALL_PROTOCOLS, true);
  address.setInt32(4, if_nametoindex(cString(name)), true);
  const bytes = new Uint8Array(address.buffer);
  if (bind(fd, bytes, bytes.length) !== 0) throw failure(`it does not bind to "${name}"`);
  const one = new Int32Array([1]);
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, one, 4) !== 0) {
    throw failure("it hears itself; Linux 4.20 or later does without");
  }
}

function failure(what: string, cause?: unknown): Error {
  return new Error(`Cannot open a packet socket: ${what}`, { cause });
}
