/** The start of QEMU: what it is given, and the wait until it has built the machine, or has ended. */
import type { Clock } from "../../ports/mod.ts";
import { type Duration, hostNow, ms, seconds, withLimit } from "../../time/mod.ts";
import type { Timeline } from "../../trace/mod.ts";
import { type QemuOptions, serialsOnSockets } from "./command_line.ts";
import { QemuError, startFailure } from "./error.ts";
import type { QemuProcess } from "./process.ts";
import { type Rendezvous, rendezvous } from "./socket_link.ts";

/** What a driver takes of a target's context. */
export interface QemuContext {
  readonly tempDir: string;
  readonly processEnv: Readonly<Record<string, string>>;
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  defer(what: string, undo: () => void | Promise<void>): void;
}

export interface StartOptions extends QemuOptions {
  /** Names the signal of QMP events, the diagnosis and the sockets; default "qemu". */
  readonly name?: string;
  /** Longest that QEMU may take to build the machine; default 20 s. */
  readonly startLimit?: Duration;
}

export const DEFAULT_BINARY = "qemu-system-x86_64";
/** A machine is built in 30 ms; 20 s leave room for a busy host. */
const START_LIMIT = seconds(20);
/** A QEMU that closes its channels has ended, or will at once. */
const LAST_WORDS = ms(500);

export interface Wiring {
  readonly qmp: Rendezvous;
  readonly serials: readonly Rendezvous[];
}

/** Opens the sockets that QEMU will connect to; they are closed however the start ends. */
export function listen(options: StartOptions, context: QemuContext): Wiring {
  const { name = "qemu" } = options;
  const meet = (which: string) => {
    const meeting = rendezvous(`${context.tempDir}/${name}.${which}`);
    context.defer(`close the socket of ${name}'s ${which}`, meeting.close);
    return meeting;
  };
  const serials = serialsOnSockets(options).map((_, index) => meet(`serial${index}`));
  return { qmp: meet("qmp"), serials };
}

export interface Building {
  readonly options: StartOptions;
  readonly process: QemuProcess;
  readonly wiring: Wiring;
  readonly context: QemuContext;
}

/**
 * Waits until QEMU has connected everything and `assemble` is through.
 *
 * @throws QemuError that says why not; the process has ended then
 */
export async function build<T extends { readonly version: string }>(
  { options, process, wiring, context }: Building,
  assemble: (connections: [qmp: Deno.Conn, ...serials: Deno.Conn[]]) => Promise<T>,
): Promise<T> {
  const { binary = DEFAULT_BINARY, startLimit = START_LIMIT } = options;
  const began = hostNow();
  let refused: QemuError | undefined;
  const failed = process.exit.then((status) => {
    throw context.signal?.reason ?? refused ?? startFailure(binary, status, process.stderr);
  });
  failed.catch(() => {}); // After the start it is the links' business.
  const refuse = async (what: string, cause?: Error): Promise<never> => {
    const message = `Cannot start QEMU "${binary}": ${what}; look for a disk server that does ` +
      `not answer, or a binary that is no QEMU`;
    refused = new QemuError(message, process.stderr, { cause });
    await process.kill();
    return await failed;
  };
  const all = [wiring.qmp, ...wiring.serials].map(({ connection }) => connection);
  const ready = Promise.all(all)
    .then((connections) => assemble(connections as [Deno.Conn, ...Deno.Conn[]]))
    // When QEMU has ended, only `failed` knows why; when it goes on, it is no QEMU.
    .catch((error: Error) => withLimit(failed, LAST_WORDS, () => refuse(error.message, error)));
  const built = await withLimit(
    Promise.race([ready, failed]),
    startLimit,
    () => refuse(`it did not answer within ${startLimit}`),
  );
  const tookMs = Math.round((hostNow() - began) / 1e6);
  context.timeline.record(
    {
      type: "log",
      level: "debug",
      text: `QEMU ${built.version} built the machine in ${tookMs} ms`,
    },
    { clock: context.clock },
  );
  return built;
}
