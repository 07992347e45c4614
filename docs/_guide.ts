/**
 * A guide's blocks. A fence with a path after its language is a file; one of "console" has commands
 * behind "$ ", each followed by what it says, where "…" stands for anything on a line and a line of
 * its own for any lines. "# exits with N" after a command is its exit code; "&" puts it aside.
 */

export interface GuideCommand {
  readonly command: string;
  readonly code: number;
  readonly output: readonly string[];
}

export type Block =
  | { readonly kind: "file"; readonly path: string; readonly text: string }
  | { readonly kind: "console"; readonly commands: readonly GuideCommand[] };

/** Those blocks of a guide that are followed; others are only read. */
export function blocksOf(guide: string): Block[] {
  const blocks: Block[] = [];
  for (const [, info = "", text = ""] of guide.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
    const [language, path] = info.split(" ");
    if (path) blocks.push({ kind: "file", path, text });
    else if (language === "console") blocks.push({ kind: "console", commands: commandsOf(text) });
  }
  return blocks;
}

function commandsOf(text: string): GuideCommand[] {
  return text.split(/^\$ /m).slice(1).map((part) => {
    const [line = "", ...output] = part.trimEnd().split("\n");
    const [, command = "", comment = ""] = line.match(/^(.*?)(?:\s+# (.*))?$/) ?? [];
    return { command, code: Number(comment.match(/^exits with (\d+)/)?.[1] ?? 0), output };
  });
}

/** Whether what was said is what the lines say. */
export function matches(said: string, lines: readonly string[]): boolean {
  if (lines.length === 0) return true; // Nothing is claimed.
  const source = lines.map((line) =>
    line === "…" ? "(?:.*\n)*?" : `${line.split("…").map(literal).join(".*")}\n`
  ).join("");
  return new RegExp(`^${source}$`).test(`${said.trimEnd()}\n`);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
