/**
 * A box of pins that speaks Firmata 2.5, from the host's side: an Arduino with StandardFirmata, or
 * whatever else does. Each pin is let go until it is driven, and every change of one is told.
 */
import type { ByteLink, Clock } from "../../ports/mod.ts";
import { type Duration, hostNow, ms, ns, pause, seconds } from "../../time/mod.ts";
import { Answers } from "./answers.ts";
import { EdgeTimes } from "./edge_times.ts";
import { FirmataError } from "./error.ts";
import { encode, type FirmataMessage, FirmataParser, type Level, MODE, SYSEX } from "./messages.ts";
import {
  firmwareIn,
  levelIn,
  modesIn,
  portOf,
  stampIn,
  stateIn,
  stateQuery,
  sysex,
  sysexIn,
} from "./sysex.ts";

export interface FirmataBoxOptions {
  /** For errors. */
  readonly name: string;
  readonly link: ByteLink;
  /** Of the host. */
  readonly clock: Clock;
  /** From a change of a pin to what tells of it, where the box has no stamps. Default: none. */
  readonly latency?: Duration;
  /** Longest that it may take to come up: opening its port resets an Arduino. Default: 10 s. */
  readonly upLimit?: Duration;
  /** Longest that it may take to answer then. Default: 2 s. */
  readonly limit?: Duration;
  /** Its link has ended, and it was not closed. */
  readonly onLost?: (error: FirmataError) => void;
}

/** How often a box that comes up is asked whether it is there. */
const ASK_AGAIN = ms(500);

interface Watched {
  level: Level | undefined;
  /** What we drive it to: then what is reported of it counts nothing. */
  drives: Level | undefined;
  readonly onLevel: OnLevel;
}

/** @param t when it came to that, on the clock of the host: see {@link EdgeTimes} */
export type OnLevel = (level: Level, t: number) => void;

