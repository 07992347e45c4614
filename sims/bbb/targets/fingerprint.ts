/** One number for all that a board is. */
import type { BoardSnapshot } from "../board.ts";

/** SHA-256, in hex, of registers, peripherals, cards and memory. */
export async function fingerprint({ t, parts, memory }: BoardSnapshot): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ t, parts }));
  hash.update(memory.encode());
  return hash.digest("hex");
}
