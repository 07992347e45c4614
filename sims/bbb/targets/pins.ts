/** Pins of the simulated board as signals of the scenario: what it drives, and what it looks at. */
import type { Clock, Duration, EdgeData, Gpio, GpioInput, GpioOutput, Mark } from "hil";
import { ms } from "hil";
import { describeEdge } from "hil/drivers/edges.ts";
import type { Json, SignalSource, Timeline } from "hil/trace/mod.ts";
import type { EngineTimer, Level, Part, Wire, WireDriver } from "sims/engine/mod.ts";
import type { Board } from "../board.ts";
import type { BoardClock } from "../board_clock.ts";
import { channelOf, wireOf } from "./pin_names.ts";

const HOLD = ms(50);

export interface PinsOptions {
  readonly board: Board;
  readonly clock: BoardClock;
  readonly timeline: Timeline;
  /** A pin that a scenario looks at is a part of snapshots from then on. */
  readonly parts: Part[];
  /** Told what the scenario does to a pin. */
  readonly onTouch?: (channel: string, touch: Touch) => void;
}

/** To drive a level; to let it go (null); to press so many nanoseconds. */
export type Touch = Level | null | { readonly holdNs: number };

export class Pins implements Gpio {
  readonly #pins = new Map<Wire, Pin>();

  constructor(private readonly options: PinsOptions) {}

  input(pin: number | string): GpioInput {
    return this.#pin(pin);
  }

  output(pin: number | string): GpioOutput {
    return this.#pin(pin);
  }

  /** As the scenario did it once. */
  touch(channel: string, touch: Touch): void {
    this.#pin(channel.replace(" ", "")).touch(touch);
  }

  #pin(name: number | string): Pin {
    const { channel, wire } = placeOf(this.options.board, name);
    let pin = this.#pins.get(wire);
    if (!pin) {
      this.#pins.set(wire, pin = new Pin(channel, wire, this.options));
      this.options.parts.push(pin);
    }
    return pin;
  }
}

function placeOf(board: Board, name: number | string): { channel: string; wire: Wire } {
  const channel = channelOf(name);
  return { channel, wire: wireOf(board, channel) };
}

class Pin implements GpioInput, Part {
  readonly version = 1;
  readonly name: string;
  readonly clock: Clock;
  readonly #wire: Wire;
  readonly #driver: WireDriver;
  readonly #signal: SignalSource<EdgeData>;
  readonly #board: BoardClock;
  readonly #finger: EngineTimer;
  /** When the finger is off again; on the board's clock. */
  #off: number | undefined;
  /** What the scenario is doing, for who reads of the edge. */
  #by: string | undefined;
  readonly #onTouch: (touch: Touch) => void;

  constructor(readonly channel: string, wire: Wire, { clock, timeline, onTouch }: PinsOptions) {
    this.#onTouch = (touch) => onTouch?.(channel, touch);
    this.name = `scenario on ${channel}`;
    this.clock = this.#board = clock;
    this.#wire = wire;
    this.#driver = wire.driver("scenario");
    this.#finger = clock.board.timer(this.name, () => this.#lift());
    this.#signal = timeline.signal<EdgeData>(channel, {
      clock,
      describe: describeEdge(channel),
    });
    this.#wire.listen((level) => this.#emit(level === 1 ? "rise" : "fall", level));
  }

  get occurrences() {
    return this.#signal.occurrences;
  }

  level(): Promise<Level> {
    return Promise.resolve(this.#wire.level);
  }

  drive(level: Level): Promise<Mark> {
    return Promise.resolve(this.touch(level));
  }

  release(): Promise<Mark> {
    return Promise.resolve(this.touch(null));
  }

  press({ hold = HOLD }: { readonly hold?: Duration } = {}): Promise<Mark> {
    return Promise.resolve(this.touch({ holdNs: hold.ns }));
  }

  touch(touch: Touch): Mark {
    this.#onTouch(touch);
    if (touch === null) return this.#drive(undefined, "release");
    if (typeof touch === "number") return this.#drive(touch, "drive");
    const active = this.#wire.level === 0 ? 1 : 0;
    const mark = this.#drive(active, "press");
    this.#off = this.#board.board.now() + touch.holdNs;
    this.settle();
    return mark;
  }

  #lift(): void {
    this.#off = undefined;
    this.#drive(undefined, "let go");
  }

  /** Gives the edge, or, when nothing changed, that it was held. */
  #drive(level: Level | undefined, by: string): Mark {
    const before = this.occurrences.length;
    this.#by = by;
    this.#driver.drive(level);
    this.#by = undefined;
    return this.occurrences[before] ??
      this.#signal.emit("held", { level: this.#wire.level, by });
  }

  #emit(kind: string, level: Level): void {
    this.#signal.emit(kind, { level, ...(this.#by !== undefined && { by: this.#by }) });
    this.#board.board.requestStop();
  }

  settle(): void {
    if (this.#off === undefined) this.#finger.cancel();
    else this.#finger.set(this.#off);
  }

  save(): Json {
    return this.#off ?? null;
  }

  load(state: Json): void {
    this.#off = state === null ? undefined : state as number;
  }
}
