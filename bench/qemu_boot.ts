/**
 * Boot: from the start of the target to the first answer of its guest that a scenario can check,
 * beside bare QEMU with the same firmware and kernel and no disks, from exec to the first byte on
 * the serial port.
 */
import { fastPc, type Firmware } from "hil/drivers/qemu/mod.ts";
import { hostNow } from "hil/time/mod.ts";
import { buildGuest } from "sims/diskcache/guest/build.ts";
import { alternate, atMost, type Benchmark, type Figure } from "./benchmark.ts";
import { onGuest } from "./guest.ts";

const MEMORY_MIB = 32;

export const qemuBoot: Benchmark = {
  name: "qemu",
  title: "boot of the disk cache's guest to the first expectation, beside bare QEMU",
  conditions: "Warm: guest built, files in the page cache, one boot of each. Ours: four drives, " +
    "QMP, console with its trace on disk, one command answered. Bare: no disks, the first byte.",
  async run({ folder, quick, progress }) {
    const { kernel } = await buildGuest({ progress });
    const contestants = {
      qboot: () => bootTarget("qboot", folder),
      bareQboot: () => bareBoot("qboot", kernel),
      seabios: () => bootTarget("seabios", folder),
      bareSeabios: () => bareBoot("seabios", kernel),
    };
    progress("warms up");
    await alternate(1, contestants);
    progress("boots");
    const times = await alternate(quick ? 5 : 21, contestants);
    return [
      figure("boot under qboot", times.qboot, times.bareQboot),
      figure("boot under SeaBIOS", times.seabios, times.bareSeabios),
    ];
  },
};

function figure(what: string, ours: number, bare: number): Figure {
  const wanted = atMost(ours / bare, 1.5, "× bare");
  return { what, unit: "ms", ours, peer: { name: "bare QEMU", value: bare }, wanted };
}

/** Milliseconds from the target's start to the answer of its first command. */
async function bootTarget(firmware: Firmware, folder: string): Promise<number> {
  return await onGuest({ folder, options: { firmware } }, async (cache, startedMs) => {
    const began = hostNow();
    const { reads } = await cache.statistics();
    const took = startedMs + (hostNow() - began) / 1e6;
    if (reads !== 0) throw new Error(`the guest says ${reads} reads, where there were none`);
    return took;
  });
}

/** Milliseconds from exec to the first byte on COM1. */
async function bareBoot(firmware: Firmware, kernel: string): Promise<number> {
  const { machine, bios } = fastPc(firmware);
  const began = hostNow();
  const process = new Deno.Command("qemu-system-x86_64", {
    args: [
      ...["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"],
      ...["-machine", machine, "-m", String(MEMORY_MIB), "-accel", "tcg"],
      ...(bios ? ["-bios", bios] : []),
      ...["-kernel", kernel, "-serial", "stdio"],
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  const { done } = await reader.read();
  const took = (hostNow() - began) / 1e6;
  if (done) throw new Error("bare QEMU ended without a byte on COM1");
  process.kill("SIGKILL");
  await reader.cancel();
  await process.status;
  return took;
}
