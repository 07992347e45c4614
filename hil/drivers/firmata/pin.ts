/** A target's pin that a box is wired to, as a signal of the scenario. */
import type { Clock, EdgeData, GpioInput } from "../../ports/mod.ts";
import { type Duration, ms, timer } from "../../time/mod.ts";
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

/**
 * Makes an input of the box's pin.
 *
 * @throws FirmataError when the box has none that is input and output
 */
export async function boxPin(options: BoxPinOptions): Promise<BoxPin> {
  let pin: BoxPin | undefined;
  const level = await options.box.watch(options.pin, (level, t) => void pin?.see(level, { t }));
  return pin = new BoxPin(options, level);
}

/** An edge that the scenario makes has the time at which the box is told; another, when it tells. */
export class BoxPin implements GpioInput {
  readonly channel: string;
  readonly clock: Clock;
  readonly #options: BoxPinOptions;
  readonly #signal: SignalSource<EdgeData>;
  #level: Level;

  constructor(options: BoxPinOptions, level: Level) {
    const { channel, box: { clock }, timeline } = this.#options = options;
    this.channel = channel;
    this.clock = clock;
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
    const mark = await this.#drive(this.#level === 0 ? 1 : 0, "press");
    const { timeline } = this.#options;
    timer(hold, () => void this.#release("let go").catch((error) => timeline.fail(error)));
    return mark;
  }

  /** Its level is told by the box, or is due to the scenario. */
  see(level: Level, { by, t }: { readonly by?: string; readonly t?: number } = {}): Mark {
    const kind = level === this.#level ? "held" : level === 1 ? "rise" : "fall";
    this.#level = level;
    return this.#signal.emit(kind, { level, ...(by !== undefined && { by }) }, t);
  }

  async #drive(level: Level, by: string): Promise<Mark> {
    const { box, pin } = this.#options;
    let mark: Mark | undefined;
    await box.drive(pin, level, () => mark = this.see(level, { by }));
    return mark!;
  }

  async #release(by: string): Promise<Mark> {
    const { box, pin } = this.#options;
    let t: number | undefined, mark: Mark | undefined;
    await box.release(pin, {
      sent: () => t = this.clock.now(),
      level: (level) => mark = this.see(level, { by, t }),
    });
    return mark!;
  }
}
