/**
 * One nft process for many commands (nft(8), `-i` and `-j`): 0.2 ms a command, where a process for
 * each takes 6. It says nothing of a command that went well, so each is followed by a word that is no
 * command: the complaint about that word is the acknowledgement.
 */
import { type Duration, seconds, withLimit } from "../../time/mod.ts";
import { NftError, reasonsIn } from "./error.ts";

export interface NftOptions {
  /** The name of a network namespace, or the path of one: /proc/PID/ns/net. Default: this one. */
  readonly namespace?: string;
  /** Default: /usr/sbin/nft. */
  readonly program?: string;
  /** How long a command may take. Default: 30 s. */
  readonly limit?: Duration;
}

const NFT = "/usr/sbin/nft";
/** So much of a command is in messages. */
const SHOWN = 80;

export class NftSession implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #limit: Duration;
  readonly #reading: Promise<unknown>;
  #complaints = "";
  #output = "";
  #fences = 0;
  #ended = false;
  /** Tells the command that waits that something came. */
  #wake = () => {};
  #last: Promise<unknown> = Promise.resolve();

  private constructor(child: Deno.ChildProcess, limit: Duration) {
    this.#child = child;
    this.#limit = limit;
    this.#input = child.stdin.getWriter();
    const read = async (
      stream: ReadableStream<Uint8Array<ArrayBuffer>>,
      take: (text: string) => void,
    ) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        take(text);
        this.#wake();
      }
    };
    this.#reading = Promise.all([
      read(child.stderr, (text) => this.#complaints += text),
      read(child.stdout, (text) => this.#output += text),
    ]).catch(() => {}).then(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** @throws NftError when there is no nft, no such namespace, or no permission */
  static async open(options: NftOptions = {}): Promise<NftSession> {
    const { namespace, program = NFT, limit = seconds(30) } = options;
    const session = new NftSession(start(program, namespace), limit);
    try {
      // Needs all that any other command needs.
      await session.query("list tables");
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /**
   * One line: one transaction, all of it or nothing.
   *
   * @throws NftError when nft refuses it, or has ended
   */
  async run(command: string): Promise<void> {
    await this.#inTurn(() => this.#ask(command));
  }

  /** A command that lists: what it gives, as libnftables-json(5) has it. */
  query(command: string): Promise<readonly Record<string, unknown>[]> {
    return this.#inTurn(async () => {
      await this.#ask(command);
      // The answer may come after the acknowledgement: it has a pipe of its own.
      await this.#until(command, () => this.#output.includes("\n"));
      const line = this.#output.slice(0, this.#output.indexOf("\n"));
      // Some versions say their prompt first.
      const answer = JSON.parse(line.slice(line.indexOf("{"))) as { nftables: [] };
      return answer.nftables;
    });
  }

  /** Waits for what was asked before. What nft has done stays. */
  async close(): Promise<void> {
    await this.#last;
    await this.#input.close().catch(() => {});
    await this.#reading;
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #ask(command: string): Promise<void> {
    if (/[\r\n]/.test(command)) throw new TypeError(`A command of nft is one line: "${command}"`);
    const fence = `fence${++this.#fences}`;
    [this.#complaints, this.#output] = ["", ""];
    const line = new TextEncoder().encode(`${command}\n${fence}\n`);
    // When it has ended, what it said last tells more than the broken pipe.
    this.#input.write(line).catch(() => {});
    const acknowledged = new RegExp(`(?:^|\\n)[^\\n]*\\n${fence}\\n[ ^]*\\n`);
    await this.#until(command, () => acknowledged.test(this.#complaints));
    const reasons = reasonsIn(this.#complaints.replace(acknowledged, "\n"));
    if (reasons.length > 0) throw new NftError(shown(command), reasons);
  }

  async #until(command: string, probe: () => boolean): Promise<void> {
    const wait = async () => {
      while (!probe()) {
        if (this.#ended) {
          const said = this.#complaints.trim() || "it says nothing";
          throw new NftError(shown(command), [`nft has ended: ${said}`]);
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
      }
    };
    await withLimit(wait(), this.#limit, () => {
      // Whatever it says later would be taken for another command's.
      this.#child.kill("SIGKILL");
      throw new NftError(shown(command), [`no answer within ${this.#limit}; nft was ended`]);
    });
  }
}

function start(program: string, namespace: string | undefined): Deno.ChildProcess {
  const path = namespace?.includes("/") ? namespace : `/run/netns/${namespace}`;
  const nft = [program, "-j", "-i"];
  const [command, ...args] = namespace === undefined ? nft : ["nsenter", `--net=${path}`, ...nft];
  try {
    return new Deno.Command(command!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      clearEnv: true,
      // Else it writes a history of commands there.
      env: { HOME: "/nonexistent", LC_ALL: "C", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      // A Ctrl-C is for the harness, which has a table to remove.
      detached: true,
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new NftError("-i", [`no such program: ${command}`], { cause: error });
  }
}

function shown(command: string): string {
  return command.length <= SHOWN ? command : `${command.slice(0, SHOWN)}…`;
}
