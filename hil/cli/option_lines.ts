/** The options of a command as its help lists them. */
import type { OptionTable } from "./command_line.ts";

/** Columns of a page of help. */
export const WIDTH = 100;

export function optionLines(table: OptionTable): string {
  const heads = Object.entries(table)
    .map(([name, { value }]) => `--${name}${value ? ` ${value}` : ""}`);
  const indent = Math.max(...heads.map((head) => head.length)) + 4;
  return Object.values(table)
    .map(({ help }, i) => `  ${heads[i]}`.padEnd(indent) + wrapped(help, indent)).join("\n");
}

/** Lines of at most {@link WIDTH} columns, all but the first behind `indent` spaces. */
function wrapped(text: string, indent: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line && indent + line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
