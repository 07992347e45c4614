/**
 * One console, several shells: a board says its boot loader's prompt first and its operating
 * system's checked lines later. Who knows which one it is at says so.
 */
import type { CommandResult, LinkQuality } from "../../ports/mod.ts";
import type { Duration } from "../../time/mod.ts";
import { Quality } from "./quality.ts";
import type { PlainSink, Shell, ShellSession, ShellWire } from "./shell.ts";

type Counters = Partial<Record<keyof LinkQuality, number>>;

/**
 * @example
 * ```ts ignore
 * const shell = new ShellSwitch(promptShell({ prompt: "=> " }));
 * const uart0 = openConsole({ name: "uart0", link, timeline, clock, shell });
 * await uart0.run("go 0x80000000").catch(() => {});
 * shell.use(checkedLines());
 * await uart0.run("version");
 * ```
 */
export class ShellSwitch implements Shell {
  #wire: ShellWire | undefined;
  #session: ShellSession | undefined;
  /** Counters of sessions that are over. */
  #before: Counters = { ...new Quality().counters };

  constructor(private shell: Shell) {}

  get current(): Shell {
    return this.shell;
  }

  /** From the next byte on, `shell` has the console, from its beginning: it remembers nothing. */
  use(shell: Shell): void {
    this.#before = this.#quality();
    this.shell = shell;
    if (this.#wire) this.#session = shell.attach(this.#wire);
  }

  attach(wire: ShellWire): ShellSession {
    this.#wire = wire;
    this.#session = this.shell.attach(wire);
    const quality = () => this.#quality();
    return {
      receive: (bytes, sink) => this.#receive(bytes, sink, wire),
      end: (sink) => this.#session?.end?.(sink),
      run: (command, options) => this.#run(command, options),
      get quality() {
        return quality();
      },
    };
  }

  #receive(bytes: Uint8Array, sink: PlainSink, wire: ShellWire): void {
    const session = this.#session!;
    if (session.receive) session.receive(bytes, sink);
    else sink.plain(bytes, wire.bytesReceived - bytes.length);
  }

  #run(command: string, options: { readonly within?: Duration }): Promise<CommandResult> {
    return this.#session!.run(command, options);
  }

  #quality(): Counters {
    const sum = { ...this.#before };
    for (const [name, count] of Object.entries(this.#session?.quality ?? {})) {
      sum[name as keyof LinkQuality] = (sum[name as keyof LinkQuality] ?? 0) + count;
    }
    return sum;
  }
}
