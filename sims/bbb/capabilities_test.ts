import assert from "node:assert/strict";
import { EVERYTHING, required } from "./capabilities.ts";
import { beagleBone, simulatedBeagleBone } from "./port.ts";

Deno.test("a board with nothing said of it needs nothing", () => {
  assert.deepEqual(required({}), []);
  assert.deepEqual(beagleBone().requires, []);
  assert.deepEqual(simulatedBeagleBone().requires, ["simulated"]);
});

Deno.test("U-Boot alone is on cards that were prepared; anything else is for cards that are made", () => {
  assert.deepEqual(required({ emmc: { uboot: "bookworm" } }), ["emmc with U-Boot of bookworm"]);
  assert.deepEqual(required({ sd: { uboot: "bullseye", layout: "raw" } }), [
    "sd with U-Boot of bullseye",
  ]);
  for (
    const emmc of [
      { uboot: "bookworm", bootScript: "reset" } as const,
      { uboot: "bookworm", files: { "uEnv.txt": "" } } as const,
      { image: "card.img" },
      {},
    ]
  ) assert.deepEqual(required({ emmc }), ["emmc with any contents"]);
});

Deno.test("what is held, wired and named is needed once, and a simulated board has it all", () => {
  const needs = required({
    ...{ emmc: {}, sd: {}, s2: true },
    needs: ["gpio 66", "uart 1", "storage", "s2"],
  });
  assert.deepEqual(needs, [
    "emmc with any contents",
    "sd with any contents",
    "s2",
    "gpio 66",
    "uart 1",
    "storage",
  ]);
  for (const need of needs) assert(EVERYTHING.includes(need), need);
});
