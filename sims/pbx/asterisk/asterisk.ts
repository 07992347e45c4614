/** A real Asterisk in a container that a lab has adopted, and its manager. */
import { type Clock, seconds } from "hil";
import type { Container } from "hil/drivers/container/mod.ts";
import type { LabHost } from "hil/drivers/lab/mod.ts";
import type { Timeline } from "hil/trace/mod.ts";
import { Ami } from "./ami.ts";
import type { AmiMessage } from "./ami_message.ts";
import { type AmiAccount, FOLDER } from "./config.ts";
import { Program } from "./program.ts";

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

export class Asterisk {
  readonly #program: Program;
  #ami: Ami | undefined;

  constructor(private readonly context: AsteriskContext) {
    const { container, timeline, clock } = context;
    this.#program = new Program({
      ...{ container, timeline, clock, name: "Asterisk", channel: "asterisk" },
      command: ["asterisk", "-f", "-C", `${FOLDER}/asterisk.conf`],
      // The level of this line is the lowest there is.
      ready: /Asterisk Ready\./,
      startLimit: START_LIMIT,
    });
  }

  /** Resolves when it takes requests. @throws Error with its last words when it does not come up */
  async start(): Promise<void> {
    const { host, account, onEvent, timeline } = this.context;
    await this.#program.start();
    const conn = await host.connect({ hostname: "127.0.0.1", port: account.port });
    const ami = this.#ami = await Ami.login(conn, { account, onEvent });
    void ami.closed.then(() => {
      if (this.#program.isAskedToEnd || this.#ami !== ami) return;
      // What it would have said from here on is missing: no scenario is to take that for silence.
      timeline.fail(this.#program.failed("its manager has closed the connection"));
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
    await this.#program.end(signal);
    this.#ami?.close();
    this.#ami = undefined;
  }
}
