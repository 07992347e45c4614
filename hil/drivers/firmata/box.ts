/**
 * A box of pins that speaks Firmata 2.5, from the host's side: an Arduino with StandardFirmata, or
 * whatever else does. Each pin is let go until it is driven, and every change of one is told.
 */
import type { ByteLink, Clock } from "../../ports/mod.ts";
import { type Duration, hostNow, ms, ns, seconds, timer, withLimit } from "../../time/mod.ts";
import { FirmataError } from "./error.ts";
import { encode, type FirmataMessage, FirmataParser, type Level, MODE, SYSEX } from "./messages.ts";

export interface FirmataBoxOptions {
  /** For errors. */
  readonly name: string;
  readonly link: ByteLink;
  /** Of the host: a box does not tell when something was. */
  readonly clock: Clock;
  /** Its link has ended, and it was not closed. */
  readonly onLost?: (error: FirmataError) => void;
  /** Longest that it may take to come up: opening its port resets an Arduino. Default: 10 s. */
  readonly upLimit?: Duration;
  /** Longest that it may take to answer then. Default: 2 s. */
  readonly limit?: Duration;
}

/** How often a box that comes up is asked whether it is there. */
const ASK_AGAIN = ms(500);
const PINS_A_PORT = 8;

interface Watched {
  level: Level | undefined;
  /** What we drive it to: then what is reported of it counts nothing. */
  drives: Level | undefined;
  readonly onLevel: OnLevel;
}

/** @param t when the box told it, on its clock */
export type OnLevel = (level: Level, t: number) => void;

interface Told {
  readonly sent?: () => void;
  readonly level?: (level: Level) => void;
}

interface Waiting {
  readonly take: (message: FirmataMessage) => boolean;
  readonly reject: (error: Error) => void;
}

export class FirmataBox {
  readonly name: string;
  readonly clock: Clock;
  /** Of the program in it: "StandardFirmata.ino 2.5". */
  firmware = "";
  readonly #link: ByteLink;
  readonly #limit: Duration;
  readonly #parser = new FirmataParser("box");
  readonly #waiting = new Set<Waiting>();
  readonly #watched = new Map<number, Watched>();
  readonly #modes: (readonly number[])[] = [];
  /** What others did since a pin is let go: told after it, for it may follow from that. */
  #heldBack: (() => void)[] | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #over: FirmataError | undefined;
  #lastWords = "";

