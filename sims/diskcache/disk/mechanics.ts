/**
 * How long a drive with an arm and a spindle takes, after Ruemmler and Wilkes, "An introduction to
 * disk drive modeling" (IEEE Computer, March 1994), simplified: tracks of equal length, one head.
 *
 * - A seek over d tracks takes `settleNs + sqrtNs * sqrt(d)`; none for d = 0.
 * - Then the platter turns until the first sector comes by: its angle follows from the time.
 * - Then `blocks / blocksPerTrack` of a turn for the transfer.
 * - What only goes into or comes out of the drive's memory takes `busNs` a block.
 */
export interface Mechanics {
  readonly rpm: number;
  readonly blocksPerTrack: number;
  readonly settleNs: number;
  readonly sqrtNs: number;
  readonly busNs: number;
}

/** A desktop drive of 2005: 7200 rpm, 1.5 ms to the next track, 8 ms on the average. */
export const DESKTOP_DRIVE: Mechanics = {
  rpm: 7200,
  blocksPerTrack: 1024,
  settleNs: 1_450_000,
  sqrtNs: 45_000,
  busNs: 5_000,
};

const NS_A_MINUTE = 60e9;

/** The arm: knows on which track it is, and what it has done. */
export class Arm {
  #track = 0;
  /** Tracks that it has gone over, altogether. */
  travel = 0;
  seeks = 0;

  constructor(private readonly mechanics: Mechanics) {}

  get track(): number {
    return this.#track;
  }

  /** Goes there and reads or writes; gives the whole nanoseconds that it takes from `now`. */
  serve(lba: number, blocks: number, now: number): number {
    const { rpm, blocksPerTrack } = this.mechanics;
    const turnNs = NS_A_MINUTE / rpm;
    const seekNs = this.#seek(Math.floor(lba / blocksPerTrack));
    const angle = ((now + seekNs) / turnNs) % 1;
    const wanted = (lba % blocksPerTrack) / blocksPerTrack;
    const waitNs = ((wanted - angle + 1) % 1) * turnNs;
    this.#track = Math.floor((lba + blocks - 1) / blocksPerTrack);
    return Math.round(seekNs + waitNs + (blocks / blocksPerTrack) * turnNs);
  }

  #seek(track: number): number {
    const { settleNs, sqrtNs } = this.mechanics;
    const distance = Math.abs(track - this.#track);
    if (distance === 0) return 0;
    this.travel += distance;
    this.seeks++;
    return settleNs + sqrtNs * Math.sqrt(distance);
  }
}
