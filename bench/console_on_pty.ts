/** Our console as a scenario has it: on a pseudo-terminal, its trace on disk. */
import { type OpenConsole, openConsole, type Shell } from "hil/drivers/console/mod.ts";
import { openPty } from "hil/drivers/pty/mod.ts";
import { openTimeline } from "./timeline.ts";

/** Runs `body` with a console and the path on its other side; the trace stays in the folder. */
export async function withConsole<T>(
  { folder, shell }: { readonly folder: string; readonly shell?: Shell },
  body: (console: OpenConsole, path: string) => Promise<T>,
): Promise<T> {
  const { timeline, writer } = openTimeline(folder);
  const pty = openPty();
  const { clock } = timeline;
  const console = openConsole({ name: "com1", link: pty.master, timeline, clock, shell });
  try {
    return await body(console, pty.path);
  } finally {
    await console.close();
    writer.close();
  }
}
