import assert from "node:assert/strict";
import fc from "fast-check";
import { Index } from "./index.ts";

Deno.test("whatever is done to it: it finds what is there, by its age, and gives places again", () => {
  const step = fc.tuple(fc.constantFrom("add", "remove", "hide", "renew"), fc.nat(11));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.nat(4), (steps, farthest) => {
      const index = new Index(6, farthest);
      // Hashes that meet: four homes for twelve keys, and a second half that tells them apart.
      const keyOf = (key: number) => [key & 3, key >> 2] as const;
      let model: { key: number; place: number; hidden: boolean }[] = [];
      for (const [what, key] of steps) {
        index.touch(key); // Which changes nothing.
        const known = model.find((one) => one.key === key && !one.hidden);
        if (what === "add" && !known) {
          if (index.isFull) {
            index.remove(index.oldest);
            model.shift();
          }
          model.push({ key, place: index.add(...keyOf(key)), hidden: false });
        } else if (what === "remove" && known) {
          index.remove(known.place);
          model = model.filter((one) => one !== known);
        } else if (what === "hide" && known) {
          index.hide(known.place);
          known.hidden = true;
        } else if (what === "renew" && known) {
          index.renew(known.place);
          model = [...model.filter((one) => one !== known), known];
        }
        assert.equal(index.size, model.length);
        assert.equal(index.oldest, model[0]?.place ?? -1);
        assert.equal(new Set(model.map(({ place }) => place)).size, model.length);
        for (let k = 0; k < 12; k++) {
          const place = model.find((one) => one.key === k && !one.hidden)?.place ?? -1;
          assert.equal(index.find(...keyOf(k)), place);
        }
      }
    }),
    { seed: 6, numRuns: 500 },
  );
});
