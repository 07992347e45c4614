/** The end of what a target said, for people. */

/** Control characters are shown as `\x1b`, a carriage return at the end of a line is not shown. */
export function lastLines(bytes: Uint8Array, count: number): string[] {
  const text = new TextDecoder().decode(bytes);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return (count > 0 ? lines.slice(-count) : []).map((line) => visible(line.replace(/\r+$/, "")));
}

function visible(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
