import assert from "node:assert/strict";
import { ms, seconds, us } from "hil";
import { Timeline } from "hil/trace/mod.ts";
import { Random } from "../../engine/mod.ts";
import { DiskCacheModel } from "../model.ts";
import { Flag, OperationFailed } from "../port.ts";

const DRIVES = [0, 1, 2];
const BLOCKS = 5;

/** Holds, releases and fails at random, then lets everything go. */
async function trouble(cache: DiskCacheModel, random: Random): Promise<void> {
  const { drives, clock } = cache;
  for (let turn = 0; turn < 40; turn++) {
    const drive = random.below(DRIVES.length);
    const lba = random.below(BLOCKS);
    const operation = (["read", "write"] as const)[random.below(2)]!;
    const act = random.below(3);
    if (act === 0) await drives.hold(drive, random.chance(0.5) ? [operation] : undefined);
    else if (act === 1) await drives.release(drive);
    else await drives.fail({ drive, lba, operation, count: 1 + random.below(3) });
    await clock.until(() => undefined, us(100 + random.below(2000)));
  }
  for (const drive of DRIVES) {
    await drives.release(drive);
    for (let lba = 0; lba < BLOCKS; lba++) {
      await drives.fail({ drive, lba, operation: "read", count: 0 });
      await drives.fail({ drive, lba, operation: "write", count: 0 });
    }
  }
}

/** Works piece by piece, and goes on after an error of the disk; counts those. */
async function client(cache: DiskCacheModel, number: number): Promise<number> {
  let errors = 0;
  for (let piece = 0; piece < 15; piece++) {
    const options = { count: 6, blocks: BLOCKS, readPercent: 50, drives: DRIVES };
    const work = await cache.work({ ...options, seed: number * 100 + piece });
    try {
      await work.finished({ within: seconds(5) });
    } catch (error) {
      if (!(error instanceof OperationFailed)) throw error;
      assert.match(error.error, /^(error=04|timeout)$/);
      errors++;
    }
  }
  return errors;
}

Deno.test("100 seeds of hung and failing drives: no wrong block, nobody waits for ever", async () => {
  let errors = 0;
  let resets = 0;
  for (let seed = 0; seed < 100; seed++) {
    const timeline = new Timeline({ write: () => {} });
    const cache = new DiskCacheModel({ timeline, seed, entries: 5, timeout: ms(3) });
    const [, ...clients] = await Promise.all([
      trouble(cache, new Random(seed).fork("trouble")),
      ...[1, 2, 3].map((number) => client(cache, number)),
    ]);
    errors += clients.reduce((sum, count) => sum + count, 0);
    await (await cache.sync()).finished({ within: seconds(1) });
    for (const { drive, lba, flags, contents } of await cache.entries()) {
      assert.equal(flags, Flag.BLOCK_VALID);
      assert.deepEqual(await cache.drives.peek({ drive, lba }), contents, `seed ${seed}`);
    }
    resets += (await cache.statistics()).resets;
  }
  assert.ok(errors > 100, `${errors} errors`);
  assert.ok(resets > 100, `${resets} resets`);
});
