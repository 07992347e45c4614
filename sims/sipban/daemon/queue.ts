/** Work beside the daemon's own: so much waits and no more, so many at once, and nobody waits for it. */

export interface QueueOptions<T> {
  /** What is beyond is dropped, and counted. */
  readonly most: number;
  /** Default: 1, one after the other. */
  readonly atOnce?: number;
  readonly work: (item: T) => Promise<void>;
  /** Told of work that failed. */
  readonly problem: (error: Error) => void;
}

export class Queue<T> {
  dropped = 0;
  failed = 0;
  readonly #items: T[] = [];
  readonly #working = new Set<Promise<void>>();

  constructor(private readonly options: QueueOptions<T>) {}

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.#items.length >= this.options.most) this.dropped++;
    else this.#items.push(item);
    this.#go();
  }

  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  #go(): void {
    const { atOnce = 1 } = this.options;
    while (this.#working.size < atOnce && this.#items.length > 0) {
      const done = this.#do(this.#items.shift()!).then(() => {
        this.#working.delete(done);
        this.#go();
      });
      this.#working.add(done);
    }
  }

  async #do(item: T): Promise<void> {
    try {
      await this.options.work(item);
    } catch (error) {
      this.failed++;
      this.options.problem(error as Error);
    }
  }
}
