/** The disk cache in the guest, by its commands and events on COM1 (`guest/PROTOCOL.md`). */
import { type Clock, type Duration, ms, seconds } from "hil";
import type { ByteLink } from "hil";
import {
  type CheckedLines,
  checkedLines,
  type OpenConsole,
  openConsole,
} from "hil/drivers/console/mod.ts";
import { withLimit } from "hil/time/mod.ts";
import { PartOfSignal, type SignalSource, type Timeline } from "hil/trace/mod.ts";
import { describeOperation, portrait } from "../describe.ts";
import { checkBlock } from "../geometry.ts";
import { ThreadOperation } from "../operation.ts";
import type {
  BlockAddress,
  BlockContents,
  DiskCache,
  Drives,
  Entry,
  Machine,
  Operation,
  OperationData,
  Statistics,
  Survivors,
} from "../port.ts";
import { OperationFailed } from "../port.ts";
import type { CacheSettings } from "../settings.ts";
import {
  configureCommand,
  type GuestEvent,
  parseEntries,
  parseEvent,
  parseStatistics,
  parseThread,
  parseThreads,
} from "./guest_words.ts";

/** An answer takes 0.3 ms; a busy host takes longer. */
const COMMAND_LIMIT = seconds(10);
/** A guest boots in 0.1 s. */
const BOOT_LIMIT = seconds(20);
/** Why an operation failed that the power went at. */
const POWER_CUT = "power cut";
/** A guest that is asked for a diagnosis may be dead. */
const DIAGNOSIS_LIMIT = ms(500);

type Ready = Extract<GuestEvent, { type: "ready" }>;
type ThreadEvent = Extract<GuestEvent, { type: "thread" }> & { readonly t: number };

/** The drives, which have to know two things from the guest, and have one plug with it. */
export interface GuestSideDrives extends Drives {
  /** It has booted: from now on requests are its own. */
  begin(): void;
  /** It resets the channel of that drive. */
  resetChannel(drive: number): void;
  /** The machine is to be told when the power is gone. */
  onPowerCut: () => void;
  /** Pulls the plug, when nobody has; gives what that left. */
  powerOff(): readonly Survivors[];
  powerOn(): void;
}

/** The plug of the machine that the guest runs on. */
export interface Plug {
  /** Resolves when the machine is dead. */
  pull(): Promise<void>;
  /** Starts the machine again; gives its COM1. */
  boot(): Promise<ByteLink>;
}

export interface GuestCacheOptions {
  readonly timeline: Timeline;
  readonly clock: Clock;
  /** COM1. */
  readonly link: ByteLink;
  readonly drives: GuestSideDrives;
  /** Without it the power cannot be cut. */
  readonly plug?: Plug;
}

export class GuestCache implements DiskCache, Machine {
  readonly clock: Clock;
  /** Another one after each power cut. */
  console: OpenConsole;
  readonly drives: GuestSideDrives;
  readonly operations: SignalSource<OperationData>;
  readonly #timeline: Timeline;
  readonly #plug: Plug | undefined;
  #lines!: CheckedLines;
  #settings: CacheSettings = {};
  #ready = Promise.withResolvers<Ready>();
  /** What each thread does: "read 0 7". */
  readonly #threads = new Map<number, string>();
  /** Threads that are not over. */
  readonly #living = new Set<number>();
  /** The guest numbers its threads from 1 after each boot; ours go on. */
  #numbered = 0;
  /** While the power is gone: resolves when the machine is dead. */
  #dark: Promise<void> | undefined;
  /** Events of threads whose command is not answered yet. */
  #early: ThreadEvent[] = [];

