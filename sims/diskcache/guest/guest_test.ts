import assert from "node:assert/strict";
import { GuestCrashed } from "hil/drivers/qemu/mod.ts";
import { Random } from "../../engine/mod.ts";
import { crcOf, type Machine, onMachine, stamped } from "./_machine.ts";

for (const firmware of ["qboot", "seabios"] as const) {
  Deno.test(`the guest boots under ${firmware} and finds the drives that are there`, async () => {
    await onMachine({ firmware, sizes: [4096, 0, 0, 2 ** 33] }, async (machine) => {
      assert.equal(machine.lines[0], "disk cache guest");
      assert.deepEqual(machine.events, ["ready drives=0,3 entries=64"]);
      const { lines } = await machine.run("info");
      assert.deepEqual(lines.slice(-3), [
        "tick_hz 1000",
        "drive 0 sectors=4096 model=QEMU HARDDISK",
        "drive 3 sectors=8589934592 model=QEMU HARDDISK",
      ]);
      assert.equal(await machine.finish("write 3 8589934591 0badcafe"), "ok");
      assert.equal(await machine.finish("sync"), "ok");
      assert.deepEqual(await block(machine, 3, 2 ** 33 - 1), stamped(0x0badcafe));
    });
  });
}

Deno.test("blocks come from the drives and go there", async () => {
  await onMachine({}, async (machine) => {
    for (const drive of [0, 1, 2, 3]) {
      await machine.server.drive(`${drive}`).store.write(7, stamped(0x0701 + drive));
      assert.equal(await machine.finish(`read ${drive} 7`), `ok 0000070${1 + drive} 1`);
      assert.equal(await machine.finish(`write ${drive} 7 0000080${drive}`), "ok");
    }
    assert.equal(await machine.finish("sync"), "ok");
    for (const drive of [0, 1, 2, 3]) {
      assert.deepEqual(await block(machine, drive, 7), stamped(0x0800 + drive));
    }
    const { lines } = await machine.run("block 2 7");
    assert.equal(lines.join(""), stamped(0x0802).toHex());
    const { hits, misses, writes, flushes, spurious } = await machine.statistics();
    const counted = { hits, misses, writes, flushes, spurious };
    assert.deepEqual(counted, { hits: 0, misses: 4, writes: 4, flushes: 4, spurious: 0 });
  });
});

Deno.test("a drive that hangs: reset is told, then the time-out, and it works again", async () => {
  await onMachine({}, async (machine) => {
    const drive = machine.server.drive("0");
    await machine.run("configure timeout_ms=100");
    for (const [kind, command] of [["read", "read 0 1"], ["write", "sync"], ["flush", "sync"]]) {
      await machine.finish("write 0 2 00000002");
      if (kind === "write") await machine.finish("sync");
      drive.hold([kind as "read"]);
      if (kind === "write") await machine.finish("write 0 2 00000003");
      const seen = machine.events.length;
      const thread = await machine.start(command!);
      assert.equal(await machine.finish("read 2 5"), "ok 00000000 1", "the other channel");
      await machine.until(() => machine.events.slice(seen).includes("reset 0"), "the reset");
      assert.ok(!machine.events.some((text) => text.startsWith(`${thread} done`)));
      drive.abort();
      assert.equal(await machine.done(thread), "error=timeout", kind);
      drive.release();
      assert.equal(await machine.finish("read 0 1"), "ok 00000000 1");
      assert.equal(await machine.finish("sync"), "ok");
    }
    const { timeouts, resets } = await machine.statistics();
    assert.deepEqual({ timeouts, resets }, { timeouts: 3, resets: 3 });
    const { lines } = await machine.run("requests");
    assert.equal(lines.filter((line) => line.endsWith(" timeout")).length, 3);
  });
});

Deno.test("an error of the disk reaches who asked, and the block stays dirty", async () => {
  await onMachine({}, async (machine) => {
    const drive = machine.server.drive("1");
    drive.failNext({ operation: "read", lba: 3, count: 1 });
    assert.equal(await machine.finish("read 1 3"), "error=04");
    assert.equal(await machine.finish("read 1 3"), "ok 00000000 1");
    drive.failNext({ operation: "write", lba: 3, count: 2 });
    await machine.finish("write 1 3 00000003");
    assert.equal(await machine.finish("sync"), "error=04");
    const { lines } = await machine.run("entries");
    assert.deepEqual(lines, ["0 1 3 5 3 00000003 1"]);
    assert.equal(await machine.finish("sync"), "ok");
    assert.deepEqual(await block(machine, 1, 3), stamped(3));
  });
});

