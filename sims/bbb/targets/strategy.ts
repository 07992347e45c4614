/**
 * Takes a board from whatever state it is in to the wanted one: off, U-Boot's prompt, the operating
 * system. It looks first whether the board is there, by asking; otherwise its power is cut and given
 * again, which every state ends with. The console and the power switch are all that it knows, so it
 * does the same for a simulated board and for one on a cable.
 */
import { type Clock, type CommandResult, Duration, ms, type Power, seconds } from "hil";
import {
  checkedLines,
  ConsoleTimeout,
  LinkError,
  type OpenConsole,
  promptShell,
  type Shell,
  type ShellSwitch,
} from "hil/drivers/console/mod.ts";
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import type { Os, OsEventData, OsSource, UBoot } from "../port.ts";
import { loadOs } from "./os_loading.ts";
import { UBOOT_PROMPT, UBootConsole } from "./uboot.ts";

export interface StrategyOptions {
  readonly console: OpenConsole;
  /** Of that console. */
  readonly shell: ShellSwitch;
  readonly power: Power;
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** How long what it said last may be on its way when its power is gone. Default: no time. */
  readonly settle?: Duration;
  /** Where that can be seen; otherwise what this strategy has last switched counts. */
  readonly powered?: () => boolean;
}

/**
 * A space ends the countdown of every release; Ctrl-C makes a shell begin a new line, and, other
 * than Enter, does not repeat U-Boot's last command.
 */
const KNOCK = " \x03";
const KNOCK_LIMIT = ms(500);
/** A shell that has a prompt answers in a few milliseconds. */
const ANSWER_LIMIT = seconds(1);
const UP = "System is up";

export function ubootShell() {
  return promptShell({ prompt: UBOOT_PROMPT });
}

export class Strategy {
  readonly power: Power;
  readonly uboot: UBootConsole;
  readonly #options: StrategyOptions;
  readonly #events: SignalSource<OsEventData>;
  #switchedOff = false;
  /** That of the operating system, when it was used last. */
  #os: Shell | undefined;

  constructor(options: StrategyOptions) {
    const { console, timeline, clock } = this.#options = options;
    this.power = this.#watched(options.power);
    this.uboot = new UBootConsole(console);
    this.#events = timeline.signal<OsEventData>("os", {
      clock,
      describe: (_, { text }) => `os: ${text}`,
    });
  }

  /** Which program's shell the console is taken for. */
  get at(): "uboot" | "os" {
    return this.#options.shell.current === this.#os ? "os" : "uboot";
  }

  set at(program: "uboot" | "os") {
    this.#options.shell.use(program === "os" ? this.#osShell() : ubootShell());
  }

  async off(): Promise<void> {
    await this.power.off();
  }

  async toUboot({ within }: { readonly within: Duration }): Promise<UBoot> {
    const left = this.#deadline(within);
    if (this.mayBeOn && await this.#atPrompt()) return this.uboot;
    await this.#restart();
    return await this.uboot.interrupt({ within: left() });
  }

  async toOs({ within, tftp }: OsSource & { readonly within: Duration }): Promise<Os> {
    const left = this.#deadline(within);
    const { console, shell } = this.#options;
    const os: Os = {
      run: (command, options) => console.run(command, options),
      events: this.#events,
    };
    if (this.mayBeOn && await this.#osAnswers()) return os;
    const uboot = await this.toUboot({ within: left() });
    const start = await loadOs(uboot, { tftp, left });
    console.skip();
    shell.use(this.#osShell());
    await uboot.go(start);
    await console.waitFor(UP, { within: left() });
    return os;
  }

  /** Without power it says nothing, and what it said before is of another life. */
  async #restart(): Promise<void> {
    const { console, clock, settle } = this.#options;
    await this.power.cut();
    if (settle) await clock.until(() => undefined, settle);
    console.skip();
    await this.power.on();
  }

  async #atPrompt(): Promise<boolean> {
    const { console, clock, shell } = this.#options;
    const before = console.quality.bytesReceived;
    await console.write(KNOCK);
    const prompt = () =>
      console.quality.bytesReceived > before && console.tail(1)[0] === UBOOT_PROMPT || undefined;
    if (!await clock.until(prompt, KNOCK_LIMIT)) return false;
    console.skip();
    shell.use(ubootShell());
    return (await this.#answer("true"))?.status === 0;
  }

  async #osAnswers(): Promise<boolean> {
    const { console, shell } = this.#options;
    // U-Boot would take the question for a command.
    if (console.tail(1)[0] === UBOOT_PROMPT) return false;
    shell.use(this.#osShell());
    return await this.#answer("version") !== undefined;
  }

  async #answer(command: string): Promise<CommandResult | undefined> {
    try {
      return await this.#options.console.run(command, { within: ANSWER_LIMIT });
    } catch (error) {
      // Whatever says something else, or nothing, is another program.
      if (error instanceof ConsoleTimeout || error instanceof LinkError) return undefined;
      throw error;
    }
  }

  #osShell() {
    return this.#os = checkedLines({
      onEvent: (text, t) => void this.#events.emit(text.split(" ", 1)[0]!, { text }, t),
    });
  }

  /** Whoever switches, U-Boot is what comes first afterwards. */
  #watched(power: Power): Power {
    const switched = async (act: () => Promise<void>, isOff: boolean) => {
      this.#options.shell.use(ubootShell());
      this.#switchedOff = false; // When it fails nobody knows.
      await act();
      this.#switchedOff = isOff;
    };
    return {
      on: () => switched(() => power.on(), false),
      off: () => switched(() => power.off(), true),
      cut: () => switched(() => power.cut(), true),
      reset: () => switched(() => power.reset(), this.#switchedOff),
    };
  }

  /** Whether it may have power. */
  get mayBeOn(): boolean {
    return this.#options.powered?.() ?? !this.#switchedOff;
  }

  #deadline(within: Duration): () => Duration {
    const { clock } = this.#options;
    const end = clock.now() + within.ns;
    return () => Duration.fromNs(Math.max(0, end - clock.now()));
  }
}
