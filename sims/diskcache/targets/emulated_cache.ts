/** The disk cache in the guest, with what only QEMU can do with it. */
import type { Qemu } from "hil/drivers/qemu/mod.ts";
import type { SignalSource } from "hil/trace/mod.ts";
import type { BranchPoint, CacheTraceData, Coverage, Emulated, Recording } from "../emulated.ts";
import { GuestCache, type GuestCacheOptions } from "./guest_cache.ts";
import type { GuestDrives } from "./guest_drives.ts";
import type { TraceRing } from "./trace_ring.ts";

export interface EmulatedCacheOptions extends Omit<GuestCacheOptions, "plug"> {
  readonly drives: GuestDrives;
  readonly qemu: Qemu;
  /** Starts another machine of the same kind, on the same drives. */
  readonly boot: () => Promise<Qemu>;
  /** Makes the recording of a machine that has ended, when there is one. */
  readonly recording?: () => Promise<Recording>;
  /** In the guest's memory, when that is shared. */
  readonly ring?: TraceRing;
  readonly coverage?: Coverage;
}

export class EmulatedCache extends GuestCache implements Emulated {
  #qemu: Qemu;
  readonly #drives: GuestDrives;
  readonly #makeRecording: (() => Promise<Recording>) | undefined;
  #recording: Promise<Recording> | undefined;
  readonly #ring: TraceRing | undefined;
  readonly trace: SignalSource<CacheTraceData>;
  readonly coverage: Coverage | undefined;
  #goingBack = false;
  #points = 0;

  constructor(options: EmulatedCacheOptions) {
    super({
      ...options,
      plug: {
        pull: () => this.#qemu.powerCut(),
        boot: async () => {
          this.#refuseRecorded("cut the power of");
          this.#qemu = await options.boot();
          return this.#qemu.serial("com1");
        },
      },
    });
    this.#qemu = options.qemu;
    this.#drives = options.drives;
    this.#makeRecording = options.recording;
    this.#ring = options.ring;
    this.coverage = options.coverage;
    const { timeline, clock } = options;
    this.trace = timeline.signal<CacheTraceData>("cache", { clock, describe: describeTrace });
  }

  async branchPoint(): Promise<BranchPoint> {
    this.#refuseRecorded("go back in");
    const name = `point${++this.#points}`;
    const returnGuest = await this.moment();
    await this.#qemu.pause();
    const returnDrives = this.#drives.moment();
    await this.#qemu.snapshotSave(name);
    await this.#qemu.cont();
    const rewind = async () => {
      this.#drives.giveUp(); // QEMU does not stop as long as a request is under way.
      await this.#qemu.pause();
      if (this.#ring) this.lookAtTrace();
      this.#goingBack = true;
      await this.#qemu.snapshotLoad(name);
      returnDrives();
      returnGuest();
      this.#ring?.skip();
      this.#goingBack = false;
      await this.#qemu.cont();
    };
    return { rewind };
  }

  lookAtTrace(): void {
    if (!this.#ring) {
      throw new Error(
        `Cannot look at the trace of the disk cache: its memory is not shared; ` +
          `ask for it: diskCacheEmulated({ trace: true })`,
      );
    }
    if (this.#goingBack) return; // What is in the ring then has been seen, or never was.
    const { records, lost } = this.#ring.look();
    if (lost > 0) this.trace.emit("lost", { ...NOTHING, count: lost });
    for (const { kind, thread, entry, drive, lba, flags, value } of records) {
      this.trace.emit(kind, { thread, entry, drive, lba, flags, value });
    }
  }

  async finishRecording(): Promise<Recording> {
    if (!this.#makeRecording) {
      throw new Error(
        `Cannot give the recording of the disk cache: it is not recorded; ` +
          `ask for it: diskCacheEmulated({ record: true })`,
      );
    }
    return await (this.#recording ??= this.#finish(this.#makeRecording));
  }

  async #finish(make: () => Promise<Recording>): Promise<Recording> {
    this.#drives.giveUp(); // QEMU does not end in order as long as a request is under way.
    await this.#qemu.quit();
    await this.console.ended;
    return await make();
  }

  #refuseRecorded(what: string): void {
    if (!this.#makeRecording) return;
    throw new Error(
      `Cannot ${what} a machine that is recorded: QEMU cannot replay that; do it without "record"`,
    );
  }
}

const NOTHING = { thread: 0, entry: 0, drive: 0, lba: 0, flags: 0, value: 0 };

function describeTrace(kind: string, data: CacheTraceData): string {
  const { thread, entry, drive, lba, flags, value, count } = data;
  if (kind === "lost") return `${count} events of the cache were lost`;
  if (kind === "switched") return `thread ${thread} gives way to ${value}`;
  const what = entry ? `entry ${entry.toString(16)} of ${drive}:${lba}, flags ${flags}` : "flush";
  return `${kind} ${what}`;
}
