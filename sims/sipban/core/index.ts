/**
 * A table's index: keys of 64 bits to places 0 … max - 1 of columns that others keep, and their order
 * from the oldest to the youngest. Open addressing with linear probing; its arrays are as large as it
 * may become, of which the kernel gives memory only for what is used.
 */

const NONE = -1;

export class Index {
  readonly max: number;
  /** Two halves of a key, the next older and the next younger: side by side, as they are read. */
  readonly #keys: Int32Array;
  readonly #links: Int32Array;
  /** Places, plus one; 0: empty. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  #oldest = NONE;
  #youngest = NONE;
  /** Places that were given back, linked by `younger`. */
  #free = NONE;
  #used = 0;
  #size = 0;

  constructor(max: number) {
    this.max = Math.floor(max);
    this.#keys = new Int32Array(2 * this.max);
    this.#links = new Int32Array(2 * this.max);
    let slots = 4;
    while (slots < 1.5 * this.max) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
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

  /** -1: it is not there. */
  find(a: number, b: number): number {
    const slots = this.#slots;
    for (let at = a & this.#mask;; at = at + 1 & this.#mask) {
      const place = slots[at]! - 1;
      if (place < 0) return NONE;
      if (this.#keys[2 * place] === a && this.#keys[2 * place + 1] === b) return place;
    }
  }

  /** A place for a key that is not there; the youngest. There must be room. */
  add(a: number, b: number): number {
    const place = this.#take();
    this.#keys[2 * place] = a;
    this.#keys[2 * place + 1] = b;
    let at = a & this.#mask;
    while (this.#slots[at] !== 0) at = at + 1 & this.#mask;
    this.#slots[at] = place + 1;
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
    while (slots[at] !== place + 1) {
      if (slots[at] === 0) return;
      at = at + 1 & this.#mask;
    }
    // What follows moves up, as far as it is away from where it belongs.
    for (let next = at + 1 & this.#mask; slots[next] !== 0; next = next + 1 & this.#mask) {
      const home = this.#keys[2 * slots[next]! - 2]! & this.#mask;
      if ((next - home & this.#mask) < (next - at & this.#mask)) continue;
      slots[at] = slots[next]!;
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
