/** A target for the tests of this folder: a tank with valves. */
import { Membrane } from "../../record/mod.ts";
import { type Clock, type Duration, ms, seconds } from "../../time/mod.ts";
import { type SignalSource, Timeline, type TraceEvent } from "../../trace/mod.ts";
import { TraceWriter } from "../../trace/mod.ts";
import { HEADER } from "../_samples.ts";

interface Waiter {
  readonly deadline: number;
  /** Whether it was answered. */
  ask(): boolean;
  giveUp(): void;
}

/** Virtual time for any number of those who wait: promises are settled before it moves. */
export class TankClock implements Clock {
  readonly name = "tank";
  readonly virtual = true;
  #now = 0;
  #alarms: { readonly t: number; readonly ring: () => void }[] = [];
  #waiters: Waiter[] = [];
  #running = false;

  now(): number {
    return this.#now;
  }

  at(t: number, ring: () => void): void {
    this.#alarms.push({ t, ring });
    this.#alarms.sort((a, b) => a.t - b.t);
  }

  until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined> {
    return new Promise((resolve) => {
      const ask = () => {
        const value = probe();
        if (value !== undefined) resolve(value);
        return value !== undefined;
      };
      if (ask()) return;
      const deadline = this.#now + limit.ns;
      this.#waiters.push({ deadline, ask, giveUp: () => resolve(undefined) });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiters.length > 0) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const asked = this.#waiters.filter((waiter) => !waiter.ask());
      const answered = asked.length < this.#waiters.length;
      this.#waiters = asked;
      if (!answered) this.#advance();
    }
    this.#running = false;
  }

  #advance(): void {
    const deadline = Math.min(...this.#waiters.map(({ deadline }) => deadline));
    const [alarm] = this.#alarms;
    this.#now = Math.min(deadline, alarm?.t ?? Infinity);
    if (alarm && alarm.t <= deadline) return void this.#alarms.shift()!.ring();
    const over = this.#waiters.filter((waiter) => waiter.deadline <= this.#now);
    this.#waiters = this.#waiters.filter((waiter) => waiter.deadline > this.#now);
    for (const waiter of over) waiter.giveUp();
  }
}

type Flow = { readonly valve: string; readonly open: boolean };

export class Valve {
  constructor(private readonly tank: Tank, readonly name: string) {}

  async set(open: boolean): Promise<string> {
    const kind = open ? "open" : "shut";
    await this.tank.later(kind, { valve: this.name, open });
    return kind;
  }

  leak(): void {
    throw new RangeError(`${this.name} leaks`);
  }
}

export class Tank {
  readonly flow: SignalSource<Flow>;
  /** How long a valve takes. */
  slowness = ms(1);
  /** What a planted fault does to the name of a valve. */
  spell = (name: string) => name;
  stuck = false;
  readonly #listeners: ((level: number, valve: Valve) => unknown)[] = [];

  constructor(private readonly clock: TankClock, timeline: Timeline) {
    this.flow = timeline.signal<Flow>("flow", { clock });
  }

  async pass(time: Duration): Promise<void> {
    await this.clock.until(() => undefined, time);
  }

  /** Something that happens by itself, as in a simulator: not when a promise's turn comes. */
  async later(kind: string, flow: Flow): Promise<void> {
    let happened: true | undefined;
    this.clock.at(this.clock.now() + this.slowness.ns, () => {
      this.flow.emit(kind, flow);
      happened = true;
    });
    await this.clock.until(() => happened, seconds(1));
  }

  async valve(name: string): Promise<Valve> {
    await null;
    if (name === "none") throw new RangeError("there is no such valve");
    return new Valve(this, this.spell(name));
  }

  /** Never comes where it is stuck. */
  drained(): Promise<number> {
    return this.stuck ? new Promise<number>(() => {}) : Promise.resolve(0);
  }

  async together<T>(start: () => Promise<T>): Promise<T> {
    this.flow.emit("hold", { valve: "", open: false });
    const value = await start();
    this.flow.emit("go", { valve: "", open: true });
    return value;
  }

  /** Drains by itself, some time after. */
  pull(): void {
    void this.later("drained", { valve: "", open: false });
  }

  onLevel(listener: (level: number, valve: Valve) => unknown): void {
    this.#listeners.push(listener);
  }

  async fill(level: number): Promise<unknown[]> {
    await this.pass(ms(2));
    return this.#listeners.map((listener) => listener(level, new Valve(this, "overflow")));
  }
}

export interface Recorded {
  readonly path: string;
  readonly events: readonly TraceEvent[];
}

/** Runs `body` with a tank behind a membrane, and writes the trace. */
export async function record(
  path: string,
  body: (tank: Tank, at: { readonly clock: Clock; readonly timeline: Timeline }) => Promise<void>,
  { clock = new TankClock(), plant = () => {} }: {
    readonly clock?: TankClock;
    readonly plant?: (tank: Tank) => void;
  } = {},
): Promise<Recorded> {
  const uses = { tank: { role: "tank", requires: [], options: {} } };
  const writer = TraceWriter.create(path, { ...HEADER, uses });
  const events: TraceEvent[] = [];
  const timeline = new Timeline({
    write: (event) => {
      writer.write(event);
      events.push(event);
    },
  });
  timeline.clock = clock;
  const tank = new Tank(clock, timeline);
  plant(tank);
  try {
    await body(new Membrane({ timeline }).port("tank", tank), { clock, timeline });
    timeline.record({ type: "end", outcome: "passed" });
  } finally {
    writer.close();
  }
  return { path, events };
}
