/** This terminal, or the pipe in its place, as a console by hand has it. */
import type { Session } from "./console_session.ts";

/** What comes from standard input, until it ends or the session does. */
export async function* keys(session: Session): AsyncGenerator<Uint8Array> {
  const reader = Deno.stdin.readable.getReader();
  try {
    for (;;) {
      const left = session.over.then(() => undefined);
      const read = await Promise.race([reader.read(), left]);
      if (!read || read.done) return;
      yield read.value;
    }
  } finally {
    reader.cancel().catch(() => {}); // Who left types nothing more.
  }
}

/** @param gone called when nobody reads it any more: `… | head` */
export function show(bytes: Uint8Array, gone: () => void): void {
  try {
    for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    gone();
  }
}

/** On a line of its own; in raw mode lines do not go back by themselves. */
export function tell(text: string): void {
  const lines = `hil: ${text}`.replaceAll("\n", "\r\n");
  Deno.stderr.writeSync(
    new TextEncoder().encode(`${Deno.stdin.isTerminal() ? "\r" : ""}${lines}\r\n`),
  );
}
