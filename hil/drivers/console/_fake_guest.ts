/** For tests: a target that speaks checked lines, and a link that damages what goes over it. */
import { crcOf } from "./frame.ts";
import { fromLatin1, latin1 } from "./log.ts";
import type { Pipe } from "./_pipe.ts";

export class FakeGuest {
  /** What the link makes of what the guest says; one text a chunk. */
  toHarness: (text: string) => string | readonly string[] = (text) => text;
  /** What the link makes of what the guest is told. */
  toGuest: (text: string) => string = (text) => text;
  /** The lines of an answer; status 1 when it throws. */
  answer: (command: string) => readonly string[] = (command) => [command.replace(/^echo ?/, "")];
  /** Commands that were understood. */
  readonly commands: string[] = [];
  #seq = 0;
  #events = 0;
  #line = "";

  constructor(private readonly pipe: Pipe) {
    pipe.onWrite = (data) => this.#take(this.toGuest(latin1(data)));
  }

  /** Says something that is no frame. */
  say(text: string): void {
    for (const chunk of [this.toHarness(text)].flat()) this.pipe.say(fromLatin1(chunk));
  }

  event(text: string): void {
    this.say(this.eventLine(text));
  }

  /** The next event, for a test that says it itself. */
  eventLine(text: string): string {
    const k = ++this.#events;
    return `!${k} ${text.length} ${crcOf(`${k} ${text}`)} ${text}\r\n`;
  }

  reset(): void {
    this.#events = this.#seq = 0;
  }

  #take(text: string): void {
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop()!;
    for (const line of lines) this.#command(line);
  }

  #command(line: string): void {
    const [, seq, crc, text] = line.match(/^>(\d+) ([0-9a-f]{8}) ([^]*)$/) ?? [];
    if (text === undefined) return this.#complain("form", line);
    if (crcOf(`${seq} ${text}`) !== crc) return this.#complain("crc", line);
    if (seq === "0") {
      this.#seq = 0;
      return this.say(`=0 0 ${crcOf("0 0 0")} 0\r\n`);
    }
    if (Number(seq) !== this.#seq + 1) return this.#complain("seq", line);
    this.#seq++;
    this.commands.push(text);
    this.say(this.#answered(text));
  }

  #answered(command: string): string {
    const seq = this.#seq;
    let end = "0";
    let lines: readonly string[] = [];
    try {
      lines = this.answer(command);
    } catch (error) {
      end = `1 ${(error as Error).message}`;
    }
    const frames = lines.map((text, n) =>
      `<${seq}.${n} ${text.length} ${crcOf(`${seq}.${n} ${text}`)} ${text}\r\n`
    );
    const last = `${seq} ${lines.length}`;
    return frames.join("") + `=${last} ${crcOf(`${last} ${end}`)} ${end}\r\n`;
  }

  #complain(reason: string, line: string): void {
    const text = `${reason} ${line.slice(0, 120).replace(/[^ -~]/g, ".")}`;
    this.say(`?${text.length} ${crcOf(text)} ${text}\r\n`);
  }
}
