/**
 * The seam between a console and what frames its commands: checked lines, or a shell that is
 * known by its prompt.
 */
import type { Clock, CommandResult, LinkQuality, Match, Pattern } from "../../ports/mod.ts";
import type { Duration } from "../../time/mod.ts";

/** How `run` frames commands and finds their answers. */
export interface Shell {
  /** Called once, when the console opens. */
  attach(wire: ShellWire): ShellSession;
}

export interface ShellSession {
  /**
   * Takes what the target said before anybody else sees it, and gives what is plain output to
   * `sink`. Without it everything is plain.
   */
  receive?(bytes: Uint8Array, sink: PlainSink): void;
  /** The link has ended: what was held back is plain output. */
  end?(sink: PlainSink): void;
  run(command: string, options: { readonly within?: Duration }): Promise<CommandResult>;
  /** Its part of the counters. */
  readonly quality: Partial<LinkQuality>;
}

export interface PlainSink {
  /** When the bytes came. */
  readonly t: number;
  /** @param raw position of the first of `bytes` in all that the target has said */
  plain(bytes: Uint8Array, raw: number): void;
  /** Looks at the plain output so far: to be called before an answer that came after it counts. */
  settle(): void;
  /** Calls back when the bytes are on the timeline. */
  later(action: () => void): void;
}

/** What a console offers its shell. */
export interface ShellWire {
  readonly channel: string;
  readonly clock: Clock;
  write(data: Uint8Array): Promise<void>;
  waitFor(pattern: Pattern, options: { readonly within: Duration }): Promise<Match>;
  /** Something to wait for that forbidden output and the end of the link reject. */
  expect<T>(what: string): Pending<T>;
  /** Rejects all who wait on the console; when nobody does, fails the scenario. */
  fail(error: Error): void;
  tail(): readonly string[];
  /** Bytes that the target has said. */
  readonly bytesReceived: number;
}

export interface Pending<T> {
  resolve(value: T): void;
  reject(error: Error): void;
  /** The value; undefined when `limit` passes first, and it can be waited for again. */
  outcome(limit: Duration): Promise<{ readonly value: T } | undefined>;
  /** Nobody waits for it any more. */
  close(): void;
}
