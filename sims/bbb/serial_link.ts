/**
 * The cable on a UART of a simulated board. What the board says is handed over line by line, at
 * the end of a line's last byte, or 1 ms after the first byte that was not; what it is told arrives
 * byte by byte at the speed of the line.
 */
import { Buffer } from "node:buffer";
import type { ByteLink, Duration } from "hil";
import type { Json } from "hil/trace/mod.ts";
import type { EngineTimer, Part, VirtualClock } from "sims/engine/mod.ts";
import type { SerialReceiver } from "./soc/serial_line.ts";

const HAND_OVER_NS = 1_000_000;
const LF = 0x0a;
/** Start bit, eight of data, stop bit. */
const BITS_A_BYTE = 10;

export interface SerialLinkOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** The UART's receiver. */
  readonly uart: SerialReceiver;
  /** Default 115,200. */
  readonly baudHz?: number;
}

export class SerialLink implements ByteLink, SerialReceiver, Part {
  readonly name: string;
  readonly version = 1;
  readonly #clock: VirtualClock;
  readonly #uart: SerialReceiver;
  readonly #byteNs: number;
  #said: number[] = [];
  /** When what was said is handed over at the latest. */
  #due = 0;
  readonly #handOver: EngineTimer;
  /** What it was told; from `#next` on it has not arrived. A break is its length in ns, negative. */
  #told: number[] = [];
  #next = 0;
  /** When the next byte arrives. */
  #arrives = 0;
  readonly #arrival: EngineTimer;
  #take: (bytes: Uint8Array) => void = () => {};
  #ended: (error?: Error) => void = () => {};
  #closed = false;
  /** Told what comes in on the cable, as {@link tell} takes it. */
  onTell: ((told: readonly number[]) => void) | undefined;

  constructor({ name, clock, uart, baudHz = 115_200 }: SerialLinkOptions) {
    this.name = name;
    this.#clock = clock;
    this.#uart = uart;
    this.#byteNs = Math.round(BITS_A_BYTE * 1e9 / baudHz);
    this.#handOver = clock.timer(`${name} hand over`, () => this.flush());
    this.#arrival = clock.timer(`${name} arrival`, () => this.#arrive());
  }

  /** A byte from the board, at the end of its stop bit. */
  receive(byte: number): void {
    this.#said.push(byte);
    if (byte === LF) this.flush();
    else if (this.#said.length === 1) {
      this.#handOver.set(this.#due = this.#clock.now() + HAND_OVER_NS);
    }
  }

  /** Hands over what was said by now. */
  flush(): void {
    this.#handOver.cancel();
    if (this.#said.length === 0) return;
    const bytes = Uint8Array.from(this.#said);
    this.#said = [];
    if (!this.#closed) this.#take(bytes);
    this.#clock.requestStop();
  }

  listen(take: (bytes: Uint8Array) => void, ended: (error?: Error) => void): void {
    this.#take = take;
    this.#ended = ended;
  }

  get readable(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) =>
        this.listen(
          (bytes) => controller.enqueue(bytes),
          (error) => error ? controller.error(error) : controller.close(),
        ),
    });
  }

  write(data: Uint8Array): Promise<void> {
    this.tell([...data]);
    return Promise.resolve();
  }

  /** Behind what it was told; at least a frame long. */
  sendBreak({ hold }: { readonly hold: Duration }): Promise<void> {
    this.tell([-Math.max(hold.ns, this.#byteNs)]);
    return Promise.resolve();
  }

  /** @param data bytes, and breaks by their negative length in ns */
  tell(data: readonly number[]): void {
    this.onTell?.(data);
    if (this.#next === this.#told.length) {
      // The break before it may not be over.
      this.#arrives = Math.max(this.#arrives, this.#clock.now() + this.#byteNs);
    }
    for (const byte of data) this.#told.push(byte);
    this.settle();
  }

  close(): Promise<void> {
    this.flush();
    if (!this.#closed) this.#ended();
    this.#closed = true;
    return Promise.resolve();
  }

  /** The board has lost its power: what was under way is gone. */
  cut(): void {
    this.#told = [];
    this.#next = 0;
    this.#arrives = 0;
    this.settle();
  }

  #arrive(): void {
    const byte = this.#told[this.#next++]!;
    // A break is told of after a frame of it: what comes next begins when it is over.
    this.#arrives += byte < 0 ? -byte : this.#byteNs;
    if (this.#next === this.#told.length) {
      this.#told = [];
      this.#next = 0;
    }
    this.settle();
    if (byte < 0) this.#uart.receive(0, { framing: true, isBreak: true });
    else this.#uart.receive(byte);
  }

  settle(): void {
    if (this.#next < this.#told.length) this.#arrival.set(this.#arrives);
    else this.#arrival.cancel();
    if (this.#said.length > 0) this.#handOver.set(this.#due);
    else this.#handOver.cancel();
  }

  save(): Json {
    const left = this.#told.slice(this.#next);
    return {
      said: Buffer.from(this.#said).toString("base64"),
      told: Buffer.from(left.map((byte) => Math.max(0, byte))).toString("base64"),
      breaks: left.flatMap((byte, n) => byte < 0 ? [[n, byte]] : []),
      ...{ arrives: this.#arrives, due: this.#due },
    };
  }

  load(state: Json): void {
    const { said, told, breaks, arrives, due } = state as
      & Record<"said" | "told", string>
      & { breaks: [n: number, byte: number][] }
      & Record<"arrives" | "due", number>;
    this.#said = [...Buffer.from(said, "base64")];
    this.#told = [...Buffer.from(told, "base64")];
    for (const [n, byte] of breaks) this.#told[n] = byte;
    this.#next = 0;
    this.#arrives = arrives;
    this.#due = due;
  }
}
