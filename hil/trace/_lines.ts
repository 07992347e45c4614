/** Bytes of links put together to lines: a UART gives them one at a time. */
import type { BytesEvent, EventBase } from "./event.ts";

export type Bytes = EventBase & BytesEvent;

/** A line, or what a link said until the other side spoke. */
export interface BytesLine {
  readonly first: Bytes;
  /** Time of its last bytes, on the clock of the first. */
  readonly until: number;
  /** Without its newline; what is no text as "\x1b", its bytes in hex. */
  readonly text: string;
}

/** Longer ones are cut into several: a link without newlines fills no memory. */
const LONGEST = 1000;
const decoder = new TextDecoder("latin1");

interface Open {
  readonly first: Bytes;
  until: number;
  text: string;
}

/** Lines in the order in which they ended; a prompt without a newline ends when it is answered. */
export class Lines {
  readonly #open = new Map<string, Open>();

  /** What has come to its end by these bytes. */
  add(event: Bytes): BytesLine[] {
    const done = this.#end(event, event.dir === "rx" ? "tx" : "rx");
    const pieces = escaped(event).split("\n");
    for (const [i, piece] of pieces.entries()) {
      const whole = i < pieces.length - 1;
      if (whole || piece !== "") done.push(...this.#append(event, piece));
      if (whole) done.push(...this.#end(event));
    }
    return done;
  }

  /** Those that have no end. */
  end(): BytesLine[] {
    const rest = [...this.#open.values()];
    this.#open.clear();
    return rest;
  }

  #append(event: Bytes, piece: string): BytesLine[] {
    const key = keyOf(event, event.dir);
    let open = this.#open.get(key);
    if (!open) this.#open.set(key, open = { first: event, until: event.t, text: "" });
    open.text += piece;
    open.until = event.t;
    const done: BytesLine[] = [];
    while (open.text.length > LONGEST) {
      done.push({ first: open.first, until: event.t, text: open.text.slice(0, LONGEST) });
      this.#open.set(key, open = { first: event, until: event.t, text: open.text.slice(LONGEST) });
    }
    return done;
  }

  #end(event: Bytes, dir = event.dir): BytesLine[] {
    const key = keyOf(event, dir);
    const open = this.#open.get(key);
    this.#open.delete(key);
    return open ? [open] : [];
  }
}

function keyOf({ channel, clock = "" }: Bytes, dir: string): string {
  return `${dir} ${clock} ${channel}`;
}

/** Text as it is, but for what moves a cursor; of bytes that are no text, those that are ASCII. */
function escaped({ text, base64 = "" }: Bytes): string {
  const all = text ?? decoder.decode(decoded(base64));
  const odd = text === undefined ? /[^\n -[\]-~]/g : /[\p{Cc}\\]/gu;
  return all.replaceAll(/\r+\n/g, "\n").replaceAll(odd, (c) => {
    if (c === "\n" || c === "\t" || c === "\\" && text !== undefined) return c;
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** A damaged trace may have anything there; it is shown as it is. */
function decoded(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return new TextEncoder().encode(base64);
  }
}
