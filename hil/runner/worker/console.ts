/** `console.log` and its like, taken from the terminal into the trace. */

type Level = "debug" | "info" | "warn" | "error";

const LEVELS: Readonly<Record<string, Level>> = {
  debug: "debug",
  log: "info",
  info: "info",
  dir: "info",
  table: "info",
  trace: "info",
  warn: "warn",
  error: "error",
};

/** Gives what is logged from now on to `sink`. */
export function captureConsole(sink: (level: Level, text: string) => void): void {
  for (const [method, level] of Object.entries(LEVELS)) {
    Object.assign(console, {
      [method]: (...values: unknown[]) => {
        sink(
          level,
          values.map((value) => {
            return typeof value === "string" ? value : Deno.inspect(value);
          }).join(" "),
        );
      },
    });
  }
}
