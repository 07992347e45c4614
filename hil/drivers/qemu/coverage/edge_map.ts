/** The map of edges that the plugin counts in (edges.c), from our side. */

const MAP_SIZE = 65536;

export class EdgeMap implements Disposable {
  readonly #file: Deno.FsFile;

  /** Makes the file. */
  constructor(readonly path: string) {
    this.#file = Deno.openSync(path, { read: true, write: true, create: true });
    this.#file.truncateSync(0);
    this.#file.truncateSync(MAP_SIZE);
  }

  /** QEMU's arguments. Only blocks of that range of addresses count. */
  arguments(
    plugin: string,
    { from, to }: { readonly from: number; readonly to: number },
  ): string[] {
    const hex = (address: number) => address.toString(16);
    const words = [plugin, `map=${this.path}`, `from=${hex(from)}`, `to=${hex(to)}`];
    return ["-plugin", words.map((word) => word.replaceAll(",", ",,")).join(",")];
  }

  /** How often each edge was taken since the last reset, at most 255 times. */
  counts(): Uint8Array {
    const counts = new Uint8Array(MAP_SIZE);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#file.readSync(counts);
    return counts;
  }

  reset(): void {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#file.writeSync(new Uint8Array(MAP_SIZE));
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** All that was ever reached, to tell what is new. Counts differ by AFL's eight classes. */
export class Novelty {
  readonly #seen = new Uint8Array(MAP_SIZE);

  /** Edges that were reached. */
  get edges(): number {
    return this.#seen.reduce((sum, classes) => sum + (classes ? 1 : 0), 0);
  }

  /** Takes the counts of one run; gives how many edges were taken as often as never before. */
  add(counts: Uint8Array): number {
    let found = 0;
    for (let edge = 0; edge < MAP_SIZE; edge++) {
      const count = counts[edge]!;
      if (count === 0) continue;
      const bit = 1 << classOf(count);
      if (this.#seen[edge]! & bit) continue;
      this.#seen[edge]! |= bit;
      found++;
    }
    return found;
  }
}

/** 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more. */
function classOf(count: number): number {
  if (count < 4) return count - 1;
  return Math.min(7, count < 32 ? Math.floor(Math.log2(count)) + 1 : count < 128 ? 6 : 7);
}
