/** How far a file of events has been read: one of gigabytes takes a minute, and somebody waits. */

/** @param bytes read so far; undefined: no more is read */
export type ReadingListener = (path: string, bytes: number | undefined) => void;

let listener: ReadingListener | undefined;

/** From now on that one is told, and nobody else; undefined: nobody. */
export function onReading(told: ReadingListener | undefined): void {
  listener = told;
}

/** For who reads: called for each piece. */
export function tellReading(path: string, bytes: number | undefined): void {
  listener?.(path, bytes);
}
