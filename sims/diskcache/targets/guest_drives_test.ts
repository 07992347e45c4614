import assert from "node:assert/strict";
import { HostClock } from "hil/drivers/host_clock.ts";
import { seconds } from "hil";
import { LogFlag, loggedBy, Timeline, type TraceEvent } from "hil/trace/mod.ts";
import { parseWriteLog } from "../disk/mod.ts";
import type { DiskOptions } from "../port.ts";
import { errorOf, soon } from "./_bench.ts";
import { GuestDrives } from "./guest_drives.ts";

interface Fixture {
  readonly drives: GuestDrives;
  /** All that was recorded. */
  readonly events: readonly TraceEvent[];
  /** Runs commands of qemu-io on a drive; gives what it said. */
  io(drive: number, ...commands: string[]): Promise<string>;
  /** What the requests were: "0#1 read 7", "0#1 done ok". */
  story(): string[];
}

async function withDrives(
  sizes: readonly number[],
  body: (fixture: Fixture) => Promise<void>,
  disk?: DiskOptions,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  const clock = timeline.clock = new HostClock(timeline, "diskcache");
  const path = `${folder}/nbd`;
  const drives = new GuestDrives({ timeline, clock, path, sizes, disk });
  const io = async (drive: number, ...commands: string[]) => {
    const url = `nbd+unix:///disk${drive}?socket=${path}`;
    const args = ["-f", "raw", ...commands.flatMap((one) => ["-c", one]), url];
    const { stdout, stderr } = await new Deno.Command("qemu-io", { args, stdin: "null" }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  const story = () =>
    drives.requests.occurrences.map(({ kind, data: { drive, id, lba, status } }) =>
      `${drive}#${id} ${kind} ${kind === "done" ? status : lba}`
    );
  try {
    await body({ drives, io, story, events });
  } finally {
    await soon(drives.close(), "the drives to close");
    await Deno.remove(folder, { recursive: true });
  }
}

/** Waits until a request of that kind has reached a drive. */
async function reached({ requests }: GuestDrives, kind: string): Promise<void> {
  const probe = () => requests.occurrences.find((one) => one.kind === kind);
  assert.ok(await requests.clock.until(probe, seconds(10)), `no ${kind} in 10 s`);
}

Deno.test("requests count from the moment the guest is ready, each drive from 1", async () => {
  await withDrives([64, 64, 0, 64], async ({ drives, io, story }) => {
    await io(0, "read 0 512", "read 512 512");
    assert.deepEqual(story(), []);
    drives.begin();
    await io(0, "write 3584 512");
    await io(3, "read 1024 512");
    await io(0, "flush");
    const own = story().filter((one) => !/flush|#[34] done|read 0/.test(one));
    assert.deepEqual(own.slice(0, 2), ["0#1 write 7", "0#1 done ok"]);
    assert.ok(own.includes("3#1 read 2"), own.join());
    assert.ok(story().some((one) => /^0#\d flush 0$/.test(one)), story().join());
  });
});

Deno.test("a stamp is put on the disk and seen there, beside the guest", async () => {
  await withDrives([2 ** 48], async ({ drives, io }) => {
    const last = { drive: 0, lba: 2 ** 48 - 1 };
    assert.deepEqual(await drives.peek(last), { stamp: 0, whole: true });
    await drives.poke(last, 0xcafe_f00d);
    assert.deepEqual(await drives.peek(last), { stamp: 0xcafe_f00d, whole: true });
    await io(0, "write -P 0x11 0 512", "write -P 0x22 512 256");
    assert.deepEqual(await drives.peek({ drive: 0, lba: 0 }), { stamp: 0x1111_1111, whole: true });
    assert.deepEqual(await drives.peek({ drive: 0, lba: 1 }), { stamp: 0x2222_2222, whole: false });
  });
});

Deno.test("what is held is let go one by one, or all", async () => {
  await withDrives([64], async ({ drives, io, story }) => {
    drives.begin();
    await drives.hold(0, ["write"]);
    const writing = io(0, "write -P 1 512 512", "write -P 2 1024 512");
    await reached(drives, "write");
    assert.deepEqual(await drives.peek({ drive: 0, lba: 1 }), { stamp: 0, whole: true });
    await drives.releaseOne(0);
    await drives.release(0);
    assert.match(await writing, /wrote 512\/512 bytes at offset 1024/);
    assert.deepEqual(await drives.peek({ drive: 0, lba: 2 }), { stamp: 0x0202_0202, whole: true });
    assert.ok(story().includes("0#1 done ok"));
    const { message } = await errorOf(drives.releaseOne(0));
    assert.match(message, /^Cannot release one request of drive "disk0": it has none;/);
  });
});

Deno.test("a reset of a channel gives up both of its drives and none of the other", async () => {
  await withDrives([64, 64, 64, 64], async ({ drives, io, story }) => {
    drives.begin();
    for (const drive of [0, 1, 2, 3]) await drives.hold(drive, ["write"]);
    const writes = [io(1, "write 0 512"), io(2, "write 0 512")];
    for (const drive of [1, 2]) {
      const probe = () => story().find((one) => one.startsWith(`${drive}#1 write`));
      assert.ok(await drives.requests.clock.until(probe, seconds(10)));
    }
    drives.resetChannel(0);
    assert.match(await writes[0]!, /Input\/output error/);
    assert.deepEqual(story().filter((one) => one.includes("#1 done")), ["1#1 done reset"]);
    await drives.release(2);
    assert.match(await writes[1]!, /wrote 512/);
  });
});

Deno.test("a request that is to fail fails as often as it was told", async () => {
  await withDrives([64], async ({ drives, io }) => {
    await drives.fail({ drive: 0, lba: 3, operation: "read", count: 1 });
    const said = await io(0, "read 1536 512", "read 1536 512");
    assert.match(said, /Input\/output error[^]*read 512\/512/);
  });
});

Deno.test("drives and blocks that are not there are refused", async () => {
  await withDrives([64, 0], async ({ drives }) => {
    assert.match(
      (await errorOf(drives.hold(1))).message,
      /^Cannot use block "1:0": drive 1 is not/,
    );
    assert.match(
      (await errorOf(drives.peek({ drive: 0, lba: 64 }))).message,
      /^Cannot peek at block "0:64": drive 0 has 64 blocks; give a block of 0:0-64, 1:0-0$/,
    );
    const poke = drives.poke({ drive: 7, lba: 0 }, 1);
    assert.equal((await errorOf(poke)).name, "RangeError");
    drives.resetChannel(1);
  });
  assert.match(
    (await errorOf(withDrives([1, 2, 3, 4, 5], async () => {}))).message,
    /1 to 4 drives/,
  );
});

Deno.test("a bench without drives needs no server", async () => {
  await withDrives([0, 0, 0, 0], ({ drives }) => {
    assert.deepEqual(drives.disks, []);
    return Promise.resolve();
  });
});

Deno.test("the drives are on their channels as master and slave", async () => {
  await withDrives([8, 8, 0, 8], ({ drives }) => {
    const places = drives.disks.map(({ bus, unit }) => `${bus}/${unit}`);
    assert.deepEqual(places, ["ide.0/0", "ide.0/1", "ide.1/1"]);
    return Promise.resolve();
  });
});

Deno.test("the power goes at a request: its client is cut off, nothing more arrives, and all is on again", async () => {
  await withDrives([64, 64], async ({ drives, io, story }) => {
    let told = 0;
    drives.onPowerCut = () => told++;
    drives.begin();
    await drives.plan(0, {
      ...{ version: 1, seed: 1, survivors: "none" },
      faults: [{ kind: "power cut", operations: ["write"], lba: [2, 2] }],
    });
    // Without -t writeback each write of qemu-io has FUA.
    const writes = [1, 2, 3].map((lba) => `write -P ${lba} ${lba * 512} 512`);
    const said = await soon(io(0, ...writes), "the end of qemu-io");
    assert.match(said, /wrote 512[^]*rror/);
    assert.equal(told, 1);
    assert.deepEqual(await drives.fired(0), [{ kind: "power cut", fired: 1 }]);
    assert.deepEqual(drives.powerOff(), drives.power.occurrences[0]!.data.survivors);
    assert.ok(!story().some((one) => / write 3$/.test(one)), story().join());
    drives.powerOn();
    const stamps = [1, 2, 3].map(async (lba) => (await drives.peek({ drive: 0, lba })).stamp);
    assert.deepEqual(await Promise.all(stamps), [0x0101_0101, 0, 0]);
    assert.match(await io(0, "write -P 3 1536 512"), /wrote 512/);
    assert.deepEqual(drives.power.occurrences.map(({ kind }) => kind), ["cut", "on"]);
  });
});

Deno.test("the power goes at a time; faults of a plan reach QEMU, late ones later", async () => {
  await withDrives([64], async ({ drives, io }) => {
    const kinds = { operations: ["read"] } as const;
    await drives.plan(0, {
      ...{ version: 1, seed: 1 },
      faults: [
        { kind: "error", lba: [3, 3], ...kinds },
        { kind: "latency", ns: 30e6, lba: [4, 4], ...kinds },
      ],
    });
    assert.match(await io(0, "read 1536 512", "read 1536 512"), /Input\/output error[^]*read 512/);
    const began = drives.requests.clock.now();
    assert.match(await io(0, "read 2048 512"), /read 512/);
    assert.ok(drives.requests.clock.now() - began > 25e6);
    assert.deepEqual((await drives.fired(0)).map(({ fired }) => fired), [1, 1]);
    const cut = { kind: "power cut", from: { ns: 1e6 } } as const;
    await drives.plan(0, { version: 1, seed: 1, faults: [cut] });
    const probe = () => drives.power.occurrences[0];
    assert.ok(await drives.power.clock.until(probe, seconds(10)));
  });
});

Deno.test("what QEMU wrote is logged with its data, when that is asked for", async () => {
  await withDrives([64], async ({ drives, io }) => {
    await io(0, "write -P 7 512 1024", "discard 512 512");
    const entries = parseWriteLog(await drives.writeLog(0)).filter(({ flags }) => flags !== 1);
    const parts = entries.map((
      { sector, sectors, flags, data },
    ) => [sector, sectors, flags, data[0]]);
    assert.deepEqual(parts, [[1, 2, 2, 7], [1, 1, 4, undefined]]);
  }, { log: true });
});

Deno.test("the trace of what QEMU wrote has the same log, byte for byte", async () => {
  await withDrives([64], async ({ drives, io, events }) => {
    drives.begin();
    await io(
      0,
      "write -P 7 512 1024",
      "write -P 9 0 512",
      "discard 512 512",
      "write -f -P 3 0 512",
    );
    const logged = events.map(loggedBy).filter((one) => one !== undefined);
    const told = logged.flatMap(({ entry }) => entry === "no data" ? [] : [entry]);
    assert.equal(told.length, logged.length);
    assert.deepEqual(told, parseWriteLog(await drives.writeLog(0)));
    assert.ok(told.some(({ flags }) => flags & LogFlag.LOG_FUA_FLAG), "FUA is told");
  }, { log: true });
});
