/** For tests: a console over a link whose other side the test holds. */
import { setImmediate } from "node:timers";
import type { ByteLink, Clock } from "../../ports/mod.ts";
import { type BytesEvent, Timeline, type TraceEvent } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { openConsole } from "./console.ts";
import type { ConsoleOptions, OpenConsole } from "./options.ts";

/** The other side of a {@link ByteLink}. */
export class Pipe implements ByteLink {
  readonly readable: ReadableStream<Uint8Array>;
  /** Called with what the harness writes. */
  onWrite: (data: Uint8Array) => void = () => {};
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #over = false;

  constructor() {
    this.readable = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
    });
  }

  /** One chunk; text as UTF-8. */
  say(data: string | Uint8Array): void {
    this.#controller.enqueue(typeof data === "string" ? new TextEncoder().encode(data) : data);
  }

  write(data: Uint8Array): Promise<void> {
    this.onWrite(data);
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.#over) this.#controller.close();
    this.#over = true;
    return Promise.resolve();
  }

  /** The link breaks; what was said before is read first. */
  async break(error: Error): Promise<void> {
    while (this.#controller.desiredSize! < 1) await turn();
    this.#over = true;
    this.#controller.error(error);
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

export interface Bench {
  readonly pipe: Pipe;
  readonly com1: OpenConsole;
  readonly clock: Clock;
  readonly timeline: Timeline;
  readonly events: TraceEvent[];
  /** What the timeline was failed with. */
  readonly failures: Error[];
  /** The bytes of one direction in the trace. */
  recorded(dir: "rx" | "tx"): Uint8Array;
}

/** A console "com1" on the host's clock. */
export function bench(options: Partial<ConsoleOptions> = {}): Bench {
  const events: TraceEvent[] = [];
  const failures: Error[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  timeline.onFailure((error) => void failures.push(error));
  const clock = options.clock ?? new HostClock(timeline);
  timeline.clock = clock;
  const pipe = new Pipe();
  const com1 = openConsole({ name: "com1", link: pipe, timeline, clock, ...options });
  const recorded = (wanted: string) =>
    new Uint8Array(
      events.filter((event): event is TraceEvent & BytesEvent =>
        event.type === "bytes" && event.dir === wanted
      ).flatMap((event) => [...bytesOf(event)]),
    );
  return { pipe, com1, clock, timeline, events, failures, recorded };
}

/** The bytes of an event. */
export function bytesOf({ text, base64 }: BytesEvent): Uint8Array {
  if (text !== undefined) return new TextEncoder().encode(text);
  return Uint8Array.from(atob(base64!), (character) => character.charCodeAt(0));
}
