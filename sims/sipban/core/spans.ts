/** Until when something holds for a host; of too many the one that was set longest ago is forgotten. */
import type { HostKey } from "./failures.ts";
import { Index } from "./index.ts";

export class Spans {
  readonly #hosts: Index;
  readonly #untilNs: Float64Array;

  constructor(max: number) {
    this.#hosts = new Index(max);
    this.#untilNs = new Float64Array(this.#hosts.max);
  }

  /** -1: nothing is known of it. */
  until({ a, b }: HostKey): number {
    const at = this.#hosts.find(a, b);
    return at < 0 ? -1 : this.#untilNs[at]!;
  }

  set({ a, b }: HostKey, untilNs: number): void {
    let at = this.#hosts.find(a, b);
    if (at < 0) {
      if (this.#hosts.isFull) this.#hosts.remove(this.#hosts.oldest);
      at = this.#hosts.add(a, b);
    } else this.#hosts.renew(at);
    this.#untilNs[at] = untilNs;
  }

  delete({ a, b }: HostKey): void {
    const at = this.#hosts.find(a, b);
    if (at >= 0) this.#hosts.remove(at);
  }
}
