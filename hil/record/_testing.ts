/** A membrane in a test, and a port with all that makes one hard to stand in for. */
import { type Clock, ms } from "../time/mod.ts";
import { Timeline, type TraceEvent } from "../trace/mod.ts";
import { Membrane } from "./membrane.ts";

/** `taken` gives the events since it was called last, without number, time and clock. */
export function recorded(makeClock: (timeline: Timeline) => Clock, folder?: string) {
  const events: Record<string, unknown>[] = [];
  const write = ({ seq: _, t: __, clock: ___, ...event }: TraceEvent) => {
    events.push(JSON.parse(JSON.stringify(event)));
  };
  const timeline = new Timeline({ write });
  timeline.clock = makeClock(timeline);
  const membrane = new Membrane({ timeline, folder });
  return { timeline, membrane, taken: () => events.splice(0) };
}

export class Valve {
  #open = false;
  constructor(readonly name: string) {}
  set(open: boolean): this {
    this.#open = open;
    return this;
  }
  isOpen(): boolean {
    return this.#open;
  }
}

export class Jammed extends Error {
  override readonly name = "Jammed";
  constructor(readonly valve: Valve) {
    super(`${valve.name} is jammed`);
  }
}

export class Pump {
  #bar = 1;
  #valves = [new Valve("a"), new Valve("b")];
  readonly main = new Valve("main");
  readonly limit = ms(5);
  onAlarm: ((bar: number) => void) | undefined = undefined;
  readonly ready = Promise.resolve(this.main);
  constructor(readonly clock: Clock) {}

  get bar(): number {
    return this.#bar;
  }
  /** Each time another list. */
  get valves(): readonly Valve[] {
    return [...this.#valves];
  }
  get broken(): number {
    throw new RangeError("no gauge");
  }
  async raise(by: { readonly bar: number }): Promise<number> {
    await undefined;
    if (by.bar > 10) throw new Jammed(this.main);
    this.#bar += by.bar;
    this.onAlarm?.(this.#bar);
    return this.#bar;
  }
  /** Of the real one only: it looks for it among its own. */
  take(valve: Valve): Valve {
    if (valve !== this.main && !this.#valves.includes(valve)) {
      throw new TypeError("no valve of mine");
    }
    return valve;
  }
  each<T>(look: (valve: Valve) => T): T[] {
    return this.#valves.map(look);
  }
  async together<T>(start: () => Promise<T>): Promise<T> {
    return await start();
  }
  async *strokes(): AsyncGenerator<{ readonly n: number }> {
    yield { n: 1 };
    await undefined;
    yield { n: 2 };
  }
  counter(): (() => number) & { readonly step: number } {
    let n = 0;
    return Object.assign(() => ++n, { step: 1 });
  }
  image(length: number): Uint8Array {
    return new Uint8Array(length).fill(7);
  }
}
