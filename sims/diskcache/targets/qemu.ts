/** The target "qemu": the guest kernel in QEMU, its drives in this process, its console on COM1. */
import {
  type Availability,
  type Clock,
  defineTarget,
  type Duration,
  ms,
  seconds,
  type TargetContext,
} from "hil";
import { HostClock } from "hil/drivers/host_clock.ts";
import { buildCoveragePlugin, EdgeMap } from "hil/drivers/qemu/coverage/mod.ts";
import { fastPc, type Firmware, probeQemu, Qemu } from "hil/drivers/qemu/mod.ts";
import { every } from "hil/time/mod.ts";
import { FOUR_DRIVES } from "../geometry.ts";
import type { Emulated } from "../emulated.ts";
import { buildGuest } from "../guest/build.ts";
import { versionOf } from "sims/toolchain/mod.ts";
import type { CacheOptions, DiskCache, Machine } from "../port.ts";
import { settingsOf } from "../settings.ts";
import { EmulatedCache } from "./emulated_cache.ts";
import { GuestDrives, serveDrives } from "./guest_drives.ts";
import { fillPool, type MachineKind, takeSpare } from "./pool.ts";
import { Recorder, rerun } from "./recording.ts";
import { TraceRing } from "./trace_ring.ts";

interface Options extends CacheOptions {
  /** Default "qboot", which starts the guest in half the time of "seabios". */
  readonly firmware?: Firmware;
  /** A kernel of the user's own that speaks guest/PROTOCOL.md; default: the guest, built. */
  readonly kernel?: string;
  /** A named defect to build into the guest (guest/mutations.ts). */
  readonly mutation?: string;
  /** Default "qemu-system-x86_64". */
  readonly binary?: string;
  /** Longest that the guest may take to boot; default 20 s. */
  readonly readyLimit?: Duration;
  /** How many machines are kept started for scenarios to come; default none. */
  readonly pool?: number;
  /** Records the machine, to be replayed; attaches the recording. No pool then. */
  readonly record?: boolean;
  /** Shares the guest's memory, to look at what its cache does. No pool then. */
  readonly trace?: boolean;
  /** Counts the edges of the guest's code, where QEMU's plugin can be made. No pool then. */
  readonly coverage?: boolean;
}

const QEMU = "qemu-system-x86_64";
const MEMORY_MIB = 32;
/** The ring has room for what the cache does in some 20 ms at its busiest. */
const LOOK_INTERVAL = ms(5);
/** Where the guest is, and the firmware is not. */
const GUEST_CODE = { from: 0x10_0000, to: 0x200_0000 };
/** A guest boots in 0.1 s. */
const READY_LIMIT = seconds(20);

export default defineTarget<DiskCache & Machine & Emulated>({
  title: "disk cache guest in QEMU",
  offers: ["machine", "emulated"],
  tools: [
    { command: QEMU, debianPackage: "qemu-system-x86", purpose: "runs the guest" },
    { command: "clang", debianPackage: "clang", purpose: "compiles the guest" },
    { command: "ld.lld", debianPackage: "lld", purpose: "links the guest" },
  ],
  rerun,
  availability,
  prepare: async (options, progress) => {
    const { kernel, mutation } = checkedOptions(options);
    if (kernel === undefined) await kernelOf({ mutation }, progress);
  },
  start,
});

async function availability(given: Readonly<Record<string, unknown>>): Promise<Availability> {
  const { kernel, binary = QEMU } = checkedOptions(given);
  const qemu = await probeQemu(binary);
  if (!qemu.ok || kernel !== undefined) return qemu;
  const versions = { ...qemu.versions };
  for (const tool of ["clang", "ld.lld"]) {
    const found = await versionOf(tool);
    if (found === undefined) {
      const reason = `${tool} is not on the PATH`;
      return { ok: false, reason, remedy: 'run "deno task hil doctor --install"' };
    }
    versions[tool] = found;
  }
  return { ok: true, versions };
}

const kernels = new Map<string, Promise<string>>();

/** The guest, built; its sources are looked at once in a process, which takes 4 ms of a start. */
function kernelOf(
  build: { readonly mutation?: string; readonly idlePolls?: boolean },
  progress?: (text: string) => void,
): Promise<string> {
  const name = JSON.stringify([build.mutation, build.idlePolls ?? false]);
  const known = kernels.get(name);
  if (known) return known;
  const built = buildGuest({ ...build, progress }).then(({ kernel }) => kernel);
  kernels.set(name, built);
  built.catch(() => kernels.delete(name));
  return built;
}

