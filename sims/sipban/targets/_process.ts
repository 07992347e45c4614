/** The real daemon, in the namespace of a real PBX. */
import { seconds, withLimit } from "hil/time/mod.ts";
import type { SignalSource } from "hil/trace/mod.ts";
import type { RealPbxLab } from "sims/pbx/mod.ts";
import { ask, permissionsOf, type Report } from "../daemon/mod.ts";
import { openFilter } from "../filter/mod.ts";
import type { ListedBan } from "../guard/mod.ts";
import type { DecisionData, SipBan } from "../port.ts";
import { configOf, type Texts } from "./_options.ts";
import { valuesOf } from "./_sim.ts";

export interface SipBanProcessOptions {
  readonly lab: RealPbxLab;
  /** Of the need, with interface, files and the like. */
  readonly texts: Texts;
  readonly decisions: SignalSource<DecisionData>;
  /** A line of its journal or of its complaints. */
  readonly said: (line: string) => void;
}

type Line = Report & { readonly text?: string };

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const START_LIMIT = seconds(20);
const METRICS = "127.0.0.1:9117";

export class SipBanProcess implements SipBan {
  readonly decisions: SignalSource<DecisionData>;
  #child: Deno.ChildProcess | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #complaints = "";

  constructor(private readonly options: SipBanProcessOptions) {
    this.decisions = options.decisions;
  }

  /** Listens when it resolves. */
  async start(): Promise<void> {
    const { lab, texts } = this.options;
    const words = texts.map(([name, text]) => `--${name}=${text}`);
    const allowed = permissionsOf(this.#config);
    const args = ["run", "--no-check", "--no-prompt", ...allowed, MAIN, "run", ...words];
    const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const child = lab.host.command(Deno.execPath(), args, pipes).spawn();
    this.#child = child;
    const { promise: started, resolve } = Promise.withResolvers<boolean>();
    this.#complaints = "";
    this.#reading = Promise.all([
      eachLine(child.stdout, (line) => {
        this.options.said(line);
        if (this.#heard(JSON.parse(line)) === "start") resolve(true);
      }),
      eachLine(child.stderr, (line) => {
        this.options.said(line);
        this.#complaints += `${line}\n`;
      }),
    ]).then(() => resolve(false));
    if (await withLimit(started, START_LIMIT, () => false)) return;
    await this.kill();
    throw new Error(
      `Cannot start sipban in "${lab.host.name}": ${
        this.#complaints.trim() || "it says nothing"
      }; ` +
        `run "deno task sipban run" there by hand`,
    );
  }

  async list(): Promise<ListedBan[]> {
    return await ask(this.#config.control, { command: "list" }) as ListedBan[];
  }

  async ban(target: string, { seconds }: { readonly seconds?: number } = {}): Promise<void> {
    const time = seconds === undefined ? {} : { seconds };
    await ask(this.#config.control, { command: "ban", target, ...time });
  }

  async unban(target: string): Promise<void> {
    await ask(this.#config.control, { command: "unban", target });
  }

  async filtered(): Promise<string[]> {
    if (this.#config["dry-run"]) return [];
    const { namespace } = this.options.lab.host;
    const { backend, table: name, ports, "limit-rate": packetsPerSecond } = this.#config;
    // Opened, it lays out its rules anew: so these are the daemon's.
    const filter = await openFilter(backend, { namespace, name, ports, packetsPerSecond });
    try {
      return (await filter.list()).map(({ target }) => target);
    } finally {
      await filter.close();
    }
  }

  async problems(): Promise<string[]> {
    const status = await ask(this.#config.control, { command: "status" });
    return (status as { problems: string[] }).problems;
  }

  async metrics(): Promise<Record<string, number>> {
    const curl = this.options.lab.host.command("curl", ["-sf", `http://${METRICS}/metrics`]);
    const { stdout, success } = await curl.output();
    if (!success) throw new Error("Cannot get the metrics of sipban: it does not answer; start it");
    return valuesOf(new TextDecoder().decode(stdout));
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  get #config() {
    return configOf(this.options.texts);
  }

  #heard({ time: _, event, until: __, text, ...data }: Line): string {
    if (text === undefined) this.decisions.emit(event, data);
    return event;
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    try {
      child.kill(signal);
    } catch {
      // It has ended by itself.
    }
    await child.status;
    await this.#reading;
  }
}

async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
): Promise<void> {
  let held = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = `${held}${text}`.split("\n");
    held = lines.pop()!;
    for (const line of lines) take(line);
  }
}
