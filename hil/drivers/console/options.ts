/** What a console is opened with, and what is got. */
import type { ByteLink, Clock, Console, Pattern } from "../../ports/mod.ts";
import type { Timeline } from "../../trace/mod.ts";
import type { Shell } from "./shell.ts";

export interface ConsoleOptions {
  /** Channel in the trace. */
  readonly name: string;
  readonly link: ByteLink;
  readonly timeline: Timeline;
  readonly clock: Clock;
  /** How `run` frames commands; without it `run` says so in an error. */
  readonly shell?: Shell;
  /** What must not appear, from the first byte on. */
  readonly forbid?: readonly { readonly pattern: Pattern; readonly because?: string }[];
  /** Longest match of a regular expression, in bytes. Default 16 KiB. */
  readonly maxMatchBytes?: number;
  /** Most unread output that is kept for `waitFor`. Default 256 MiB. */
  readonly keepBytes?: number;
  /** Matches as if ANSI escape sequences had not come (colours, bracketed paste). */
  readonly ignoreEscapes?: boolean;
}

export interface OpenConsole extends Console {
  /** Resolves when the link has ended: with the link's error, or undefined. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** What the target has said by now is not looked at by `waitFor` any more: it was another life. */
  skip(): void;
  close(): Promise<void>;
}
