/** Text from serial lines and packets, made fit for XML and for terminals. */

// deno-lint-ignore no-control-regex
const ANSI = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_]/g;

/** What XML 1.0 forbids or advises against, but for lone surrogates. */
const FORBIDDEN =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/g;

/**
 * Text without colours, control characters, lone surrogates and carriage returns; line ends are
 * newlines. Applying it twice changes nothing.
 */
export function plainText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(ANSI, "")
    .replace(FORBIDDEN, "")
    .replace(/\p{Surrogate}/gu, "");
}

/** Plain text on one line. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, " ").trim();
}

/** The first `limit` characters or so, with an ellipsis when that is not all. */
export function cutEnd(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${wellCut(text, 0, Math.max(0, limit - 1))}…`;
}

/** Beginning and end of a text of more than `limit` characters, and how much is cut between. */
export function cutMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = wellCut(text, 0, Math.ceil(limit / 2));
  const tail = wellCut(text, text.length - Math.floor(limit / 2), text.length);
  const cut = text.length - head.length - tail.length;
  return `${head}\n[… ${cut} characters cut; the trace has them …]\n${tail}`;
}

/** A slice that does not leave half a surrogate pair at either end. */
function wellCut(text: string, from: number, to: number): string {
  return text.slice(from, to).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}
