import assert from "node:assert/strict";
import { Random } from "../../engine/mod.ts";
import { block, TestDrive } from "./_bench.ts";
import { formatWriteLog, type LogEntry, LogFlag } from "./write_log.ts";
import { parseWriteLog, WriteLog, WriteLogError } from "./write_log.ts";

Deno.test("what a drive has done is logged in order, with its data", () => {
  const log = new WriteLog();
  const bench = new TestDrive({ log });
  bench.plan([{ kind: "error", operations: ["write"], lba: [9, 9] }]);
  bench.write(7, 1);
  bench.read(7);
  bench.write(9, 9);
  bench.write(8, 2, { fua: true });
  bench.write(0, 0, { blocks: 4, data: undefined });
  bench.flush();
  log.mark("synced");
  assert.deepEqual(parseWriteLog(log.bytes()), [
    { sector: 7, sectors: 1, flags: 0, data: block(1) },
    { sector: 8, sectors: 1, flags: LogFlag.LOG_FUA_FLAG, data: block(2) },
    { sector: 0, sectors: 4, flags: LogFlag.LOG_DISCARD_FLAG, data: new Uint8Array(0) },
    { sector: 0, sectors: 0, flags: LogFlag.LOG_FLUSH_FLAG, data: new Uint8Array(0) },
    {
      sector: 0,
      sectors: 0,
      flags: LogFlag.LOG_MARK_FLAG,
      data: new TextEncoder().encode("synced"),
    },
  ]);
});

Deno.test("the same requests give the same file as QEMU's blklogwrites", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["image", "log"]) {
      await Deno.writeFile(`${folder}/${name}`, new Uint8Array(0));
      await Deno.truncate(`${folder}/${name}`, name === "log" ? 0 : 2 ** 20);
    }
    const node = {
      driver: "blklogwrites",
      file: { driver: "file", filename: `${folder}/image` },
      log: { driver: "file", filename: `${folder}/log` },
    };
    const commands = ["write -P 1 3584 512", "write -P 2 1024 1536", "flush", "write -P 3 0 512"];
    const args = [
      "-t",
      "writeback",
      ...commands.flatMap((one) => ["-c", one]),
      `json:${JSON.stringify(node)}`,
    ];
    const { code, stderr } = await new Deno.Command("qemu-io", { args, stdin: "null" }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const log = new WriteLog();
    const bench = new TestDrive({ log });
    bench.write(7, 1);
    bench.write(2, 2, { blocks: 3, data: block(2, 3) });
    bench.flush();
    bench.write(0, 3);
    const theirs = await Deno.readFile(`${folder}/log`);
    const entries = parseWriteLog(theirs);
    assert.deepEqual(entries.slice(0, log.entries.length), log.entries);
    // QEMU flushes when it closes the image, and may give the file room that it does not use.
    for (const { flags } of entries.slice(log.entries.length)) {
      assert.equal(flags, LogFlag.LOG_FLUSH_FLAG);
    }
    const ours = formatWriteLog(entries);
    assert.deepEqual(theirs.subarray(0, ours.length), ours);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("random logs go through their file and back; damaged ones are refused or read", () => {
  const random = new Random(1);
  let refused = 0;
  for (let turn = 0; turn < 300; turn++) {
    const entries = Array.from({ length: random.below(8) }, (): LogEntry => {
      const flags = [0, 1, 2, 4, 8][random.below(5)]!;
      const sectors = flags === 1 || flags === 8 ? 0 : 1 + random.below(3);
      const size = flags === 8 ? random.below(1000) : flags === 4 ? 0 : sectors * 512;
      const data = Uint8Array.from({ length: size }, () => random.below(256));
      return { sector: random.below(2 ** 31) * 2 ** 16, sectors, flags, data };
    });
    const bytes = formatWriteLog(entries);
    assert.deepEqual(parseWriteLog(bytes), entries);
    for (let damage = 0; damage < 20; damage++) {
      const damaged = bytes.slice(0, bytes.length - random.below(2) * random.below(bytes.length));
      const entry = random.below(Math.max(1, damaged.length >> 9)) << 9;
      if (damaged.length > 0) {
        damaged[(entry + random.below(32)) % damaged.length]! ^= 1 << random.below(8);
      }
      try {
        parseWriteLog(damaged);
      } catch (error) {
        assert.ok(error instanceof WriteLogError, String(error));
        refused++;
      }
    }
  }
  assert.ok(refused > 1000, `${refused} refused`);
});
