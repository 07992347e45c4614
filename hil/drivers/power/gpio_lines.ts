/**
 * A GPIO line of this machine that drives a relay: by sysfs (Linux Documentation/admin-guide/gpio/
 * sysfs.rst), or by gpioset of libgpiod 1 and 2. Deno may write in /sys only with --allow-all; tee
 * may.
 */
import { runWell } from "./_run.ts";
import { PowerError, shown } from "./error.ts";
import { type Outlet, type Verb, verb } from "./outlet.ts";

export interface GpioSysfsConfig {
  /** Its number in sysfs. */
  readonly gpio: number;
  /** The relay is on when the line is low. */
  readonly activeLow?: boolean;
  /** Default: "/sys/class/gpio". */
  readonly root?: string;
}

export function gpioSysfs(config: GpioSysfsConfig): Outlet {
  const { gpio, activeLow = false, root = "/sys/class/gpio" } = config;
  const name = `GPIO ${gpio} in ${root}`;
  const line = `${root}/gpio${gpio}`;
  const read = (doing: Verb, signal: AbortSignal, file: string) =>
    runWell({ name, doing, signal }, ["cat", file]);
  const write = async (doing: Verb, signal: AbortSignal, [file, text]: [string, string]) => {
    await runWell({ name, doing, signal, stdin: text }, ["tee", file]);
  };
  return {
    name,
    switch: async (on, signal) => {
      const doing = verb(on);
      const direction = await read(doing, signal, `${line}/direction`).catch(() => undefined);
      if (direction === undefined) await write(doing, signal, [`${root}/export`, `${gpio}`]);
      const level = on === activeLow ? "low" : "high";
      // "out" first would drive it low for a moment; this sets direction and level at once.
      if (direction === undefined || direction.trim() === "in") {
        return await write(doing, signal, [`${line}/direction`, level]);
      }
      await write(doing, signal, [`${line}/value`, level === "high" ? "1" : "0"]);
    },
    state: async (signal) => {
      const doing = "read the state of";
      const direction = await read(doing, signal, `${line}/direction`).catch(() => undefined);
      // A line that nobody drives has its relay off.
      if (direction === undefined || direction.trim() === "in") return false;
      const said = await read(doing, signal, `${line}/value`);
      const value = lineValue(said);
      if (value !== undefined) return value === !activeLow;
      throw new PowerError(name, doing, `it has the value "${shown(said)}"; look at ${line}`);
    },
  };
}

/** Of a file `value`, or of gpioget. */
export function lineValue(text: string): boolean | undefined {
  const word = text.trim();
  return word === "1" ? true : word === "0" ? false : undefined;
}

export interface GpiodConfig {
  /** "gpiochip0", or its label. */
  readonly chip: string;
  /** Its offset in the chip. */
  readonly line: number;
  /** The relay is on when the line is low. */
  readonly activeLow?: boolean;
}

/**
 * The line keeps its level when gpioset has ended, on most chips: the kernel promises it of none.
 * It cannot be read back: gpioget of libgpiod 1 would make an input of it.
 */
export function gpiod({ chip, line, activeLow = false }: GpiodConfig): Outlet {
  const name = `line ${line} of ${chip}`;
  return {
    name,
    switch: async (on, signal) => {
      const options = { name, doing: verb(on), signal };
      const version = gpiodVersion(await runWell(options, ["gpioset", "--version"]));
      const low = activeLow ? ["--active-low"] : [];
      const value = `${line}=${on ? 1 : 0}`;
      // Version 2 keeps running unless it is told to toggle after no time.
      const command = version === 1
        ? ["gpioset", ...low, "--mode=exit", chip, value]
        : ["gpioset", ...low, "--toggle=0", "--chip", chip, value];
      await runWell(options, command);
    },
  };
}

/** `gpioset (libgpiod) v1.6.3`: its first number; 2 when it does not say. */
export function gpiodVersion(text: string): number {
  return Number(text.match(/\bv(\d{1,3})\./)?.[1] ?? 2);
}
