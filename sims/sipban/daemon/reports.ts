/** Who is told of decisions: the journal, webhooks, a command. None of them holds up the next ban. */
import { type Duration, ms, seconds, timer } from "hil/time/mod.ts";
import type { InForce } from "../guard/mod.ts";
import { Queue } from "./queue.ts";

/** A decision as others read it, one line of JSON. */
export interface Report {
  readonly time: string;
  readonly event: InForce["type"];
  readonly host: string;
  readonly rule?: string;
  readonly user?: string;
  readonly count?: number;
  readonly level?: number;
  readonly because?: string;
  readonly until?: string;
  /** How long it is banned or limited. */
  readonly seconds?: number;
  /** From the packet that decided it to its being in force. */
  readonly latencyMs: number;
}

export function reportOf(decision: InForce): Report {
  const { type, t, host, inForceNs, ...more } = decision;
  const { untilNs, ...rest } = more as typeof more & { untilNs?: number };
  return {
    time: timeOf(inForceNs),
    event: type,
    host,
    ...rest,
    ...(untilNs !== undefined && {
      until: timeOf(untilNs),
      seconds: Math.round((untilNs - t) / 1e9),
    }),
    latencyMs: Math.max(0, Math.round((inForceNs - t) / 1e3) / 1e3),
  };
}

function timeOf(ns: number): string {
  return new Date(ns / 1e6).toISOString();
}

export interface ReportsOptions {
  readonly webhooks: readonly string[];
  readonly webhookTimeoutS: number;
  /** A program and its arguments; none: []. */
  readonly command: readonly string[];
  readonly commandTimeoutS: number;
  readonly problem: (text: string) => void;
  /** Before the second try; before the third one twice as long. Default: 0.5 s. */
  readonly pause?: Duration;
  /** Default: standard output. */
  readonly write?: (line: Uint8Array) => Promise<void>;
}

const MOST = 10_000;
const TRIES = 3;

export class Reports {
  readonly queues: Readonly<
    Record<"journal" | "webhook" | "command", Pick<Queue<never>, "length" | "dropped" | "failed">>
  >;
  readonly #journal: Queue<object>;
  readonly #webhook: Queue<Report>;
  readonly #command: Queue<Report>;

  constructor(private readonly options: ReportsOptions) {
    const { write = writeOut } = options;
    const problem = (error: Error) => options.problem(error.message);
    const line = (item: object) => write(new TextEncoder().encode(`${JSON.stringify(item)}\n`));
    // Of a journal that cannot be written nobody can be told.
    this.#journal = new Queue({ most: MOST, work: line, problem() {} });
    this.#webhook = new Queue({ most: MOST, atOnce: 2, problem, work: (one) => this.#post(one) });
    this.#command = new Queue({ most: MOST, atOnce: 4, problem, work: (one) => this.#run(one) });
    this.queues = { journal: this.#journal, webhook: this.#webhook, command: this.#command };
  }

  tell(decision: InForce): void {
    const report = reportOf(decision);
    this.#journal.push(report);
    if (this.options.webhooks.length > 0) this.#webhook.push(report);
    if (this.options.command.length > 0) this.#command.push(report);
  }

  /** A line of the journal beside decisions. */
  note(event: string, text: string, time: string): void {
    this.#journal.push({ time, event, text });
  }

  async idle(): Promise<void> {
    await Promise.all([this.#journal, this.#webhook, this.#command].map((queue) => queue.idle()));
  }

  async #post(report: Report): Promise<void> {
    const { webhooks, pause = ms(500) } = this.options;
    for (const url of webhooks) {
      for (let left = TRIES - 1; !await this.#tryPost(url, report, left === 0); left--) {
        await new Promise<void>((resolve) => void timer(ms(pause.ms * (TRIES - left)), resolve));
      }
    }
  }

  /** @throws Error when it was the last try */
  async #tryPost(url: string, report: Report, isLast: boolean): Promise<boolean> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(report),
        redirect: "error",
        signal: AbortSignal.timeout(this.options.webhookTimeoutS * 1000),
      });
      await response.body?.cancel();
      if (response.ok) return true;
      throw new Error(`it answers ${response.status}`);
    } catch (error) {
      if (!isLast) return false;
      const why = (error as Error).message;
      throw new Error(`Cannot tell "${url}" of ${report.host}: ${why}; look at what listens there`);
    }
  }

  async #run(report: Report): Promise<void> {
    const { command, commandTimeoutS } = this.options;
    const [program, ...args] = command;
    const values = report as unknown as Record<string, unknown>;
    const filled = args.map((arg) =>
      arg.replace(/\{(\w+)\}/g, (_, name) => `${values[name] ?? ""}`)
    );
    const child = new Deno.Command(program!, {
      args: filled,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let isLate = false;
    const cancel = timer(seconds(commandTimeoutS), () => {
      isLate = true;
      child.kill("SIGKILL");
    });
    const { code } = await child.status;
    cancel();
    if (code === 0) return;
    const what = isLate ? `it took more than ${commandTimeoutS} s` : `its exit status is ${code}`;
    throw new Error(`Cannot run "${program}" for ${report.host}: ${what}; try it by hand`);
  }
}

async function writeOut(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}
