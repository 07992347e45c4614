/** Progress of set-up: one line that changes on a terminal, lines elsewhere. */
import { cutEnd, oneLine } from "../report/mod.ts";

export interface ProgressView {
  readonly show: (text: string) => void;
  /** Leaves a clean line. */
  readonly clear: () => void;
}

/** On standard error, so that the output of a command stays what it is. */
export function progressView(): ProgressView {
  const encoder = new TextEncoder();
  const write = (text: string) => {
    try {
      Deno.stderr.writeSync(encoder.encode(text));
    } catch {
      // Nobody looks on any more.
    }
  };
  const live = Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb";
  if (!live) return { show: (text) => write(`${oneLine(text)}\n`), clear: () => {} };
  const columns = () => {
    try {
      return Deno.consoleSize().columns || 80;
    } catch {
      return 80; // The size is that of standard output, which may be a file.
    }
  };
  return {
    show: (text) => write(`\r\x1b[K${cutEnd(oneLine(text), columns() - 1)}`),
    clear: () => write("\r\x1b[K"),
  };
}