Deno.test("work of sixteen threads in few entries finds nothing wrong", async () => {
  await onMachine({}, async (machine) => {
    for (const entries of [1, 5, 40]) {
      await machine.run(`configure entries=${entries}`);
      await machine.run("stop");
      const threads: string[] = [];
      for (let seed = 1; seed <= 16; seed++) {
        threads.push(await machine.start(`work ${seed} 25 3 50 15`));
      }
      await machine.run("go");
      for (const thread of threads) assert.equal(await machine.done(thread), "ok");
      assert.equal(await machine.finish("sync"), "ok");
    }
  });
});

Deno.test("work that reads what nobody wrote says so", async () => {
  await onMachine({}, async (machine) => {
    await machine.run("configure entries=1");
    assert.equal(await machine.finish("work 1 1 1 0"), "ok");
    assert.equal(await machine.finish("sync"), "ok");
    assert.equal(await machine.finish("read 1 0"), "ok 00000000 1");
    await machine.server.drive("0").store.write(0, stamped(0xbad));
    const said = await machine.finish("work 1 1 1 100");
    assert.match(said, /^bad 0:0 is 00000bad; it ought to be \w{8}$/);
  });
});

Deno.test("commands that make no sense are refused, each with a reason", async () => {
  const wrong = [
    ["", "no such"],
    ["nonsense", "there is no command nonsense"],
    ["read 4 0", "a drive from 0 to 3"],
    ["read 0 4096", "there is no block 4096: drive 0 has 4096"],
    ["read 0 281474976710656", "a drive from 0 to 3 and a block"],
    ["read 0 1 what", "a word too many"],
    ["write 0 1 xyz", "a stamp of 8 hex digits"],
    ["work 1 1 257 50", "1 to 256 blocks"],
    ["configure entries=257", "the array holds 1 to 256"],
    ["configure list=tree entries=16385", "entries=N"],
    ["configure scheduler=lift", "first-pending|look|deadline"],
    ["block 0 1", "not in the cache"],
    ["resume 1", "thread 1 is not paused"],
  ];
  await onMachine({}, async (machine) => {
    for (const [command, reason] of wrong) {
      const { status } = await machine.run(command!);
      assert.match(status, /^[1-9]/, command);
      if (command) assert.ok(status.includes(reason!), `${command}: ${status}`);
    }
    const thread = await machine.start("write 0 1 00000001 pause");
    await machine.event((text) => text === `${thread} paused fill`, "the pause");
    const { status } = await machine.run("configure entries=4");
    assert.equal(
      status,
      "3 1 threads live and 1 entries are pending: finish them and sync first",
    );
    await machine.run(`resume ${thread}`);
    assert.equal(await machine.done(thread), "ok");
  });
});

Deno.test("any words are answered with a status, and the guest lives on", async () => {
  const names =
    "info read write sync stop go resume threads entries requests stats configure block echo";
  const words = [...names.split(" "), ..."0 1 3 4 63 4095 4096 -1 0x1 deadbeef pause".split(" ")];
  words.push("", " ", "\xff\x01", "%s%n", "2".repeat(99), "entries=0", "entries=9", "timeout_ms=");
  const random = new Random(2);
  await onMachine({}, async (machine) => {
    for (let round = 0; round < 300; round++) {
      const count = random.below(5);
      const command = Array.from({ length: count + 1 }, () => words[random.below(words.length)]);
      const { status } = await machine.run(command.join(" "));
      assert.match(status, /^(0|[123] \S.*)$/, command.join(" "));
    }
    assert.deepEqual((await machine.run("echo still here")).lines, ["still here"]);
  });
});

Deno.test("damaged command lines are each refused, and the next good one is answered", async () => {
  const random = new Random(1);
  await onMachine({}, async (machine) => {
    const good = `>1 ${crcOf("1 echo still here")} echo still here`;
    let sent = 0;
    for (let round = 0; round < 200; round++) {
      const line = damaged(good, random);
      if (line === good) continue;
      sent++;
      await machine.send(line + "\n");
    }
    const refusals = () => machine.lines.filter((line) => line.startsWith("?"));
    await machine.until(() => refusals().length === sent, `${sent} refusals`);
    for (const line of refusals()) {
      const [, length, crc, text] = line.match(/^\?(\d+) (\w{8}) ((?:crc|form|seq|long) .*)$/)!;
      assert.equal(Number(length), text!.length);
      assert.equal(crc, crcOf(text!));
    }
    assert.deepEqual((await machine.run("echo still here")).lines, ["still here"]);
  });
});

