/**
 * A program in a container: started until it is ready, heard, ended, and started again. The container
 * is the machine and stays.
 */
import { type Clock, type Duration, seconds } from "hil";
import { type Container, LineSplitter, type Process } from "hil/drivers/container/mod.ts";
import { withLimit } from "hil/time/mod.ts";
import type { Timeline } from "hil/trace/mod.ts";

export interface ProgramOptions {
  readonly container: Container;
  /** For messages: "Asterisk". */
  readonly name: string;
  /** Of the trace, for what it prints. */
  readonly channel: string;
  readonly command: readonly string[];
  /** What it prints when it takes part. */
  readonly ready: RegExp;
  readonly startLimit: Duration;
  /** Whether its end concerns its children too: who is killed does not tell them. */
  readonly isGroup?: boolean;
  readonly timeline: Timeline;
  readonly clock: Clock;
}

const STOP_LIMIT = seconds(10);
/** The last lines that it said, for messages. */
const LAST_WORDS = 12;
// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[[\d;]*m/g;

export class Program {
  readonly #said: string[] = [];
  #process: Process | undefined;
  #reading: Promise<void> | undefined;
  #up = false;
  #asked = false;

  constructor(private readonly options: ProgramOptions) {}

  /** Whether its end was asked for, or it has never begun. */
  get isAskedToEnd(): boolean {
    return this.#asked;
  }

  /** Resolves when it is ready. @throws Error with its last words when it does not come up */
  async start(): Promise<void> {
    const { container, command, startLimit } = this.options;
    this.#asked = this.#up = false;
    this.#said.length = 0;
    this.#process = await container.spawn(command);
    const ready = Promise.withResolvers<void>();
    this.#reading = this.#read(this.#process, ready.resolve);
    const over = this.#reading.then(() => {
      throw this.failed("it has ended");
    });
    await withLimit(Promise.race([ready.promise, over]), startLimit, () => {
      throw this.failed(`it is not ready after ${startLimit}`);
    });
    this.#up = true;
  }

  /** Resolves when it is over; at once when it does not run. */
  async end(signal: Deno.Signal): Promise<void> {
    const process = this.#process;
    if (!process) return;
    this.#asked = true;
    const pid = await process.pid();
    this.#signal(pid, signal);
    await withLimit(process.exitCode(), STOP_LIMIT, async () => {
      this.#signal(pid, "SIGKILL");
      return await process.exitCode();
    });
    await this.#reading;
    this.#process = undefined;
  }

  failed(what: string): Error {
    return new Error(
      `Cannot go on with ${this.options.name}: ${what}; its last words:\n  ${
        this.#said.join("\n  ")
      }`,
    );
  }

  #signal(pid: number, signal: Deno.Signal): void {
    // Zero would be this process's own group.
    if (pid <= 0) return;
    try {
      // What an engine runs in a container is the leader of a group.
      Deno.kill(this.options.isGroup && signal === "SIGKILL" ? -pid : pid, signal);
    } catch { /* It has ended. */ }
  }

  async #read(process: Process, ready: () => void): Promise<void> {
    const lines = new LineSplitter();
    const take = (coloured: string) => {
      const line = coloured.replace(COLOUR, "");
      if (this.options.ready.test(line)) ready();
      this.#said.push(line);
      if (this.#said.length > LAST_WORDS) this.#said.shift();
      const { timeline, clock, channel } = this.options;
      timeline.record({ type: "bytes", channel, dir: "rx", text: `${line}\n` }, { clock });
    };
    for await (const { bytes } of process.output) lines.push(bytes).forEach(take);
    lines.end().forEach(take);
    const code = await process.exitCode();
    if (this.#asked || !this.#up) return;
    this.options.timeline.fail(this.failed(`it has ended with ${code}`));
  }
}
