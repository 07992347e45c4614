import assert from "node:assert/strict";
import { warmUp } from "./warm_up.ts";

Deno.test("the warm-up's messages are such as count: others would warm nothing", () => {
  assert.equal(warmUp(), 20_000);
});
