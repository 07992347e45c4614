/**
 * The soft TLB of one privilege: the tables of layout.ts, which interpreter and translated code read
 * by themselves, and a small cache of pages that are executed. What was filled in is listed by what
 * can make it wrong, so that dropping costs what was filled.
 */
import type { GuestMemory } from "../memory.ts";

const DOMAINS = 16;
/** A list that has grown to this is dropped: so many pages are looked up again. */
const LIST_LIMIT = 16384;
/** Data entries of the Cortex-A8: so many of an address space are kept until it is back. */
const KEPT = 32;
const FETCH_SLOTS = 256;
const PAGE_MASK = ~0xfff;

/** Virtual page numbers. */
class PageList {
  pages = new Int32Array(64);
  length = 0;

  push(page: number): void {
    if (this.length === this.pages.length) {
      const longer = new Int32Array(2 * this.length);
      longer.set(this.pages);
      this.pages = longer;
    }
    this.pages[this.length++] = page;
  }
}

/** What an address space has used last, while another one is in use. */
interface Kept {
  readonly dacr: number;
  readonly entries: readonly {
    readonly page: number;
    readonly word: number;
    readonly list: number;
    readonly write: boolean;
  }[];
}

/** The list that an entry belongs to. */
export function listOf(domain: number, global: boolean): number {
  return 2 * domain + (global ? 0 : 1);
}

export class SoftTlb {
  /** DACR as it was for what is filled in. */
  dacr = 0;
  readonly #words: Int32Array;
  /** Of the tables, in words. */
  readonly #read: number;
  readonly #write: number;
  /** By domain, and within it those of all address spaces, then those of the present one. */
  readonly #lists = Array.from({ length: 2 * DOMAINS }, () => new PageList());
  /** Page address | 1, by the page's low bits; 0: none. */
  readonly #fetchTags = new Int32Array(FETCH_SLOTS);
  readonly #fetchHosts = new Int32Array(FETCH_SLOTS);
  readonly #fetchDomains = new Uint8Array(FETCH_SLOTS);
  /** Bits of the domains that are, or were, among them. */
  #fetched = 0;
  /** By ASID. */
  readonly #kept = new Map<number, Kept>();

  /** @param table byte offsets of the tables in linear memory */
  constructor(memory: GuestMemory, table: { readonly read: number; readonly write: number }) {
    this.#words = memory.i32;
    this.#read = table.read >>> 2;
    this.#write = table.write >>> 2;
  }

  /** What to add to `va` for its byte offset in linear memory; 0: not known. */
  forRead(va: number): number {
    return this.#words[this.#read + (va >>> 12)]!;
  }

  forWrite(va: number): number {
    return this.#words[this.#write + (va >>> 12)]!;
  }

  /** A virtual page gets its word; `list` is {@link listOf}; `write`: for writing too. */
  fill(page: number, word: number, list: number, write: boolean): void {
    const pages = this.#lists[list]!;
    if (pages.length >= LIST_LIMIT) this.#drop(pages);
    pages.push(page);
    this.#words[this.#read + page] = word;
    if (write) this.#words[this.#write + page] = word;
  }

  /** The byte offset of the page that holds `va`, for execution; -1: not known. */
  fetchHost(va: number): number {
    const slot = (va >>> 12) & (FETCH_SLOTS - 1);
    return this.#fetchTags[slot] === ((va & PAGE_MASK) | 1) ? this.#fetchHosts[slot]! : -1;
  }

  fillFetch(va: number, host: number, domain: number): void {
    const slot = (va >>> 12) & (FETCH_SLOTS - 1);
    this.#fetchTags[slot] = (va & PAGE_MASK) | 1;
    this.#fetchHosts[slot] = host;
    this.#fetchDomains[slot] = domain;
    this.#fetched |= 1 << domain;
  }

  /** Drops what the domains whose rights differ have; whether pages to execute were among them. */
  setDacr(dacr: number): boolean {
    let changed = this.dacr ^ dacr;
    this.dacr = dacr;
    let fetches = false;
    for (let domain = 0; changed !== 0; domain++, changed >>>= 2) {
      if ((changed & 3) === 0) continue;
      this.#drop(this.#lists[2 * domain]!);
      this.#drop(this.#lists[2 * domain + 1]!);
      if (this.#dropFetches(domain)) fetches = true;
    }
    return fetches;
  }

  /** Drops `count` pages from virtual page `page` on. */
  dropPages(page: number, count: number): void {
    this.#words.fill(0, this.#read + page, this.#read + page + count);
    this.#words.fill(0, this.#write + page, this.#write + page + count);
    this.#fetchTags.fill(0);
  }

  /** Drops what belongs to one address space. */
  dropNonGlobal(): void {
    for (let list = 1; list < 2 * DOMAINS; list += 2) this.#drop(this.#lists[list]!);
    this.#fetchTags.fill(0);
  }

  /**
   * Another ASID: the data entries of the old one are kept, those of the new one are back, as they
   * were. Pages to execute are looked up again: a TLB may lose any entry at any time.
   */
  changeAsid(from: number, to: number): void {
    this.#kept.set(from, { dacr: this.dacr, entries: this.#newest() });
    this.dropNonGlobal();
    const kept = this.#kept.get(to);
    this.#kept.delete(to);
    if (kept?.dacr !== this.dacr) return;
    for (const { page, word, list, write } of kept.entries) {
      if (this.#words[this.#read + page] === 0) this.fill(page, word, list, write);
    }
  }

  /** Drops what is kept of another ASID than the present one; without one, of all. */
  forget(asid?: number): void {
    if (asid === undefined) this.#kept.clear();
    else this.#kept.delete(asid);
  }

  dropAll(): void {
    for (const list of this.#lists) this.#drop(list);
    this.#fetchTags.fill(0);
    this.forget();
  }

  /** Pages are clean again: the next write to each has to ask. */
  dropWrites(): void {
    this.forget();
    for (const { pages, length } of this.#lists) {
      for (let n = 0; n < length; n++) this.#words[this.#write + pages[n]!] = 0;
    }
  }

  /** Of the present address space alone. */
  #newest(): Kept["entries"] {
    const entries = [];
    for (let list = 1; list < 2 * DOMAINS; list += 2) {
      const { pages, length } = this.#lists[list]!;
      for (let n = Math.max(0, length - KEPT); n < length; n++) {
        const page = pages[n]!, word = this.#words[this.#read + page]!;
        const write = this.#words[this.#write + page] !== 0;
        if (word !== 0) entries.push({ page, word, list, write });
      }
    }
    return entries;
  }

  #dropFetches(domain: number): boolean {
    if ((this.#fetched & (1 << domain)) === 0) return false;
    this.#fetched &= ~(1 << domain);
    for (let slot = 0; slot < FETCH_SLOTS; slot++) {
      if (this.#fetchDomains[slot] === domain) this.#fetchTags[slot] = 0;
    }
    return true;
  }

  #drop(list: PageList): void {
    const { pages, length } = list;
    for (let n = 0; n < length; n++) {
      this.#words[this.#read + pages[n]!] = 0;
      this.#words[this.#write + pages[n]!] = 0;
    }
    list.length = 0;
  }
}
