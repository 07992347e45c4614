import assert from "node:assert/strict";
import { ms, seconds } from "hil";
import { markedProcesses } from "hil/drivers/marked_processes.ts";
import { GuestCrashed, QemuError } from "hil/drivers/qemu/mod.ts";
import { errorOf, onBench, soon } from "./_bench.ts";
import target from "./qemu.ts";

const at = (lba: number, drive = 0) => ({ drive, lba });

Deno.test("this machine offers the target, with versions of all that it needs", async () => {
  const here = await target.availability({});
  assert.ok(here.ok, JSON.stringify(here));
  assert.deepEqual(Object.keys(here.versions!).sort(), ["clang", "ld.lld", "qemu"]);
  for (const version of Object.values(here.versions!)) assert.match(version, /^\d+\.\d+/);
  const without = await target.availability({ binary: "qemu-system-none" });
  assert.ok(!without.ok && /qemu-system-none is not on the PATH/.test(without.reason));
  if (typeof target.tools !== "object") throw new TypeError("the tools are no list");
  const named = target.tools.map(({ command }) => command);
  assert.deepEqual(named, ["qemu-system-x86_64", "clang", "ld.lld"]);
});

Deno.test("the guest boots, reads, writes and syncs, and QEMU's own requests are not seen", async () => {
  await onBench(async ({ start, timeline }) => {
    const cache = await start();
    assert.equal(timeline.clock, cache.clock);
    assert.equal(cache.clock.name, "diskcache");
    assert.equal(cache.drives.requests.occurrences.length, 0);
    await cache.drives.poke(at(7), 0xcafe);
    const read = await cache.read(at(7));
    assert.deepEqual(await read.finished(), { stamp: 0xcafe, whole: true });
    assert.deepEqual(read.events.occurrences.map(({ kind }) => kind), ["began", "blocked", "done"]);
    await (await cache.write(at(8, 3), 0xffff_ffff)).finished();
    await (await cache.sync()).finished();
    assert.deepEqual(await cache.drives.peek(at(8, 3)), { stamp: 0xffff_ffff, whole: true });
    const ids = cache.drives.requests.occurrences.map(({ kind, data }) =>
      `${data.drive}#${data.id} ${kind}`
    );
    assert.deepEqual(ids.slice(0, 2), ["0#1 read", "0#1 done"]);
    assert.ok(ids.includes("3#1 write"));
    const { hits, misses, reads } = await cache.statistics();
    assert.deepEqual([hits, misses, reads], [0, 1, 1]);
  });
});

Deno.test("SeaBIOS boots it too", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ firmware: "seabios", sizes: [64], timeout: ms(700) });
    const { output } = await cache.console.run("info");
    assert.match(output, /^entries 64$/m);
    assert.match(output, /^timeout_ms 700$/m);
    assert.deepEqual(await (await cache.read(at(0))).finished(), { stamp: 0, whole: true });
  });
});

Deno.test("a need's options reach the guest; configure starts with an empty list", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ entries: 2, sizes: [64, 0, 64, 0], timeout: ms(1500) });
    const { output } = await cache.console.run("info");
    assert.match(output, /^entries 2$/m);
    assert.match(output, /^timeout_ms 1500$/m);
    assert.deepEqual(output.match(/^drive \d/gm), ["drive 0", "drive 2"]);
    await (await cache.read(at(1))).finished();
    assert.equal((await cache.entries()).length, 1);
    await cache.configure({});
    assert.equal((await cache.entries()).length, 0);
    assert.match((await cache.console.run("info")).output, /^entries 2$/m);
  });
});

Deno.test("what the guest refuses says the command and the guest's reason", async () => {
  await onBench(async ({ start }) => {
    const cache = await start();
    await (await cache.write(at(1), 1)).finished();
    await cache.drives.hold(0);
    const { message } = await errorOf(cache.configure({ entries: 300 }));
    assert.match(message, /^Cannot execute "configure entries=300" in the guest: .*1 to 256/);
    const read = await cache.read(at(2));
    assert.match(
      (await errorOf(read.resume())).message,
      /^Cannot execute "resume \d+" .*not paused/,
    );
    assert.match((await errorOf(cache.configure({ entries: 4 }))).message, /threads live/);
    assert.equal((await errorOf(cache.read(at(1, 9)))).name, "RangeError");
  });
});

