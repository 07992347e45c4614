/**
 * QEMU as a machine of a scenario: started with its serial ports and QMP on sockets that we listen
 * on, run, reset, cut off, saved and loaded, and seen to end whoever ended it.
 */
import type { ByteLink } from "../../ports/mod.ts";
import { seconds, withLimit } from "../../time/mod.ts";
import type { Json, Signal, SignalSource } from "../../trace/mod.ts";
import { commandLine } from "./command_line.ts";
import { exitFailure, GuestCrashed } from "./error.ts";
import { QemuProcess } from "./process.ts";
import { QmpClient, type QmpEvent } from "./qmp.ts";
import { Snapshots } from "./snapshot.ts";
import { channelOver, linkOver } from "./socket_link.ts";
import {
  build,
  DEFAULT_BINARY,
  listen,
  type QemuContext,
  type StartOptions,
  type Wiring,
} from "./start.ts";

export type QmpEventData = Readonly<Record<string, Json>>;

/** QMP must answer a diagnosis in this time, or the message of a failure does without. */
const DIAGNOSIS_LIMIT = seconds(1);
/** An end that QEMU was asked for takes 10 ms; one that hangs in a held disk request, forever. */
const QUIT_LIMIT = seconds(2);

export class Qemu {
  readonly #options: StartOptions;
  readonly #process: QemuProcess;
  readonly #links: readonly ByteLink[];
  readonly #qmp: QmpClient;
  #events!: SignalSource<QmpEventData>;
  #snapshots!: Snapshots;
  #resetting: (() => void) | undefined;
  #crash: GuestCrashed | undefined;
  #crashing: Promise<void> | undefined;

  private constructor(
    options: StartOptions,
    context: QemuContext,
    process: QemuProcess,
    connections: readonly [qmp: Deno.Conn, ...serials: Deno.Conn[]],
  ) {
    const [qmp, ...serials] = connections;
    this.#options = options;
    this.#process = process;
    const channels = [...(process.channel ? [process.channel] : []), ...serials.map(channelOver)];
    this.#links = channels.map((channel) => linkOver(channel, () => this.#verdict()));
    this.#qmp = new QmpClient(linkOver(channelOver(qmp)), (event) => this.#take(event));
    this.#settleIn(context);
    void this.#qmp.ended.then(() => this.#events.end());
  }

  /**
   * Starts QEMU, connects QMP and the serial ports, and lets the guest run.
   *
   * @throws QemuError when the binary is not there, or QEMU refuses an option, disk or kernel
   */
  static async start(options: StartOptions, context: QemuContext): Promise<Qemu> {
    context.signal?.throwIfAborted();
    const wiring = listen(options, context);
    try {
      const qemu = await Qemu.#launch(options, context, wiring);
      return qemu;
    } catch (error) {
      // All else is undone by what was deferred; a second try wants the sockets' places now.
      for (const meeting of [wiring.qmp, ...wiring.serials]) meeting.close();
      throw error;
    }
  }

