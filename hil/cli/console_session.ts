/** A target's console on this terminal: keys go to it, what it says is shown. */
import type { Console, Power } from "../ports/mod.ts";
import { type Clock, Duration, hostNow, ms, pause } from "../time/mod.ts";
import type { TraceEvent } from "../trace/mod.ts";
import type { Moment } from "./console_record.ts";
import { Entries, Keys } from "./console_keys.ts";

/** A virtual clock goes on in pieces so long, in step with the host's. */
const PIECE = ms(20);
/** On a pipe: a line is sent when the target has said nothing for so long. */
const QUIET = ms(700);
/** … or after so long in any case, on the target's clock. */
const PATIENCE = ms(30_000);

const MENU = `
Ctrl-] and then
  q  leaves           h  this text         Ctrl-]  types Ctrl-]
  p  power on         o  power off         x  pulls the plug       r  reset
  l  lines: each is a command, whose answer is awaited (console.run); again: keys go through
`;

export interface SessionOptions {
  readonly console: Console;
  readonly power?: Power;
  readonly clock: Clock;
  /** Lines are commands from the beginning. */
  readonly lines: boolean;
  /** Keys come from a terminal that is in raw mode; else lines of a pipe. */
  readonly terminal: boolean;
  readonly show: (bytes: Uint8Array) => void;
  /** For people: what happened to the session itself. */
  readonly tell: (text: string) => void;
}

export class Session {
  /** What happened, for a scenario. */
  readonly moments: Moment[] = [];
  readonly #keys = new Keys();
  readonly #entries = new Entries();
  readonly #decoder = new TextDecoder();
  /** Where the first key of what is being typed stands among the moments. */
  #begun: { readonly at: number; readonly t: number } | undefined;
  #lines: boolean;
  #line = "";
  #lastRx = 0;
  #over = Promise.withResolvers<void>();
  #left = false;

  constructor(private readonly options: SessionOptions) {
    this.#lines = options.lines;
  }

  /** Resolves when the user leaves. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  leave(): void {
    if (this.#begun) this.#close();
    this.#left = true;
    this.#over.resolve();
  }

  /** An event of the timeline. */
  see(event: TraceEvent): void {
    const { console, clock, show } = this.options;
    if (event.type !== "bytes" || event.channel !== console.name || event.dir !== "rx") return;
    const { text, base64 } = event;
    const bytes = text === undefined
      ? Uint8Array.fromBase64(base64!)
      : new TextEncoder().encode(text);
    this.#lastRx = clock.now();
    // In lines the answer is shown when it is whole, and taken out of its frame.
    if (!this.#lines) show(bytes);
    const seen = text ?? this.#decoder.decode(bytes);
    if (!this.#lines) this.moments.push({ type: "seen", text: seen, t: clock.now() });
  }

  /** Keys, or a piece of a pipe. */
  async type(bytes: Uint8Array): Promise<void> {
    for (const typed of this.#keys.take(bytes)) {
      if (this.#left) return;
      if (typed.for === "menu") await this.#menu(typed.key);
      else if (this.#lines) await this.#lineKeys(new TextDecoder().decode(typed.bytes));
      else await this.#send(typed.bytes);
    }
  }

  /** The end of a pipe: what the target still has to say is waited for. */
  async end(): Promise<void> {
    if (!this.#left) await this.#quiet();
    this.leave();
  }

  async power(what: "on" | "off" | "cut" | "reset"): Promise<void> {
    const { power, clock, tell } = this.options;
    if (!power) return tell("this target has no power to switch");
    this.moments.push({ type: "power", what, t: clock.now() });
    tell(`power ${what}`);
    await power[what]();
  }

  /** Lets a virtual clock go on as the host's does, until the session is over. */
  async pace(): Promise<void> {
    const { clock } = this.options;
    while (clock.virtual && !this.#left) {
      const began = hostNow();
      await clock.until(() => undefined, PIECE);
      const left = PIECE.ns - (hostNow() - began);
      await pause(Duration.fromNs(Math.max(0, left)));
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const { console, terminal } = this.options;
    // As a terminal would, Enter is a carriage return.
    const text = new TextDecoder().decode(bytes);
    if (terminal) {
      this.#typed(text);
      await console.write(bytes);
      return;
    }
    for (const line of text.split(/(?<=\n)/)) {
      await this.#quiet();
      const sent = line.replace(/\n$/, "\r");
      this.#typed(sent);
      await console.write(sent);
    }
  }

  /** Keys that were sent: an entry stands where its first key was typed, before its echo. */
  #typed(text: string): void {
    if (this.#begun && !this.#isEcho()) this.#close();
    for (const character of text) {
      this.#begun ??= { at: this.moments.length, t: this.options.clock.now() };
      for (const entry of this.#entries.take(character)) this.#enter(entry);
      if (this.#entries.held === "") this.#begun = undefined;
    }
  }

  /** What has no end is an entry of its own. */
  #close(): void {
    const rest = this.#entries.rest();
    if (rest !== "") this.#enter(rest);
    this.#begun = undefined;
  }

  #enter(text: string): void {
    const { at, t } = this.#begun!;
    this.moments.splice(at, 0, { type: "typed", text, t });
    // A second one of the same keys comes after it.
    this.#begun = { at: at + 1, t };
  }

  /** All that the target has said since the entry was begun are its own characters. */
  #isEcho(): boolean {
    const since = this.moments.slice(this.#begun!.at);
    const seen = since.map((moment) => moment.type === "seen" ? moment.text : "").join("");
    return this.#entries.held.startsWith(seen);
  }

  async #lineKeys(text: string): Promise<void> {
    const { show, terminal } = this.options;
    const echo = (shown: string) => terminal && show(new TextEncoder().encode(shown));
    for (const character of text) {
      if (character === "\r" || character === "\n") {
        echo("\r\n");
        const command = this.#line;
        this.#line = "";
        if (command.trim() !== "") await this.#run(command);
      } else if (character === "\x7f" || character === "\b") {
        if (this.#line !== "") echo("\b \b");
        this.#line = this.#line.slice(0, -1);
      } else if (character >= " ") {
        this.#line += character;
        echo(character);
      }
    }
  }

  async #run(command: string): Promise<void> {
    const { console, clock, show, tell } = this.options;
    const t = clock.now();
    try {
      const { output, status } = await console.run(command);
      this.moments.push({ type: "run", command, output, status, t, endT: clock.now() });
      if (output !== "") show(new TextEncoder().encode(`${output.replaceAll("\n", "\r\n")}\r\n`));
      if (status !== 0) tell(`status ${status}`);
    } catch (error) {
      tell((error as Error).message);
    }
  }

  async #menu(key: string): Promise<void> {
    const { tell } = this.options;
    if (key === "q") return this.leave();
    if (key === "l") {
      this.#lines = !this.#lines;
      return tell(this.#lines ? "lines are commands" : "keys go through");
    }
    const power = ({ p: "on", o: "off", x: "cut", r: "reset" } as const)[key];
    if (power) return await this.power(power);
    tell(key === "h" || key === "?" ? MENU.trim() : `no such key "${key}"\n${MENU.trim()}`);
  }

  /** Until nothing has come for a while. */
  async #quiet(): Promise<void> {
    const { clock } = this.options;
    const began = clock.now();
    for (;;) {
      const now = clock.now();
      const left = QUIET.ns - (now - Math.max(this.#lastRx, began));
      if (left <= 0 || now - began > PATIENCE.ns) return;
      await clock.until(() => undefined, Duration.fromNs(left));
    }
  }
}
