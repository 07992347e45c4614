/**
 * Messages of the Asterisk Manager Interface: lines of `Name: value`, ended by an empty one
 * (Asterisk's main/manager.c). The first line of a connection is a greeting and no message.
 */
import { registerError } from "hil/record/errors.ts";

/** What is longer than any message of Asterisk's: 64 KiB. */
const MOST_BYTES = 64 << 10;

/** What is on the connection is not this protocol, or Asterisk refuses what was asked. */
export class AmiError extends Error {
  override readonly name = "AmiError";
}
registerError(AmiError);

export class AmiMessage {
  /** In order; a name may come more than once. */
  constructor(readonly fields: readonly (readonly [name: string, value: string])[]) {}

  /** The first of that name, in any case. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  }
}

/** Puts messages together out of pieces of any size. */
export class AmiReader {
  readonly #decoder = new TextDecoder();
  #text = "";
  #greeting: string | undefined;
  #fields: [string, string][] = [];
  #size = 0;

  /** "Asterisk Call Manager/9.0.0", once it has come. */
  get greeting(): string | undefined {
    return this.#greeting;
  }

  /** @throws AmiError at a message without an end */
  push(bytes: Uint8Array): AmiMessage[] {
    const lines = (this.#text + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#text = lines.pop()!;
    const messages: AmiMessage[] = [];
    for (const ended of lines) {
      const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
      this.#account(line.length);
      if (this.#greeting === undefined) this.#greeting = line;
      else if (line !== "") this.#field(line);
      else if (this.#fields.length > 0) messages.push(this.#message());
    }
    this.#account(0, this.#text.length);
    return messages;
  }

  /** A line without a colon says something to nobody. */
  #field(line: string): void {
    const colon = line.indexOf(":");
    if (colon > 0) this.#fields.push([line.slice(0, colon), line.slice(colon + 1).trimStart()]);
  }

  #message(): AmiMessage {
    const message = new AmiMessage(this.#fields);
    this.#fields = [];
    this.#size = 0;
    return message;
  }

  #account(more: number, begun = 0): void {
    this.#size += more;
    if (this.#size + begun <= MOST_BYTES) return;
    throw new AmiError(
      `Cannot read the manager's events: a message has more than ${MOST_BYTES} letters; ` +
        `look whether it is Asterisk that listens there`,
    );
  }
}

/** @throws AmiError for a field that would be two */
export function formatAction(name: string, fields: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries({ Action: name, ...fields }).map(([name, value]) => {
    if (!/[\r\n]/.test(name + value) && !name.includes(":")) return `${name}: ${value}\r\n`;
    throw new AmiError(`Cannot send field "${name}": it has an end of line; leave it out`);
  });
  return new TextEncoder().encode(`${lines.join("")}\r\n`);
}
