/**
 * The disk cache as a model on virtual time: the algorithm of the guest under threads that are
 * preempted at random, over drives with a seeded latency. The same seed gives the same trace.
 */
import { Duration } from "hil/time/mod.ts";
import { PartOfSignal, type SignalSource, type Timeline } from "hil/trace/mod.ts";
import { Random, VirtualClock } from "../engine/mod.ts";
import { describeOperation, portrait } from "./describe.ts";
import { contentsOf, FOUR_DRIVES } from "./geometry.ts";
import { listOf, MODEL, type ModelClasses, schedulerOf } from "./explore/code.ts";
import type { Cache, Pause } from "./model/cache.ts";
import { ModelDrives } from "./model/drives.ts";
import type { Driver } from "./model/driver.ts";
import { Queue, type Steps, type Thread, type ThreadNews, Threads } from "./model/threads.ts";
import { History, work } from "./model/work.ts";
import { ThreadOperation } from "./operation.ts";
import type {
  BlockAddress,
  BlockContents,
  DiskCache,
  DiskOptions,
  Entry,
  Operation,
  OperationData,
  Statistics,
  Survivors,
} from "./port.ts";
import { Flag } from "./port.ts";
import { type CacheSettings, checkedSettings } from "./settings.ts";

export interface ModelOptions extends CacheSettings {
  readonly timeline: Timeline;
  readonly seed: number;
  /** Drives in blocks, 0 for none. */
  readonly sizes?: readonly number[];
  readonly disk?: DiskOptions;
  /** Default: as they are; else with a defect planted in them. */
  readonly classes?: ModelClasses;
}

export class DiskCacheModel implements DiskCache {
  readonly clock = new VirtualClock("diskcache");
  readonly operations: SignalSource<OperationData>;
  readonly drives: ModelDrives;
  readonly #timeline: Timeline;
  readonly #threads: Threads;
  readonly #classes: ModelClasses;
  #history: History;
  readonly #paused = new Map<number, Queue>();
  #settings: Required<CacheSettings>;
  #driver: Driver;
  #cache: Cache;

