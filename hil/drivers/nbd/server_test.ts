import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { clientFlags, goTo, joined, request } from "./_client.ts";
import { MemoryStore, NbdServer, type NbdServerOptions, type NbdTraffic } from "./mod.ts";
import { Command, pack } from "./protocol.ts";
import { seconds, withLimit } from "../../time/mod.ts";

interface Fixture {
  readonly server: NbdServer;
  readonly folder: string;
  readonly traffic: NbdTraffic[];
  /** Resolves when a request of which this is true was seen. */
  seen(wanted: (event: NbdTraffic) => boolean): Promise<void>;
}

/** A server with "disk0" and a read-only "rom", closed at the end. */
async function serve(
  body: (fixture: Fixture) => Promise<void>,
  options: Partial<NbdServerOptions> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const traffic: NbdTraffic[] = [];
  let look: () => unknown = () => {};
  const server = new NbdServer({
    path: `${folder}/nbd`,
    drives: [
      { name: "disk0", store: new MemoryStore(2 ** 16) },
      { name: "rom", store: new MemoryStore(8), readOnly: true },
    ],
    observe: (event) => {
      traffic.push(event);
      look();
    },
    ...options,
  });
  const seen = (wanted: (event: NbdTraffic) => boolean) =>
    within(
      new Promise<void>((resolve) => {
        look = () => traffic.some(wanted) && resolve();
        look();
      }),
      String(wanted),
    );
  try {
    await body({ server, folder, traffic, seen });
  } finally {
    await within(server.close(), "the server to close");
    assert.deepEqual(
      [...Deno.readDirSync(folder)].map(({ name }) => name).filter((n) => n === "nbd"),
      [],
    );
    await Deno.remove(folder, { recursive: true });
  }
}

function within<T>(work: Promise<T>, what: string): Promise<T> {
  return withLimit(work, seconds(10), () => assert.fail(`waited 10 s for ${what}`));
}

/** Runs a tool of Debian's qemu-utils; gives what it said. */
async function run(command: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
    .output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

const url = (server: NbdServer, name: string) => `nbd+unix:///${name}?socket=${server.path}`;

/** A client of our own that is through with the options; `read` gives exactly so many bytes. */
async function connect(server: NbdServer, name = "disk0") {
  const conn = await Deno.connect({ transport: "unix", path: server.path });
  const read = async (size: number) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const count = await within(conn.read(bytes.subarray(at)), `${size} bytes`);
      if (count === null) return bytes.subarray(0, at);
      at += count;
    }
    return bytes;
  };
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  };
  await write(joined(clientFlags(), goTo(name)));
  await read(18 + (20 + 12) + (20 + 14) + 20);
  return { conn, read, write };
}

Deno.test("qemu-img sees size and exports", async () => {
  await serve(async ({ server }) => {
    const { code, said } = await run("qemu-img", "info", "--output=json", url(server, "disk0"));
    assert.equal(code, 0, said);
    assert.equal(JSON.parse(said)["virtual-size"], 2 ** 25);
    const none = await run("qemu-img", "info", url(server, "no-such"));
    assert.match(none.said, /no-such/);
    assert.equal(none.code, 1);
  });
});

Deno.test("qemu-io writes, reads back, zeroes, discards and flushes", async () => {
  await serve(async ({ server, traffic }) => {
    const commands = [
      "write -P 0xaa 1M 64k",
      "read -P 0xaa 1M 64k",
      "write -z 1M 4k",
      "read -P 0 1M 4k",
      "discard 1052672 4k",
      "read -P 0 1052672 4k",
      "read -P 0xaa 1056768 4k",
      "write -f -P 0xbb 0 512",
      "flush",
    ].flatMap((command) => ["-c", command]);
    const { code, said } = await run("qemu-io", "-f", "raw", ...commands, url(server, "disk0"));
    assert.equal(code, 0, said);
    assert.doesNotMatch(said, /fail|error/i);
    assert.equal((await server.drive("disk0").store.read(0, 1))[511], 0xbb);
    const kinds = new Set(traffic.map(({ operation }) => operation));
    assert.deepEqual([...kinds].sort(), ["flush", "read", "trim", "write", "zero"]);
    assert.ok(traffic.every(({ status }) => status === undefined || status === "ok"));
  });
});

