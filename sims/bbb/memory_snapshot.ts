/**
 * What RAM and ROM held at one moment: a tree of pages that never change, one level deep. Snapshots
 * share the pages, and whole chunks of pages, that are alike; so taking one costs what has changed,
 * going from any one to any other costs what differs, and each stands for itself: none needs a
 * parent to be kept.
 */
import { SnapshotError } from "sims/engine/mod.ts";
import { MEMORY_SIZE, RAM } from "./cpu/layout.ts";

export const PAGE = 4096;
export const PAGE_SHIFT = 12;
/** A chunk is 1 MiB. */
const CHUNK_SHIFT = 8;
const CHUNK = 1 << CHUNK_SHIFT;
const CHUNKS = MEMORY_SIZE / PAGE / CHUNK;
/** RAM and ROM begin here; what is below are the CPU's own tables, which no snapshot has. */
const FIRST_CHUNK = RAM.ROM.offset / PAGE / CHUNK;

/** By page within the chunk; undefined where all is zero. Never changed once it is in a snapshot. */
type Chunk = readonly (Uint8Array | undefined)[];
const ZEROES: Chunk = new Array<undefined>(CHUNK).fill(undefined);

const MAGIC = 0x4d42_4242; // "BBBM"
const VERSION = 1;
/** Magic, version, bytes of a page, number of pages. */
const HEADER = 16;

export class MemorySnapshot {
  static readonly EMPTY: MemorySnapshot = new MemorySnapshot(
    new Array<Chunk>(CHUNKS).fill(ZEROES),
  );
  readonly #chunks: readonly Chunk[];

