/**
 * A link's bytes as they are, for a scenario that speaks whatever a port of its target speaks: no
 * prompt, no framing, nothing thrown away. Every byte is recorded on the timeline.
 *
 * @example
 * ```ts ignore
 * const port = new RawSerial({ name: "uart1", link, clock, timeline });
 * await port.write(bytes);
 * const echo = await port.receive(bytes.length, { within: seconds(2) });
 * ```
 */
import type { ByteLink, Clock, ModemLines, SerialPort } from "../../ports/mod.ts";
import { type Duration, formatNs, ms } from "../../time/mod.ts";
import type { Mark, SignalSource, Timeline } from "../../trace/mod.ts";
import { Recorder } from "./recorder.ts";

/** What a link has beside bytes, where it has it. */
export interface SerialControls {
  sendBreak?(options: { readonly hold: Duration }): Promise<void>;
  setLines?(lines: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<void>;
  lines?(): Promise<ModemLines>;
}

export interface RawSerialOptions {
  /** Channel in the trace; of what is not bytes: "uart1 line". */
  readonly name: string;
  readonly link: ByteLink;
  /** Default: none. */
  readonly controls?: SerialControls;
  readonly clock: Clock;
  readonly timeline: Timeline;
}

/** Longer than a frame at any rate that people use, as tcsendbreak(3). */
const BREAK = ms(250);

/** Kinds: "break" for so long, "lines" with those that were set. */
type LineData = { readonly holdNs: number } | { readonly dtr?: boolean; readonly rts?: boolean };

export class RawSerial implements SerialPort {
  readonly name: string;
  readonly #link: ByteLink;
  readonly #clock: Clock;
  readonly #controls: SerialControls;
  readonly #timeline: Timeline;
  #line: SignalSource<LineData> | undefined;
  readonly #rx: Recorder;
  readonly #tx: Recorder;
  /** What has come and was not taken. */
  #chunks: Uint8Array[] = [];
  #kept = 0;
  #received = 0;
  readonly #ended = Promise.withResolvers<void>();
  #end: { readonly error?: unknown } | undefined;

  constructor({ name, link, controls = {}, clock, timeline }: RawSerialOptions) {
    this.#controls = controls;
    this.#timeline = timeline;
    this.name = name;
    this.#link = link;
    this.#clock = clock;
    this.#rx = new Recorder({ channel: name, dir: "rx", timeline, clock });
    this.#tx = new Recorder({ channel: name, dir: "tx", timeline, clock });
    const take = (bytes: Uint8Array) => this.#take(bytes);
    const ended = (error?: unknown) => {
      this.#end = { error };
      this.#rx.flush(clock.now());
      this.#ended.resolve();
    };
    if (link.listen) link.listen(take, ended);
    else void readAll(link.readable, take).then(() => ended(), ended);
  }

  get received(): number {
    return this.#received;
  }

  write(bytes: Uint8Array): Promise<void> {
    const t = this.#clock.now();
    this.#tx.record(bytes, t);
    this.#tx.flush(t);
    return this.#link.write(bytes);
  }

  async receive(count: number, { within }: { readonly within: Duration }): Promise<Uint8Array> {
    const enough = this.#clock.until(() => this.#kept >= count || this.#end, within);
    await Promise.race([enough, this.#ended.promise]);
    if (this.#kept < count) {
      const why = this.#end ? "the link has ended" : `no more came in ${formatNs(within.ns)}`;
      throw new Error(
        `Cannot receive ${count} bytes from "${this.name}": ${this.#kept} are there and ${why}; ` +
          "look whether the target sends them all",
        { cause: this.#end?.error },
      );
    }
    return this.#give(count);
  }

  async sendBreak({ hold = BREAK }: { readonly hold?: Duration } = {}): Promise<Mark> {
    const send = this.#control("sendBreak", "send a break on");
    const mark = this.#tell("break", { holdNs: hold.ns });
    await send({ hold });
    return mark;
  }

  async setLines(lines: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<Mark> {
    const set = this.#control("setLines", "set lines of");
    const mark = this.#tell("lines", { ...lines });
    await set(lines);
    return mark;
  }

  // deno-lint-ignore require-await
  async lines(): Promise<ModemLines> {
    return this.#control("lines", "read lines of")();
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  #control<K extends keyof SerialControls>(what: K, doing: string): NonNullable<SerialControls[K]> {
    const control = this.#controls[what];
    if (control) return control.bind(this.#controls) as NonNullable<SerialControls[K]>;
    throw new Error(
      `Cannot ${doing} "${this.name}": the line to the target has none; ` +
        "name what the scenario needs, so that a bench without it skips it",
    );
  }

  #tell(kind: string, data: LineData): Mark {
    const clock = this.#clock;
    this.#line ??= this.#timeline.signal<LineData>(`${this.name} line`, { clock });
    return this.#line.emit(kind, data);
  }

  #take(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice()); // The link may use its buffer again.
    this.#kept += bytes.length;
    this.#received += bytes.length;
    this.#rx.record(bytes, this.#clock.now()); // Last: who waits looks now.
  }

  #give(count: number): Uint8Array {
    const all = new Uint8Array(this.#kept);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = count < all.length ? [all.subarray(count)] : [];
    this.#kept -= count;
    return all.slice(0, count);
  }
}

async function readAll(
  readable: ReadableStream<Uint8Array>,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  for await (const bytes of readable) take(bytes);
}
