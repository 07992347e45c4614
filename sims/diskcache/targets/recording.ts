/**
 * A run of the guest that QEMU records and does again, instruction by instruction: what the drives
 * answered and what COM1 was told are in it, so that a run that failed once can be looked into as
 * often as is wanted.
 */
import { type ByteLink, type RecordedFiles, type Rerun, seconds } from "hil";
import { HostClock } from "hil/drivers/host_clock.ts";
import { type Answered, MemoryStore, NbdServer, Playback } from "hil/drivers/nbd/mod.ts";
import {
  pacedLink,
  Qemu,
  type QemuContext,
  QmpClosed,
  repairReplayLog,
  type StartOptions,
} from "hil/drivers/qemu/mod.ts";
import { hostNow, withLimit } from "hil/time/mod.ts";
import { Timeline } from "hil/trace/mod.ts";
import type { Recording, Replay } from "../emulated.ts";
import { disksOf } from "./guest_drives.ts";
import type { MachineKind } from "./pool.ts";

/** A replay takes two times as long as the run did. */
const REPLAY_LIMIT = seconds(60);
const LOG = "machine.rr";
const KERNEL = "machine.elf";
const REST = "machine.json";

type Context = Pick<QemuContext, "processEnv" | "tempDir" | "timeline">;

/** What is beside QEMU's own file; data as Base64. */
interface RestOfRecording {
  readonly recording: 1;
  readonly options: MachineKind["options"];
  readonly sizes: readonly number[];
  readonly answers: Readonly<
    Record<string, readonly (Omit<Answered, "data"> & { data?: string })[]>
  >;
  readonly said: string;
  /** QEMU was killed: the end of what was said is not in its own file. */
  readonly cut?: true;
}

/** Keeps what happens around a machine that QEMU records. */
export class Recorder {
  readonly #kind: MachineKind;
  readonly #folder: string;
  readonly #answers: Record<string, Answered[]> = {};
  readonly #said: Uint8Array[] = [];

  /** @param folder where the recording is to be */
  constructor(kind: MachineKind, folder: string) {
    this.#kind = kind;
    this.#folder = folder;
  }

  /** What the machine is started with. */
  get options(): MachineKind["options"] {
    const { options } = this.#kind;
    return { ...options, replay: { mode: "record", file: `${this.#folder}/${LOG}` } };
  }

