import assert from "node:assert/strict";
import { loadParts, type Part, saveParts, SnapshotError } from "./snapshot.ts";

/** Its state is a number; what it derives from others is noted when it settles. */
class Counter implements Part {
  count = 0;
  seen: number[] | undefined;
  constructor(
    readonly name: string,
    readonly version = 1,
    private readonly others: readonly Counter[] = [],
  ) {}
  save() {
    return this.count;
  }
  load(state: unknown) {
    this.count = state as number;
  }
  settle() {
    this.seen = this.others.map(({ count }) => count);
  }
}

Deno.test("every part gets its own state back by its name", () => {
  const [a, b] = [new Counter("a"), new Counter("b")];
  a.count = 1;
  b.count = 2;
  const [a2, b2] = [new Counter("a"), new Counter("b")];
  loadParts([b2, a2], saveParts([a, b]));
  assert.deepEqual([a2.count, b2.count], [1, 2]);
});

Deno.test("no part settles before all have loaded", () => {
  const late = new Counter("late");
  const early = new Counter("early", 1, [late]);
  late.count = 5;
  const states = saveParts([early, late]);
  late.count = 0;
  loadParts([early, late], states);
  assert.deepEqual(early.seen, [5]);
});

Deno.test("what cannot be restored is refused before anything is changed", () => {
  const [a, b] = [new Counter("a"), new Counter("b")];
  b.count = 7;
  const refuses = (states: Parameters<typeof loadParts>[1], why: string) => {
    assert.throws(() => loadParts([a, b], states), (error) => {
      assert.ok(error instanceof SnapshotError);
      assert.equal(
        error.message,
        `Cannot restore snapshot: ${why}; take it again with this version`,
      );
      return true;
    });
    assert.equal(b.count, 7);
  };
  const [one, two] = [{ version: 1, state: 1 }, { version: 2, state: 1 }];
  refuses({ a: one }, 'there is nothing of part "b" in it');
  refuses(
    { a: one, b: two },
    'part "b" was saved in version 2, and version 1 is read here',
  );
  refuses({ a: one, b: one, c: one }, 'part "c" in it is not on this board');
});

Deno.test("a saved state is plain data", () => {
  const [a] = [new Counter("a")];
  a.count = 3;
  const states = JSON.parse(JSON.stringify(saveParts([a])));
  const other = new Counter("a");
  loadParts([other], states);
  assert.equal(other.count, 3);
});