  constructor({ timeline, clock, link, drives, plug }: GuestCacheOptions) {
    this.#timeline = timeline;
    this.clock = clock;
    this.drives = drives;
    this.operations = timeline.signal<OperationData>("operations", {
      clock,
      describe: describeOperation,
    });
    this.#plug = plug;
    drives.onPowerCut = () => this.#losePower();
    this.console = this.#listen(link);
    timeline.diagnose("the disk cache", () => this.#portrait());
  }

  /**
   * Waits until the guest has booted; gives the size of its list. From then on requests of the
   * drives count.
   *
   * @throws Error that names what was waited for; what ended the link when it ended first
   */
  async ready(within: Duration): Promise<{ readonly entries: number }> {
    const ended = this.console.ended.then((error): never => {
      throw error ?? new Error(`Cannot start the disk cache: ${this.console.name} was closed`);
    });
    ended.catch(() => {}); // After the start it is the console's business.
    return await withLimit(Promise.race([this.#ready.promise, ended]), within, () => {
      const tail = this.console.tail();
      const said = tail.length ? `its last lines:\n  ${tail.join("\n  ")}` : "it said nothing";
      throw new Error(
        `Cannot start the disk cache: the guest did not say "ready" within ${within}; ${said}`,
      );
    });
  }

  async read(at: BlockAddress, { pause }: { pause?: boolean } = {}) {
    checkBlock("read", at, this.drives.sizes);
    return await this.#start<BlockContents>(
      `read ${at.drive} ${at.lba}`,
      pause,
      ({ stamp, whole }) => ({ stamp: stamp!, whole: whole! }),
    );
  }

  async write(at: BlockAddress, stamp: number, { pause }: { pause?: boolean } = {}) {
    checkBlock("write", at, this.drives.sizes);
    const hex = stamp.toString(16).padStart(8, "0");
    return await this.#start(`write ${at.drive} ${at.lba} ${hex}`, pause, nothing);
  }

  sync(drive?: number): Promise<Operation<void>> {
    return this.#start(drive === undefined ? "sync" : `sync ${drive}`, false, nothing);
  }

  async work(
    { seed, count, blocks, readPercent, drives = [0] }: Parameters<DiskCache["work"]>[0],
  ): Promise<Operation<void>> {
    for (const drive of drives) {
      checkBlock("work on", { drive, lba: blocks - 1 }, this.drives.sizes);
    }
    const set = drives.reduce((bits, drive) => bits | 1 << drive, 0);
    const command = `work ${seed} ${count} ${blocks} ${readPercent} ${set}`;
    return await this.#start(command, false, nothing);
  }

  async together<T>(start: () => Promise<T>): Promise<T> {
    await this.#run("stop");
    try {
      return await start();
    } finally {
      await this.#run("go");
    }
  }

  async entries(): Promise<readonly Entry[]> {
    return parseEntries(await this.#run("entries"));
  }

  async statistics(): Promise<Statistics> {
    return parseStatistics(await this.#run("stats"));
  }

  async configure(settings: CacheSettings): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    const { entries } = this.#settings;
    await this.#run(configureCommand({ ...settings, entries: entries! }));
  }

  /**
   * What this object knows of the guest now; gives what takes it back there when the guest goes.
   *
   * @throws Error when an operation runs
   */
  protected async moment(): Promise<() => void> {
    const [running] = parseThreads(await this.#run("threads"));
    if (running) {
      throw new Error(
        `Cannot remember this moment of the disk cache: thread ${running.id} is at ` +
          `"${running.operation}"; wait until it is over`,
      );
    }
    const [events, settings] = [this.#lines.events, this.#settings];
    return () => {
      this.#lines.rewind(events);
      this.#settings = settings;
      this.#threads.clear();
      this.#living.clear();
      this.#early = [];
    };
  }

  async powerCut(): Promise<readonly Survivors[]> {
    const plug = this.#plug;
    if (!plug) throw new Error("this disk cache was given no plug to pull");
    const survivors = this.drives.powerOff();
    await this.#dark;
    await this.console.close();
    this.drives.powerOn();
    const settings = this.#settings;
    this.#ready = Promise.withResolvers();
    const link = await plug.boot();
    this.#dark = undefined;
    this.console = this.#listen(link);
    await this.ready(BOOT_LIMIT);
    await this.configure(settings);
    return survivors;
  }

  /** The power is gone: what runs is over, and the machine with it. */
  #losePower(): void {
    this.#dark = this.#plug?.pull();
    this.#dark?.catch((error) => this.#timeline.fail(error));
    for (const thread of this.#living) this.#endAtPowerCut(thread);
    this.#early = [];
    this.#numbered = Math.max(this.#numbered, ...this.#threads.keys());
  }

  #listen(link: ByteLink): OpenConsole {
    this.#lines = checkedLines({ onEvent: (text, t) => this.#take(parseEvent(text), t) });
    return openConsole({
      ...{ name: "com1", link, timeline: this.#timeline, clock: this.clock },
      shell: this.#lines,
      forbid: [{ pattern: "PANIC: ", because: "the guest panicked" }],
    });
  }

  /** The answer of a command that the guest accepts. */
  async #run(command: string, within = COMMAND_LIMIT): Promise<string> {
    const { output, status } = await this.console.run(command, { within }).catch((error) => {
      throw this.#dark ? new OperationFailed(command, POWER_CUT) : error;
    });
    if (status === 0) return output;
    throw new Error(`Cannot execute "${command}" in the guest: ${output || `status ${status}`}`);
  }

  async #start<T>(
    operation: string,
    pause: boolean | undefined,
    result: (done: OperationData) => T,
  ): Promise<Operation<T>> {
    const own = await this.#startThread(pause ? `${operation} pause` : operation);
    const thread = own === undefined ? ++this.#numbered : own + this.#numbered;
    this.#threads.set(thread, operation);
    this.#living.add(thread);
    const events = new PartOfSignal(this.operations, { thread });
    const early = this.#early.filter((event) => event.thread === thread);
    this.#early = this.#early.filter((event) => event.thread !== thread);
    for (const event of early) this.#tell(event);
    if (own === undefined) this.#endAtPowerCut(thread);
    const resume = async () => void await this.#run(`resume ${own}`);
    const timeline = this.#timeline;
    return new ThreadOperation({ thread, operation, events, resume, result, timeline });
  }

  /** Gives the thread's number in the guest; undefined when there is no power for it. */
  async #startThread(command: string): Promise<number | undefined> {
    try {
      const thread = this.#dark ? undefined : parseThread(await this.#run(command));
      return this.#dark ? undefined : thread;
    } catch (error) {
      if (this.#dark) return undefined;
      throw error;
    }
  }

  #endAtPowerCut(thread: number): void {
    const data = { why: POWER_CUT };
    this.#tell({ type: "thread", thread, kind: "failed", data, t: this.clock.now() });
  }

  #take(event: GuestEvent, t: number): void {
    if (this.#dark) return; // What a dead guest said, and has arrived late.
    if (event.type === "ready") {
      this.drives.begin();
      this.#settings = { entries: event.entries };
      this.#ready.resolve(event);
    } else if (event.type === "reset") {
      this.drives.resetChannel(event.drive);
    } else {
      const thread = event.thread + this.#numbered;
      if (this.#threads.has(thread)) this.#tell({ ...event, thread, t });
      else this.#early.push({ ...event, thread, t });
    }
  }

  #tell({ thread, kind, data, t }: ThreadEvent): void {
    if (kind === "done" || kind === "failed") this.#living.delete(thread);
    this.operations.emit(kind, { thread, operation: this.#threads.get(thread)!, ...data }, t);
  }

  async #portrait(): Promise<string> {
    try {
      const threads = parseThreads(await this.#run("threads", DIAGNOSIS_LIMIT));
      return portrait(threads, parseEntries(await this.#run("entries", DIAGNOSIS_LIMIT)));
    } catch (error) {
      // What the console said is in its own paragraph.
      return `the guest does not tell: ${(error as Error).message.split("\n", 1)[0]}`;
    }
  }
}

function nothing(): void {}
