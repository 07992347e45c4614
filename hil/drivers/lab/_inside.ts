/** What is done in a namespace by this process itself, without a program. */
import { constants } from "node:fs";
import { hostNow, ms, pause, seconds } from "../../time/mod.ts";
import { cString, inNamespace, NAMESPACE_SYMBOLS, openLibc } from "../libc.ts";
import { CHECKSUM_SYMBOLS, checksumsBySoftware } from "../netns/mod.ts";

const SYMBOLS = {
  ...NAMESPACE_SYMBOLS,
  ...CHECKSUM_SYMBOLS,
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const [AF_INET, SOCK_DGRAM, SOCK_CLOEXEC] = [2, 2, 0o2000000];
const [SIOCGIFFLAGS, IFF_RUNNING] = [0x8913n, 0x40];
const LIMIT = seconds(5);
/** Between two looks. */
const LOOK = ms(1);

export class Inside {
  readonly #libc = openLibc(SYMBOLS, (why, cause) => {
    return new Error(`Cannot make a lab: ${why}`, { cause });
  });
  #closed = false;

  /**
   * Does `work`, which must not await, in the namespace at `path`.
   *
   * @throws Error when it cannot be entered, and what `work` throws
   */
  do<T>(path: string, work: () => T): T {
    const done = this.#closed ? undefined : inNamespace(this.#libc, path, work);
    if (done) return done.value;
    const why = this.#closed ? "its lab was closed; keep it open" : "be root";
    throw new Error(`Cannot enter the network namespace "${path}": ${why}`);
  }

  /** @param values by their paths below /proc/sys/net */
  set(path: string, values: Readonly<Record<string, string>>): void {
    const { open, write, close } = this.#libc.symbols;
    this.do(path, () => {
      for (const [name, value] of Object.entries(values)) {
        const fd = open(cString(`/proc/sys/net/${name}`), constants.O_WRONLY);
        const bytes = new TextEncoder().encode(value);
        const written = fd >= 0 && write(fd, bytes, bytes.length) === bytes.length;
        if (fd >= 0) close(fd);
        if (!written) throw new Error(`Cannot set "${name}": the kernel refuses ${value}; be root`);
      }
    });
  }

  /** Packets of these links look as on a wire: see {@link checksumsBySoftware}. */
  wire(path: string, links: readonly string[]): void {
    const { socket, close } = this.#libc.symbols;
    this.do(path, () => {
      const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      const refused = links.filter((link) => !checksumsBySoftware(this.#libc, fd, link));
      close(fd);
      if (refused.length === 0) return;
      throw new Error(`Cannot have checksums on "${refused}": the kernel leaves them out; be root`);
    });
  }

  /**
   * Waits until these carry frames: with both ends up, the kernel lets a bridge know a moment later,
   * and what is sent before is lost.
   *
   * @throws Error when they do not within 5 s
   */
  async carry(path: string, links: readonly string[]): Promise<void> {
    const end = hostNow() + LIMIT.ns;
    while (!this.do(path, () => this.#running(links))) {
      if (hostNow() > end) {
        throw new Error(
          `Cannot use "${links}": they do not carry frames after ${LIMIT}; set both ends up`,
        );
      }
      await pause(LOOK);
    }
    // Waits for the kernel's lock, under which it tells the bridge.
    this.wire(path, links);
  }

  #running(links: readonly string[]): boolean {
    const { socket, close, ioctl } = this.#libc.symbols;
    const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    try {
      return links.every((link) => {
        const request = new Uint8Array(40); // struct ifreq: the flags are behind the name.
        request.set(new TextEncoder().encode(link));
        if (ioctl(fd, SIOCGIFFLAGS, request) !== 0) return false;
        return (new DataView(request.buffer).getUint16(16, true) & IFF_RUNNING) !== 0;
      });
    } finally {
      close(fd);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.close();
  }
}
