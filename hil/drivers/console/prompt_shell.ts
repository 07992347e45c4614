/**
 * A shell that people type at and that is known by its prompt: U-Boot's, BusyBox's. A command goes
 * out with a question for its exit status after it, `printenv; echo hil1=$?`; so the end of the
 * answer cannot be taken for output, and the echo shows whether every byte has arrived.
 */
import type { CommandResult, LinkQuality } from "../../ports/mod.ts";
import { type Duration, seconds } from "../../time/mod.ts";
import { LinkError } from "./error.ts";
import type { Shell, ShellSession, ShellWire } from "./shell.ts";

export interface PromptShellOptions {
  /** What the shell says when it is ready: "=> ". */
  readonly prompt: string;
  /** When `run` is given none. Default 10 s. */
  readonly within?: Duration;
}

/**
 * The target must be at its prompt when a command is run, with that prompt waited for or read over.
 *
 * @example
 * ```ts ignore
 * const uart0 = openConsole({ name: "uart0", link, timeline, clock, shell: promptShell({ prompt: "=> " }) });
 * await uart0.waitFor("=> ", { within: seconds(10) });
 * const { output, status } = await uart0.run("mmc dev 1");
 * ```
 */
export function promptShell(options: PromptShellOptions): Shell {
  return { attach: (wire) => new PromptSession(wire, options) };
}

class PromptSession implements ShellSession {
  #commands = 0;
  #linesReceived = 0;
  #altered = 0;

  constructor(private readonly wire: ShellWire, private readonly options: PromptShellOptions) {}

  get quality(): Partial<LinkQuality> {
    return {
      commands: this.#commands,
      linesReceived: this.#linesReceived,
      corruptLines: this.#altered,
    };
  }

  async run(command: string, options: { readonly within?: Duration }): Promise<CommandResult> {
    if (/[\r\n]/.test(command)) {
      throw new TypeError(
        `Cannot run ${
          JSON.stringify(command)
        } on ${this.wire.channel}: it is more than one line; ` +
          `run them one by one`,
      );
    }
    const mark = `hil${++this.#commands}`;
    const line = `${command}; echo ${mark}=$?`;
    await this.wire.write(new TextEncoder().encode(`${line}\n`));
    const within = options.within ?? this.options.within ?? seconds(10);
    const { before, groups: [status] } = await this.wire.waitFor(
      new RegExp(`${mark}=(\\d+)\\r?\\n${escaped(this.options.prompt)}`),
      { within },
    );
    const lines = before.replace(/\r*\n$/, "").split(/\r*\n/);
    this.#linesReceived += lines.length;
    const echo = lines.findIndex((text) => text.endsWith(line));
    if (echo < 0) {
      this.#altered++;
      throw new LinkError({
        channel: this.wire.channel,
        tail: this.wire.tail(),
        what: `the answer to "${command}"`,
        damage: [
          {
            kind: "unclear",
            unit: "lines",
            count: 1,
            where: "its echo",
            sent: line,
            received: before,
          },
        ],
      });
    }
    return { output: lines.slice(echo + 1).join("\n"), status: Number(status) };
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
