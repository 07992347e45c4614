/** What can go wrong with a trace file, with the remedy in the message. */

/** Why a file cannot be read as a trace. */
export type TraceReadReason = "missing" | "empty" | "not-a-trace" | "newer" | "unreadable";

/** Thrown by the reader when it cannot begin; damage further in is reported, not thrown. */
export class TraceReadError extends Error {
  override readonly name = "TraceReadError";

  constructor(
    readonly path: string,
    readonly reason: TraceReadReason,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot read the trace "${path}": ${what}`, options);
  }
}

/** Thrown once by a writer whose disk refuses; the file on it ends with a whole line. */
export class TraceWriteError extends Error {
  override readonly name = "TraceWriteError";
  /** The system's code: "ENOSPC", "EIO", "EACCES"; "" when it gave none. */
  readonly code: string;

  constructor(readonly path: string, cause: unknown) {
    const code = codeOf(cause);
    super(`Cannot write the trace "${path}": ${remedy(code, cause)}`, { cause });
    this.code = code;
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC:
    "no space is left on the device; free space there or take another folder (a run: --reports DIR)",
  EDQUOT:
    "the disk quota is used up; free space there or take another folder (a run: --reports DIR)",
  EFBIG: "the file is at the largest size allowed; raise `ulimit -f` or record fewer channels",
  EEXIST: "the file exists already; take another folder (a run: --reports DIR)",
  EACCES:
    "the folder may not be written; give it write permission or take another (a run: --reports DIR)",
  EPERM:
    "the folder may not be written; give it write permission or take another (a run: --reports DIR)",
  EROFS: "the file system is read-only; take another folder (a run: --reports DIR)",
};

function remedy(code: string, cause: unknown): string {
  return REMEDIES[code] ??
    `${
      cause instanceof Error ? cause.message : cause
    }; check the disk or take another folder (a run: --reports DIR)`;
}

/** The system's error code of what Deno threw, or "". */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
