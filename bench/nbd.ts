/**
 * The disk server: simulated drives behind our NBD server beside nbdkit's memory plugin, under the
 * same loads of `qemu-img bench`, and under the disk cache's guest in QEMU, whose every read and
 * write of a block is one DMA operation.
 */
import { seconds, type TargetContext } from "hil";
import { HostClock } from "hil/drivers/host_clock.ts";
import { fastPc, Qemu } from "hil/drivers/qemu/mod.ts";
import { findTool } from "hil/cli/tools.ts";
import { hostNow } from "hil/time/mod.ts";
import { buildGuest } from "sims/diskcache/guest/build.ts";
import { GuestCache } from "sims/diskcache/targets/guest_cache.ts";
import { disksOf, GuestDrives, serveDrives } from "sims/diskcache/targets/guest_drives.ts";
import { alternate, atLeast, type Benchmark, type Figure, PeerMissing } from "./benchmark.ts";
import { openTimeline } from "./timeline.ts";

const BLOCKS = 2 ** 16;
const SIZES = [BLOCKS, 0, 0, 0];
/** Least share of the peer's speed, and least guest DMA operations a second. */
const SHARE_PERCENT = 50;
const DMA_A_SECOND = 5000;

interface Load {
  readonly what: string;
  readonly size: number;
  readonly depth: number;
  readonly write: boolean;
}

const LOADS: readonly Load[] = [
  { what: "reads of 512 B, one at a time", size: 512, depth: 1, write: false },
  { what: "writes of 512 B, one at a time", size: 512, depth: 1, write: true },
  { what: "reads of 4 KiB, 16 at a time", size: 4096, depth: 16, write: false },
  { what: "writes of 4 KiB, 16 at a time", size: 4096, depth: 16, write: true },
];

export const nbd: Benchmark = {
  name: "nbd",
  title: "simulated drives behind the NBD server, beside nbdkit's memory plugin",
  conditions: "Drives of 32 MiB in memory, ours with a volatile cache and no faults. qemu-img " +
    "bench, its own clock; guest: random work on 4 entries of cache, requests counted by the guest.",
  async run({ folder, quick, progress }) {
    const stop = [await startNbdkit(folder)];
    try {
      const ours = serveDrives({ path: `${folder}/ours`, sizes: SIZES });
      stop.push(() => ours.server!.close());
      const servers = { ours: `${folder}/ours`, nbdkit: `${folder}/nbdkit` };
      const figures: Figure[] = [];
      for (const load of LOADS) {
        progress(load.what);
        const count = quick ? 2000 : 20_000;
        const rates = await alternate(quick ? 1 : 5, {
          ours: () => imageBench(servers.ours, load, count),
          nbdkit: () => imageBench(servers.nbdkit, load, count),
        });
        figures.push(figure(load.what, rates));
      }
      progress("guest");
      const { kernel } = await buildGuest({ progress });
      const operations = quick ? 500 : 4000;
      const rates = await alternate(quick ? 1 : 5, {
        ours: () => guestBench({ kernel, folder, operations }),
        nbdkit: () => guestBench({ kernel, folder, operations, path: servers.nbdkit }),
      });
      const dma = "guest DMA operations";
      return [
        ...figures,
        figure(dma, rates),
        {
          what: dma,
          unit: "op/s",
          ours: rates.ours,
          wanted: atLeast(rates.ours, DMA_A_SECOND, "op/s"),
        },
      ];
    } finally {
      for (const end of stop.reverse()) await end();
    }
  },
};

function figure(what: string, { ours, nbdkit }: { ours: number; nbdkit: number }): Figure {
  const share = 100 * ours / nbdkit;
  const wanted = atLeast(share, SHARE_PERCENT, "% of nbdkit");
  return { what, unit: "op/s", ours, peer: { name: "nbdkit memory", value: nbdkit }, wanted };
}

/** Requests a second. */
async function imageBench(path: string, load: Load, count: number): Promise<number> {
  const { size, depth, write } = load;
  const { stdout, stderr, success } = await new Deno.Command("qemu-img", {
    args: [
      ...["bench", "-f", "raw", "-t", "none", "-c", `${count}`, "-d", `${depth}`, "-s", `${size}`],
      ...(write ? ["-w"] : []),
      `nbd+unix:///disk0?socket=${path}`, // nbdkit does not look at the name.
    ],
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout);
  const took = said.match(/Run completed in ([\d.]+) seconds/)?.[1];
  if (success && took !== undefined) return count / Number(took);
  throw new Error(`qemu-img bench failed: ${said}${new TextDecoder().decode(stderr)}`);
}

/**
 * Disk requests a second of the guest while it works, each a DMA operation.
 *
 * @param options.path of another server's socket; default: drives of our own
 */
async function guestBench(options: {
  readonly kernel: string;
  readonly folder: string;
  readonly operations: number;
  readonly path?: string;
}): Promise<number> {
  const { kernel, operations, path } = options;
  const folder = await Deno.makeTempDir({ dir: options.folder });
  const { timeline, writer } = openTimeline(folder);
  const undos: (() => void | Promise<void>)[] = [() => writer.close()];
  const defer: TargetContext["defer"] = (_, undo) => void undos.push(undo);
  try {
    const clock = timeline.clock = new HostClock(timeline, "diskcache");
    const drives = new GuestDrives({ timeline, clock, path: `${folder}/nbd`, sizes: SIZES });
    defer("close the drives", () => drives.close());
    const qemu = await Qemu.start({
      ...fastPc(),
      ...{ kernel, memoryMiB: 32, serials: [{ name: "com1" }] },
      disks: path === undefined ? drives.disks : disksOf(SIZES, path),
    }, { tempDir: folder, processEnv: {}, timeline, clock, defer });
    const cache = new GuestCache({ timeline, clock, link: qemu.serial("com1"), drives });
    defer("close com1", () => cache.console.close());
    await cache.ready(seconds(20));
    await cache.configure({ entries: 4 });
    return await work(cache, operations);
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}

async function work(cache: GuestCache, operations: number): Promise<number> {
  const before = await cache.statistics();
  const began = hostNow();
  const options = { count: operations, blocks: 256, readPercent: 50 };
  const work = await cache.work({ seed: 1, ...options });
  await work.finished({ within: seconds(60) });
  const tookNs = hostNow() - began;
  const after = await cache.statistics();
  const requests = after.reads + after.writes - before.reads - before.writes;
  return requests / (tookNs / 1e9);
}

/** Gives what ends it. */
async function startNbdkit(folder: string): Promise<() => Promise<void>> {
  if (!findTool("nbdkit")) {
    throw new PeerMissing('nbdkit is not on this machine; run "deno task hil doctor --install"');
  }
  const socket = `${folder}/nbdkit`;
  const args = ["--foreground", "--exit-with-parent", "--unix", socket, "memory", "32M"];
  const process = new Deno.Command("nbdkit", { args, stdin: "null", stderr: "piped" }).spawn();
  const end = async () => {
    process.kill("SIGTERM");
    await process.stderr.cancel();
    await process.status;
  };
  for (;;) {
    try {
      (await Deno.connect({ transport: "unix", path: socket })).close();
      return end;
    } catch (cause) {
      const over = await Promise.race([process.status, aMoment()]);
      if (over) throw new Error(`nbdkit ended with ${over.code}`, { cause });
    }
  }
}

/** One turn of the event loop with input and output in it. */
async function aMoment(): Promise<undefined> {
  await Deno.stat(".");
}
