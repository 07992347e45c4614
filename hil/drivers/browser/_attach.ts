/** Files that reports show beside the trace. */
import type { BrowserOptions } from "./options.ts";

/** Under this name, or one with a number when that is taken. */
export function keepFile(
  { attachmentsDir, timeline }: Pick<BrowserOptions, "attachmentsDir" | "timeline">,
  name: string,
  bytes: Uint8Array,
  title: string,
): void {
  const dot = name.lastIndexOf(".");
  // As hil/scenario/attach.ts has it: one plain word.
  const stem = name.slice(0, dot).replaceAll(/[^A-Za-z0-9_-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  for (let n = 1;; n++) {
    const path = `${stem || "page"}${n === 1 ? "" : `-${n}`}${name.slice(dot)}`;
    try {
      Deno.writeFileSync(`${attachmentsDir}/${path}`, bytes, { createNew: true });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw error;
    }
    timeline.record({ type: "attachment", path, title });
    return;
  }
}