  constructor({ timeline, seed, classes = MODEL, ...options }: ModelOptions) {
    this.#timeline = timeline;
    this.#classes = classes;
    const { sizes = FOUR_DRIVES } = options;
    // The model's clock is the scenario's: nothing else may move time in a deterministic trace.
    timeline.clock = this.clock;
    const random = new Random(seed);
    this.operations = timeline.signal<OperationData>("operations", {
      clock: this.clock,
      describe: describeOperation,
    });
    const onPoke = (at: BlockAddress, stamp: number) => void this.#history.write(at, stamp);
    const { disk } = options;
    const onPowerCut = () => this.#powerOff();
    const clock = this.clock;
    this.drives = new ModelDrives({ timeline, clock, random, sizes, disk, onPoke, onPowerCut });
    this.#threads = new Threads(this.clock, random.fork("threads"), this.#tell);
    this.#history = this.#newHistory();
    this.#settings = checkedSettings(options);
    [this.#driver, this.#cache] = this.#build();
    timeline.diagnose(
      "the disk cache",
      async () => portrait(this.#threads.living, await this.entries()),
    );
  }

  read(at: BlockAddress, options: { pause?: boolean } = {}): Promise<Operation<BlockContents>> {
    this.drives.check("read", at);
    return this.#start(
      `read ${at.drive} ${at.lba}`,
      (id) => this.#cache.read(at, options.pause ? this.#pause(id) : undefined),
      ({ stamp, whole }) => ({ stamp: stamp!, whole: whole! }),
    );
  }

  write(
    at: BlockAddress,
    stamp: number,
    options: { pause?: boolean } = {},
  ): Promise<Operation<void>> {
    this.drives.check("write", at);
    const { pause } = options;
    const cache = this.#cache;
    const history = this.#history;
    const steps = function* (pause?: Pause): Steps<void> {
      const over = history.write(at, stamp);
      yield* cache.write(at, stamp, pause);
      over();
    };
    const operation = `write ${at.drive} ${at.lba} ${stamp.toString(16).padStart(8, "0")}`;
    return this.#start(operation, (id) => steps(pause ? this.#pause(id) : undefined), nothing);
  }

  sync(drive?: number): Promise<Operation<void>> {
    const all = this.drives.present;
    const drives = drive === undefined ? all : all.filter((number) => number === drive);
    const operation = drive === undefined ? "sync" : `sync ${drive}`;
    return this.#start(operation, () => this.#cache.sync(drives), nothing);
  }

  work(
    { seed, drives = [0], ...options }: Parameters<DiskCache["work"]>[0],
  ): Promise<Operation<void>> {
    for (const drive of drives) this.drives.check("work on", { drive, lba: options.blocks - 1 });
    return this.#start(
      `work ${seed} ${options.count} ${options.blocks} ${options.readPercent}`,
      (thread) =>
        work(this.#cache, this.#history, new Random(seed), { ...options, drives, thread }),
      nothing,
    );
  }

  async together<T>(start: () => Promise<T>): Promise<T> {
    this.#threads.stop();
    try {
      return await start();
    } finally {
      this.#threads.go();
    }
  }

  entries(): Promise<readonly Entry[]> {
    const used = [...this.#cache.list].filter(({ flags }) => flags & Flag.BLOCK_VALID);
    return Promise.resolve(used.map(({ index, drive, lba, flags, access, buffer }) => {
      const empty = flags & (Flag.READ_PENDING | Flag.FILL_PENDING);
      const entry = { index, drive, lba, flags, access };
      return empty ? entry : { ...entry, contents: contentsOf(buffer) };
    }));
  }

  statistics(): Promise<Statistics> {
    const { switches, preemptions } = this.#threads;
    const ticks = Math.floor(Duration.fromNs(this.clock.now()).ms);
    return Promise.resolve({
      ...this.#cache.statistics,
      ...this.#driver.statistics,
      ticks,
      switches,
      preemptions,
    });
  }

  async configure(settings: CacheSettings): Promise<void> {
    const dirty = (await this.entries()).filter(({ flags }) => flags & ~Flag.BLOCK_VALID);
    const busy = this.#threads.living.length;
    if (dirty.length || busy) {
      throw new Error(
        `Cannot configure the disk cache "${this.clock.name}": ${busy} threads run and ` +
          `${dirty.length} entries are pending; finish the operations and sync first`,
      );
    }
    this.#settings = checkedSettings(settings, this.#settings);
    [this.#driver, this.#cache] = this.#build();
  }

  powerCut(): Promise<readonly Survivors[]> {
    const survivors = this.drives.powerOff();
    this.drives.powerOn();
    this.#history = this.#newHistory();
    [this.#driver, this.#cache] = this.#build();
    return Promise.resolve(survivors);
  }

  #powerOff(): void {
    this.#driver.powerOff();
    this.#threads.powerOff();
  }

  #newHistory(): History {
    return new History((at) => this.drives.drive(at.drive).peek(at.lba).stamp);
  }

  #build(): [Driver, Cache] {
    const { all } = this.drives;
    const { entries, timeout } = this.#settings;
    const classes = this.#classes;
    const onIdle = (channel: number) => cache.scheduleIo(channel);
    const driver = new classes.Driver(this.clock, all, timeout, onIdle);
    const list = listOf(classes, this.#settings, entries);
    const now = () => this.clock.now();
    const scheduler = schedulerOf(classes, this.#settings, now);
    const cache: Cache = new classes.Cache({ list, scheduler, driver, drives: all.length, now });
    return [driver, cache];
  }

  #start<T>(
    operation: string,
    steps: (id: number) => Steps<unknown>,
    result: (done: OperationData) => T,
  ): Promise<Operation<T>> {
    const { id: thread } = this.#threads.start(operation, steps);
    const events = new PartOfSignal(this.operations, { thread });
    const resume = () => this.#resume(thread, operation);
    if (!this.drives.hasPower) this.#threads.powerOff();
    const parts = { thread, operation, events, resume, result, timeline: this.#timeline };
    return Promise.resolve(new ThreadOperation(parts));
  }

  #pause(thread: number): Pause {
    const queue = new Queue();
    this.#paused.set(thread, queue);
    return function* (why): Steps<void> {
      yield { queue, why, kind: "paused" };
    };
  }

  #resume(thread: number, operation: string): Promise<void> {
    const isPaused = this.#threads.living.some(({ id, state }) =>
      id === thread && state === "paused"
    );
    if (!isPaused) {
      throw new Error(
        `Cannot resume thread "${thread}" (${operation}): it is not paused; wait on paused() first`,
      );
    }
    this.#paused.get(thread)!.wakeAll();
    return Promise.resolve();
  }

  #tell = ({ id: thread, operation }: Thread, { kind, why, result }: ThreadNews): void => {
    const base: OperationData = { thread, operation, ...(why === undefined ? {} : { why }) };
    const read = result as BlockContents | undefined;
    this.operations.emit(kind, { ...base, ...read });
  };
}

function nothing(): void {}
