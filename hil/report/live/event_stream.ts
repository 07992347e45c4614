/**
 * Changes of a run to one page, as Server-Sent Events (HTML Living Standard, section 9.2): first the
 * whole index, then what changed since, at most a few times a second. A page that does not read is sent
 * nothing: what it missed is told at once when it reads again.
 */
import { alarm, every, ms, seconds } from "../../time/mod.ts";
import type { LiveReport } from "./live_report.ts";

/** Between two events. */
const PAUSE = ms(250);
/** What runs gets longer while nothing happens; and a page that is gone is found out. */
const TICK = seconds(1);
/** How soon a page that lost us asks again, in milliseconds. */
const RETRY_MS = 1000;

/** Events that a page has not read yet. */
const MOST_WAITING = 4;

const encoder = new TextEncoder();

export interface EventStreamOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** It has ended, or its page has gone. */
  readonly onEnd: () => void;
}

export function eventStream(
  live: LiveReport,
  { signal, onEnd }: EventStreamOptions,
): ReadableStream<Uint8Array> {
  let end = () => {};
  return new ReadableStream({
    start(controller) {
      const changes = new Changes(live, controller);
      const forget = live.onChange(() => changes.soon());
      const stopTicking = every(TICK, () => changes.send());
      const close = () => {
        changes.send();
        end();
        controller.close();
      };
      end = () => {
        forget();
        stopTicking();
        changes.stop();
        signal.removeEventListener("abort", close);
        onEnd();
      };
      signal.addEventListener("abort", close);
    },
    cancel: () => end(),
  }, { highWaterMark: MOST_WAITING });
}

class Changes {
  #seen: number;
  #told = false;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly live: LiveReport,
    private readonly to: ReadableStreamDefaultController<Uint8Array>,
  ) {
    this.to.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
    this.#seen = live.version;
    this.#told = live.ended;
    this.#write("index", live.index());
  }

  /** With what else comes until then. */
  soon(): void {
    this.#cancel ??= alarm(PAUSE, () => this.send());
  }

  send(): void {
    this.stop();
    // Its buffers are full: the next tick tries again.
    if (this.#told || (this.to.desiredSize ?? 0) <= 0) return;
    const since = this.#seen;
    this.#seen = this.live.version;
    this.#told = this.live.ended;
    this.#write("changes", this.live.changes(since));
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #write(name: string, data: unknown): void {
    this.to.enqueue(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
  }
}