Deno.test("qemu-img copies a whole image onto a drive and compares it", async () => {
  await serve(async ({ server, folder }) => {
    const image = `${folder}/image`;
    const bytes = Uint8Array.from({ length: 2 ** 22 }, (_, at) => (at >> 9) * 7 + at);
    await Deno.writeFile(image, bytes);
    await Deno.truncate(image, 2 ** 25);
    const to = url(server, "disk0");
    const copied = await run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", image, to);
    assert.equal(copied.code, 0, copied.said);
    const compared = await run("qemu-img", "compare", "-f", "raw", "-F", "raw", image, to);
    assert.equal(compared.said.trim(), "Images are identical.");
  });
});

Deno.test("nbdinfo sees each drive with its size, its flags and its block sizes", async () => {
  await serve(async ({ server }) => {
    const list = ["--json", "--list", `nbd+unix:///?socket=${server.path}`];
    const { code, said } = await run("nbdinfo", ...list);
    assert.equal(code, 0, said);
    const { protocol, exports } = JSON.parse(said);
    assert.equal(protocol, "newstyle-fixed");
    const [disk0, rom] = exports;
    assert.deepEqual([disk0["export-name"], disk0["export-size"]], ["disk0", 2 ** 25]);
    assert.deepEqual([rom["export-name"], rom["export-size"]], ["rom", 8 * 512]);
    for (const can of ["can_flush", "can_fua", "can_trim", "can_zero"]) {
      assert.equal(disk0[can], true, can);
    }
    assert.deepEqual([disk0["is_read_only"], rom["is_read_only"]], [false, true]);
    const sizes = ["minimum", "preferred", "maximum"].map((one) => disk0[`block_size_${one}`]);
    assert.deepEqual(sizes, [512, 4096, 2 ** 25]);
    const none = await run("nbdinfo", url(server, "no-such"));
    assert.notEqual(none.code, 0);
  });
});

Deno.test("nbdcopy brings an image in and out with many requests at once, holes as zeroes", async () => {
  await serve(async ({ server, folder, traffic }) => {
    const image = `${folder}/image`;
    const bytes = new Uint8Array(2 ** 25);
    for (let at = 0; at < bytes.length; at += 2 ** 20) bytes.fill(1 + (at >> 20), at, at + 70_000);
    await Deno.writeFile(image, bytes);
    server.drive("disk0").store.write(40_000, new Uint8Array(512).fill(9));
    const to = url(server, "disk0");
    const into = await run("nbdcopy", "--flush", image, to);
    assert.equal(into.code, 0, into.said);
    const kinds = new Set(traffic.map(({ operation }) => operation));
    assert.ok(kinds.has("zero") || kinds.has("trim"), [...kinds].join());
    assert.ok(kinds.has("flush"), [...kinds].join());
    const out = await run("nbdcopy", to, `${folder}/copy`);
    assert.equal(out.code, 0, out.said);
    assert.ok(Buffer.from(bytes.buffer).equals(await Deno.readFile(`${folder}/copy`)));
  });
});

Deno.test("a read-only drive takes no writes", async () => {
  await serve(async ({ server }) => {
    const { said } = await run("qemu-io", "-f", "raw", "-c", "write 0 512", url(server, "rom"));
    assert.match(said, /Permission denied|read-?only/i);
    assert.equal((await server.drive("rom").store.read(0, 1))[0], 0);
  });
});

Deno.test("a failing block is an I/O error in the client", async () => {
  await serve(async ({ server }) => {
    server.drive("disk0").failNext({ operation: "read", lba: 9, count: 1 });
    const read = ["-c", "read 4k 4k", "-c", "read 4k 4k"];
    const { said } = await run("qemu-io", "-f", "raw", ...read, url(server, "disk0"));
    assert.match(said, /Input\/output error[^]*read 4096\/4096/);
  });
});

Deno.test("a client that is killed with a request held leaves nothing behind", async () => {
  await serve(async ({ server, seen }) => {
    server.drive("disk0").hold(["write"]);
    const args = ["-f", "raw", "-c", "write -P 1 0 512", url(server, "disk0")];
    const client = new Deno.Command("qemu-io", { args, stdout: "null", stderr: "null" }).spawn();
    await seen(({ operation }) => operation === "write");
    client.kill("SIGKILL");
    await client.status;
    await seen(({ status }) => status === "gone");
    assert.deepEqual(server.drive("disk0").held, []);
    assert.equal((await server.drive("disk0").store.read(0, 1))[0], 0);
  });
});

