/** A match as the port gives it, from positions in the log. */
import type { Match } from "../../ports/mod.ts";
import { type ByteLog, fromLatin1, latin1 } from "./log.ts";
import type { Compiled } from "./pattern.ts";
import type { Found } from "./search.ts";

/** @param where from where on it was looked for, and what was found */
export function matchOf(
  pattern: Compiled,
  log: ByteLog,
  { from, found }: { readonly from: number; readonly found: Found },
): Match {
  // What is matched on bytes is told in bytes.
  const decode = pattern.type === "expression" && !pattern.utf8 ? latin1 : utf8;
  const { start, end, groups, named } = found;
  const before = lazily(log.bytes(from, start), decode);
  return {
    text: decode(fromLatin1(log.text(start, end))),
    groups,
    named,
    get before() {
      return before();
    },
    t: log.timeOf(Math.max(end - 1, 0)),
    offset: start < log.end ? log.rawOf(start) : log.rawOf(start - 1) + 1,
  };
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Most never look at it, and it may be long. */
function lazily(bytes: Uint8Array, decode: (bytes: Uint8Array) => string): () => string {
  let text: string | undefined;
  return () => text ??= decode(bytes);
}