  private constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks;
  }

  /** This snapshot, but the pages that are marked in `dirty` as they are in `memory`. */
  with(dirty: Uint8Array, memory: Int32Array): MemorySnapshot {
    let chunks: Chunk[] | undefined;
    for (let c = FIRST_CHUNK; c < CHUNKS; c++) {
      const first = c << CHUNK_SHIFT;
      if (!marked(dirty, first)) continue;
      const chunk = [...this.#chunks[c]!];
      for (let page = first; page < first + CHUNK; page++) {
        if (dirty[page] !== 0) chunk[page - first] = copied(memory, page);
      }
      chunks ??= [...this.#chunks];
      chunks[c] = chunk;
    }
    return chunks ? new MemorySnapshot(chunks) : this;
  }

  /** Tells each page of a memory at this snapshot, but for those in `dirty`, that `to` has otherwise. */
  changesTo(
    to: MemorySnapshot,
    dirty: Uint8Array,
    change: (page: number, bytes: Uint8Array | undefined) => void,
  ): void {
    for (let c = FIRST_CHUNK; c < CHUNKS; c++) {
      const from = this.#chunks[c]!;
      const target = to.#chunks[c]!;
      const first = c << CHUNK_SHIFT;
      if (from === target && !marked(dirty, first)) continue;
      for (let n = 0; n < CHUNK; n++) {
        if (from[n] !== target[n] || dirty[first + n] !== 0) change(first + n, target[n]);
      }
    }
  }

  /** The number of pages that are not all zero. */
  get pages(): number {
    let count = 0;
    for (const chunk of this.#chunks) {
      if (chunk !== ZEROES) { for (const page of chunk) if (page) count++; }
    }
    return count;
  }

  /** Magic, version, page size, count; then each page's physical page number; then the pages. */
  encode(): Uint8Array {
    const count = this.pages;
    const bytes = new Uint8Array(HEADER + count * (4 + PAGE));
    const view = new DataView(bytes.buffer);
    [MAGIC, VERSION, PAGE, count].forEach((word, n) => view.setUint32(4 * n, word, true));
    let n = 0;
    for (const [physical, held] of this.held()) {
      view.setUint32(HEADER + 4 * n, physical, true);
      bytes.set(held, HEADER + 4 * count + PAGE * n);
      n++;
    }
    return bytes;
  }

  /** The pages that are not all zero, by the numbers of the physical ones, in order. */
  *held(): Generator<readonly [physical: number, bytes: Uint8Array]> {
    for (let c = FIRST_CHUNK; c < CHUNKS; c++) {
      const chunk = this.#chunks[c]!;
      if (chunk === ZEROES) continue;
      for (let n = 0; n < CHUNK; n++) {
        const held = chunk[n];
        if (held) yield [physicalOf((c << CHUNK_SHIFT) + n), held];
      }
    }
  }

  /** @throws SnapshotError when the pages are not those of {@link held} */
  static of(pages: Iterable<readonly [physical: number, bytes: Uint8Array]>): MemorySnapshot {
    const chunks = [...MemorySnapshot.EMPTY.#chunks];
    let before = -1, n = 0;
    for (const [physical, bytes] of pages) {
      const page = pageOf(physical);
      if (page === undefined || page <= before || bytes.length !== PAGE) {
        throw new SnapshotError(
          `page ${n} of its memory is 0x${physical.toString(16)}, which is ` +
            (page === undefined ? "not RAM" : page <= before ? "out of order" : "cut off"),
        );
      }
      before = page;
      n++;
      const chunk = page >>> CHUNK_SHIFT;
      if (chunks[chunk] === ZEROES) chunks[chunk] = [...ZEROES];
      (chunks[chunk] as (Uint8Array | undefined)[])[page & (CHUNK - 1)] = bytes;
    }
    return new MemorySnapshot(chunks);
  }

  /** @throws SnapshotError when the bytes are not those of {@link encode} */
  static decode(bytes: Uint8Array): MemorySnapshot {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = checkedCount(view);
    const pages = Array.from({ length: count }, (_, n) => {
      const at = HEADER + 4 * count + PAGE * n;
      return [view.getUint32(HEADER + 4 * n, true), bytes.slice(at, at + PAGE)] as const;
    });
    return MemorySnapshot.of(pages);
  }
}

/** Checks all that does not depend on the pages themselves. */
function checkedCount(view: DataView): number {
  const length = view.byteLength;
  if (length < HEADER || view.getUint32(0, true) !== MAGIC) {
    throw new SnapshotError(`its memory does not begin with "BBBM" and a header`);
  }
  const version = view.getUint32(4, true);
  if (version !== VERSION) {
    throw new SnapshotError(
      `its memory was saved in version ${version}, and version ${VERSION} is read here`,
    );
  }
  const page = view.getUint32(8, true);
  if (page !== PAGE) throw new SnapshotError(`its memory has pages of ${page} bytes, not ${PAGE}`);
  const count = view.getUint32(12, true);
  const expected = HEADER + count * (4 + PAGE);
  if (length !== expected) {
    throw new SnapshotError(
      `its memory has ${length} bytes where ${count} pages need ${expected}: it is ` +
        (length < expected ? "truncated" : "followed by something else"),
    );
  }
  return count;
}

/** Whether any page of the chunk that begins at page `first` is marked. */
function marked(dirty: Uint8Array, first: number): boolean {
  for (let page = first; page < first + CHUNK; page++) if (dirty[page] !== 0) return true;
  return false;
}

/** A copy of a page of a memory, or undefined if it is all zero. */
function copied(words: Int32Array, page: number): Uint8Array | undefined {
  const first = page * (PAGE / 4);
  let at = first;
  while (at < first + PAGE / 4 && words[at] === 0) at++;
  if (at === first + PAGE / 4) return undefined;
  return new Uint8Array(words.slice(first, first + PAGE / 4).buffer);
}

/** The number of the physical page that a page of the memory is. */
function physicalOf(page: number): number {
  const { base, offset } = Object.values(RAM).findLast((ram) => page * PAGE >= ram.offset)!;
  return (base + (page * PAGE - offset)) / PAGE;
}

/** The page of the memory that holds a physical page, if it is RAM. */
function pageOf(physical: number): number | undefined {
  const at = physical * PAGE;
  const ram = Object.values(RAM).find(({ base, size }) => at >= base && at < base + size);
  return ram && (at - ram.base + ram.offset) / PAGE;
}
