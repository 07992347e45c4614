/**
 * A table's index: keys of 64 bits to places 0 … max - 1 of columns that others keep, and their order
 * from the oldest to the youngest. Open addressing with linear probing; its arrays are as large as it
 * may become, of which the kernel gives memory only for what is used.
 *
 * In a flood its time is that of the memory: keys are looked at only where a slot says that one may be
 * it. So a slot tells how far it is from where its key belongs. And who will look into several tables
 * touches them all before.
 */

const NONE = -1;

export class Index {
  readonly max: number;
  /** Two halves of a key, the next older and the next younger: side by side, as they are read. */
  readonly #keys: Int32Array;
  readonly #links: Int32Array;
  /** A place plus one, or 0 for an empty one; above it how many slots it is away from its home. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #bits: number;
  readonly #place: number;
  /** What is farther away says so much, and its key says how far. */
  readonly #far: number;
  #oldest = NONE;
  #youngest = NONE;
  /** Places that were given back, linked by `younger`. */
  #free = NONE;
  #used = 0;
  #size = 0;
  /** Of no meaning, but what is not kept is not read. */
  #touched = 0;

  /** @param farthest for tests: see `#far` */
  constructor(max: number, farthest = Infinity) {
    this.max = Math.floor(max);
    this.#keys = new Int32Array(2 * this.max);
    this.#links = new Int32Array(2 * this.max);
    let slots = 4;
    while (slots < 1.5 * this.max) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
    this.#bits = 32 - Math.clz32(this.max);
    this.#place = 2 ** this.#bits - 1;
    this.#far = Math.min(farthest, 2 ** (32 - this.#bits) - 1);
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.max;
  }

  /** -1: it is empty. */
  get oldest(): number {
    return this.#oldest;
  }

  /**
   * Asks for the memory that {@link find}, and {@link remove} of the oldest, will look at first: what
   * is asked of several tables in a row comes in the time of one.
   */
  touch(a: number): void {
    const oldest = this.#oldest === NONE ? 0 : this.#keys[2 * this.#oldest]!;
    this.#touched = this.#slots[a & this.#mask]! ^ this.#slots[oldest & this.#mask]!;
  }

  /** -1: it is not there. */
  find(a: number, b: number): number {
    const slots = this.#slots;
    for (let at = a & this.#mask, away = 0;; at = at + 1 & this.#mask, away++) {
      const slot = slots[at]!;
      if (slot === 0) return NONE;
      if (slot >>> this.#bits !== Math.min(away, this.#far)) continue;
      const place = (slot & this.#place) - 1;
      if (this.#keys[2 * place] === a && this.#keys[2 * place + 1] === b) return place;
    }
  }

  /** A place for a key that is not there; the youngest. There must be room. */
  add(a: number, b: number): number {
    const place = this.#take();
    this.#keys[2 * place] = a;
    this.#keys[2 * place + 1] = b;
    let at = a & this.#mask;
    let away = 0;
    for (; this.#slots[at] !== 0; away++) at = at + 1 & this.#mask;
    this.#put(at, place + 1, away);
    this.#append(place);
    this.#size++;
    return place;
  }

  remove(place: number): void {
    this.hide(place);
    this.#unlink(place);
    this.#links[2 * place + 1] = this.#free;
    this.#free = place;
    this.#size--;
  }

  /** Its key finds it no more; it stays in the order and keeps its place. */
  hide(place: number): void {
    const slots = this.#slots;
    let at = this.#keys[2 * place]! & this.#mask;
    while ((slots[at]! & this.#place) !== place + 1) {
      if (slots[at] === 0) return;
      at = at + 1 & this.#mask;
    }
    // What follows moves up, as far as it is away from where it belongs.
    for (let next = at + 1 & this.#mask; slots[next] !== 0; next = next + 1 & this.#mask) {
      const away = this.#away(next);
      const nearer = next - at & this.#mask;
      if (away < nearer) continue;
      this.#put(at, slots[next]! & this.#place, away - nearer);
      at = next;
    }
    slots[at] = 0;
  }

  /** It becomes the youngest. */
  renew(place: number): void {
    if (place === this.#youngest) return;
    this.#unlink(place);
    this.#append(place);
  }

  #put(at: number, one: number, away: number): void {
    this.#slots[at] = Math.min(away, this.#far) << this.#bits | one;
  }

  #away(at: number): number {
    const slot = this.#slots[at]!;
    const away = slot >>> this.#bits;
    if (away < this.#far) return away;
    return at - this.#keys[2 * (slot & this.#place) - 2]! & this.#mask;
  }

  #take(): number {
    const place = this.#free;
    if (place === NONE) return this.#used++;
    this.#free = this.#links[2 * place + 1]!;
    return place;
  }

  #append(place: number): void {
    this.#links[2 * place] = this.#youngest;
    this.#links[2 * place + 1] = NONE;
    if (this.#youngest === NONE) this.#oldest = place;
    else this.#links[2 * this.#youngest + 1] = place;
    this.#youngest = place;
  }

  #unlink(place: number): void {
    const older = this.#links[2 * place]!;
    const younger = this.#links[2 * place + 1]!;
    if (older === NONE) this.#oldest = younger;
    else this.#links[2 * older + 1] = younger;
    if (younger === NONE) this.#youngest = older;
    else this.#links[2 * younger] = older;
  }
}
