/** A map that forgets what was not touched for longest: memory has a bound whatever comes. */
export class Lru<K, V> {
  readonly #map = new Map<K, V>();

  /** @param onForgotten is told of what had to go for want of room */
  constructor(readonly max: number, readonly onForgotten: (key: K, value: V) => void = () => {}) {}

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  /** Also makes it the youngest. */
  set(key: K, value: V): void {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size <= this.max) return;
    const [oldest] = this.#map;
    this.#map.delete(oldest![0]);
    this.onForgotten(oldest![0], oldest![1]);
  }

  delete(key: K): boolean {
    return this.#map.delete(key);
  }

  /** Oldest first. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#map[Symbol.iterator]();
  }
}
