/** Where in a scenario file something was called, from V8's stack traces. */

/** `hil/`, wherever it was put: there may be a "hil" above it. */
const HARNESS = decodeURIComponent(new URL("../", import.meta.url).pathname);

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

/** The innermost frame in a `*.scenario.ts`; failing that, the innermost outside the harness. */
export function scenarioFrame(stack: string): Position | undefined {
  const frames = framesOf(stack);
  return frames.find(({ file }) => file.endsWith(".scenario.ts")) ??
    frames.find(({ file }) => !inHarness(file));
}

/** Deno prints some URLs decoded: with spaces in them, they end with the ending of a name. */
const PLACE = /(file:\/\/(?:\S+?|(?:(?!file:\/\/).)+?\.\w+)):(\d+):\d+/g;

/** All places in files that a stack trace, or a message, names, innermost first. */
export function framesOf(text: string): Position[] {
  return [...text.matchAll(PLACE)].flatMap(([, url = "", line]) => {
    try {
      const path = /\s/.test(url)
        ? url.slice("file://".length)
        : decodeURIComponent(new URL(url).pathname);
      return [{ file: path, line: Number(line) }];
    } catch {
      return []; // A message may have anything in it.
    }
  });
}

/** Whether a file, by its absolute path, is the harness's own and no test of it. */
export function inHarness(file: string): boolean {
  return file.startsWith(HARNESS) && !file.endsWith("_test.ts");
}
