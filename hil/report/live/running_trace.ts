/** The trace of an attempt that runs: read on whenever somebody looks at it, and only then. */
import { hostNow, ms } from "../../time/mod.ts";
import {
  type MeasureEvent,
  type TraceEvent,
  TraceFollower,
  type TraceHeader,
} from "../../trace/mod.ts";
import type { Attachment } from "../result.ts";
import { Condenser } from "../html/condense.ts";
import type { EventsDetail } from "../html/model.ts";

/** How long one look may read on: a long trace is caught up with in several. */
const LOOK = ms(200);
/** Kept of each; the report of an attempt that has ended has all. */
const MOST_FACTS = 500;

export class RunningTrace implements Disposable {
  readonly #condenser = new Condenser();
  readonly #folder: string;
  #follower: TraceFollower | undefined;
  #looking: Promise<void> | undefined;
  #disposed = false;
  readonly measurements: MeasureEvent[] = [];
  readonly attachments: Attachment[] = [];

  /**
   * @param file absolute
   * @param path of the file as results have it
   */
  constructor(private readonly file: string, readonly path: string) {
    this.#folder = path.slice(0, path.lastIndexOf("/"));
  }

  get header(): TraceHeader | undefined {
    return this.#follower?.header;
  }

  /** How many events have been read. */
  get total(): number {
    return this.#condenser.total;
  }

  /** Reads on; several who look at once share it. */
  look(): Promise<void> {
    return this.#looking ??= this.#look().finally(() => this.#looking = undefined);
  }

  events(limitBytes: number): EventsDetail {
    const none = this.total === 0 ? ["it has not begun yet"] : [];
    return this.#condenser.detail(limitBytes, none);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    if (!this.#looking) this.#follower?.[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const follower = this.#follower ??= await TraceFollower.open(this.file);
    const until = hostNow() + LOOK.ns;
    while (follower && !this.#disposed && hostNow() < until) {
      const events = await follower.read();
      if (!events) break;
      for (const event of events) this.#add(event);
    }
    if (this.#disposed) follower?.[Symbol.dispose]();
  }

  #add(event: TraceEvent): void {
    this.#condenser.add(event);
    if (event.type === "measure" && this.measurements.length < MOST_FACTS) {
      this.measurements.push(event);
    }
    if (event.type === "attachment" && this.attachments.length < MOST_FACTS) {
      this.attachments.push({ path: `${this.#folder}/${event.path}`, title: event.title });
    }
  }
}