  /**
   * Hands a machine that was started before it was needed, for a context of its own, to the
   * scenario that needs it: what it says and does is on that timeline from now on. It ends when
   * the scenario does, at the latest, but what was deferred at its start is still to be undone.
   */
  adopt(context: QemuContext): void {
    const { name = "qemu" } = this.#options;
    context.defer(`kill ${name}`, () => this.#process.kill());
    context.signal?.addEventListener("abort", () => this.#process.kill(), { once: true });
    this.#process.onStderr = warnOn(context);
    this.#settleIn(context);
  }

  /** Its place on a timeline, and for files. */
  #settleIn({ timeline, clock, tempDir }: QemuContext): void {
    const { name = "qemu" } = this.#options;
    this.#events = timeline.signal<QmpEventData>(`${name}.qmp`, {
      clock,
      describe: (kind, data) => `${name} ${kind} ${JSON.stringify(data)}`,
    });
    this.#snapshots = new Snapshots(this.#qmp, this.#events, `${tempDir}/${name}.side`);
    timeline.diagnose(name, () => this.describe());
  }

  static async #launch(options: StartOptions, context: QemuContext, wiring: Wiring): Promise<Qemu> {
    const { name = "qemu", binary = DEFAULT_BINARY } = options;
    const process = new QemuProcess({
      binary,
      args: commandLine(options, {
        qmp: wiring.qmp.path,
        serials: wiring.serials.map(({ path }) => path),
      }),
      env: context.processEnv,
      piped: wiring.serials.length < (options.serials ?? []).length,
      onStderr: warnOn(context),
    });
    context.defer(`kill ${name}`, () => process.kill());
    context.signal?.addEventListener("abort", () => process.kill(), { once: true });
    return await build({ options, process, wiring, context }, async (connections) => {
      const qemu = new Qemu(options, context, process, connections);
      context.defer(`close ${name}`, () => qemu.#close());
      await qemu.#qmp.negotiate();
      if (!options.paused) await qemu.#noticeEarlyEnd();
      return qemu;
    });
  }

  /** It has ended, whoever ended it. */
  get over(): boolean {
    return this.#process.over;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** QEMU's own version. */
  get version(): string {
    return this.#qmp.version;
  }

  /** QMP events, QEMU's names as kinds. */
  get events(): Signal<QmpEventData> {
    return this.#events;
  }

  /** For what has no method here. */
  get qmp(): QmpClient {
    return this.#qmp;
  }

  /**
   * The serial port of that name. Its `readable` ends with {@link GuestCrashed} or
   * {@link QemuError} when the guest or QEMU ended unasked, after all that was said before.
   */
  serial(name: string): ByteLink {
    const serials = this.#options.serials ?? [];
    const link = this.#links[serials.findIndex((serial) => serial.name === name)];
    if (link) return link;
    const there = serials.map((serial) => serial.name).join(", ") || "none";
    throw new TypeError(
      `Cannot open the serial port "${name}": QEMU was started with ${there}; name one of them`,
    );
  }

  /** Stops the processor; time in the guest stands still. */
  async pause(): Promise<void> {
    await this.#qmp.execute("stop");
  }

  async cont(): Promise<void> {
    await this.#qmp.execute("cont");
  }

  /**
   * Presses the reset button. Waits for a disk request that is under way: one that is held must
   * be released first, or QEMU answers nobody.
   */
  async reset(): Promise<void> {
    await this.#qmp.execute("set-action", { reboot: "reset" });
    const done = new Promise<void>((resolve) => this.#resetting = resolve);
    await this.#qmp.execute("system_reset");
    await Promise.race([done, this.#qmp.ended]);
    this.#resetting = undefined;
    await this.#qmp.execute("set-action", { reboot: "shutdown" });
  }

  /**
   * Pulls the plug: SIGKILL, so that nothing is flushed. The serial ports end well. Afterwards
   * another machine may take the name.
   */
  async powerCut(): Promise<void> {
    await this.#process.kill();
    await this.#qmp.ended;
  }

  /** Ends QEMU in order, so that it writes its files to the end; by force after 2 s. */
  async quit(): Promise<void> {
    this.#process.expectEnd();
    await this.#qmp.execute("quit").catch(() => {}); // It may close before it answers.
    await withLimit(this.#process.exit.then(() => {}), QUIT_LIMIT, () => this.#process.kill());
  }

  /**
   * Saves processor, memory and devices under a new name; what is on the disks is not in it.
   * Waits for disk requests under way: a held one must be released first.
   */
  snapshotSave(name: string): Promise<void> {
    return this.#snapshots.save(name);
  }

  /** Goes back to what {@link snapshotSave} saved; the guest runs on if it ran. */
  snapshotLoad(name: string): Promise<void> {
    return this.#snapshots.load(name);
  }

  /** QEMU's word: "running", "paused", "shutdown", "io-error" … */
  async status(): Promise<string> {
    return (await this.#qmp.execute<{ status: string }>("query-status")).status;
  }

  /** The processor as QEMU's monitor prints it, without the floating-point half. */
  async registers(): Promise<string> {
    const lines = (await this.#qmp.monitor("info registers")).split(/\r?\n/);
    return lines.filter((line) => line && !/^(FCW|FPR|XMM|YMM)/.test(line)).join("\n");
  }

  /** State and registers for the message of a failure; never takes longer than a second. */
  describe(): Promise<string> {
    if (this.#crash) return Promise.resolve(this.#crash.message);
    if (this.#process.over) return Promise.resolve(`QEMU has ended\n${this.#process.stderr}`);
    const look = async () => `${await this.status()}\n${await this.registers()}`;
    return withLimit(
      look(),
      DIAGNOSIS_LIMIT,
      () =>
        `QMP gave no answer in ${DIAGNOSIS_LIMIT}: a held disk request blocks QEMU, or it hangs`,
    );
  }

  #take({ event, data }: QmpEvent): void {
    this.#events.emit(event, data);
    if (event === "RESET") this.#resetting?.();
    if (event === "SHUTDOWN" || event === "GUEST_PANICKED") {
      const reason = event === "SHUTDOWN" ? String(data.reason) : "guest-panic";
      if (!this.#process.asked && reason.startsWith("guest-")) {
        this.#crashing ??= this.#bury(reason);
      }
    }
  }

  /** QMP tells of nothing that was before its negotiation; a guest may have died by then. */
  async #noticeEarlyEnd(): Promise<void> {
    const status = await this.status();
    if (status === "guest-panicked") this.#crashing ??= this.#bury("guest-panic");
    if (status === "shutdown") this.#crashing ??= this.#bury("guest-ended");
  }

  /** The guest is dead: keep its registers, then end QEMU, which ends the serial ports. */
  async #bury(reason: string): Promise<void> {
    const registers = await withLimit(this.registers(), DIAGNOSIS_LIMIT, () => "").catch(() => "");
    this.#crash = new GuestCrashed(reason, registers);
    await this.#process.kill();
  }

  /** Why a serial port ended. */
  async #verdict(): Promise<Error | undefined> {
    const status = await this.#process.exit;
    await this.#crashing;
    if (this.#crash) return this.#crash;
    if (this.#process.asked) return undefined;
    return exitFailure(this.#options.binary ?? DEFAULT_BINARY, status, this.#process.stderr);
  }

  async #close(): Promise<void> {
    await this.#process.kill();
    await this.#qmp.close();
    await Promise.all(this.#links.map((link) => link.close()));
  }
}

function warnOn({ timeline, clock }: QemuContext): (text: string) => void {
  return (text) => void timeline.record({ type: "log", level: "warn", text }, { clock });
}
