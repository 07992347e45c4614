/** What is wrong with a bench file, all of it at once. */

/** One thing that is wrong, and where. */
export interface BenchProblem {
  /** From 1; undefined when the file as a whole cannot be had. */
  readonly line?: number;
  /** From 1, in UTF-16 units. */
  readonly column?: number;
  /** What is so; what to do. */
  readonly message: string;
}

/** Thrown when a bench file cannot be used; its message lists every problem with its place. */
export class BenchError extends Error {
  override readonly name = "BenchError";

  /** @param file as the user named it */
  constructor(readonly file: string, readonly problems: readonly BenchProblem[]) {
    super(messageOf(file, problems));
  }
}

/** Problems that a message lists; the rest is counted. */
const SHOWN = 20;

function messageOf(file: string, problems: readonly BenchProblem[]): string {
  const [first] = problems;
  if (problems.length === 1 && first?.line === undefined) {
    return `Cannot use the bench file "${file}": ${first?.message}`;
  }
  const lines = problems.slice(0, SHOWN).map(({ line, column, message }) =>
    line === undefined ? message : `${file}:${line}:${column}: ${message}`
  );
  if (lines.length === 1) return `Cannot use the bench file: ${lines[0]}`;
  const more = problems.length > SHOWN ? [`… and ${problems.length - SHOWN} more`] : [];
  return [
    `Cannot use the bench file "${file}": it has ${problems.length} problems; correct them:`,
    ...[...lines, ...more].map((line) => `  ${line}`),
  ].join("\n");
}
