import assert from "node:assert/strict";
import { Random } from "sims/engine/mod.ts";
import { assertAlike, Machine } from "./_lockstep.ts";
import { World, type WorldOptions } from "./_random_world.ts";

/** Runs one program on both machines for some slices of time; gives the regions that were made. */
function compare(seed: string, options: WorldOptions & { readonly slices: number }): number {
  const random = new Random(seed);
  const plain = new Machine(), tiered = new Machine({ hot: 1 + random.below(3), batch: 1 });
  const world = new World(random, [plain, tiered], options);
  for (let slice = 0; slice < options.slices; slice++) {
    world.change();
    const until = plain.clock.now() + 1 + random.below(random.below(2) ? 100 : 8);
    plain.clock.runTo(until);
    tiered.clock.runTo(until);
    assertAlike(plain, tiered, `seed "${seed}", slice ${slice}`);
  }
  return tiered.tier!.translated;
}

/** More of them, for a longer search: `PROGRAMS=100 deno test -A …`. */
const PROGRAMS = Number(Deno.env.get("PROGRAMS") ?? 2);

for (const thumb of [false, true]) {
  for (const mapped of [false, true]) {
    for (const loops of [false, true]) {
      const set = thumb ? "Thumb" : "ARM";
      const name = `${loops ? "loops" : "programs"} of ${set}, MMU ${mapped ? "on" : "off"}`;
      Deno.test(`random ${name}: the same at the same time with and without the tier`, () => {
        let regions = 0;
        for (let n = 0; n < PROGRAMS; n++) {
          regions += compare(`${name}, ${n}`, { thumb, mapped, loops, slices: 300 });
        }
        assert.ok(regions > 10 * PROGRAMS, `only ${regions} regions were translated`);
      });
    }
  }
}
