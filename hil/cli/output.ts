/** Plain output of commands. `hil --list | head -1` closes the pipe; that is no error. */

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
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    gone.add(stream);
  }
}
