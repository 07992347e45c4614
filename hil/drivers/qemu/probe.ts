/** Whether this machine has QEMU, and which. */
import type { Availability } from "../../bench/mod.ts";
import { seconds, timer } from "../../time/mod.ts";

/** Longest that `--version` may take; it takes 20 ms. */
const PROBE_LIMIT = seconds(10);

/** Looks for a QEMU that runs. */
export async function probeQemu(binary = "qemu-system-x86_64"): Promise<Availability> {
  const remedy = 'run "deno task hil doctor --install"';
  const late = new AbortController();
  const cancel = timer(PROBE_LIMIT, () => late.abort());
  try {
    const { signal } = late;
    const command = new Deno.Command(binary, { args: ["--version"], stdin: "null", signal });
    const { success, code, stdout, stderr } = await command.output();
    const said = new TextDecoder().decode(success ? stdout : stderr).trim();
    const version = said.match(/version (\d+(?:\.\d+)*)/)?.[1];
    if (success && version) return { ok: true, versions: { qemu: version } };
    if (signal.aborted) {
      return { ok: false, reason: `${binary} --version took over ${PROBE_LIMIT}`, remedy };
    }
    const reason = `${binary} --version exited with code ${code} and said "${said.slice(0, 200)}"`;
    return { ok: false, reason, remedy };
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const reason = missing ? `${binary} is not on the PATH` : (error as Error).message;
    return { ok: false, reason, remedy };
  } finally {
    cancel();
  }
}
