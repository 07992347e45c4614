import assert from "node:assert/strict";
import fc from "fast-check";
import { Lru } from "./lru.ts";

Deno.test("it is a map that forgets the one that was set longest ago, whatever is done to it", () => {
  const step = fc.tuple(fc.constantFrom("set", "delete", "oldest"), fc.nat(9));
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const lru = new Lru<number, number>(5);
    let model: [number, number][] = [];
    steps.forEach(([what, key], i) => {
      if (what === "oldest") return assert.deepEqual(lru.oldest(), model[0]);
      model = model.filter(([other]) => other !== key);
      if (what === "delete") lru.delete(key);
      else {
        lru.set(key, i);
        model = [...model, [key, i] as [number, number]].slice(-5);
      }
      assert.equal(lru.size, model.length);
      for (let k = 0; k < 10; k++) assert.equal(lru.get(k), new Map(model).get(k));
    });
  }));
});
