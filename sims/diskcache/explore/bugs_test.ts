import assert from "node:assert/strict";
import { BUGS } from "./bugs.ts";
import { MODEL } from "./code.ts";
import { plant } from "./plant.ts";
import { seedsUntil } from "./seeds_until.ts";

Deno.test("each promise has a defect that breaks it, and no two have the same name", () => {
  const promises = new Set(BUGS.map(({ promise }) => promise));
  assert.deepEqual([...promises].sort(), ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9"]);
  assert.equal(new Set(BUGS.map(({ name }) => name)).size, BUGS.length);
});

Deno.test("each defect can be planted in the source as it is, and leaves the model alone", async () => {
  for (const { name, file } of BUGS) {
    const classes = await plant(name);
    const changed = { "cache.ts": "Cache", "driver.ts": "Driver", "list.ts": "FixedArray" }[file];
    for (const [what, good] of Object.entries(MODEL)) {
      const isChanged = classes[what as keyof typeof MODEL] !== good;
      if (what === changed) assert.ok(isChanged, `${name} changes ${what}`);
    }
    assert.equal(await plant(name), classes);
  }
});

Deno.test("each defect is found within 200 seeds by partial order sampling", async () => {
  for (const bug of BUGS) {
    const { median } = await seedsUntil({ bug, strategy: "pos", limit: 200 });
    assert.ok(median <= 200, `${bug.name} is not found`);
  }
});

Deno.test("a defect that there is not is refused", () => {
  assert.throws(() => plant("gremlin"), {
    message: `Cannot plant "gremlin": there is no such defect; name one of ${
      BUGS.map(({ name }) => name).join(", ")
    }`,
  });
});
