/** The options of a command as its help lists them. */
import type { OptionTable } from "./command_line.ts";

export function optionLines(table: OptionTable): string {
  const heads = Object.entries(table)
    .map(([name, { value }]) => `--${name}${value ? ` ${value}` : ""}`);
  const width = Math.max(...heads.map((head) => head.length));
  return Object.values(table)
    .map(({ help }, i) => `  ${heads[i]!.padEnd(width)}  ${help}`).join("\n");
}
