/** What a trace has told up to some moment: its latest events, what each console said, what runs. */
import type { TraceEvent } from "../../trace/mod.ts";

const EVENTS = 2000;
const TAIL_CHARACTERS = 32 * 1024;

/** A channel, and the last that it carried. */
export interface ChannelView {
  readonly channel: string;
  readonly count: number;
  readonly last: TraceEvent & { readonly type: "signal" | "bytes" };
}

export class View {
  #events: TraceEvent[] = [];
  readonly #tails = new Map<string, string>();
  readonly #channels = new Map<string, { count: number; last: ChannelView["last"] }>();
  readonly #steps = new Map<number, { readonly name: string; readonly parent?: number }>();

  /** @param steps that run already, outermost first, when the events do not begin at the beginning */
  constructor(steps: readonly string[] = []) {
    steps.forEach((name, i) => this.#steps.set(-1 - i, { name, ...(i > 0 && { parent: -i }) }));
  }

  /** @param steps false for what is known of them already */
  add(event: TraceEvent, { steps = true }: { readonly steps?: boolean } = {}): void {
    this.#events.push(event);
    if (this.#events.length >= 2 * EVENTS) this.#events = this.#events.slice(-EVENTS);
    if (event.type === "bytes" || event.type === "signal") {
      const { channel } = event;
      const count = (this.#channels.get(channel)?.count ?? 0) + 1;
      this.#channels.set(channel, { count, last: event });
    }
    if (event.type === "bytes" && event.dir === "rx") {
      const said = event.text ?? latin1(event.base64 ?? "");
      const all = (this.#tails.get(event.channel) ?? "") + said;
      const cut = all.length > 2 * TAIL_CHARACTERS ? all.slice(-TAIL_CHARACTERS) : all;
      this.#tails.set(event.channel, cut);
    }
    if (steps) this.#step(event);
  }

  #step(event: TraceEvent): void {
    if (event.type === "step.begin") this.#steps.set(event.id, event);
    // Of those that ran already only the names are known: the innermost one ends first.
    if (event.type === "step.end" && !this.#steps.delete(event.id)) {
      const unknown = [...this.#steps.keys()].filter((id) => id < 0).at(-1);
      if (unknown !== undefined) this.#steps.delete(unknown);
    }
  }

  get last(): TraceEvent | undefined {
    return this.#events.at(-1);
  }

  /** Number of the latest event. */
  get seq(): number {
    return this.last?.seq ?? 0;
  }

  /** Names of the steps that run, outermost first. */
  get steps(): readonly string[] {
    return [...this.#steps.values()].map(({ name }) => name);
  }

  /** The latest, at most so many. */
  events(count: number): readonly TraceEvent[] {
    return this.#events.slice(-count);
  }

  /** Those that say something, in order of their names. */
  get consoles(): readonly string[] {
    return [...this.#tails.keys()].sort();
  }

  /** The last lines that the target said. */
  tail(channel: string, lines: number): readonly string[] {
    const text = (this.#tails.get(channel) ?? "").replaceAll("\r\n", "\n");
    return text.trimEnd().split("\n").slice(-lines);
  }

  get channels(): readonly ChannelView[] {
    return [...this.#channels].map(([channel, rest]) => ({ channel, ...rest }))
      .sort((a, b) => a.channel < b.channel ? -1 : 1);
  }
}

function latin1(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return ""; // Damaged.
  }
}
