/**
 * The checked lines of `sims/diskcache/guest/PROTOCOL.md` (lower layer) as a {@link Shell}:
 * numbered commands and answers under CRC-32.
 *
 * Intact frames are not plain output: `waitFor` and `forbid` do not see them. A damaged one is,
 * so that a panic that was printed into it is found.
 *
 * Damage to a command or its answer rejects its `run` with a {@link LinkError}; damage to an event
 * rejects all who wait on the console and, when nobody does, fails the scenario: an event that is
 * lost may be what a target waits for. Nothing is sent twice: a retry would hide a bad link.
 */
import type { CommandResult, LinkQuality } from "../../ports/mod.ts";
import { type Duration, ms, ns, seconds } from "../../time/mod.ts";
import { ConsoleTimeout, type Damage } from "./error.ts";
import { commandLine, type Frame, parseFrame } from "./frame.ts";
import { fromLatin1, latin1 } from "./log.ts";
import type { Pending, PlainSink, Shell, ShellSession, ShellWire } from "./shell.ts";
import { Splitter } from "./splitter.ts";

export interface CheckedLinesOptions {
  /** Each event of the target, once and in order. `t`: whole nanoseconds on the console's clock. */
  readonly onEvent?: (text: string, t: number) => void;
}

/** @example `openConsole({ …, shell: checkedLines({ onEvent: (text) => console.log(text) }) })` */
export function checkedLines(options: CheckedLinesOptions = {}): Shell {
  return { attach: (wire) => new CheckedSession(wire, options) };
}

/** How long an answer may take when `run` is not told. */
const RUN_LIMIT = seconds(10);
/** A target that is there says hello in well under a millisecond; one that boots is asked again. */
const HELLO_INTERVAL = ms(500);

type Counters = { -readonly [Name in keyof LinkQuality]?: number };

/** A command that is on its way. */
interface Exchange {
  readonly seq: number;
  readonly sent: string;
  readonly pending: Pending<CommandResult>;
  readonly lines: (string | undefined)[];
  readonly damage: Damage[];
}

class CheckedSession implements ShellSession {
  readonly #wire: ShellWire;
  readonly #options: CheckedLinesOptions;
  readonly #splitter = new Splitter();
  readonly #counters = {
    commands: 0,
    linesReceived: 0,
    corruptLines: 0,
    lostLines: 0,
    doubledLines: 0,
  };
  #turn: Promise<unknown> = Promise.resolve();
  #exchange: Exchange | undefined;
  #seq = 0;
  #synced = false;
  #events = 0;

  constructor(wire: ShellWire, options: CheckedLinesOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  get quality(): Partial<LinkQuality> {
    return { ...this.#counters };
  }

  receive(bytes: Uint8Array, sink: PlainSink): void {
    this.#splitter.push(bytes, {
      plain: (piece, raw) => sink.plain(piece, raw),
      line: (line, raw) => {
        this.#counters.linesReceived++;
        const text = latin1(line).replace(/\r?\n$/, "");
        const frame = parseFrame(text);
        if (!frame) return sink.plain(line, raw);
        sink.settle();
        this.#take(frame, sink);
      },
    });
  }

  end(sink: PlainSink): void {
    this.#splitter.end({ plain: (piece, raw) => sink.plain(piece, raw), line: () => {} });
  }

  run(command: string, { within = RUN_LIMIT }: { readonly within?: Duration }) {
    const result = this.#turn.then(() => this.#run(command, within));
    this.#turn = result.catch(() => {});
    return result;
  }

  async #run(command: string, within: Duration): Promise<CommandResult> {
    const { clock } = this.#wire;
    const deadline = clock.now() + within.ns;
    if (!this.#synced) await this.#hello(within, deadline);
    this.#counters.commands++;
    const outcome = await this.#exchanged(
      command,
      ++this.#seq,
      ns(Math.max(0, deadline - clock.now())),
    );
    if (outcome) return outcome;
    this.#synced = false;
    throw this.#late(`the answer to "${command}"`, within);
  }

  async #hello(within: Duration, deadline: number): Promise<void> {
    const { clock } = this.#wire;
    for (;;) {
      const left = deadline - clock.now();
      if (left <= 0) throw this.#late(`the answer to "hello"`, within);
      const limit = ns(Math.min(left, HELLO_INTERVAL.ns));
      if (await this.#exchanged("hello", 0, limit)) break;
    }
    this.#seq = 0;
    this.#synced = true;
  }

  async #exchanged(
    command: string,
    seq: number,
    limit: Duration,
  ): Promise<CommandResult | undefined> {
    const pending = this.#wire.expect<CommandResult>(`the answer to "${command}"`);
    const sent = commandLine(seq, latin1(new TextEncoder().encode(command)));
    this.#exchange = { seq, sent, pending, lines: [], damage: [] };
    try {
      await this.#wire.write(fromLatin1(`${sent}\n`));
      return (await pending.outcome(limit))?.value;
    } finally {
      pending.close();
      this.#exchange = undefined;
    }
  }

  #late(what: string, limit: Duration): ConsoleTimeout {
    return new ConsoleTimeout({
      channel: this.#wire.channel,
      tail: this.#wire.tail(),
      what,
      limit,
      bytesReceived: 0,
    });
  }

  #take(frame: Frame, sink: PlainSink): void {
    const exchange = this.#exchange;
    if (frame.type === "event") {
      this.#events = frame.k;
      const text = utf8(frame.text);
      sink.later(() => this.#options.onEvent?.(text, sink.t));
    } else if (frame.type === "answer" && frame.seq === exchange?.seq) {
      exchange.lines[frame.line] = frame.text;
    } else if (frame.type === "end" && frame.seq === exchange?.seq) {
      const texts = frame.text ? [...exchange.lines, frame.text] : exchange.lines;
      exchange.pending.resolve({ output: utf8(texts.join("\n")), status: frame.status });
    }
  }
}

function utf8(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(fromLatin1(text));
}
