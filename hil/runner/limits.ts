/** Time limits that no scenario sets. */
import { type Duration, minutes, seconds } from "../time/mod.ts";

export interface Limits {
  /** Of a scenario that gives none, for set-up and body. */
  readonly scenario: Duration;
  /** Of the top level of a scenario file. */
  readonly load: Duration;
  /** Of a target module: to say what it is, and to be prepared (it builds firmware there). */
  readonly describe: Duration;
  readonly prepare: Duration;
  /** Of each piece of a clean-up. */
  readonly teardown: Duration;
  /** Of all that the targets say to the message of a failure. */
  readonly diagnosis: Duration;
  /** What a worker may be late by before it counts as hung: a loaded machine is no defect. */
  readonly grace: Duration;
}

export const LIMITS: Limits = {
  scenario: seconds(60),
  load: seconds(20),
  describe: seconds(20),
  prepare: minutes(15),
  teardown: seconds(10),
  diagnosis: seconds(3),
  grace: seconds(3),
};

/** As they go to a worker: whole nanoseconds. */
export type LimitsNs = Readonly<Record<keyof Limits, number>>;
