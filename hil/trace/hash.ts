/** A fingerprint of what happened: equal for two runs of one seed on a deterministic target. */
import type { Json } from "./event.ts";
import { readTrace } from "./reader.ts";

/**
 * SHA-256, in hex, of a trace without what differs from run to run (`environment` in its header
 * and its end). Neither the order of keys nor the spelling of JSON matters. Damaged lines are
 * left out, which shows in the numbers of the events, and so in the hash.
 *
 * @throws TraceReadError as {@link readTrace}
 */
export async function traceHash(path: string): Promise<string> {
  // Imported late: it takes 30 ms, and whoever writes a trace does not need it.
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  const trace = await readTrace(path);
  hash.update(canonical(trace.header));
  for await (const event of trace) hash.update(`\n${canonical(event)}`);
  return hash.digest("hex");
}

function canonical(line: object): string {
  const { environment: _, ...rest } = line as { environment?: Json } & Record<string, Json>;
  return stableJson(rest);
}

/** JSON with the keys of every object in order of code units. */
function stableJson(value: Json | undefined): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(stableJson).join()}]`;
  const fields = value as { readonly [key: string]: Json };
  const pairs = Object.keys(fields).filter((key) => fields[key] !== undefined).sort()
    .map((key) => `${JSON.stringify(key)}:${stableJson(fields[key])}`);
  return `{${pairs.join()}}`;
}
