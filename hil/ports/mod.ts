/** What a target offers. Interfaces only: simulators and drivers implement them. */
export type { Clock } from "./clock.ts";
export type { CommandResult, Console, LinkQuality, Match, Pattern } from "./console.ts";
export type { ByteLink } from "./link.ts";
export type { Power } from "./power.ts";