/** The line with some of its bytes changed, lost, doubled, or much too long. */
function damaged(line: string, random: Random): string {
  const at = random.below(line.length);
  const byte = String.fromCharCode(random.below(256)).replace("\n", "\r");
  const damages = [
    () => line.slice(0, at) + byte + line.slice(at + 1),
    () => line.slice(0, at) + line.slice(at + 1),
    () => line.slice(0, at) + line.slice(at).repeat(2),
    () => line.slice(0, at),
    () => byte.repeat(random.below(1000)),
    () => line.replace(">1", ">7"),
  ];
  return damages[random.below(damages.length)]!();
}

Deno.test("a panic says its text and registers; a triple fault ends the machine", async () => {
  await onMachine({}, async (machine) => {
    await machine.send(`>1 ${crcOf("1 panic at the disco")} panic at the disco\n`);
    await machine.until(() => machine.lines.includes("PANIC END"), "the end of the panic");
    const said = machine.lines.slice(machine.lines.indexOf("PANIC: at the disco"));
    assert.match(said.join("\n"), /RIP [0-9a-f]{16} RSP [0-9a-f]{16}[^]*R15 [0-9a-f]{16}/);
  });
  await onMachine({}, async (machine) => {
    await machine.send(`>1 ${crcOf("1 triplefault")} triplefault\n`);
    await machine.until(() => machine.end !== undefined, "the end").catch(() => {});
    assert.ok(machine.end instanceof GuestCrashed);
  });
});

Deno.test("plain output has the length that was asked for and splits no framed line", async () => {
  await onMachine({}, async (machine) => {
    await machine.run("stop");
    const threads: string[] = [];
    for (let seed = 1; seed <= 4; seed++) {
      threads.push(await machine.start(`work ${seed} 100 3 50 15`));
    }
    await machine.run("go");
    const from = machine.lines.length;
    await machine.run("print 20000");
    for (const thread of threads) await machine.done(thread);
    const plain = machine.lines.slice(from).filter((line) => !/^[<=!?]/.test(line));
    assert.equal(plain.reduce((sum, line) => sum + line.length + 2, 0), 20000);
    assert.ok(plain.slice(0, -1).every((line, i) => line.includes(`${i + 1}: `)));
  });
});

async function block(machine: Machine, drive: number, lba: number): Promise<Uint8Array> {
  return await machine.server.drive(`${drive}`).store.read(lba, 1);
}

Deno.test("a tree grows beyond an array and gives its memory to the next one", async () => {
  await onMachine({}, async (machine) => {
    for (const entries of [300, 16384, 700]) {
      await machine.run(`configure list=tree entries=${entries}`);
      const threads = [];
      for (let seed = 0; seed < 8; seed++) {
        threads.push(await machine.start(`work ${seed} 1200 256 70 15`));
      }
      for (const thread of threads) assert.equal(await machine.done(thread), "ok");
      assert.equal(await machine.finish("sync"), "ok");
      const { lines } = await machine.run("entries");
      assert.equal(lines.length, Math.min(entries, 4 * 256));
      const blocks = lines.map((line) => line.split(" ").slice(1, 3).join(" "));
      assert.equal(new Set(blocks).size, blocks.length, "entries of one block");
      assert.ok(lines.every((line) => line.endsWith(" 1") && line.split(" ")[3] === "4"));
    }
  });
});

Deno.test("the guest tells how it is configured, and what is not named stays", async () => {
  await onMachine({}, async (machine) => {
    const info = async () => (await machine.run("info")).lines.slice(1, 6).join(", ");
    assert.equal(
      await info(),
      "list array, scheduler first-pending, write_deadline_ms 100, entries 64, timeout_ms 2000",
    );
    await machine.run("configure list=tree scheduler=deadline write_deadline_ms=7");
    await machine.run("configure entries=5");
    assert.equal(
      await info(),
      "list tree, scheduler deadline, write_deadline_ms 7, entries 5, timeout_ms 2000",
    );
  });
});
