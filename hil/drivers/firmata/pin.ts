/** A target's pin that a box is wired to, as a signal of the scenario. */
import type { Clock, EdgeData, GpioInput } from "../../ports/mod.ts";
import { Duration, ms, pause, seconds } from "../../time/mod.ts";
import type { Mark, SignalSource, Timeline } from "../../trace/mod.ts";
import { describeEdge } from "../edges.ts";
import type { FirmataBox } from "./box.ts";
import type { Level } from "./messages.ts";

export interface BoxPinOptions {
  /** Of the trace, and for people: "GPIO 66". */
  readonly channel: string;
  /** The box's number of it. */
  readonly pin: number;
  readonly box: FirmataBox;
  readonly timeline: Timeline;
}

const HOLD = ms(50);
/** So much later than it was an edge may be told, by a box or a machine that is busy. */
const LATEST = seconds(1);

/**
 * Makes an input of the box's pin.
 *
 * @throws FirmataError when the box has none that is input and output
 */
export async function boxPin(options: BoxPinOptions): Promise<BoxPin> {
  let pin: BoxPin | undefined;
  const level = await options.box.watch(options.pin, (level, t) => void pin?.see(level, t));
  return pin = new BoxPin(options, level);
}

/** An edge that the scenario makes has the time at which the box is told to; see EdgeTimes too. */
export class BoxPin implements GpioInput {
  readonly channel: string;
  readonly clock: Clock;
  readonly #options: BoxPinOptions;
  readonly #signal: SignalSource<EdgeData>;
  #level: Level;
  /** Until it is off the button. */
  #finger: Promise<void> = Promise.resolve();

  constructor(options: BoxPinOptions, level: Level) {
    const { channel, timeline } = this.#options = options;
    const clock = this.clock = new PatientClock(options.box.clock);
    this.channel = channel;
    this.#level = level;
    this.#signal = timeline.signal<EdgeData>(channel, { clock, describe: describeEdge(channel) });
  }

  get occurrences() {
    return this.#signal.occurrences;
  }

  level(): Promise<Level> {
    return Promise.resolve(this.#level);
  }

  drive(level: Level): Promise<Mark> {
    return this.#drive(level, "drive");
  }

  release(): Promise<Mark> {
    return this.#release("release");
  }

  async press({ hold = HOLD }: { readonly hold?: Duration } = {}): Promise<Mark> {
    await this.#finger; // There is one: it is lifted before it presses again.
    const mark = await this.#drive(this.#level === 0 ? 1 : 0, "press");
    this.#finger = pause(hold)
      .then(() => this.#release("let go"))
      .then(() => {}, (error) => this.#options.timeline.fail(error));
    return mark;
  }

  /** Its level is told by the box. */
  see(level: Level, t: number, by?: string): Mark {
    const kind = level === this.#level ? "held" : level === 1 ? "rise" : "fall";
    this.#level = level;
    return this.#signal.emit(kind, { level, ...(by !== undefined && { by }) }, t);
  }

  async #drive(level: Level, by: string): Promise<Mark> {
    const { box, pin } = this.#options;
    let mark: Mark | undefined;
    await box.drive(pin, level, (level, t) => mark = this.see(level, t, by));
    return mark!;
  }

  async #release(by: string): Promise<Mark> {
    const { box, pin } = this.#options;
    let mark: Mark | undefined;
    await box.release(pin, (level, t) => mark = this.see(level, t, by));
    return mark!;
  }
}

/** Who waits for an edge waits for what tells of it too; the limit on its time stays what it is. */
class PatientClock implements Clock {
  readonly virtual = false;

  constructor(private readonly host: Clock) {}

  get name(): string {
    return this.host.name;
  }

  now(): number {
    return this.host.now();
  }

  until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined> {
    return this.host.until(probe, Duration.fromNs(limit.ns + LATEST.ns));
  }
}