  private constructor({ name, link, clock, limit = seconds(2), onLost }: FirmataBoxOptions) {
    this.name = name;
    this.clock = clock;
    this.#link = link;
    this.#limit = limit;
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
   * is not by {@link drive}.
   *
   * @throws FirmataError when the box has no such pin, or it cannot be input and output
   */
  watch(pin: number, onLevel: OnLevel): Promise<Level> {
    const modes = this.#modes[pin] ?? [];
    if (!modes.includes(MODE.INPUT) || !modes.includes(MODE.OUTPUT)) {
      const able = this.#modes.flatMap((modes, pin) =>
        modes.includes(MODE.INPUT) && modes.includes(MODE.OUTPUT) ? [pin] : []
      );
      const what = `it can not be input and output; there are ${able.join(", ") || "none"}`;
      return Promise.reject(this.#error(`use pin ${pin} of`, what));
    }
    this.#watched.set(pin, { level: undefined, drives: undefined, onLevel });
    return this.release(pin);
  }

  /**
   * Drives a pin, and sees that the box does. A pin that was let go may be low for the time of three
   * bytes before it is high: Firmata makes an output of it first.
   *
   * @param onSent called when the box is told: the edge is not earlier
   */
  drive(pin: number, level: Level, onSent: () => void = () => {}): Promise<void> {
    return this.#inTurn(async () => {
      const watched = this.#watched.get(pin)!;
      const state = this.#answer(`drive pin ${pin} of`, stateOf(pin));
      onSent();
      const known = watched.drives !== undefined;
      watched.drives = watched.level = level;
      const mode: FirmataMessage = { type: "pin mode", pin, mode: MODE.OUTPUT };
      const value: FirmataMessage = { type: "pin value", pin, level };
      await this.#send(...known ? [] : [mode], value, stateQuery(pin));
      const { mode: now, state: is } = await state;
      if (now === MODE.OUTPUT && is === level) return;
      const what = `it says that its mode is ${now} and its state ${is}; look at its program`;
      throw this.#error(`drive pin ${pin} of`, what);
    });
  }

  /**
   * Lets a pin go, and gives the level that it has then.
   *
   * @param told.sent called when the box is told: an edge is not earlier
   * @param told.level called with that level, before anything else is told
   */
  release(pin: number, told: Told = {}): Promise<Level> {
    return this.#inTurn(async () => {
      const watched = this.#watched.get(pin)!;
      const port = Math.floor(pin / PINS_A_PORT), state = stateOf(pin);
      let isInput = false;
      const level = this.#answer(`let go pin ${pin} of`, (message) => {
        isInput ||= state(message)?.mode === MODE.INPUT;
        // What was on its way already tells nothing of an output.
        if (!isInput || message.type !== "digital" || message.port !== port) return undefined;
        watched.drives = undefined;
        watched.level = levelIn(message.levels, pin);
        told.level?.(watched.level);
        this.#tellHeldBack();
        return watched.level;
      });
      told.sent?.();
      this.#heldBack = [];
      try {
        await this.#send(
          { type: "pin mode", pin, mode: MODE.INPUT },
          stateQuery(pin),
          // To whoever begins to listen the box says how the port is now.
          { type: "report digital", port, on: true },
        );
        return await level;
      } finally {
        this.#tellHeldBack();
      }
    });
  }

  /** Lets all pins go. */
  async close(): Promise<void> {
    const driven = [...this.#watched].filter(([, { drives }]) => drives !== undefined);
    if (!this.#over) await Promise.allSettled(driven.map(([pin]) => this.release(pin)));
    this.#over ??= this.#error("use", "it is closed");
    await this.#link.close();
  }

  async #comeUp(limit: Duration): Promise<void> {
    const doing = "open";
    const end = hostNow() + limit.ns;
    const firmware = this.#answer(doing, sysexOf(SYSEX.REPORT_FIRMWARE), limit);
    let there = false;
    firmware.then(() => there = true, () => there = true);
    while (!there) {
      await this.#send(sysex(SYSEX.REPORT_FIRMWARE));
      await Promise.race([firmware, new Promise<void>((resolve) => timer(ASK_AGAIN, resolve))]);
    }
    const [major, minor, ...text] = await firmware;
    this.firmware = `${textOf(text)} ${major}.${minor}`;
    const left = ns(Math.max(0, end - hostNow()));
    const capabilities = this.#answer(doing, sysexOf(SYSEX.CAPABILITY_RESPONSE), left);
    await this.#send(sysex(SYSEX.CAPABILITY_QUERY));
    this.#modes.push(...modesIn(await capabilities));
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
    const closed = this.#over !== undefined;
    this.#over ??= this.#error("use", "its link has ended; look at its cable", { cause });
    for (const { reject } of this.#waiting) reject(this.#over);
    this.#waiting.clear();
    if (!closed) onLost(this.#over);
  }

  #take(message: FirmataMessage): void {
    if (message.type === "sysex" && message.id === SYSEX.STRING_DATA) {
      this.#lastWords = textOf(message.data);
    }
    // Who waits for the answer to what it did is first: whatever follows from that comes after it.
    for (const waiting of this.#waiting) {
      if (waiting.take(message)) this.#waiting.delete(waiting);
    }
    if (message.type !== "digital") return;
    for (const [pin, watched] of this.#watched) {
      if (Math.floor(pin / PINS_A_PORT) !== message.port) continue;
      const level = levelIn(message.levels, pin);
      if (watched.drives !== undefined || watched.level === undefined) continue;
      if (watched.level === level) continue;
      watched.level = level;
      const t = this.clock.now(), tell = () => watched.onLevel(level, t);
      if (this.#heldBack) this.#heldBack.push(tell);
      else tell();
    }
  }

  #tellHeldBack(): void {
    const held = this.#heldBack ?? [];
    this.#heldBack = undefined;
    for (const tell of held) tell();
  }

  /** The first answer of that kind from now on. */
  #answer<T>(
    doing: string,
    read: (message: FirmataMessage) => T | undefined,
    limit = this.#limit,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const take = (message: FirmataMessage) => {
      const value = read(message);
      if (value !== undefined) resolve(value);
      return value !== undefined;
    };
    const waiting: Waiting = { take, reject };
    if (this.#over) reject(this.#over);
    else this.#waiting.add(waiting);
    const limited = withLimit(promise, limit, () => {
      this.#waiting.delete(waiting);
      const said = this.#lastWords && `, and said "${this.#lastWords}"`;
      const remedy = "look whether its program is StandardFirmata, at that rate";
      throw this.#error(doing, `it has not answered within ${limit}${said}; ${remedy}`);
    });
    limited.catch(() => {}); // Whoever asked may have failed to send first.
    return limited;
  }

  async #send(...messages: readonly FirmataMessage[]): Promise<void> {
    const bytes = messages.flatMap((message) => [...encode(message)]);
    if (this.#over) throw this.#over;
    await this.#link.write(Uint8Array.from(bytes));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }

  #error(doing: string, what: string, options?: ErrorOptions): FirmataError {
    return new FirmataError(this.name, doing, what, options);
  }
}

function sysex(id: number, ...data: readonly number[]): FirmataMessage {
  return { type: "sysex", id, data: Uint8Array.from(data) };
}

function sysexOf(id: number) {
  return (message: FirmataMessage) =>
    message.type === "sysex" && message.id === id ? message.data : undefined;
}

const stateQuery = (pin: number) => sysex(SYSEX.PIN_STATE_QUERY, pin);

/** What a pin is set to: 7 bits of its state a byte. */
function stateOf(pin: number) {
  return (message: FirmataMessage) => {
    const [of, mode, ...bits] = sysexOf(SYSEX.PIN_STATE_RESPONSE)(message) ?? [];
    if (of !== pin) return undefined;
    return { mode, state: bits.reduceRight((sum, seven) => sum * 128 + seven, 0) };
  };
}

function levelIn(levels: number, pin: number): Level {
  return (levels >>> pin % PINS_A_PORT & 1) as Level;
}

/** Two bytes a character. */
function textOf(data: Iterable<number>): string {
  const bytes = [...data];
  return bytes.flatMap((byte, n) => n % 2 === 0 ? [byte | (bytes[n + 1] ?? 0) << 7] : [])
    .map((code) => String.fromCharCode(code)).join("");
}

/** Of each pin: mode and resolution by turns, with 0x7f behind the last. */
export function modesIn(data: Uint8Array): number[][] {
  const pins: number[][] = [];
  let modes: number[] = [];
  for (let at = 0; at < data.length; at++) {
    if (data[at] === 0x7f) {
      pins.push(modes);
      modes = [];
    } else modes.push(data[at++]!);
  }
  return pins;
}
