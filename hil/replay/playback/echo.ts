/** What the targets did when they were recorded, on the timeline of now. */
import type { AttachmentEvent, BytesEvent, Json, LogEvent, SignalEvent } from "../../trace/mod.ts";
import type { EventBase, SignalSource, Timeline } from "../../trace/mod.ts";
import { PlaybackClock, type Times } from "./clock.ts";
import type { Recording } from "./recording.ts";

/** A name that leads nowhere else. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** A value of a call that is a file: what is called now has its own. */
const VALUE = /^blob-[0-9a-f]+\./;

export class Echo {
  readonly #clocks = new Map<string, PlaybackClock>();
  readonly #signals = new Map<string, SignalSource<Json>>();
  /** Of each recorded event, the last one that has been written by then. */
  readonly #seqs: number[] = [];
  #seq = 0;

  constructor(
    private readonly recording: Recording,
    private readonly timeline: Timeline,
    private readonly times: Times,
    private readonly attachmentsDir?: string,
  ) {
    timeline.clock = this.clock(recording.ownClock);
  }

  clock(name: string): PlaybackClock {
    const known = this.#clocks.get(name);
    if (known) return known;
    const clock = new PlaybackClock(name, this.times);
    this.#clocks.set(name, clock);
    return clock;
  }

  signal(channel: string, clock?: string): SignalSource<Json> {
    const known = this.#signals.get(channel);
    if (known) return known;
    const name = clock ?? this.recording.channels.get(channel) ?? this.recording.ownClock;
    const source = this.timeline.signal<Json>(channel, { clock: this.clock(name) });
    this.#signals.set(channel, source);
    return source;
  }

  /** Where a mark of the recording is on the timeline now. */
  seqOf(recorded: number): number {
    return this.#seqs[recorded] ?? this.#seq;
  }

  bytes(
    { type, channel, dir, text, base64, t, clock = this.recording.ownClock }: Timed<BytesEvent>,
  ) {
    const options = { clock: this.clock(clock), t };
    this.#seq = this.timeline.record({ type, channel, dir, text, base64 }, options).seq;
  }

  happened({ kind, data, t, channel, clock }: Timed<SignalEvent>) {
    this.#seq =
      this.signal(channel, clock).emit(kind, this.recording.secrets.restored(data as Json), t).seq;
  }

  /** Of the harness: what a scenario logs is "info", and it logs it again. */
  said({ type, level, text, t, clock = this.recording.ownClock }: Timed<LogEvent>) {
    if (level === "info") return;
    const options = { clock: this.clock(clock), t };
    this.#seq = this.timeline.record({ type, level, text }, options).seq;
  }

  /** A file of a target's is beside the new trace too, unless there is one of its name. */
  left({ type, path, title, print, t, clock = this.recording.ownClock }: Timed<AttachmentEvent>) {
    if (this.attachmentsDir === undefined || !PLAIN.test(path) || VALUE.test(path)) return;
    try {
      const content = this.recording.file(path);
      Deno.writeFileSync(`${this.attachmentsDir}/${path}`, content, { createNew: true });
    } catch {
      return; // The recording came without it, or the scenario has made its own.
    }
    const options = { clock: this.clock(clock), t };
    this.#seq = this.timeline.record({ type, path, title, ...print && { print } }, options).seq;
  }

  /** That event of the recording is over. */
  passed({ seq }: EventBase): void {
    this.#seqs[seq] = this.#seq;
  }
}

type Timed<Body> = EventBase & Body;