Deno.test("held requests are answered out of order, each by its cookie", async () => {
  await serve(async ({ server, seen }) => {
    const { conn, read, write } = await connect(server);
    server.drive("disk0").hold(["write"]);
    const data = new Uint8Array(512).fill(1);
    await write(joined(
      request({ command: Command.NBD_CMD_WRITE, cookie: 1n, data }),
      request({ command: Command.NBD_CMD_READ, cookie: 2n, length: 512 }),
    ));
    const cookie = (bytes: Uint8Array) => new DataView(bytes.buffer).getBigUint64(8);
    await seen(({ status }) => status === "ok");
    assert.equal(cookie(await read(16 + 512)), 2n);
    server.drive("disk0").release();
    assert.equal(cookie(await read(16)), 1n);
    conn.close();
  });
});

Deno.test("clients that are cut off are gone with what they asked for; new ones are served", async () => {
  await serve(async ({ server, traffic, seen }) => {
    const old = await connect(server);
    server.drive("disk0").hold(["write"]);
    const data = new Uint8Array(512).fill(1);
    await old.write(request({ command: Command.NBD_CMD_WRITE, data }));
    await seen(({ operation }) => operation === "write");
    server.disconnect();
    assert.equal((await old.read(1)).length, 0);
    old.conn.close();
    server.drive("disk0").release();
    assert.equal(traffic.at(-1)!.status, "gone");
    const next = await connect(server);
    await next.write(request({ command: Command.NBD_CMD_READ, length: 512 }));
    assert.equal((await next.read(16 + 512))[16], 0);
    next.conn.close();
  });
});

Deno.test("the server closes with clients connected and requests held", async () => {
  await serve(async ({ server, traffic, seen }) => {
    server.drive("disk0").hold();
    const clients = [await connect(server), await connect(server, "rom")];
    await clients[0]!.write(request({ command: Command.NBD_CMD_READ, length: 512 }));
    await seen(({ operation }) => operation === "read");
    await within(server.close(), "the server to close");
    for (const { conn, read } of clients) {
      assert.equal((await read(1)).length, 0);
      conn.close();
    }
    assert.equal(traffic.at(-1)?.status, "gone");
  });
});

Deno.test("a client that breaks the rules is told about, and others are served on", async () => {
  const breaches: string[] = [];
  await serve(async ({ server }) => {
    const good = await connect(server);
    const bad = await connect(server);
    await bad.write(new Uint8Array(28).fill(0xff));
    assert.equal((await bad.read(1)).length, 0);
    bad.conn.close();
    assert.deepEqual(breaches, ["a request has no magic"]);
    await good.write(request({ command: Command.NBD_CMD_FLUSH }));
    assert.equal((await good.read(16)).length, 16);
    good.conn.close();
  }, { onBreach: (reason) => void breaches.push(reason) });
});

Deno.test("100 MiB of answers come whole and in order", async () => {
  await serve(async ({ server, traffic }) => {
    const { conn, read, write } = await connect(server);
    const length = 1 << 20;
    const count = 100;
    const asked = pack(
      ...Array.from(
        { length: count },
        (_, at) => request({ command: Command.NBD_CMD_READ, cookie: BigInt(at), length }),
      ),
    );
    const asking = write(asked);
    for (let at = 0; at < count; at++) {
      const answer = await read(16 + length);
      assert.equal(new DataView(answer.buffer).getBigUint64(8), BigInt(at));
    }
    await asking;
    assert.equal(traffic.length, 2 * count);
    conn.close();
  });
});

Deno.test("a path that no socket can have, or that is taken, is refused with what to do", async () => {
  const drives = [{ name: "d", store: new MemoryStore(8) }];
  assert.throws(
    () => new NbdServer({ path: `/tmp/${"x".repeat(120)}`, drives }),
    /^RangeError: Cannot listen on the Unix socket ".*": it has 125 bytes and 107 is the most; set TMPDIR/,
  );
  await serve(({ server }) => {
    assert.throws(
      () => new NbdServer({ path: server.path, drives }),
      /^Error: Cannot listen on the Unix socket ".*": Address already in use.*; give a path/,
    );
    return Promise.resolve();
  });
});

Deno.test("drives without names of their own are refused; one that is not there is named", async () => {
  const store = new MemoryStore(8);
  for (const drives of [[], [{ name: "a", store }, { name: "a", store }]]) {
    assert.throws(
      () => new NbdServer({ path: "/nowhere", drives }),
      /^TypeError: Cannot serve the drives/,
    );
  }
  await serve(({ server }) => {
    assert.throws(() => server.drive("x"), {
      message: `Cannot find the drive "x": there are disk0, rom; name one of them`,
    });
    return Promise.resolve();
  });
});
