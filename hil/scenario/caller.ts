/** Where in a scenario file something was called, from V8's stack traces. */

export interface Position {
  readonly file: string;
  readonly line: number;
}

/** The first frame below `entry` that is in a file, as an absolute path. */
export function caller(entry: (...args: never[]) => unknown): Partial<Position> {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, entry);
  return scenarioFrame(holder.stack ?? "") ?? {};
}

/** The innermost frame in a `*.scenario.ts`; failing that, the innermost outside `hil/`. */
export function scenarioFrame(stack: string): Position | undefined {
  const frames: Position[] = [];
  for (const [, url, line] of stack.matchAll(/(file:\/\/[^\s()]+?):(\d+):\d+/g)) {
    frames.push({ file: decodeURIComponent(new URL(url!).pathname), line: Number(line) });
  }
  return frames.find((frame) => frame.file.endsWith(".scenario.ts")) ??
    frames.find((frame) => !/\/hil\/[^/]+\/(?!.*_test\.ts)/.test(frame.file));
}
