/** A target for the tests of this folder: a tank with valves. */
import { Membrane } from "../../record/mod.ts";
import { type Clock, Duration, ms } from "../../time/mod.ts";
import { type SignalSource, Timeline, type TraceEvent } from "../../trace/mod.ts";
import { TraceWriter } from "../../trace/mod.ts";
import { FakeClock } from "../../scenario/_lab.ts";
import { HEADER } from "../_samples.ts";

type Flow = { readonly valve: string; readonly open: boolean };

export class Valve {
  constructor(private readonly tank: Tank, readonly name: string) {}

  async set(open: boolean): Promise<string> {
    await this.tank.pass(this.tank.slowness);
    this.tank.flow.emit(open ? "open" : "shut", { valve: this.name, open });
    return open ? "open" : "shut";
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

  constructor(private readonly clock: FakeClock, timeline: Timeline) {
    this.flow = timeline.signal<Flow>("flow", { clock });
  }

  async pass(time: Duration): Promise<void> {
    await this.clock.until(() => undefined, time);
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
    const drain = () => void this.flow.emit("drained", { valve: "", open: false });
    this.clock.at(this.clock.now() + this.slowness.ns, drain);
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
  { clock = new FakeClock(), plant = () => {} }: {
    readonly clock?: FakeClock;
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