Deno.test("a failure is explained by the cache's threads and entries, and by QEMU", async () => {
  await onBench(async ({ start, timeline }) => {
    const cache = await start();
    await cache.drives.hold(0);
    await (await cache.read(at(7))).blocked("read");
    const text = await soon(timeline.diagnosis(), "the diagnosis");
    assert.match(text, /^qemu:\n {2}running\n {2}CPU#0/m);
    assert.match(text, /^com1:\n[^]*blocked read/m);
    assert.match(
      text,
      /^the disk cache:\n {2}thread 1 \(read 0 7\) is blocked read\n {2}0:7 READ/m,
    );
  });
});

Deno.test("a guest that triple-faults while it boots has crashed, with its registers", async () => {
  await onBench(async ({ start, kernel }) => {
    const error = await errorOf(start({ kernel: await kernel("hello\r\n", "tripleFault") }));
    assert.ok(error instanceof GuestCrashed, String(error));
    assert.match(error.message, /triple fault\?\)\nCPU#0\nEAX=/);
  });
});

Deno.test("a guest that says nothing: the limit names what was waited for, QEMU its state", async () => {
  await onBench(async ({ start, kernel, timeline }) => {
    const options = { kernel: await kernel("", "halt"), readyLimit: ms(300) };
    const { message } = await errorOf(start(options));
    assert.equal(
      message,
      `Cannot start the disk cache: the guest did not say "ready" within 300 ms; it said nothing`,
    );
    const text = await soon(timeline.diagnosis(), "the diagnosis");
    assert.match(text, /^qemu:\n {2}running\n {2}CPU#0/m);
    assert.match(text, /^the disk cache:\n {2}the guest does not tell: /m);
  });
});

Deno.test("a guest that hangs after its greeting, or prints garbage: its last lines are shown", async () => {
  await onBench(async ({ start, kernel }) => {
    const options = { kernel: await kernel("disk cache guest\r\n", "halt"), readyLimit: ms(300) };
    assert.match((await errorOf(start(options))).message, /its last lines:\n {2}disk cache guest$/);
  });
  await onBench(async ({ start, kernel }) => {
    const garbage = Uint8Array.from({ length: 300 }, (_, at) => 1 + (at * 7919) % 255);
    const options = { kernel: await kernel(garbage, "halt"), readyLimit: ms(300) };
    const { message } = await errorOf(start(options));
    assert.match(message, /did not say "ready" within 300 ms; its last lines:\n[^]*\\x/);
  });
});

Deno.test("a guest that panics while it boots ends the scenario with its words", async () => {
  await onBench(async ({ start, kernel, failure }) => {
    const starting = start({
      kernel: await kernel("PANIC: no disk\r\n", "halt"),
      readyLimit: ms(800),
    });
    const error = await soon(failure, "the failure");
    assert.equal(error.name, "ForbiddenOutput");
    assert.match(error.message, /the guest panicked\): PANIC: no disk\n/);
    await errorOf(starting);
  });
});

Deno.test("a byte that was altered on the way ends the scenario with what was sent", async () => {
  await onBench(async ({ start, kernel, failure }) => {
    const damaged = "!1 31 5d42a89c ready drives=0,1,2,3 entries=64\r\n";
    const starting = start({ kernel: await kernel(damaged, "halt"), readyLimit: ms(800) });
    starting.catch(() => {}); // The runner would not wait for it any more.
    const error = await soon(failure, "the failure");
    assert.equal(error.name, "LinkError");
    assert.match(error.message, /1 byte was altered in event 1/);
    await errorOf(starting);
  });
});

Deno.test("a guest that triple-faults at work ends the scenario, and whoever waits on it", async () => {
  await onBench(async ({ start }) => {
    const cache = await start();
    const command = await errorOf(cache.console.run("triplefault"));
    assert.match(command.message, /com1 has ended: the guest reset itself \(triple fault\?\)/);
    assert.match((await errorOf(cache.entries())).message, /triple fault/);
  });
});

Deno.test("a QEMU that is killed ends the scenario", async () => {
  await onBench(async ({ start, tempDir, failure }) => {
    const cache = await start();
    await cache.drives.hold(0);
    await (await cache.read(at(7))).blocked("read");
    for (const pid of markedProcesses(`DISKCACHE_TEST=${tempDir}`)) Deno.kill(pid, "SIGKILL");
    const error = await soon(failure, "the failure");
    assert.ok(error instanceof QemuError, String(error));
    assert.match(error.message, /killed by SIGKILL while the guest ran/);
  });
});

Deno.test("a start that fails half way leaves nothing", async () => {
  await onBench(async ({ start, tempDir }) => {
    const missing = `${tempDir}/no-such-kernel`;
    assert.match((await errorOf(start({ kernel: missing }))).message, /^Cannot load the kernel/);
  });
  await onBench(async ({ start }) => {
    const error = await errorOf(start({ binary: "qemu-system-none" }));
    assert.match(error.message, /^Cannot start QEMU "qemu-system-none": it is not on the PATH/);
  });
  await onBench(async ({ start }) => {
    const error = await errorOf(start({ mutation: "no-such-defect" }));
    assert.match(error.message, /^Cannot build the guest kernel with the defect "no-such-defect"/);
  });
  await onBench(async ({ start }) => {
    const error = await errorOf(start({ firmware: "coreboot" }));
    assert.match(error.message, /^Cannot start the disk cache with the firmware "coreboot"/);
  });
});

Deno.test("an abort while the guest boots ends the start", async () => {
  await onBench(async ({ start, kernel, abort, timeline, events }) => {
    const starting = start({ kernel: await kernel("hello\r\n", "halt") });
    const greeted = () => events.find(({ type }) => type === "bytes");
    assert.ok(await timeline.clock.until(greeted, seconds(10)));
    abort.abort(new Error("the scenario is over"));
    assert.equal((await errorOf(starting)).message, "the scenario is over");
  });
});
