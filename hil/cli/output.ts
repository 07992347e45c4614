/** Plain output of commands. `hil --list | head -1` closes the pipe; that is no error. */

/** Thrown once where standard output is a file that its disk refuses; what follows is dropped. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

const encoder = new TextEncoder();
const gone = new Set<"stdout" | "stderr">();

export function print(text: string): void {
  write("stdout", `${text}\n`);
}

export function printError(text: string): void {
  write("stderr", `${text}\n`);
}

function write(stream: "stdout" | "stderr", text: string): void {
  if (gone.has(stream)) return;
  const bytes = encoder.encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += Deno[stream].writeSync(bytes.subarray(done));
  } catch (error) {
    gone.add(stream);
    if (error instanceof Deno.errors.BrokenPipe || stream === "stderr") return;
    const what = `Cannot write to the standard output: ${(error as Error).message}`;
    throw new OutputError(`${what}; write it elsewhere`, { cause: error });
  }
}
