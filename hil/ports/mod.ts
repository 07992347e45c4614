/** What a target offers. Interfaces only: simulators and drivers implement them. */
export type { Clock } from "../time/mod.ts";
export type { CommandResult, Console, LinkQuality, Match, Pattern } from "./console.ts";
export type { ByteLink } from "./link.ts";
export type { Power } from "./power.ts";
export type { EdgeData, Gpio, GpioInput, GpioOutput } from "./gpio.ts";
export type { ModemLines, SerialPort } from "./serial.ts";
export type { Storage } from "./storage.ts";
