/**
 * QMP, the QEMU Machine Protocol, as its client: JSON objects a line, a greeting, numbered
 * commands, and events in between (QEMU's docs/interop/qmp-spec.txt).
 */
import { registerError } from "../../record/errors.ts";
import type { ByteLink } from "../../ports/mod.ts";
import type { Json } from "../../trace/mod.ts";

/** An event that QEMU sent by itself: "SHUTDOWN" with its data. */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, Json>>;
}

/** QEMU refused a command. */
export class QmpError extends Error {
  override readonly name = "QmpError";

  constructor(
    readonly command: string,
    /** QEMU's error class: "GenericError", "CommandNotFound". */
    readonly errorClass: string,
    readonly description: string,
  ) {
    super(`Cannot execute the QMP command "${command}": ${errorClass}: ${description}`);
  }
}

/** The channel to QEMU ended, or never spoke QMP. */
export class QmpClosed extends Error {
  override readonly name = "QmpClosed";
}
registerError(QmpError, QmpClosed);

interface Pending {
  readonly command: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What can come on the line; which one it is, its keys say. */
interface QmpMessage {
  QMP?: { version?: { qemu?: { major: number; minor: number; micro: number } } };
  id?: number;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: Record<string, Json>;
}

/** Longest line that is taken for QMP; the longest real ones (query-qmp-schema) have 200 KiB. */
const LINE_LIMIT = 4 << 20;

export class QmpClient {
  #id = 0;
  #version = "";
  #over: QmpClosed | undefined;
  readonly #pending = new Map<number, Pending>();
  #waiting: { resolve(): void; reject(error: Error): void }[] = [];
  /** Resolves, never rejects, when the channel has ended. */
  readonly ended: Promise<void>;

  constructor(
    private readonly link: ByteLink,
    private readonly onEvent: (event: QmpEvent) => void = () => {},
  ) {
    this.ended = this.#listen();
  }

  /** QEMU's version as it greets: "7.2.22". Known once {@link negotiate} is through. */
  get version(): string {
    return this.#version;
  }

  /** Leaves the greeting mode. QEMU answers when the machine is built and its main loop runs. */
  async negotiate(): Promise<void> {
    await this.execute("qmp_capabilities");
  }

  /**
   * Executes a command and gives what it returns.
   *
   * @throws QmpError when QEMU refuses it
   * @throws QmpClosed when the channel ends before the answer
   */
  async execute<T = unknown>(
    command: string,
    args?: Readonly<Record<string, unknown>>,
  ): Promise<T> {
    if (this.#over) throw this.#over;
    const id = ++this.#id;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { command, resolve, reject });
    });
    const request = JSON.stringify({ execute: command, arguments: args, id });
    this.link.write(new TextEncoder().encode(request + "\n")).catch((error) => {
      this.#end(`its channel does not take "${command}": ${(error as Error).message}`);
    });
    return await answer as T;
  }

  /** Resolves after the next event; rejects when the channel ends first. */
  nextEvent(): Promise<void> {
    if (this.#over) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** What a person types at QEMU's monitor: `info registers`. */
  monitor(commandLine: string): Promise<string> {
    return this.execute<string>("human-monitor-command", { "command-line": commandLine });
  }

  async close(): Promise<void> {
    this.#end("it was closed here");
    await this.link.close();
    await this.ended;
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of this.link.readable) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop()!;
        for (const line of lines) if (line.trim()) this.#take(line);
        if (rest.length > LINE_LIMIT) throw new QmpClosed("a line of it has no end");
      }
      this.#end("QEMU closed its channel");
    } catch (error) {
      this.#end((error as Error).message);
      await this.link.close();
    }
  }

  #take(line: string): void {
    const message = parseMessage(line);
    if (message.QMP) {
      const qemu = message.QMP.version?.qemu;
      if (qemu) this.#version = `${qemu.major}.${qemu.minor}.${qemu.micro}`;
    } else if (message.event !== undefined) {
      this.onEvent({ event: message.event, data: message.data ?? {} });
      for (const { resolve } of this.#waiting.splice(0)) resolve();
    } else {
      this.#answer(message);
    }
  }

  #answer({ id, error, return: value }: QmpMessage): void {
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (!pending) {
      const said = error ? `: ${error.desc}` : "";
      throw new QmpClosed(`it answered a command ("${id}") that nobody gave${said}`);
    }
    this.#pending.delete(id!);
    if (error) pending.reject(new QmpError(pending.command, error.class, error.desc));
    else pending.resolve(value);
  }

  #end(why: string): void {
    this.#over ??= new QmpClosed(`Cannot talk QMP to QEMU: ${why}`);
    for (const { reject } of this.#pending.values()) reject(this.#over);
    this.#pending.clear();
    for (const { reject } of this.#waiting.splice(0)) reject(this.#over);
  }
}

function parseMessage(line: string): QmpMessage {
  try {
    const message: unknown = JSON.parse(line);
    if (isMessage(message)) return message;
  } catch {
    // Said below, with the line.
  }
  throw new QmpClosed(`it said what is no QMP: ${JSON.stringify(line.slice(0, 120))}`);
}

function isMessage(message: unknown): message is QmpMessage {
  if (!isObject(message)) return false;
  const { QMP, id, event, data, error } = message;
  if ("QMP" in message) return isObject(QMP);
  if ("event" in message) {
    return typeof event === "string" && (data === undefined || isObject(data));
  }
  const answers = "return" in message || "error" in message;
  const isError = isObject(error) && typeof error.class === "string" &&
    typeof error.desc === "string";
  return answers && (error === undefined || isError) &&
    (id === undefined || typeof id === "number");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
