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

export class Driver {
  readonly #busy: boolean[] = Array.from({ length: CHANNELS }, () => false);
  readonly statistics = { interrupts: 0, errors: 0, timeouts: 0, resets: 0 };

  /** @param onIdle called at the end of each disk interrupt, when its channel is free again */
  constructor(
    private readonly clock: VirtualClock,
    private readonly drives: readonly Drive[],
    public timeout: Duration,
    private readonly onIdle: (channel: number) => void,
  ) {}

  isIdle(channel: number): boolean {
    return !this.#busy[channel];
  }

  /** Gives a drive a request. `complete` runs in its interrupt: "error=04", "timeout" or nothing. */
  submit(number: number, request: DriveRequest, complete: (error?: string) => void): void {
    const drive = this.drives[number]!;
    const channel = channelOf(number);
    this.#busy[channel] = true;
    const timeout: Alarm = this.clock.after(this.timeout.ns, () => {
      this.statistics.timeouts++;
      this.#reset(drive);
      complete("timeout");
    });
    drive.start(request, (error) => {
      timeout.cancel();
      this.statistics.interrupts++;
      if (error) this.statistics.errors++;
      this.#busy[channel] = false;
      complete(error);
      this.onIdle(channel);
    });
  }

  #reset(drive: Drive): void {
    this.statistics.resets++;
    drive.reset();
    this.clock.after(RESET_NS, () => {
      this.#busy[channelOf(drive.number)] = false;
      this.onIdle(channelOf(drive.number));
    });
  }
}
