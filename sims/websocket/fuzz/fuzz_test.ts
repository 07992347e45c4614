import assert from "node:assert/strict";
import { fuzz } from "./fuzz.ts";

Deno.test("50,000 byte strings make the core throw nothing but its own errors", () => {
  const counts = fuzz({ seed: 1, count: 50_000 });
  // They get everywhere, or they prove nothing.
  for (
    const outcome of [
      ...["text", "binary", "ping", "pong", "close", "nothing"],
      ...["failed 1002", "failed 1007", "failed 1009"],
      ...["granted", "head incomplete", "refused 400", "refused 431", "refused 101"],
    ]
  ) assert.ok(counts[outcome]! > 50, `${outcome}: ${counts[outcome]}`);
});
