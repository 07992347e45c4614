/**
 * Consoles: everything that a target says is recorded, awaited, forbidden, and, with a shell,
 * asked for by command.
 *
 * @example
 * ```ts ignore
 * const com1 = openConsole({
 *   name: "com1",
 *   link: qemu.serial("com1"),
 *   shell: checkedLines({ onEvent: (text, t) => threads.take(text, t) }),
 *   forbid: [{ pattern: "PANIC: ", because: "the kernel panicked" }],
 *   timeline,
 *   clock,
 * });
 * await com1.waitFor(/entries: (\d+)/, { within: seconds(5) });
 * const { output } = await com1.run("stats");
 * ```
 */
export { type CheckedLines, checkedLines, type CheckedLinesOptions } from "./checked_lines.ts";
export { openConsole } from "./console.ts";
export type { ConsoleOptions, OpenConsole } from "./options.ts";
export {
  ConsoleClosed,
  ConsoleTimeout,
  type Damage,
  type DamageKind,
  ForbiddenOutput,
  LinkError,
} from "./error.ts";
export { promptShell, type PromptShellOptions } from "./prompt_shell.ts";
export { RawSerial, type RawSerialOptions, type SerialControls } from "./raw_serial.ts";
export { ShellSwitch } from "./shell_switch.ts";
export type { NearMiss } from "./near_miss.ts";
export type { Pending, PlainSink, Shell, ShellSession, ShellWire } from "./shell.ts";
