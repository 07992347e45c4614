/** What must not appear on a console: found, and shown with the line in which it stands. */
import type { Pattern } from "../../ports/mod.ts";
import type { ByteLog } from "./log.ts";
import type { Found, Search } from "./search.ts";

export interface Forbidden {
  readonly search: Search;
  readonly pattern: Pattern;
  readonly because: string | undefined;
}

/** A forbidden text that came. */
export interface Hit {
  readonly forbidden: Forbidden;
  readonly found: Found;
}

/** What of a line is shown on each side of the text. */
export const LINE_BYTES = 1024;

/** The one that was decided first since this was last asked. */
export function firstHit(all: readonly Forbidden[], log: ByteLog): Hit | undefined {
  let first: Hit | undefined;
  for (const forbidden of all) {
    let found = forbidden.search.next(log);
    if (found && !(first && first.found.decided <= found.decided)) first = { forbidden, found };
    while (found) found = forbidden.search.next(log);
  }
  return first;
}

/** Whether the rest of the line has come, or all of it that is shown. */
export function lineOver({ start, end }: Found, log: ByteLog): boolean {
  return log.end - start >= LINE_BYTES || log.text(end - 1, log.end).includes("\n");
}

/** The line, as far as it has come. */
export function lineOf({ start, end }: Found, log: ByteLog): string {
  const base = Math.max(log.start, start - LINE_BYTES);
  const before = log.text(base, start);
  const rest = log.text(end, start + LINE_BYTES);
  const text = log.text(start, end);
  const over = text.endsWith("\n") ? 0 : rest.indexOf("\n");
  const line = before.slice(before.lastIndexOf("\n") + 1) + text +
    rest.slice(0, over < 0 ? undefined : over);
  return line.trimEnd();
}
