/** On a terminal: how far a long trace, log or capture has been read. */
import { hostNow, ms, seconds } from "../time/mod.ts";
import { onReading } from "../trace/mod.ts";
import { shownPath } from "./paths.ts";
import { progressView } from "./progress.ts";

/** What is done by then says nothing. */
const PATIENCE = seconds(1);
const PAUSE = ms(100);

/** @param args of the command: what goes to standard output is not written over */
export async function whileReading(
  args: readonly string[],
  work: () => number | Promise<number>,
): Promise<number> {
  const printed = args.some((arg) => /^(--\w[\w-]*=)?-$/.test(arg));
  if (printed || !Deno.stderr.isTerminal()) return await work();
  const { show, clear } = progressView();
  const sizes = new Map<string, number>();
  let next = hostNow() + PATIENCE.ns, shown = false;
  onReading((path, bytes) => {
    if (bytes === undefined) {
      if (shown) clear();
      return void (shown = false);
    }
    if (hostNow() < next) return;
    next = hostNow() + PAUSE.ns;
    shown = true;
    const size = sizes.get(path) ?? Deno.statSync(path).size;
    sizes.set(path, size);
    show(`${shownPath(path)}: ${Math.floor(100 * Math.min(1, bytes / size))} % read`);
  });
  try {
    return await work();
  } finally {
    onReading(undefined);
  }
}
