/**
 * The checked lines of `sims/diskcache/guest/PROTOCOL.md` (lower layer) as a {@link Shell}:
 * numbered commands and answers under CRC-32, one command at a time.
 *
 * Intact frames are not plain output: `waitFor` and `forbid` do not see them. A damaged one is,
 * so that a panic that was printed into it is found.
 *
 * Damage to a command or its answer rejects its `run` with a {@link LinkError}; any other damage
 * rejects all who wait on the console and, when nobody does, fails the scenario: an event that is
 * lost may be what a target waits for. Nothing is sent twice: a retry would hide a bad link.
 */
import type { CommandResult, LinkQuality } from "../../ports/mod.ts";
import { type Duration, ms, ns, seconds } from "../../time/mod.ts";
import { ConsoleTimeout, type Damage, LinkError } from "./error.ts";
import { commandLine } from "./frame.ts";
import { Incoming, mergedCommand, refusal, utf8 } from "./incoming.ts";
import { fromLatin1, latin1 } from "./log.ts";
import { Quality } from "./quality.ts";
import type { Pending, PlainSink, Shell, ShellSession, ShellWire } from "./shell.ts";

export interface CheckedLinesOptions {
  /** Each event of the target, once and in order. `t`: whole nanoseconds on the console's clock. */
  readonly onEvent?: (text: string, t: number) => void;
}

/** The shell, and what a target needs of it that can go back in time. */
export interface CheckedLines extends Shell {
  /** How many events the target has counted. */
  readonly events: number;
  /**
   * The target is again what it was when it had counted `events`. What it has said since then is
   * not heard, nor is what is still on its way: it counts again when it answers the next hello.
   *
   * @throws Error when a command is under way
   */
  rewind(events: number): void;
}

/** @example `openConsole({ …, shell: checkedLines({ onEvent: (text) => console.log(text) }) })` */
export function checkedLines(options: CheckedLinesOptions = {}): CheckedLines {
  let session: CheckedSession | undefined;
  return {
    attach: (wire) => session = new CheckedSession(wire, options),
    get events() {
      return session?.events ?? 0;
    },
    rewind: (events) => session?.rewind(events),
  };
}

/** The answer to a hello, which nothing else looks like. */
const HELLO_SIZE = "=0 0 00000000 0\r\n".length;
const HELLO_ANSWER = /=0 0 [0-9a-f]{8} 0\r\n/;

/** How long an answer may take when `run` is not told; from when the command's turn has come. */
const RUN_LIMIT = seconds(10);
/** A target that is there says hello in well under a millisecond; one that boots is asked again. */
const HELLO_INTERVAL = ms(500);
/** How long the rest of a damaged answer may take to come, which tells what the damage is. */
const DAMAGE_LIMIT = ms(100);

/** A command that is on its way. */
interface Exchange {
  readonly seq: number;
  readonly what: string;
  readonly sent: string;
  readonly pending: Pending<CommandResult>;
  readonly lines: (string | undefined)[];
  readonly damage: Damage[];
  /** What the target got instead of a hello. */
  refused?: string;
}

class CheckedSession implements ShellSession {
  readonly #wire: ShellWire;
  readonly #quality = new Quality();
  readonly #incoming: Incoming;
  #turn: Promise<unknown> = Promise.resolve();
  #exchange: Exchange | undefined;
  #seq = 0;
  #synced = false;
  /** After a rewind: the end of what was said before it, until the target has answered a hello. */
  #stale: string | undefined;
  /** Commands that nobody waits for any more: their answers are late, not wrong. */
  readonly #overdue = new Map<number, { ended: boolean }>();

