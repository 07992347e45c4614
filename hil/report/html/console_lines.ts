/** Bytes of links put together to lines: a UART gives them one at a time. */
import type { BytesEvent, EventBase } from "../../trace/mod.ts";
import { plainText } from "../text.ts";
import type { ShownEvent } from "./model.ts";

type Bytes = EventBase & BytesEvent;

/** Longer ones are cut into several. */
const LONGEST = 1000;
/** Of what is no text. */
const LONGEST_BINARY = 192;

interface Open {
  readonly first: Bytes;
  until: number;
  text: string;
}

/** Lines of all channels; what is said and what is heard are apart. */
export class ConsoleLines {
  readonly #open = new Map<string, Open>();

  constructor(private readonly give: (line: ShownEvent) => void) {}

  add(event: Bytes): void {
    const key = `${event.dir} ${event.channel}`;
    if (event.text === undefined) {
      this.#flush(key);
      return this.give(binary(event));
    }
    const lines = event.text.split("\n");
    for (const [i, line] of lines.entries()) {
      const last = i === lines.length - 1;
      if (!last || line !== "") this.#append(key, event, last ? line : `${line}\n`);
      if (!last) this.#flush(key);
    }
  }

  /** Lines that have no end, or none yet. */
  open(): ShownEvent[] {
    return [...this.#open.values()].map(shown);
  }

  #append(key: string, event: Bytes, text: string): void {
    let open = this.#open.get(key);
    if (!open) this.#open.set(key, open = { first: event, until: event.t, text: "" });
    open.text += text;
    open.until = event.t;
    if (open.text.length >= LONGEST) this.#flush(key);
  }

  #flush(key: string): void {
    const open = this.#open.get(key);
    if (!open) return;
    this.#open.delete(key);
    this.give(shown(open));
  }
}

function shown({ first, until, text: said }: Open): ShownEvent {
  const text = plainText(said.replace(/\r+\n/g, "\n"));
  const cut = Math.max(0, text.length - 4 * LONGEST);
  return {
    ...first,
    text: cut > 0 ? text.slice(0, 4 * LONGEST) : text,
    ...(until > first.t && { until }),
    ...(cut > 0 && { cut }),
  };
}

function binary(event: Bytes): ShownEvent {
  const { base64 = "" } = event;
  const length = Math.floor(base64.replace(/=+$/, "").length * 3 / 4);
  if (length <= LONGEST_BINARY) return event;
  return {
    ...event,
    base64: base64.slice(0, LONGEST_BINARY / 3 * 4),
    cut: length - LONGEST_BINARY,
  };
}
