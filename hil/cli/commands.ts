/** The commands of `hil` but for the run itself: what is imported when one is asked for. */
import type { OptionTable } from "./command_line.ts";

/** @returns the exit code */
export type Command = (args: readonly string[]) => number | Promise<number>;

/** What is completed where an operand is typed. */
export type OperandKind = "trace" | "run" | "target" | "file" | "none";

export interface CommandEntry {
  readonly load: () => Promise<Command>;
  readonly options: () => Promise<OptionTable>;
  readonly operand: OperandKind;
  /** It reads files that may be long, and has no other way to say how far it is. */
  readonly reads?: true;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  completions: {
    load: async () => (await import("./completions.ts")).completions,
    options: () => Promise.resolve({}),
    operand: "none",
  },
  console: {
    load: async () => (await import("./console.ts")).console,
    options: async () => (await import("./console_options.ts")).CONSOLE_OPTIONS,
    operand: "target",
  },
  diff: {
    load: async () => (await import("./diff.ts")).diff,
    options: async () => (await import("./diff.ts")).DIFF_OPTIONS,
    operand: "trace",
    reads: true,
  },
  doctor: {
    load: async () => (await import("./doctor.ts")).doctor,
    options: async () => (await import("./doctor.ts")).DOCTOR_OPTIONS,
    operand: "none",
  },
  export: {
    load: async () => (await import("./export.ts")).exportTrace,
    options: async () => (await import("./export.ts")).EXPORT_OPTIONS,
    operand: "trace",
    reads: true,
  },
  history: {
    load: async () => (await import("./history.ts")).history,
    options: async () => (await import("./history_options.ts")).HISTORY_OPTIONS,
    operand: "none",
  },
  import: {
    load: async () => (await import("./import.ts")).importFile,
    options: async () => (await import("./import.ts")).IMPORT_OPTIONS,
    operand: "file",
    reads: true,
  },
  nightly: {
    load: async () => (await import("./nightly.ts")).nightly,
    options: async () => (await import("./nightly_options.ts")).NIGHTLY_OPTIONS,
    operand: "file",
  },
  redact: {
    load: async () => (await import("./redact.ts")).redact,
    options: async () => (await import("./redact.ts")).REDACT_OPTIONS,
    operand: "trace",
    reads: true,
  },
  replay: {
    load: async () => (await import("./replay.ts")).replay,
    options: async () => (await import("./replay_options.ts")).REPLAY_OPTIONS,
    operand: "trace",
  },
  report: {
    load: async () => (await import("./report.ts")).report,
    options: async () => (await import("./report.ts")).REPORT_OPTIONS,
    operand: "run",
    reads: true,
  },
  shrink: {
    load: async () => (await import("./shrink.ts")).shrink,
    options: async () => (await import("./shrink_options.ts")).SHRINK_OPTIONS,
    operand: "trace",
  },
};
