/**
 * A console over a byte link: reads always, records every byte, and finds what is awaited or
 * forbidden in it.
 *
 * Memory: what no match has used up yet is kept for the next `waitFor` (one byte a byte, outside
 * of the JavaScript heap), at most `keepBytes`; then the oldest is let go.
 */
import type { CommandResult, LinkQuality, Match, Pattern } from "../../ports/mod.ts";
import { type Duration, ms } from "../../time/mod.ts";
import { ConsoleClosed, ConsoleTimeout, ForbiddenOutput } from "./error.ts";
import { EscapeFilter } from "./escapes.ts";
import { firstHit, type Forbidden, type Hit, LINE_BYTES, lineOf, lineOver } from "./forbidden.ts";
import { ByteLog } from "./log.ts";
import { matchOf } from "./match.ts";
import { nearMiss } from "./near_miss.ts";
import type { ConsoleOptions, OpenConsole } from "./options.ts";
import { compile, show } from "./pattern.ts";
import { Quality } from "./quality.ts";
import { Recorder } from "./recorder.ts";
import { CONTEXT_SIZE, type Found, Search } from "./search.ts";
import type { PlainSink, ShellSession, ShellWire } from "./shell.ts";
import { lastLines } from "./tail.ts";
import { type AnyWaiter, type Waiter, Waiters } from "./waiting.ts";

/** Opens the console; it reads from now on. */
export function openConsole(options: ConsoleOptions): OpenConsole {
  return new LinkConsole(options);
}

const MAX_MATCH_BYTES = 16 << 10;
const KEEP_BYTES = 256 << 20;
const TAIL_BYTES = 64 << 10;
const TAIL_LINES = 10;
/** A forbidden text is shown with the rest of its line, if that comes in this time. */
const LINE_LIMIT = ms(100);

/** Forbidden output whose line is not over yet. */
interface Doom extends Hit {
  readonly doomed: readonly AnyWaiter[];
}

interface Await {
  readonly waiter: Waiter<Match>;
  readonly search: Search;
  readonly from: number;
}

class LinkConsole implements OpenConsole {
  readonly name: string;
  readonly ended: Promise<Error | undefined>;
  readonly #options: ConsoleOptions;
  readonly #log: ByteLog;
  readonly #tail = new ByteLog(TAIL_BYTES);
  readonly #rx: Recorder;
  readonly #tx: Recorder;
  readonly #waiters: Waiters;
  readonly #escapes: EscapeFilter | undefined;
  readonly #session: ShellSession | undefined;
  readonly #forbidden: Forbidden[] = [];
  #awaits: Await[] = [];
  #doom: Doom | undefined;
  /** Where the last match ended, in plain output. */
  #position = 0;
  #bytesReceived = 0;
  #bytesSent = 0;
  #closing = false;
  /** Events are about to go onto the timeline, which wakes all. */
  #busy = false;
  #settledWhileBusy = false;
  #end: { readonly error: Error | undefined } | undefined;
  #later: (() => void)[] = [];

  constructor(options: ConsoleOptions) {
    const { name, timeline, clock, keepBytes = KEEP_BYTES } = options;
    this.name = name;
    this.#options = options;
    this.#log = new ByteLog(keepBytes);
    this.#waiters = new Waiters(clock, () => this.#wake());
    this.#rx = new Recorder({ channel: name, dir: "rx", timeline, clock });
    this.#tx = new Recorder({ channel: name, dir: "tx", timeline, clock });
    this.#escapes = options.ignoreEscapes ? new EscapeFilter() : undefined;
    this.#session = options.shell?.attach(this.#wire());
    for (const { pattern, because } of options.forbid ?? []) this.forbid(pattern, { because });
    timeline.diagnose(name, () => this.tail().join("\n"));
    this.ended = options.link.listen ? this.#listen() : this.#read();
  }

  get quality(): LinkQuality {
    return {
      ...new Quality().counters,
      ...this.#session?.quality,
      bytesReceived: this.#bytesReceived,
      bytesSent: this.#bytesSent,
    };
  }

  waitFor(pattern: Pattern, options: { readonly within: Duration }): Promise<Match> {
    const what = `the wait for ${show(pattern)} on ${this.name}`;
    return this.#options.timeline.awaited(what, () => this.#waitFor(pattern, options));
  }

