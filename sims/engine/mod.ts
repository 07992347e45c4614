/** What every simulated target stands on: virtual time and seeded chance. */
export { type Alarm, VirtualClock } from "./clock.ts";
export { Random } from "hil/time/mod.ts";
