/**
 * A real Asterisk in a container that a lab has adopted. The container is the machine and stays; the
 * process in it is started, killed and started again, as on a machine.
 */
import { type Clock, seconds } from "hil";
import { type Container, LineSplitter, type Process } from "hil/drivers/container/mod.ts";
import type { LabHost } from "hil/drivers/lab/mod.ts";
import { withLimit } from "hil/time/mod.ts";
import type { Timeline } from "hil/trace/mod.ts";
import { Ami } from "./ami.ts";
import type { AmiMessage } from "./ami_message.ts";
import { type AmiAccount, FOLDER } from "./config.ts";

export interface AsteriskContext {
  readonly container: Container;
  /** Whose namespace is the container's. */
  readonly host: LabHost;
  readonly account: AmiAccount;
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly onEvent: (event: AmiMessage) => void;
}

/** Measured: 0.3 to 0.8 s. A machine that is busy takes longer. */
const START_LIMIT = seconds(30);
const STOP_LIMIT = seconds(10);
/** The last lines that it said, for messages. */
const LAST_WORDS = 12;
// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[[\d;]*m/g;
/** What it prints when it takes part: the level of this line is the lowest there is. */
const READY = /Asterisk Ready\./;

export class Asterisk {
  readonly #said: string[] = [];
  #process: Process | undefined;
  #reading: Promise<void> | undefined;
  #ami: Ami | undefined;
  #asked = false;

  constructor(private readonly context: AsteriskContext) {}

  /** Resolves when it takes requests. @throws Error with its last words when it does not come up */
  async start(): Promise<void> {
    const { container, host, account } = this.context;
    this.#asked = false;
    this.#said.length = 0;
    const command = ["asterisk", "-f", "-C", `${FOLDER}/asterisk.conf`];
    this.#process = await container.spawn(command);
    const ready = Promise.withResolvers<void>();
    this.#reading = this.#read(this.#process, ready.resolve);
    const over = this.#reading.then(() => {
      throw this.#failed("it has ended");
    });
    await withLimit(Promise.race([ready.promise, over]), START_LIMIT, () => {
      throw this.#failed(`it is not ready after ${START_LIMIT}`);
    });
    const conn = await host.connect({ hostname: "127.0.0.1", port: account.port });
    const ami = this.#ami = await Ami.login(conn, { account, onEvent: this.context.onEvent });
    void ami.closed.then(() => {
      if (this.#asked || this.#ami !== ami) return;
      // What it would have said from here on is missing: no scenario is to take that for silence.
      this.context.timeline.fail(this.#failed("its manager has closed the connection"));
    });
  }

  /** Its manager. @throws Error when it does not run */
  get ami(): Ami {
    if (this.#ami) return this.#ami;
    throw new Error("Cannot ask Asterisk: it does not run; start it");
  }

  /** As its operator ends it: calls are hung up, at once. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Nothing is said to anybody. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const process = this.#process;
    if (!process) return;
    this.#asked = true;
    const pid = await process.pid();
    try {
      // Zero would be this process's own group.
      if (pid > 0) Deno.kill(pid, signal);
    } catch { /* It has ended. */ }
    await withLimit(process.exitCode(), STOP_LIMIT, async () => {
      if (pid > 0) Deno.kill(pid, "SIGKILL");
      return await process.exitCode();
    });
    await this.#reading;
    this.#ami?.close();
    this.#ami = this.#process = undefined;
  }

  async #read(process: Process, ready: () => void): Promise<void> {
    const { timeline, clock } = this.context;
    const lines = new LineSplitter();
    const take = (coloured: string) => {
      const line = coloured.replace(COLOUR, "");
      if (READY.test(line)) ready();
      this.#said.push(line);
      if (this.#said.length > LAST_WORDS) this.#said.shift();
      timeline.record({ type: "bytes", channel: "asterisk", dir: "rx", text: `${line}\n` }, {
        clock,
      });
    };
    for await (const { bytes } of process.output) lines.push(bytes).forEach(take);
    lines.end().forEach(take);
    const code = await process.exitCode();
    if (!this.#asked && this.#ami) timeline.fail(this.#failed(`it has ended with ${code}`));
  }

  #failed(what: string): Error {
    return new Error(
      `Cannot go on with Asterisk: ${what}; its last words:\n  ${this.#said.join("\n  ")}`,
    );
  }
}
