/** What is done in a namespace by this process itself, without a program. */
import { constants } from "node:fs";
import { cString, inNamespace, NAMESPACE_SYMBOLS, openLibc } from "../libc.ts";
import { CHECKSUM_SYMBOLS, checksumsBySoftware } from "../netns/mod.ts";

const SYMBOLS = {
  ...NAMESPACE_SYMBOLS,
  ...CHECKSUM_SYMBOLS,
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const [AF_INET, SOCK_DGRAM, SOCK_CLOEXEC] = [2, 2, 0o2000000];

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

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.close();
  }
}