async function start(context: TargetContext): Promise<EmulatedCache> {
  const options = checkedOptions(context.options);
  const { timeline } = context;
  const { binary, readyLimit = READY_LIMIT, sizes = FOUR_DRIVES } = options;
  const clock = timeline.clock = new HostClock(timeline, "diskcache");
  const { mutation, record, trace } = options;
  const edges = options.coverage ? await edgesOf(context, binary) : undefined;
  const memoryFile = trace ? `${context.tempDir}/memory` : undefined;
  const kernel = options.kernel ?? await kernelOf({ mutation, idlePolls: record });
  const kind = {
    options: {
      ...fastPc(options.firmware),
      ...{ binary, kernel, memoryMiB: MEMORY_MIB, memoryFile, serials: [{ name: "com1" }] },
      extra: edges?.args,
    },
    sizes,
  };
  const recorder = record ? new Recorder(kind, context.attachmentsDir) : undefined;
  // A recorded machine ends in order, also after a failure: what QEMU has not written is lost.
  const signal = record ? new AbortController().signal : context.signal;
  const { drives, qemu } = await machine(kind, { ...context, signal, clock }, recorder);
  const link = recorder?.serial(qemu) ?? qemu.serial("com1");
  const boot = () => Qemu.start({ ...kind.options, disks: drives.disks }, { ...context, clock });
  const recording = recorder && (() => recorder.finish(context));
  const ring = memoryFile === undefined ? undefined : new TraceRing({ memory: memoryFile, kernel });
  if (ring) context.defer("close the guest's memory", () => ring[Symbol.dispose]());
  const coverage = edges?.map;
  const parts = { timeline, clock, link, drives, qemu, boot, recording, ring, coverage };
  const cache = new EmulatedCache(parts);
  context.defer("close com1", () => cache.console.close());
  if (ring) context.defer("look no more", every(LOOK_INTERVAL, () => cache.lookAtTrace()));
  if (recorder) {
    context.defer("finish the recording", async () => void await cache.finishRecording());
  }
  const ready = await cache.ready(readyLimit).catch((error) => {
    throw context.signal.aborted ? context.signal.reason : error;
  });
  const settings = settingsOf(options);
  const { entries = ready.entries, ...others } = settings;
  const asItIs = entries === ready.entries && Object.keys(others).length === 0;
  if (!asItIs) await cache.configure(settings);
  if (options.pool && !record && !trace && !edges) fillPool(kind, { count: options.pool, context });
  return cache;
}

/** A map of edges and QEMU's arguments for it; undefined, and a line in the log, when not to be had. */
async function edgesOf({ tempDir, timeline, defer }: TargetContext, binary?: string) {
  const plugin = await buildCoveragePlugin({ binary });
  if (!plugin.ok) {
    const text = `no coverage of the guest: ${plugin.reason}`;
    timeline.record({ type: "log", level: "warn", text });
    return undefined;
  }
  const map = new EdgeMap(`${tempDir}/edges`);
  defer("close the map of edges", () => map[Symbol.dispose]());
  return { map, args: map.arguments(plugin.file, GUEST_CODE) };
}

/** A machine that runs: one of the pool, or a new one. */
async function machine(
  kind: MachineKind,
  context: TargetContext & { readonly clock: Clock },
  recorder?: Recorder,
) {
  const { timeline, clock, tempDir, seed } = context;
  const { sizes } = kind;
  const spare = recorder ? undefined : await takeSpare(kind);
  if (spare) context.defer("close the machine of the pool", spare.undo);
  const path = `${tempDir}/nbd`;
  const { disk } = context.options as Options;
  const served = spare?.served ?? serveDrives({ path, sizes });
  const drives = new GuestDrives({ timeline, clock, path, sizes, disk, seed, served });
  if (spare) {
    spare.qemu.adopt(context);
    await spare.qemu.cont();
    return { drives, qemu: spare.qemu };
  }
  context.defer("close the drives", () => drives.close());
  if (recorder) served.onAnswer = (drive, answer) => recorder.answered(drive, answer);
  const options = recorder?.options ?? kind.options;
  const qemu = await Qemu.start({ ...options, disks: drives.disks }, context);
  return { drives, qemu };
}

/** @throws TypeError when the bench file has an option that is not one of ours, or no good value */
function checkedOptions(given: Readonly<Record<string, unknown>>): Options {
  const { firmware = "qboot" } = given;
  if (firmware !== "qboot" && firmware !== "seabios") {
    throw new TypeError(
      `Cannot start the disk cache with the firmware "${firmware}": there are qboot and seabios; ` +
        `name one of them`,
    );
  }
  return given as Options;
}