  async #waitFor(pattern: Pattern, { within }: { readonly within: Duration }): Promise<Match> {
    const compiled = compile(pattern);
    const from = this.#position;
    const search = this.#search(compiled, from);
    const waiter = this.#wait<Match>(show(pattern));
    const waiting: Await = { waiter, search, from };
    const found = search.next(this.#log);
    if (found) this.#matched(waiting, found);
    else if (this.#end) waiter.reject(this.#closed(waiter.what));
    else this.#awaits.push(waiting);
    const before = this.#bytesReceived;
    try {
      const outcome = await waiter.outcome(within);
      if (outcome) return outcome.value;
      throw new ConsoleTimeout({
        ...this.#evidence(),
        what: show(pattern),
        pattern,
        limit: within,
        bytesReceived: this.#bytesReceived - before,
        nearMiss: nearMiss(compiled, this.#log, from),
      });
    } finally {
      waiter.close();
      this.#awaits = this.#awaits.filter((other) => other !== waiting);
    }
  }

  run(command: string, options: { readonly within?: Duration } = {}): Promise<CommandResult> {
    const what = `the answer to "${command}" on ${this.name}`;
    return this.#options.timeline.awaited(what, async () => {
      if (this.#session) return await this.#session.run(command, options);
      throw new TypeError(
        `Cannot run "${command}" on ${this.name}: it was opened without a shell; ` +
          `give openConsole one, such as checkedLines()`,
      );
    });
  }

  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const what = `"${lastLines(bytes, 1).join("")}" to be sent`;
    if (this.#end || this.#closing) throw this.#closed(what);
    const t = this.#options.clock.now();
    this.#bytesSent += bytes.length;
    this.#record(() => {
      this.#tx.record(bytes, t);
      this.#tx.flush(t);
    });
    try {
      await this.#options.link.write(bytes);
    } catch (error) {
      throw this.#closed(what, error as Error);
    }
  }

  forbid(pattern: Pattern, { because }: { readonly because?: string } = {}): void {
    const search = this.#search(compile(pattern), this.#log.end);
    this.#forbidden.push({ search, pattern, because });
  }

  tail(lines: number = TAIL_LINES): readonly string[] {
    return lastLines(this.#tail.bytes(this.#tail.start, this.#tail.end), lines);
  }

  skip(): void {
    this.#position = this.#log.end;
    this.#release();
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#options.link.close();
    await this.#reader?.cancel().catch(() => {});
    await this.ended;
  }

  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  #listen(): Promise<Error | undefined> {
    return new Promise((resolve) => {
      this.#options.link.listen!((bytes) => this.#receive(bytes), (error) => {
        this.#finish(error);
        resolve(error);
      });
    });
  }

  async #read(): Promise<Error | undefined> {
    const reader = this.#reader = this.#options.link.readable.getReader();
    let error: Error | undefined;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (value.length) this.#receive(value);
      }
    } catch (cause) {
      if (!this.#closing) error = cause instanceof Error ? cause : new Error(String(cause));
    }
    this.#finish(error);
    return error;
  }

  #receive(bytes: Uint8Array): void {
    const t = this.#options.clock.now();
    const raw = this.#bytesReceived;
    this.#bytesReceived += bytes.length;
    this.#tail.append(bytes, { t, raw });
    this.#busy = true;
    this.#settledWhileBusy = false;
    const sink = this.#sink(t);
    if (this.#session?.receive) this.#session.receive(bytes, sink);
    else sink.plain(bytes, raw);
    sink.settle();
    this.#release();
    this.#record(() => {
      this.#rx.record(bytes, t);
      // Half a character is not on the timeline yet, and nobody would be woken.
      if (this.#settledWhileBusy) this.#rx.flush(t);
    });
    this.#busy = false;
    this.#afterwards();
  }

  #finish(error: Error | undefined): void {
    const t = this.#options.clock.now();
    this.#busy = true;
    const sink = this.#sink(t);
    this.#session?.end?.(sink);
    sink.settle();
    this.#end = { error };
    if (this.#doom) this.#condemn();
    const waiting = this.#waiters.all;
    for (const waiter of waiting) waiter.reject(this.#closed(waiter.what));
    this.#record(() => {
      this.#rx.flush(t);
      const text = `${this.name} has ended${error ? `: ${error.message}` : ""}`;
      const level = error ? "warn" : "debug";
      this.#options.timeline.record({ type: "log", level, text }, { clock: this.#options.clock });
    });
    this.#busy = false;
    this.#afterwards();
    if (error && waiting.length === 0) this.#options.timeline.fail(error);
  }

  #sink(t: number): PlainSink {
    return {
      t,
      plain: (bytes, raw) => {
        if (!this.#escapes) return this.#log.append(bytes, { t, raw });
        for (const piece of this.#escapes.filter(bytes)) {
          this.#log.append(piece.bytes, { t, raw: raw + piece.at });
        }
      },
      settle: () => this.#settle(),
      later: (action) => void this.#later.push(action),
    };
  }

  /** Looks at what was said since it was last called. What came first, in bytes, counts first. */
  #settle(): void {
    const forbidden = firstHit(this.#forbidden, this.#log);
    for (const waiting of [...this.#awaits]) {
      const found = waiting.search.next(this.#log);
      if (found && !(forbidden && forbidden.found.decided <= found.decided)) {
        this.#matched(waiting, found);
      }
    }
    if (forbidden && !this.#doom) this.#condemnSoon(forbidden);
    if (this.#doom && lineOver(this.#doom.found, this.#log)) this.#condemn();
  }

  /** Those who wait are lost; they are told when the line is over. */
  #condemnSoon({ forbidden, found }: Hit): void {
    const doomed = this.#waiters.all;
    const doom = this.#doom = { forbidden, found, doomed };
    for (const waiter of doomed) waiter.doomed = () => this.#forbiddenOutput(doom);
    if (lineOver(found, this.#log)) return;
    const { clock } = this.#options;
    void clock.until(() => this.#doom === doom ? undefined : true, LINE_LIMIT).then((over) => {
      if (over) return;
      this.#condemn();
      this.#afterwards();
    });
  }

  #condemn(): void {
    const doom = this.#doom!;
    this.#doom = undefined;
    const error = this.#forbiddenOutput(doom);
    const waiting = new Set([...doom.doomed, ...this.#waiters.all].filter((who) => !who.settled));
    for (const waiter of waiting) waiter.reject(error);
    this.#later.push(() => {
      const text = error.message.split("\n", 1)[0]!;
      this.#options.timeline.record({ type: "log", level: "error", text }, {
        clock: this.#options.clock,
      });
      if (waiting.size === 0) this.#options.timeline.fail(error);
    });
  }

  #forbiddenOutput({ forbidden: { pattern, because }, found }: Doom): ForbiddenOutput {
    return new ForbiddenOutput({
      ...this.#evidence(),
      pattern,
      because,
      line: lineOf(found, this.#log),
      offset: this.#log.rawOf(found.start),
      t: this.#log.timeOf(found.end - 1),
    });
  }

  #matched({ waiter, search, from }: Await, found: Found): void {
    this.#awaits = this.#awaits.filter((other) => other.waiter !== waiter);
    if (waiter.doomed) return;
    waiter.resolve(matchOf(search.pattern, this.#log, { from, found }));
    this.#position = Math.max(this.#position, found.end);
    this.#release();
  }

  /** Lets go of what nobody will look at again. */
  #release(): void {
    let needed = this.#position - CONTEXT_SIZE;
    for (const { search, from } of this.#awaits) needed = Math.min(needed, search.needed, from);
    for (const { search } of this.#forbidden) needed = Math.min(needed, search.needed);
    if (this.#doom) needed = Math.min(needed, this.#doom.found.start - LINE_BYTES);
    this.#log.release(needed);
  }

  #search(compiled: ReturnType<typeof compile>, from: number): Search {
    return new Search(compiled, from, this.#options.maxMatchBytes ?? MAX_MATCH_BYTES);
  }

  #wait<T>(what: string): Waiter<T> {
    const waiter = this.#waiters.add<T>(what);
    const doom = this.#doom;
    if (doom) waiter.doomed = () => this.#forbiddenOutput(doom);
    return waiter;
  }

  #wire(): ShellWire {
    // deno-lint-ignore no-this-alias -- the getter below has a `this` of its own
    const console = this;
    return {
      channel: this.name,
      clock: this.#options.clock,
      write: (data) => this.write(data),
      waitFor: (pattern, options) => this.#waitFor(pattern, options),
      expect: <T>(what: string) => {
        const waiter = this.#wait<T>(what);
        if (this.#end) waiter.reject(this.#closed(what));
        return waiter;
      },
      fail: (error) => {
        const waiting = this.#waiters.all;
        for (const waiter of waiting) waiter.reject(error);
        if (waiting.length === 0) this.#later.push(() => this.#options.timeline.fail(error));
      },
      tail: () => this.tail(),
      get bytesReceived() {
        return console.#bytesReceived;
      },
    };
  }

  /** Does what was to be done when the bytes are on the timeline. */
  #afterwards(): void {
    for (const action of this.#later.splice(0)) {
      try {
        action();
      } catch (error) {
        this.#options.timeline.fail(error as Error);
      }
    }
  }

  /** A disk that refuses the trace ends the scenario, not the reading. */
  #record(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#options.timeline.fail(error as Error);
      const text = (error as Error).message;
      this.#later.push(() =>
        // The event that failed has woken nobody.
        this.#options.timeline.record({ type: "log", level: "error", text })
      );
    }
  }

  /** Somebody was settled. The clocks look again after an event on the timeline. */
  #wake(): void {
    if (this.#busy) {
      this.#settledWhileBusy = true;
      return;
    }
    const text = `${this.name}: a wait is over`;
    this.#record(() => {
      const { timeline, clock } = this.#options;
      timeline.record({ type: "log", level: "debug", text }, { clock });
    });
  }

  #evidence(): { channel: string; tail: readonly string[] } {
    return { channel: this.name, tail: this.tail() };
  }

  #closed(waitingFor: string, cause = this.#end?.error): ConsoleClosed {
    return new ConsoleClosed({ ...this.#evidence(), waitingFor, cause });
  }
}