  answered(drive: string, answer: Answered): void {
    (this.#answers[drive] ??= []).push(answer);
  }

  /** COM1 of the machine, listened to. */
  serial(qemu: Qemu): ByteLink {
    const link = pacedLink(qemu.serial("com1"), qemu.qmp);
    const keep = (bytes: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) => {
      this.#said.push(bytes);
      controller.enqueue(bytes);
    };
    const readable = link.readable.pipeThrough(new TransformStream({ transform: keep }));
    return { ...link, readable };
  }

  /** The machine has ended: gives its recording. */
  async finish(context: Context): Promise<Recording> {
    const folder = this.#folder;
    const { options, sizes } = this.#kind;
    const cut = await repairReplayLog(`${folder}/${LOG}`);
    await Deno.copyFile(options.kernel!, `${folder}/${KERNEL}`);
    const encoded = (answer: Answered) => ({ ...answer, data: answer.data?.toBase64() });
    const rest: RestOfRecording = {
      ...{ recording: 1, options, sizes },
      answers: Object.fromEntries(
        Object.entries(this.#answers).map(([drive, answers]) => [drive, answers.map(encoded)]),
      ),
      said: new Uint8Array(await new Blob(this.#said as BlobPart[]).arrayBuffer()).toBase64(),
      ...(cut && { cut }),
    };
    await Deno.writeTextFile(`${folder}/${REST}`, JSON.stringify(rest));
    const files = [LOG, KERNEL, REST];
    for (const path of files) {
      context.timeline.record({ type: "attachment", path, title: "recording of the machine" });
    }
    return { folder, files, replay: () => replayRecording(folder, context) };
  }
}

/**
 * Does again what is recorded in a folder, and compares what comes out.
 *
 * @throws QemuError when QEMU cannot replay it
 */
export async function replayRecording(
  folder: string,
  { processEnv, tempDir }: Omit<Context, "timeline">,
): Promise<Replay> {
  const rest: RestOfRecording = JSON.parse(await Deno.readTextFile(`${folder}/${REST}`));
  const own = await Deno.makeTempDir({ dir: tempDir, prefix: "replay-" });
  const undos: (() => void | Promise<void>)[] = [() => Deno.remove(own, { recursive: true })];
  const defer = (_what: string, undo: () => void | Promise<void>) => void undos.push(undo);
  const timeline = new Timeline({ write: () => {} });
  const clock = timeline.clock = new HostClock(timeline);
  try {
    const began = hostNow();
    const differs = Promise.withResolvers<void>();
    const playbacks = playbacksOf(rest, differs.resolve);
    if (playbacks.length > 0) {
      const server = new NbdServer({ path: `${own}/nbd`, drives: playbacks });
      defer("close the drives", () => server.close());
    }
    const options: StartOptions = {
      ...{
        ...rest.options,
        kernel: `${folder}/${KERNEL}`,
        disks: disksOf(rest.sizes, `${own}/nbd`),
      },
      replay: { mode: "replay", file: `${folder}/${LOG}` },
    };
    const context = { tempDir: own, processEnv, timeline, clock, defer };
    const said = await saidBy(options, context, differs.promise);
    const requests = playbacks.reduce((sum, { behaviour }) => sum + behaviour.given, 0);
    const all = Uint8Array.fromBase64(rest.said);
    const before = rest.cut ? all.subarray(0, said.length) : all;
    const difference = playbacks.map(({ behaviour }) => behaviour.difference).find(Boolean) ??
      differenceOf(said, before);
    return { bytes: said.length, requests, difference, tookMs: (hostNow() - began) / 1e6 };
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}

/** For `hil replay`: does the machine again that was recorded beside a trace. */
export async function rerun(recorded: RecordedFiles): Promise<Rerun | undefined> {
  const { folder, attachments } = recorded;
  if (!attachments.includes(REST)) return undefined;
  const { bytes, requests, difference } = await replayRecording(folder, recorded);
  const what = `${bytes} bytes on COM1 and ${requests} requests of the drives`;
  return { what, ...(difference !== undefined && { difference }) };
}

function playbacksOf({ answers, sizes }: RestOfRecording, onDifference: () => void) {
  return disksOf(sizes, "").map(({ bus, unit, source }) => {
    const name = "nbd" in source ? source.export! : "";
    const drive = Number(bus.slice(-1)) * 2 + unit;
    const given = (answers[name] ?? []).map(({ data, ...answer }) => ({
      ...answer,
      ...(data !== undefined && { data: Uint8Array.fromBase64(data) }),
    }));
    return {
      name,
      store: new MemoryStore(sizes[drive]!),
      behaviour: new Playback(given, onDifference),
    };
  });
}

/** All that the guest says on COM1 until the recording is over, or a drive notices a difference. */
async function saidBy(
  options: StartOptions,
  context: QemuContext,
  differs: Promise<void>,
): Promise<Uint8Array> {
  const qemu = await Qemu.start(options, context);
  const pieces: Uint8Array[] = [];
  const reading = (async () => {
    for await (const piece of qemu.serial("com1").readable) pieces.push(piece);
  })();
  reading.catch(() => {}); // The race below has it.
  const late = () => Promise.reject(new Error(`it is not over within ${REPLAY_LIMIT}`));
  await withLimit(Promise.race([overIn(qemu), reading, differs]), REPLAY_LIMIT, late);
  await qemu.quit();
  await reading;
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

/**
 * The end of the recording is QEMU's own, which it was told to then. It may be gone before it has told
 * of that; when it has gone too early, what it said tells.
 */
async function overIn(qemu: Qemu): Promise<void> {
  try {
    while (!qemu.events.occurrences.some(({ kind }) => kind === "SHUTDOWN")) {
      await qemu.qmp.nextEvent();
    }
  } catch (error) {
    if (!(error instanceof QmpClosed)) throw error;
  }
}

/** Where two recordings of COM1 part, for people. */
export function differenceOf(now: Uint8Array, before: Uint8Array): string | undefined {
  const at = before.findIndex((byte, index) => byte !== now[index]);
  if (at < 0 && now.length === before.length) return undefined;
  const from = at < 0 ? before.length : at;
  const show = (bytes: Uint8Array) =>
    JSON.stringify(String.fromCharCode(...bytes.subarray(Math.max(0, from - 20), from + 20)));
  return `COM1 differs at byte ${from}: now ${show(now)}, before ${show(before)}`;
}
