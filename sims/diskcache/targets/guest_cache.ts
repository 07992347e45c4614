/** The disk cache in the guest, by its commands and events on COM1 (`guest/PROTOCOL.md`). */
import { type Clock, type Duration, ms, seconds } from "hil";
import type { ByteLink } from "hil";
import { checkedLines, type OpenConsole, openConsole } from "hil/drivers/console/mod.ts";
import { withLimit } from "hil/time/mod.ts";
import type { Occurrence, Signal, SignalSource, Timeline } from "hil/trace/mod.ts";
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
} from "../port.ts";
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
/** A guest that is asked for a diagnosis may be dead. */
const DIAGNOSIS_LIMIT = ms(500);

type Ready = Extract<GuestEvent, { type: "ready" }>;
type ThreadEvent = Extract<GuestEvent, { type: "thread" }> & { readonly t: number };

/** The drives, which have to know two things from the guest. */
export interface GuestSideDrives extends Drives {
  /** It has booted: from now on requests are its own. */
  begin(): void;
  /** It resets the channel of that drive. */
  resetChannel(drive: number): void;
}

export interface GuestCacheOptions {
  readonly timeline: Timeline;
  readonly clock: Clock;
  /** COM1. */
  readonly link: ByteLink;
  readonly drives: GuestSideDrives;
}

export class GuestCache implements DiskCache, Machine {
  readonly clock: Clock;
  readonly console: OpenConsole;
  readonly drives: GuestSideDrives;
  readonly operations: SignalSource<OperationData>;
  readonly #timeline: Timeline;
  /** Size of the guest's list. */
  #entries = 0;
  readonly #ready = Promise.withResolvers<Ready>();
  /** What each thread does: "read 0 7". */
  readonly #threads = new Map<number, string>();
  /** Events of threads whose command is not answered yet. */
  #early: ThreadEvent[] = [];

  constructor({ timeline, clock, link, drives }: GuestCacheOptions) {
    this.#timeline = timeline;
    this.clock = clock;
    this.drives = drives;
    this.operations = timeline.signal<OperationData>("operations", {
      clock,
      describe: describeOperation,
    });
    this.console = openConsole({
      ...{ name: "com1", link, timeline, clock },
      shell: checkedLines({ onEvent: (text, t) => this.#take(parseEvent(text), t) }),
      forbid: [{ pattern: "PANIC: ", because: "the guest panicked" }],
    });
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
    this.#entries = settings.entries ?? this.#entries;
    await this.#run(configureCommand({ ...settings, entries: this.#entries }));
  }

  /** The answer of a command that the guest accepts. */
  async #run(command: string, within = COMMAND_LIMIT): Promise<string> {
    const { output, status } = await this.console.run(command, { within });
    if (status === 0) return output;
    throw new Error(`Cannot execute "${command}" in the guest: ${output || `status ${status}`}`);
  }

  async #start<T>(
    operation: string,
    pause: boolean | undefined,
    result: (done: OperationData) => T,
  ): Promise<Operation<T>> {
    const thread = parseThread(await this.#run(pause ? `${operation} pause` : operation));
    this.#threads.set(thread, operation);
    const events = eventsOf(this.operations, thread);
    const early = this.#early.filter((event) => event.thread === thread);
    this.#early = this.#early.filter((event) => event.thread !== thread);
    for (const event of early) this.#tell(event);
    const resume = async () => void await this.#run(`resume ${thread}`);
    return new ThreadOperation({ thread, operation, events, resume, result });
  }

  #take(event: GuestEvent, t: number): void {
    if (event.type === "ready") {
      this.drives.begin();
      this.#entries = event.entries;
      this.#ready.resolve(event);
    } else if (event.type === "reset") {
      this.drives.resetChannel(event.drive);
    } else if (this.#threads.has(event.thread)) {
      this.#tell({ ...event, t });
    } else {
      this.#early.push({ ...event, t });
    }
  }

  #tell({ thread, kind, data, t }: ThreadEvent): void {
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

/** The events of one thread, from now on; those who are woken by one find it there. */
function eventsOf(all: Signal<OperationData>, thread: number): Signal<OperationData> {
  const own: Occurrence<OperationData>[] = [];
  let seen = all.occurrences.length;
  return {
    channel: all.channel,
    clock: all.clock,
    get occurrences() {
      for (; seen < all.occurrences.length; seen++) {
        const occurrence = all.occurrences[seen]!;
        if (occurrence.data.thread === thread) own.push(occurrence);
      }
      return own;
    },
  };
}

function nothing(): void {}
