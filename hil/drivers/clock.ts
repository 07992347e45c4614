/** Moved: import "hil/time" and "./host_clock.ts". This file goes when its last reader has moved. */
export * from "../time/clock.ts";
export { HostClock } from "./host_clock.ts";
