import assert from "node:assert/strict";
import type { Data, Moment, Past } from "../../time/mod.ts";
import { inFolder, rx, writeTrace } from "../_samples.ts";
import { Moments, momentsFolder, MomentWriter, prune } from "./moments.ts";

/** A world of two pages and a clock: what comes in is added to the first page. */
class World implements Past {
  onInput: Past["onInput"];
  t = 0;
  pages: Uint8Array[] = [new Uint8Array(8), new Uint8Array(8).fill(7)];

  take(): Moment {
    return { t: this.t, pages: [...this.pages] } as Moment;
  }
  goTo(moment: Moment): void {
    this.t = moment.t;
    this.pages = [...(moment as Moment & { pages: Uint8Array[] }).pages];
  }
  runTo(t: number): void {
    this.t = t;
  }
  give(input: Data): void {
    this.onInput?.(input);
    this.pages[0] = this.pages[0]!.map((byte) => byte + (input as number));
  }
  encode(moment: Moment, keep: (bytes: Uint8Array) => number): Data {
    return (moment as Moment & { pages: Uint8Array[] }).pages.map(keep);
  }
  decode(data: Data, kept: (number: number) => Uint8Array): Moment {
    return { t: -1, pages: (data as number[]).map(kept) } as Moment;
  }
}

/** Moments at 0, 10 and 20; inputs of 1 at 5 and of 2 at 10, which is before the moment. */
function written(folder: string): void {
  using writer = new MomentWriter(folder, 10);
  const world = new World();
  world.onInput = (input) => writer.input(world.t, input!);
  const place = (seq: number) => ({ seq, offset: seq * 100, steps: seq > 1 ? ["boot"] : [] });
  writer.moment(world, place(1));
  world.runTo(5);
  world.give(1);
  world.runTo(10);
  world.give(2);
  writer.moment(world, place(2));
  world.runTo(20);
  writer.moment(world, place(4));
  writer.finish({ until: 25, complete: true });
}

Deno.test("a moment comes back from a disk, with what came in after it; what is shared is there once", async () => {
  await inFolder((folder) => {
    written(`${folder}/m`);
    using moments = Moments.open(`${folder}/m`)!;
    assert.deepEqual([moments.count, moments.until, moments.complete], [3, 25, true]);
    assert.deepEqual(moments.inputs, [{ t: 5, input: 1 }, { t: 10, input: 2 }]);
    const at = (t: number) => moments.before(t);
    assert.deepEqual([at(9), at(10), at(99)].map((moment) => moment?.t), [0, 10, 20]);
    assert.deepEqual(at(10)?.steps, ["boot"]);
    assert.deepEqual([at(9)?.inputs, at(10)?.inputs], [0, 2]);
    assert.deepEqual([1, 2, 3, 5].map((seq) => moments.beforeEvent(seq)?.t), [
      undefined,
      0,
      10,
      20,
    ]);
    const world = new World();
    moments.restore(world, at(12)!);
    assert.deepEqual(world.pages.map((page) => page[0]), [3, 7]);
    moments.restore(world, at(3)!);
    assert.deepEqual(world.pages.map((page) => page[0]), [0, 7]);
    // Three states of the first page, one of the second, and three moments.
    assert.equal(Deno.statSync(`${folder}/m/bytes.idx`).size / 16, 2 + 1 + 3);
  });
});

Deno.test("moments that are not whole are none; new ones take their place", async () => {
  await inFolder((folder) => {
    assert.equal(Moments.open(`${folder}/m`), undefined);
    written(`${folder}/m`);
    Deno.removeSync(`${folder}/m/about.json`);
    assert.equal(Moments.open(`${folder}/m`), undefined, "whoever wrote them was killed");
    written(`${folder}/m`);
    Deno.truncateSync(`${folder}/m/bytes.bin`, 20);
    using moments = Moments.open(`${folder}/m`)!;
    assert.throws(() => moments.restore(new World(), moments.before(20)!), /cut off/);
  });
});

Deno.test("each trace and each code has a folder; those that were not used for long go", async () => {
  await inFolder(async (folder) => {
    const trace = writeTrace(`${folder}/a.jsonl`, [rx("a\n")]);
    const first = await momentsFolder(`${folder}/cache`, { trace, code: "1" });
    assert.equal(await momentsFolder(`${folder}/cache`, { trace, code: "1" }), first);
    assert.notEqual(await momentsFolder(`${folder}/cache`, { trace, code: "2" }), first);
    for (const name of ["a", "b", "c"]) {
      Deno.mkdirSync(`${folder}/cache/${name}`, { recursive: true });
    }
    Deno.utimeSync(`${folder}/cache/b`, 1, 1);
    prune(`${folder}/cache`, 2);
    assert.deepEqual([...Deno.readDirSync(`${folder}/cache`)].map(({ name }) => name).sort(), [
      "a",
      "c",
    ]);
    prune(`${folder}/nothing`, 2);
  });
});