export class FirmataBox {
  readonly name: string;
  readonly clock: Clock;
  /** Of the program in it: "StandardFirmata.ino 2.5". */
  firmware = "";
  readonly #link: ByteLink;
  readonly #parser = new FirmataParser("box");
  readonly #answers: Answers;
  readonly #watched = new Map<number, Watched>();
  readonly #times: EdgeTimes;
  #modes: readonly (readonly number[])[] = [];
  /** Of the box, for the message that comes next. */
  #stampUs: number | undefined;
  /** What others did since the box was told something. */
  #heldBack: (() => void)[] | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor({ name, link, clock, latency, limit, onLost }: FirmataBoxOptions) {
    this.name = name;
    this.clock = clock;
    this.#link = link;
    this.#times = new EdgeTimes(latency ?? ns(0));
    this.#answers = new Answers(name, limit ?? seconds(2));
    void this.#listen(onLost);
  }

  /** @throws FirmataError when it does not come up, or does not tell what its pins can */
  static async open(options: FirmataBoxOptions): Promise<FirmataBox> {
    const box = new FirmataBox(options);
    await box.#comeUp(options.upLimit ?? seconds(10));
    return box;
  }

  /**
   * Makes an input of a pin and gives its level; `onLevel` is told of each change from then on that
   * is not our own.
   *
   * @throws FirmataError when the box has no such pin, or it cannot be input and output
   */
  watch(pin: number, onLevel: OnLevel): Promise<Level> {
    const able = (modes: readonly number[]) =>
      modes.includes(MODE.INPUT) && modes.includes(MODE.OUTPUT);
    if (!able(this.#modes[pin] ?? [])) {
      const there = this.#modes.flatMap((modes, pin) => able(modes) ? [pin] : []);
      const what = `it can not be input and output; there are ${there.join(", ") || "none"}`;
      return Promise.reject(new FirmataError(this.name, `use pin ${pin} of`, what));
    }
    this.#watched.set(pin, { level: undefined, drives: undefined, onLevel });
    return this.release(pin);
  }

  /**
   * Drives a pin, and sees that the box does. A pin that was let go may be low for the time of three
   * bytes before it is high: Firmata makes an output of it first.
   *
   * @param onDone told before anything that may follow from it
   */
  drive(pin: number, level: Level, onDone: OnLevel = () => {}): Promise<void> {
    return this.#act(async (sent) => {
      const doing = `drive pin ${pin} of`, watched = this.#watched.get(pin)!;
      const done = this.#answers.next(doing, (message) => {
        const found = stateIn(message, pin);
        if (found?.mode === MODE.OUTPUT && found.state === level) {
          onDone(watched.level = level, this.#times.acted(sent, this.#stampUs));
          this.#tellHeldBack();
        }
        return found;
      });
      const isOutput = watched.drives !== undefined;
      watched.drives = level;
      const mode: FirmataMessage = { type: "pin mode", pin, mode: MODE.OUTPUT };
      const value: FirmataMessage = { type: "pin value", pin, level };
      await this.#send(...isOutput ? [] : [mode], value, stateQuery(pin));
      const { mode: now, state } = await done;
      if (now === MODE.OUTPUT && state === level) return;
      const what = `it says that its mode is ${now} and its state ${state}; look at its program`;
      throw new FirmataError(this.name, doing, what);
    });
  }

  /**
   * Lets a pin go, and gives the level that it has then.
   *
   * @param onDone told before anything that may follow from it
   */
  release(pin: number, onDone: OnLevel = () => {}): Promise<Level> {
    return this.#act(async (sent) => {
      const watched = this.#watched.get(pin)!, port = portOf(pin);
      let t: number | undefined;
      const level = this.#answers.next(`let go pin ${pin} of`, (message) => {
        if (stateIn(message, pin)?.mode === MODE.INPUT) t = this.#times.acted(sent, this.#stampUs);
        // What was on its way already tells nothing of an output.
        if (t === undefined || message.type !== "digital" || message.port !== port) {
          return undefined;
        }
        watched.drives = undefined;
        onDone(watched.level = levelIn(message.levels, pin), t);
        this.#tellHeldBack();
        return watched.level;
      });
      await this.#send(
        { type: "pin mode", pin, mode: MODE.INPUT },
        stateQuery(pin),
        // To whoever begins to listen the box says how the port is now.
        { type: "report digital", port, on: true },
      );
      return await level;
    });
  }

  /** Lets all pins go. */
  async close(): Promise<void> {
    const driven = [...this.#watched].filter(([, { drives }]) => drives !== undefined);
    if (!this.#answers.over) await Promise.allSettled(driven.map(([pin]) => this.release(pin)));
    this.#answers.end(new FirmataError(this.name, "use", "it is closed"));
    await this.#link.close();
  }

  async #comeUp(limit: Duration): Promise<void> {
    const doing = "open", end = hostNow() + limit.ns;
    const firmware = this.#answers.next(doing, firmwareIn, limit);
    let there = false;
    firmware.then(() => there = true, () => there = true);
    while (!there) {
      await this.#send(sysex(SYSEX.REPORT_FIRMWARE));
      await Promise.race([firmware, pause(ASK_AGAIN)]);
    }
    this.firmware = await firmware;
    const capabilities = this.#answers.next(
      doing,
      (message) => sysexIn(message, SYSEX.CAPABILITY_RESPONSE),
      ns(Math.max(0, end - hostNow())),
    );
    await this.#send(sysex(SYSEX.STAMPS), sysex(SYSEX.CAPABILITY_QUERY));
    this.#modes = modesIn(await capabilities);
  }

  async #listen(onLost: (error: FirmataError) => void = () => {}): Promise<void> {
    let cause: unknown;
    try {
      for await (const bytes of this.#link.readable) {
        for (const message of this.#parser.take(bytes)) this.#take(message);
      }
    } catch (error) {
      cause = error;
    }
    if (this.#answers.over) return;
    const what = "its link has ended; look at its cable";
    const error = new FirmataError(this.name, "use", what, { cause });
    this.#answers.end(error);
    onLost(error);
  }

  #take(message: FirmataMessage): void {
    const stamp = stampIn(message);
    if (stamp !== undefined) {
      this.#stampUs = stamp;
      return;
    }
    this.#answers.take(message);
    if (message.type === "digital") this.#takePort(message.port, message.levels);
    this.#stampUs = undefined;
  }

  #takePort(port: number, levels: number): void {
    const now = this.clock.now(), stampUs = this.#stampUs;
    for (const [pin, watched] of this.#watched) {
      const level = levelIn(levels, pin);
      const ours = watched.drives !== undefined || watched.level === undefined;
      if (portOf(pin) !== port || ours || watched.level === level) continue;
      watched.level = level;
      const tell = () => watched.onLevel(level, this.#times.told(now, stampUs));
      if (this.#heldBack) this.#heldBack.push(tell);
      else tell();
    }
  }

  /** Does something to the pins: what others do meanwhile may follow from it, and is told after it. */
  #act<T>(work: (sent: number) => Promise<T>): Promise<T> {
    const next = this.#last.then(async () => {
      this.#heldBack = [];
      try {
        return await work(this.clock.now());
      } finally {
        this.#tellHeldBack();
      }
    });
    this.#last = next.catch(() => {});
    return next;
  }

  #tellHeldBack(): void {
    const held = this.#heldBack ?? [];
    this.#heldBack = undefined;
    for (const tell of held) tell();
  }

  async #send(...messages: readonly FirmataMessage[]): Promise<void> {
    if (this.#answers.over) throw this.#answers.over;
    const bytes = messages.flatMap((message) => [...encode(message)]);
    await this.#link.write(Uint8Array.from(bytes));
  }
}
