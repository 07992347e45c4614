/**
 * The driver: two channels with two drives each (0 and 1 on the first, 2 and 3 on the second),
 * one request in flight on each channel, an interrupt at its end, and a time-out after which
 * the drive is reset and the request has failed.
 */
import type { Duration } from "hil";
import type { Alarm, VirtualClock } from "../../engine/mod.ts";
import type { Drive, DriveRequest } from "./drive.ts";

export const CHANNELS = 2;

export function channelOf(drive: number): number {
  return drive >> 1;
}

/** How long a drive is not ready after a reset. */
const RESET_NS = 2_000_000;

/** What the driver asks of the machine: also one whose time and drives a chooser moves. */
export type DriverClock = Pick<VirtualClock, "after">;
export type DriverDrive = Pick<Drive, "number" | "start" | "reset">;

interface InFlight {
  readonly complete: (error?: string) => void;
  readonly timeout: Alarm;
  /** What the drive shows of it. */
  ended: boolean;
  error: string | undefined;
}

export class Driver {
  readonly #busy: boolean[] = Array.from({ length: CHANNELS }, () => false);
  readonly #inFlight: (InFlight | undefined)[] = Array.from({ length: CHANNELS }, () => undefined);
  #off = false;
  readonly statistics = { interrupts: 0, spurious: 0, errors: 0, timeouts: 0, resets: 0 };

  /** @param onIdle called at the end of each disk interrupt, when its channel is free again */
  constructor(
    private readonly clock: DriverClock,
    private readonly drives: readonly DriverDrive[],
    public timeout: Duration,
    private readonly onIdle: (channel: number) => void,
  ) {}

  isIdle(channel: number): boolean {
    return !this.#off && !this.#busy[channel];
  }

  /** The machine has lost its power: nothing of this driver happens any more. */
  powerOff(): void {
    this.#off = true;
    for (const request of this.#inFlight) request?.timeout.cancel();
  }

  /** Gives a drive a request. `complete` runs in its interrupt: "error=04", "timeout" or nothing. */
  submit(number: number, request: DriveRequest, complete: (error?: string) => void): void {
    const drive = this.drives[number]!;
    const channel = channelOf(number);
    this.#busy[channel] = true;
    const timeout = this.clock.after(this.timeout.ns, () => this.#giveUp(drive));
    const inFlight: InFlight = { complete, timeout, ended: false, error: undefined };
    this.#inFlight[channel] = inFlight;
    drive.start(request, (error) => {
      inFlight.ended = true;
      inFlight.error = error;
      this.interrupt(channel);
    });
  }

  /** The interrupt of a channel. One that comes while no request is at its end changes nothing. */
  interrupt(channel: number): void {
    const request = this.#inFlight[channel];
    if (!request?.ended) {
      this.statistics.spurious++;
      return;
    }
    const { timeout, error, complete } = request;
    timeout.cancel();
    this.statistics.interrupts++;
    if (error) this.statistics.errors++;
    this.#inFlight[channel] = undefined;
    this.#busy[channel] = false;
    complete(error);
    this.onIdle(channel);
  }

  #giveUp(drive: DriverDrive): void {
    const channel = channelOf(drive.number);
    const { complete } = this.#inFlight[channel]!;
    this.#inFlight[channel] = undefined;
    this.statistics.timeouts++;
    this.statistics.resets++;
    drive.reset();
    this.clock.after(RESET_NS, () => {
      this.#busy[channel] = false;
      this.onIdle(channel);
    });
    complete("timeout");
  }
}
