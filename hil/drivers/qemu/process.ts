/** The QEMU process: started, listened to, and seen to end. */
import { ms, withLimit } from "../../time/mod.ts";
import { missingBinary, QemuError } from "./error.ts";
import type { Channel } from "./socket_link.ts";

/** Most of its standard error that is kept for messages; a loop of warnings has no end. */
const STDERR_LIMIT = 64 << 10;
/** What it wrote is there when it has ended; a child that it left behind may hold the pipe open. */
const LAST_WORDS = ms(500);

export interface ProcessOptions {
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Its standard input and output are a {@link QemuProcess.channel}; else nothing. */
  readonly piped: boolean;
  /** Each line of its standard error. */
  onStderr(line: string): void;
}

export class QemuProcess {
  #stderr = "";
  readonly #child: Deno.ChildProcess;
  readonly #words: ReadableStreamDefaultReader<Uint8Array>;
  #over = false;
  #asked = false;
  /** Its standard input and output. */
  readonly channel: Channel | undefined;
  /** Resolves when it has ended and all that it said is read. */
  readonly exit: Promise<Deno.CommandStatus>;
  /** Each line of its standard error. */
  onStderr: (line: string) => void;

  /** @throws QemuError when the binary is not there or may not be run */
  constructor(options: ProcessOptions) {
    this.onStderr = options.onStderr;
    this.#child = spawn(options);
    if (options.piped) this.channel = channelTo(this.#child);
    this.#words = this.#child.stderr.getReader();
    const read = this.#readStderr();
    this.exit = this.#child.status.then(async (status) => {
      this.#over = true;
      await withLimit(read, LAST_WORDS, () => this.#words.cancel());
      return status;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** It has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Its end is nobody's fault: it was killed here, or {@link expectEnd} was called. */
  get asked(): boolean {
    return this.#asked;
  }

  /** From now on it may end. */
  expectEnd(): void {
    this.#asked = true;
  }

  /** What it has written to its standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** SIGKILL: nothing is flushed. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.#over) {
      this.#asked = true;
      try {
        this.#child.kill("SIGKILL");
      } catch { /* It ended just now. */ }
    }
    await this.exit;
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { value, done } = await this.#words.read();
      if (done) break;
      const text = decoder.decode(value, { stream: true });
      if (this.#stderr.length < STDERR_LIMIT) this.#stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop()!.slice(-STDERR_LIMIT);
      for (const line of lines) this.onStderr(line);
    }
    if (rest) this.onStderr(rest);
  }
}

function channelTo({ stdin, stdout }: Deno.ChildProcess): Channel {
  const reader = stdout.getReader();
  const writer = stdin.getWriter();
  return {
    read: async () => (await reader.read().catch(() => undefined))?.value,
    write: (data) => writer.write(data),
    close: () => {
      reader.cancel().catch(() => {}); // It is closed, or has ended.
      writer.close().catch(() => {});
    },
  };
}

function spawn({ binary, args, env, piped }: ProcessOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(binary, {
      args: [...args],
      env: { ...env },
      stdin: piped ? "piped" : "null",
      stdout: piped ? "piped" : "null",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw missingBinary(binary, error);
    throw new QemuError(
      `Cannot start QEMU "${binary}": ${(error as Error).message}; ` +
        `check that it may be executed`,
      "",
      { cause: error },
    );
  }
}