  constructor(wire: ShellWire, options: CheckedLinesOptions) {
    this.#wire = wire;
    this.#incoming = new Incoming({
      quality: this.#quality,
      onEvent: (text, sink) => sink.later(() => options.onEvent?.(text, sink.t)),
      onRestart: () => this.#synced = false,
      onAnswer: (seq, line, text) => this.#answer(seq, line, text),
      onEnd: (seq, end) => this.#end(seq, end),
      onRefusal: (reason, got) => this.#refused(reason, got),
      onDamage: (damage, seq) => this.#damaged(damage, seq),
      onDoubledEnd: (damage) => {
        if (this.#exchange) this.#damaged(damage, this.#exchange.seq);
        else this.#quality.count(damage);
      },
    });
  }

  get quality(): Partial<LinkQuality> {
    return { ...this.#quality.counters };
  }

  receive(bytes: Uint8Array, sink: PlainSink): void {
    const fresh = this.#stale === undefined ? bytes : this.#freshOf(bytes);
    this.#incoming.receive(fresh, sink);
  }

  get events(): number {
    return this.#incoming.events;
  }

  rewind(events: number): void {
    if (this.#exchange) {
      throw new Error(
        `Cannot rewind ${this.#wire.channel}: ${this.#exchange.what} is under way; wait for it`,
      );
    }
    this.#incoming.rewind(events);
    this.#synced = false;
    this.#stale = "";
  }

  /** What the target says from its answer to the hello on. */
  #freshOf(bytes: Uint8Array): Uint8Array {
    const text = this.#stale + latin1(bytes);
    const found = HELLO_ANSWER.exec(text);
    this.#stale = found ? undefined : text.slice(-HELLO_SIZE);
    // An answer that is cut in two is put together again: what is of an older chunk is no new byte.
    const fresh = found ? fromLatin1(text.slice(found.index)) : new Uint8Array(0);
    this.#incoming.skip(bytes.length - fresh.length);
    return fresh;
  }

  end(sink: PlainSink): void {
    this.#incoming.end(sink);
  }

  run(command: string, { within = RUN_LIMIT }: { readonly within?: Duration }) {
    if (/[\r\n]/.test(command)) {
      return Promise.reject(
        new TypeError(`Cannot run ${JSON.stringify(command)}: it is more than one line; split it`),
      );
    }
    const result = this.#turn.then(() => this.#run(command, within));
    this.#turn = result.catch(() => {});
    return result;
  }

  async #run(command: string, within: Duration): Promise<CommandResult> {
    const { clock } = this.#wire;
    const deadline = clock.now() + within.ns;
    const received = this.#wire.bytesReceived;
    if (!this.#synced && !await this.#hello(deadline)) {
      throw this.#late('the answer to "hello", which comes before all commands', {
        within,
        received,
      });
    }
    this.#quality.counters.commands++;
    const seq = ++this.#seq;
    const exchange = this.#open(command, seq);
    try {
      const answer = await this.#exchanged(exchange, left(deadline, clock.now()));
      if (answer) return answer;
    } catch (error) {
      this.#synced = false;
      this.#overdue.set(seq, { ended: false });
      throw error;
    }
    this.#synced = false;
    throw await this.#explain(exchange, { within, received });
  }

  /** Restarts the count of commands, also on a target that is just booting. */
  async #hello(deadline: number): Promise<boolean> {
    const { clock } = this.#wire;
    for (;;) {
      const rest = left(deadline, clock.now());
      if (rest.ns === 0) return false;
      const limit = rest.ns < HELLO_INTERVAL.ns ? rest : HELLO_INTERVAL;
      if (await this.#exchanged(this.#open("hello", 0), limit)) break;
    }
    this.#seq = 0;
    this.#overdue.clear();
    this.#synced = true;
    return true;
  }

  #open(command: string, seq: number): Exchange {
    const what = seq === 0 ? '"hello"' : `command ${seq}, "${command}"`;
    const pending = this.#wire.expect<CommandResult>(`the answer to "${command}"`);
    const sent = commandLine(seq, latin1(new TextEncoder().encode(command)));
    this.#incoming.forgetRest();
    return this.#exchange = { seq, what, sent, pending, lines: [], damage: [] };
  }

  async #exchanged(exchange: Exchange, limit: Duration): Promise<CommandResult | undefined> {
    try {
      await this.#wire.write(fromLatin1(`${exchange.sent}\n`));
      return (await exchange.pending.outcome(limit))?.value;
    } finally {
      exchange.pending.close();
      this.#exchange = undefined;
    }
  }

  /** Why an answer did not come: damage, or a target that takes its time. */
  async #explain(
    exchange: Exchange,
    waited: { readonly within: Duration; readonly received: number },
  ): Promise<Error> {
    const { seq, what, lines, damage } = exchange;
    const found = this.#incoming.explain((frame) => frame.type === "end" && frame.seq === seq);
    if (found) damage.push(found);
    if (damage.length) return this.#linkError(exchange);
    const late = this.#late(`the answer to ${what}`, waited, lines.length);
    // A target that answers this has answered all that came before, unless it was lost.
    const overdue = { ended: false };
    this.#overdue.set(seq, overdue);
    const probe = this.#open("hello", 0);
    const answered = await this.#exchanged(probe, DAMAGE_LIMIT).catch(() => undefined);
    const merged = mergedCommand(exchange.sent, probe.refused ?? "", what);
    if (merged) {
      this.#quality.count(merged);
      damage.push(merged);
    } else if (probe.damage.length) damage.push(...probe.damage);
    else if (answered && !overdue.ended) {
      damage.push({
        kind: "lost",
        unit: "lines",
        count: 1,
        where: lines.length ? `the end of the answer to ${what}` : `${what}, or its answer,`,
      });
      this.#quality.count(damage.at(-1)!);
    }
    return damage.length ? this.#linkError(exchange) : late;
  }

  #late(
    what: string,
    { within, received }: { readonly within: Duration; readonly received: number },
    lines = 0,
  ): ConsoleTimeout {
    const { channel, bytesReceived } = this.#wire;
    return new ConsoleTimeout({
      channel,
      tail: this.#wire.tail(),
      what,
      limit: within,
      bytesReceived: bytesReceived - received,
      notes: lines ? [`${lines} lines of the answer came, but not its end`] : [],
    });
  }

  #answer(seq: number, line: number, text: string): void {
    const exchange = this.#exchange;
    if (seq !== exchange?.seq) return this.#unasked(seq, `an answer to command ${seq}`);
    if (exchange.lines[line] === undefined) {
      exchange.lines[line] = text;
      return;
    }
    const where = `line ${line + 1} of the answer to command ${seq}`;
    this.#damaged({ kind: "doubled", unit: "lines", count: 1, where }, seq);
  }

  #end(seq: number, end: { lines: number; status: number; text: string }): void {
    const exchange = this.#exchange;
    const overdue = this.#overdue.get(seq);
    if (overdue) overdue.ended = true;
    if (seq !== exchange?.seq) return this.#unasked(seq, `the end of the answer to command ${seq}`);
    for (let line = 0; line < end.lines; line++) {
      if (exchange.lines[line] !== undefined) continue;
      const found = this.#incoming.explain((frame) =>
        frame.type === "answer" && frame.seq === seq && frame.line === line
      );
      const where = `line ${line + 1} of the answer to command ${seq}`;
      const lost: Damage = { kind: "lost", unit: "lines", count: 1, where };
      if (!found) this.#quality.count(lost);
      exchange.damage.push(found ?? lost);
    }
    if (exchange.damage.length && seq !== 0) {
      return exchange.pending.reject(this.#linkError(exchange));
    }
    const texts = end.text ? [...exchange.lines, end.text] : exchange.lines;
    exchange.pending.resolve({ output: utf8(texts.join("\n")), status: end.status });
  }

  /** Late answers are no damage; others came twice. Hello may be asked for, and answered, twice. */
  #unasked(seq: number, where: string): void {
    if (seq === 0 || this.#overdue.has(seq)) return;
    this.#damaged({ kind: "doubled", unit: "lines", count: 1, where }, undefined);
  }

  /** The target says that the command line is damaged that it got. */
  #refused(reason: string, got: string): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    const { seq, what, sent } = exchange;
    if (seq === 0) { // The rest of an older line is before the hello, which is said again.
      exchange.refused = got;
      return;
    }
    const damage = refusal(reason, { sent, got, what });
    this.#quality.count(damage);
    exchange.damage.push(damage);
    exchange.pending.reject(this.#linkError(exchange));
  }

  #damaged(damage: Damage, seq: number | undefined): void {
    const exchange = this.#exchange;
    this.#quality.count(damage);
    if (seq !== undefined && this.#overdue.has(seq)) {
      if (exchange?.seq === 0) exchange.damage.push(damage);
      return;
    }
    if (!exchange || seq !== exchange.seq) {
      return this.#wire.fail(this.#errorOf("what the target says", [damage]));
    }
    exchange.damage.push(damage);
    if (exchange.damage.length > 1 || seq === 0) return;
    const over = () => this.#exchange === exchange ? undefined : true;
    void this.#wire.clock.until(over, DAMAGE_LIMIT).then((done) => {
      if (!done) exchange.pending.reject(this.#linkError(exchange));
    });
  }

  #linkError({ what, damage }: Exchange): LinkError {
    return this.#errorOf(`the answer to ${what}`, damage);
  }

  #errorOf(what: string, damage: readonly Damage[]): LinkError {
    return new LinkError({ channel: this.#wire.channel, tail: this.#wire.tail(), what, damage });
  }
}

function left(deadline: number, now: number): Duration {
  return ns(Math.max(0, deadline - now));
}
