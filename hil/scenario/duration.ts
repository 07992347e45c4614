/** Moved: import "../time/mod.ts". This file goes when its last reader has moved. */
export * from "../time/duration.ts";
