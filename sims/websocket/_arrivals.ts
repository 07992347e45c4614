/** What comes for one who iterates, without bound: the server bounds how many there are. */
export class Arrivals<T> {
  readonly #waiting: ((result: IteratorResult<T>) => void)[] = [];
  readonly #there: T[] = [];
  #ended = false;

  put(one: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting({ done: false, value: one });
    else this.#there.push(one);
  }

  end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#there.length > 0) {
      return Promise.resolve({ done: false, value: this.#there.shift()! });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
