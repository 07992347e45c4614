/** One of two traces that are compared: what of it has not met its like yet, by channel. */
import type { Item } from "./items.ts";
import type { Normaliser } from "./noise.ts";

export class Side {
  readonly #iterator: AsyncIterator<Item>;
  readonly channels = new Map<string, Queue>();
  held = 0;
  characters = 0;
  done = false;

  constructor(items: AsyncIterable<Item>) {
    this.#iterator = items[Symbol.asyncIterator]();
  }

  async pull(noise: Normaliser, count: number): Promise<void> {
    for (let n = 0; n < count && !this.done; n++) {
      const { done, value } = await this.#iterator.next();
      if (done) this.done = true;
      else if (!noise.ignoresChannel(value.channel)) this.queue(value.channel).push(value);
    }
  }

  queue(channel: string): Queue {
    let queue = this.channels.get(channel);
    if (!queue) this.channels.set(channel, queue = new Queue(this));
    return queue;
  }

  /** All that is held, in the order of time. */
  all(): Item[] {
    return [...this.channels.values()].flatMap((queue) => queue.items()).sort(byTime);
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

export function byTime(a: Item, b: Item): number {
  return a.order - b.order || a.seq - b.seq || a.number - b.number;
}

class Queue {
  #items: Item[] = [];
  #from = 0;

  constructor(private readonly side: Side) {}

  get first(): Item | undefined {
    return this.#items[this.#from];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.side.held++;
    this.side.characters += item.text.length;
  }

  drop(count: number): void {
    for (let i = this.#from; i < this.#from + count; i++) {
      this.side.characters -= this.#items[i]!.text.length;
    }
    this.#from += count;
    this.side.held -= count;
    if (this.#from < 1024 && this.#from < this.#items.length) return;
    this.#items = this.#items.slice(this.#from);
    this.#from = 0;
  }

  items(): Item[] {
    return this.#from === 0 ? this.#items : this.#items.slice(this.#from);
  }
}
