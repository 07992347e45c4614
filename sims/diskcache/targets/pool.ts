/**
 * Machines that are started before they are needed: QEMU has built the machine, has its drives and
 * waits for the word to go. Measured: 10 ms from that word to the guest's "ready", where a start
 * takes 55.
 *
 * The pool lives in its worker's process between scenarios. Its machines carry the mark of the
 * run, so that they end with the worker whatever becomes of it.
 */
import { dirname } from "node:path";
import type { TargetContext } from "hil";
import { HostClock } from "hil/drivers/host_clock.ts";
import { Qemu, type StartOptions } from "hil/drivers/qemu/mod.ts";
import { Timeline } from "hil/trace/mod.ts";
import { disksOf, type ServedDrives, serveDrives } from "./guest_drives.ts";

/** All that a machine is made of: only a scenario that wants the same of each can have it. */
export interface MachineKind {
  readonly options: Omit<StartOptions, "disks" | "paused">;
  /** Drives in blocks, 0 for none. */
  readonly sizes: readonly number[];
}

/** A machine that waits. Whoever takes it undoes it. */
export interface Spare {
  readonly qemu: Qemu;
  readonly served: ServedDrives;
  /** Of its sockets. */
  readonly folder: string;
  undo(): Promise<void>;
}

interface Place {
  readonly kind: string;
  /** Undefined when it could not be started: whoever needs one starts it, and is told why not. */
  readonly spare: Promise<Spare | undefined>;
}

let places: readonly Place[] = [];

/** A machine of that kind that lives; undefined when there is none. */
export async function takeSpare(kind: MachineKind): Promise<Spare | undefined> {
  const name = nameOf(kind);
  for (;;) {
    const place = places.find((place) => place.kind === name);
    if (!place) return undefined;
    places = places.filter((other) => other !== place);
    const spare = await place.spare;
    if (spare && !spare.qemu.over) return spare;
    await spare?.undo();
  }
}

/**
 * Starts machines of that kind until `count` wait. Those of other kinds have to go: who asked for
 * them has not asked last.
 */
export function fillPool(
  kind: MachineKind,
  { count, context }: {
    readonly count: number;
    readonly context: Pick<TargetContext, "tempDir" | "processEnv">;
  },
): void {
  const name = nameOf(kind);
  const others = places.filter((place) => place.kind !== name);
  places = places.filter((place) => place.kind === name);
  for (const { spare } of others) void undo(spare);
  while (places.length < count) {
    const spare = startSpare(kind, context).catch(() => undefined);
    places = [...places, { kind: name, spare }];
  }
}

/** Waits until those that are being started are; gives how many wait then. */
export async function sparesWaiting(): Promise<number> {
  const spares = await Promise.all(places.map(({ spare }) => spare));
  return spares.filter((spare) => spare && !spare.qemu.over).length;
}

/** Ends all machines that wait. */
export async function emptyPool(): Promise<void> {
  const all = places;
  places = [];
  await Promise.all(all.map(({ spare }) => undo(spare)));
}

async function undo(spare: Promise<Spare | undefined>): Promise<void> {
  await (await spare)?.undo();
}

function nameOf({ options, sizes }: MachineKind): string {
  return JSON.stringify([options, sizes]);
}

async function startSpare(
  { options, sizes }: MachineKind,
  { tempDir, processEnv }: Pick<TargetContext, "tempDir" | "processEnv">,
): Promise<Spare> {
  // Beside the scenario's own, which goes when the scenario does: no path may lead through it.
  const folder = await Deno.makeTempDir({ dir: dirname(tempDir), prefix: "pool-" });
  const undos = [() => Deno.remove(folder, { recursive: true })];
  const undo = async () => {
    for (const undone of undos.splice(0).reverse()) await undone();
  };
  const defer = (_what: string, undone: () => void | Promise<void>) =>
    void undos.push(async () => await undone());
  try {
    const served = serveDrives({ path: `${folder}/nbd`, sizes });
    defer("close the drives", () => served.server?.close());
    const timeline = new Timeline({ write: () => {} });
    const clock = timeline.clock = new HostClock(timeline);
    const disks = disksOf(sizes, `${folder}/nbd`);
    const context = { tempDir: folder, processEnv, timeline, clock, defer };
    const qemu = await Qemu.start({ ...options, disks, paused: true }, context);
    return { qemu, served, folder, undo };
  } catch (error) {
    await undo();
    throw error;
  }
}
