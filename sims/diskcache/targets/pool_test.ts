import assert from "node:assert/strict";
import { commandLine, markedProcesses } from "hil/drivers/marked_processes.ts";
import { fastPc } from "hil/drivers/qemu/mod.ts";
import { type Bench, onBench, soon } from "./_bench.ts";
import { emptyPool, fillPool, sparesWaiting, takeSpare } from "./pool.ts";

const SIZES = [64, 0, 64, 0];

/** Runs a scenario's worth on a bench, and then ends what the pool has. */
async function onPool(body: (bench: Bench) => Promise<void>): Promise<void> {
  await onBench(async (bench) => {
    try {
      await body(bench);
    } finally {
      await soon(emptyPool(), "the pool to be empty");
    }
  });
}

/** Processes of QEMU that the bench has. */
function machines({ tempDir }: Bench): number[] {
  return markedProcesses(tempDir).filter((pid) => commandLine(pid)[0]?.includes("qemu"));
}

Deno.test("a machine of the pool does all that a new one does", async () => {
  await onPool(async (bench) => {
    const first = await bench.start({ sizes: SIZES, pool: 1 }, "1");
    await (await first.write({ drive: 2, lba: 5 }, 0xbad)).finished();
    await (await first.sync()).finished();
    const second = await bench.start({ sizes: SIZES, entries: 4 }, "2");
    assert.equal((await second.entries()).length, 0);
    assert.match((await second.console.run("info")).output, /^entries 4$/m);
    await second.drives.poke({ drive: 2, lba: 5 }, 0xcafe);
    const read = await second.read({ drive: 2, lba: 5 });
    assert.deepEqual(await read.finished(), { stamp: 0xcafe, whole: true });
    const requests = second.drives.requests.occurrences.slice(-2);
    assert.deepEqual(requests.map(({ kind, data }) => `${kind} ${data.id}`), ["read 1", "done 1"]);
    assert.equal(machines(bench).length, 2, "one that waited was taken: no third was started");
  });
});

Deno.test("a machine of another kind is not taken, and has to go", async () => {
  await onPool(async (bench) => {
    await bench.start({ sizes: SIZES, pool: 2 }, "1");
    const other = await bench.start({ sizes: [64], pool: 1 }, "2");
    assert.deepEqual((await other.console.run("info")).output.match(/^drive \d/gm), ["drive 0"]);
    assert.deepEqual(other.drives.sizes, [64]);
    await soon(emptyPool(), "the pool to be empty");
    assert.equal(machines(bench).length, 2, "those of the two starts");
  });
});

Deno.test("a machine that died in the pool is replaced by a new one", async () => {
  await onPool(async (bench) => {
    const first = await bench.start({ sizes: SIZES, pool: 1 }, "1");
    assert.equal(await soon(sparesWaiting(), "the machine to wait"), 1);
    Deno.kill(Math.max(...machines(bench)), "SIGKILL"); // The younger one.
    while (await sparesWaiting()) await new Promise((resolve) => void setImmediate(resolve));
    const second = await bench.start({ sizes: SIZES }, "2");
    assert.deepEqual([await first.entries(), await second.entries()], [[], []]);
  });
});

Deno.test("what cannot be started is missing in the pool, and nothing of it is left", async () => {
  await onPool(async ({ tempDir }) => {
    const options = { machine: "pc", memoryMiB: 32, binary: "qemu-system-none" };
    const kind = { options, sizes: SIZES };
    await Deno.mkdir(`${tempDir}/1`);
    const context = { tempDir: `${tempDir}/1`, processEnv: {} };
    fillPool(kind, { count: 1, context });
    assert.equal(await takeSpare(kind), undefined);
    await Deno.remove(`${tempDir}/1`);
    assert.deepEqual([...Deno.readDirSync(tempDir)], []);
  });
});

Deno.test("a machine waits on when the scenario is gone that it was started beside", async () => {
  await onPool(async ({ tempDir }) => {
    await Deno.mkdir(`${tempDir}/1`);
    const kind = { options: { ...fastPc(), memoryMiB: 16 }, sizes: SIZES };
    fillPool(kind, { count: 1, context: { tempDir: `${tempDir}/1`, processEnv: {} } });
    assert.equal(await soon(sparesWaiting(), "the machine to wait"), 1);
    await Deno.remove(`${tempDir}/1`);
    const spare = await takeSpare(kind);
    assert.equal(await spare!.qemu.status(), "prelaunch");
    await spare!.undo();
    assert.deepEqual([...Deno.readDirSync(tempDir)], []);
  });
});

Deno.test("a machine is started although the scenario is gone that it was for", async () => {
  await onPool(async ({ tempDir }) => {
    const kind = { options: { ...fastPc(), memoryMiB: 16 }, sizes: SIZES };
    fillPool(kind, { count: 1, context: { tempDir: `${tempDir}/1`, processEnv: {} } });
    assert.equal(await soon(sparesWaiting(), "the machine to wait"), 1);
  });
});
