/** The QEMU process: started, listened to, and seen to end. */
import { missingBinary, QemuError } from "./error.ts";

/** Most of its standard error that is kept for messages; a loop of warnings has no end. */
const STDERR_LIMIT = 64 << 10;

export interface ProcessOptions {
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Each line of its standard error. */
  onStderr(line: string): void;
}

export class QemuProcess {
  #stderr = "";
  readonly #child: Deno.ChildProcess;
  readonly #stderrRead: Promise<void>;
  #over = false;
  /** Resolves when it has ended and all that it said is read. */
  readonly exit: Promise<Deno.CommandStatus>;

  /** @throws QemuError when the binary is not there or may not be run */
  constructor(private readonly options: ProcessOptions) {
    this.#child = spawn(options);
    this.#stderrRead = this.#readStderr();
    this.exit = this.#child.status.then(async (status) => {
      this.#over = true;
      await this.#stderrRead;
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

  /** What it has written to its standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** SIGKILL: nothing is flushed. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.#over) {
      try {
        this.#child.kill("SIGKILL");
      } catch { /* It ended just now. */ }
    }
    await this.exit;
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stderr) {
      const text = decoder.decode(chunk, { stream: true });
      if (this.#stderr.length < STDERR_LIMIT) this.#stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      lines.forEach((line) => this.options.onStderr(line));
    }
    if (rest) this.options.onStderr(rest);
  }
}

function spawn({ binary, args, env }: ProcessOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(binary, {
      args: [...args],
      env: { ...env },
      stdin: "null",
      stdout: "null",
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
