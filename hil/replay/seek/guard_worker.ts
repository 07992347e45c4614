/** The thread of guard.ts: told the run's folder, then listens for Ctrl-C and its like. */
import { openLibc } from "../../drivers/libc.ts";
import { INTERRUPTED, SAME, SIGNALS } from "../../runner/interrupt.ts";
import { clearRun } from "../../runner/run_folder.ts";
import { hostNow, ms, timer } from "../../time/mod.ts";

/** Whoever has not answered by then is told of. */
const PATIENCE = ms(500);

let folder = "";
/** Since when the other thread has not answered. */
let askedNs: number | undefined;

// Deno.exit ends a worker only.
const libc = openLibc(
  { _exit: { parameters: ["i32"], result: "void" } },
  (why, cause) => new Error(`Cannot end a process from another thread: ${why}`, { cause }),
);

function heard(): void {
  if (askedNs === undefined) {
    askedNs = hostNow();
    self.postMessage("alive?");
    timer(PATIENCE, () => {
      if (askedNs !== undefined) say("it does not end by itself; Ctrl-C again ends hil");
    });
  } else if (hostNow() - askedNs >= SAME.ns) {
    clearRun(folder);
    say("interrupted: the targets are gone");
    libc.symbols._exit(INTERRUPTED);
  }
}

/** The other thread's way of writing may be in use. */
function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`\nhil: ${text}\n`));
}

self.onmessage = ({ data }) => {
  if (data === "alive") {
    askedNs = undefined;
    return;
  }
  folder = data.folder;
  for (const signal of SIGNALS) Deno.addSignalListener(signal, heard);
  self.postMessage("ready");
};
