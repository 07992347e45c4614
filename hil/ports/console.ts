/**
 * A byte channel to a target that people could type on.
 *
 * Everything that the target says is in the trace, whether or not a scenario reads it.
 */
import type { Duration } from "../time/mod.ts";

/** A literal, or a regular expression (matched on bytes as Latin-1 unless flagged `u`). */
export type Pattern = string | RegExp;

export interface Match {
  /** What matched. */
  readonly text: string;
  /** Capture groups from 1 on. */
  readonly groups: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string | undefined>>;
  /** What came before it since the last match. */
  readonly before: string;
  /** Timestamp of its last byte: whole nanoseconds on the console's clock. */
  readonly t: number;
  /** Position of its first byte in all that the target has said. */
  readonly offset: number;
}

export interface CommandResult {
  /** The answer, without echo, frame and prompt. */
  readonly output: string;
  /** Exit status where the target's shell has one. */
  readonly status: number;
}

/** Counters since the channel was opened. All 0 on a good link but `bytes*`, `lines`, `commands`. */
export interface LinkQuality {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly linesReceived: number;
  readonly commands: number;
  /** Framed lines whose checksum or length is wrong. */
  readonly corruptLines: number;
  readonly lostBytes: number;
  readonly doubledBytes: number;
  /** Foreign bytes inside a frame. */
  readonly interleavedBytes: number;
  /** Changed in place. */
  readonly alteredBytes: number;
  /** Frames that never came (sequence gap), came twice, or that nobody asked for. */
  readonly lostLines: number;
  readonly doubledLines: number;
}

export interface Console {
  /** Channel name in the trace: "com1". */
  readonly name: string;
  /**
   * Waits until the target has said `pattern`, starting after the last match.
   *
   * @throws ConsoleTimeout with the nearest miss and the last lines of every channel
   * @throws ForbiddenOutput when the target says something that {@link forbid} names
   * @throws ConsoleClosed when the channel ends first
   */
  waitFor(pattern: Pattern, options: { readonly within: Duration }): Promise<Match>;
  /**
   * Gives the target's shell a command and waits for the whole of its answer.
   *
   * @throws LinkError when a byte was lost, doubled, altered or interleaved; says which
   */
  run(command: string, options?: { readonly within?: Duration }): Promise<CommandResult>;
  write(data: string | Uint8Array): Promise<void>;
  /** Any appearance from now on fails the scenario (panic strings). */
  forbid(pattern: Pattern, options?: { readonly because?: string }): void;
  /** The last `lines` lines that the target said, for people. */
  tail(lines?: number): readonly string[];
  readonly quality: LinkQuality;
}
