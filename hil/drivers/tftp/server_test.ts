import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { CLIENT, Lab, pattern } from "./_lab.ts";
import { formatPacket, MemoryRoot, parsePacket, TFTP_PORT } from "./mod.ts";

const never = () => false;
const serving = (length: number) => new Lab(new MemoryRoot({ file: pattern(length) }));
const kinds = (lab: Lab) => lab.events.map(({ type }) => type);

for (const length of [0, 1, 511, 512, 513, 1024, 5000]) {
  Deno.test(`a file of ${length} bytes is read`, () => {
    const lab = serving(length);
    assert.deepEqual(lab.read("file", {}, never), pattern(length));
    assert.deepEqual(kinds(lab), ["begun", "done"]);
    assert.equal(lab.open.size, 0);
    assert.equal(lab.server.nextAt, undefined);
  });
}

Deno.test("options that are known are acknowledged, others are left out", () => {
  const lab = serving(5000);
  const asked = { tsize: "0", blksize: "1468", timeout: "5", utimeout: "9", blah: "1" };
  const [{ packet, port }] = lab.request("RRQ", "file", asked) as [ReturnType<Lab["sent"]>[0]];
  assert.deepEqual(packet, {
    type: "OACK",
    options: new Map([["tsize", "5000"], ["blksize", "1468"], ["timeout", "5"]]),
  });
  assert.equal(lab.server.nextAt, 5e9);
  assert.deepEqual(lab.ack(0, port), [
    { type: "DATA", block: 1, data: pattern(5000).subarray(0, 1468) },
  ]);
});

const OPTIONS: readonly (readonly [string, string, string | undefined])[] = [
  ["blksize", "7", undefined],
  ["blksize", "8", "8"],
  ["blksize", "70000", "65464"],
  ["blksize", "-8", undefined],
  ["blksize", "8x", undefined],
  ["timeout", "0", undefined],
  ["timeout", "255", "255"],
  ["timeout", "256", undefined],
  ["windowsize", "0", undefined],
  ["windowsize", "4", "4"],
  ["windowsize", "65535", "64"],
  ["constructor", "1", undefined],
];
for (const [name, value, answer] of OPTIONS) {
  Deno.test(`${name} ${value} is ${answer ? `answered ${answer}` : "ignored"}`, () => {
    const { packet } = serving(1000).request("RRQ", "file", { [name]: value })[0]!;
    if (answer) assert.deepEqual(packet, { type: "OACK", options: new Map([[name, answer]]) });
    else assert.equal(packet.type, "DATA");
  });
}

Deno.test("a file that is not there is answered by error 1, and nothing stays", () => {
  const lab = serving(1);
  const [{ packet, to }] = lab.request("RRQ", "os.bin") as [ReturnType<Lab["sent"]>[0]];
  assert.deepEqual(packet, { type: "ERROR", code: 1, message: "File not found: os.bin" });
  assert.deepEqual(to, CLIENT);
  assert.deepEqual(kinds(lab), ["failed"]);
  assert.equal(lab.open.size, 0);
});

Deno.test("an unknown mode is error 4", () => {
  const options = new Map<string, string>();
  const request = { type: "RRQ", file: "file", mode: "mail", options } as const;
  const [answer] = serving(1).give(request);
  assert.deepEqual(answer, { type: "ERROR", code: 4, message: 'Mode "mail" is not known here' });
});

Deno.test("a block without an answer is repeated, then the client is held for gone", () => {
  const lab = serving(1000);
  lab.request("RRQ", "file");
  for (let i = 1; i <= 6; i++) {
    assert.deepEqual(lab.wake().map(({ type }) => type), ["DATA"]);
    assert.equal(lab.now, i * 1e9);
  }
  assert.deepEqual(lab.wake(), []);
  assert.deepEqual(kinds(lab), ["begun", ...Array(6).fill("repeated"), "failed"]);
  assert.equal(lab.open.size, 0);
});

Deno.test("an ACK that comes twice does not double the transfer", () => {
  const lab = serving(5000);
  lab.request("RRQ", "file");
  assert.equal(lab.ack(1).length, 1);
  assert.equal(lab.ack(1).length, 0);
  assert.equal(lab.ack(0).length, 0);
  assert.equal(lab.ack(7).length, 0);
  assert.equal(lab.ack(2).length, 1);
});

Deno.test("a window goes out at once, and again from where the client says", () => {
  const lab = serving(512 * 10);
  lab.request("RRQ", "file", { windowsize: "4" });
  const blocks = (packets: ReturnType<Lab["wake"]>) =>
    packets.map((packet) => packet.type === "DATA" ? packet.block : -1);
  assert.deepEqual(blocks(lab.ack(0)), [1, 2, 3, 4]);
  assert.deepEqual(blocks(lab.ack(2)), [3, 4, 5, 6]);
  assert.deepEqual(blocks(lab.wake()), [3, 4, 5, 6]);
  assert.deepEqual(blocks(lab.ack(6)), [7, 8, 9, 10]);
  assert.deepEqual(blocks(lab.ack(10)), [11]);
});

Deno.test("numbers of blocks wrap", () => {
  const length = 8 * 70_000 + 3;
  const lab = serving(length);
  const read = lab.read("file", { blksize: "8", windowsize: "64" }, never);
  assert.deepEqual(read, pattern(length));
});

const LOSSY: readonly Record<string, string>[] = [
  {},
  { blksize: "100" },
  { windowsize: "5", blksize: "64" },
];
for (const options of LOSSY) {
  Deno.test(`a file arrives whole however packets are lost, with ${JSON.stringify(options)}`, () => {
    const random = new Random(`loss ${JSON.stringify(options)}`);
    for (let i = 0; i < 20; i++) {
      const lab = serving(i * 700);
      const read = lab.read("file", options, () => random.chance(0.1));
      assert.deepEqual(read, pattern(i * 700));
      assert.equal(kinds(lab).at(-1), "done");
    }
  });
}

Deno.test("who answers on a transfer that is not his gets error 5, and it goes on", () => {
  const lab = serving(1000);
  lab.request("RRQ", "file");
  const stranger = { address: "198.51.100.9", port: 1234 };
  const [answer] = lab.give({ type: "ACK", block: 1 }, lab.port, stranger);
  assert.deepEqual(answer, { type: "ERROR", code: 5, message: "Unknown transfer ID" });
  assert.deepEqual(lab.give({ type: "ERROR", code: 5, message: "" }, lab.port, stranger), []);
  assert.equal(lab.ack(1).length, 1);
});

Deno.test("a client's error ends its transfer", () => {
  const lab = serving(1000);
  lab.request("RRQ", "file", { blksize: "1024" });
  lab.give({ type: "ERROR", code: 8, message: "no options, please" }, lab.port);
  const { type, client, file, direction } = lab.events[1]!;
  assert.deepEqual({ type, client, file, direction }, {
    type: "failed",
    client: CLIENT,
    file: "file",
    direction: "read",
  });
  assert.equal(lab.open.size, 0);
});

Deno.test("a request that comes twice is one transfer; a new one on the same port is another", () => {
  const lab = serving(2000);
  assert.equal(lab.request("RRQ", "file").length, 1);
  assert.equal(lab.request("RRQ", "file").length, 0);
  lab.ack(1);
  assert.equal(lab.request("RRQ", "file").length, 1);
  assert.deepEqual(kinds(lab), ["begun", "failed", "begun"]);
  assert.equal(lab.open.size, 1);
});

Deno.test("more transfers than the server takes are told that it is busy", () => {
  const lab = new Lab(new MemoryRoot({ file: pattern(1000) }), { transfers: 2 });
  const ask = (port: number) =>
    lab.give({ type: "RRQ", file: "file", mode: "octet", options: new Map() }, TFTP_PORT, {
      address: "198.51.100.2",
      port,
    })[0]!.type;
  assert.deepEqual([1, 2, 3].map(ask), ["DATA", "DATA", "ERROR"]);
});

const writing = () => new Lab(new MemoryRoot({}, { writable: true }));
const stored = (lab: Lab) => (lab.root as MemoryRoot).files.get("new");

Deno.test("a file is written, and its last block is acknowledged again if it is asked", () => {
  const lab = writing();
  assert.deepEqual(lab.request("WRQ", "new")[0]!.packet, { type: "ACK", block: 0 });
  assert.deepEqual(lab.data(1, pattern(512)), [{ type: "ACK", block: 1 }]);
  assert.deepEqual(lab.data(1, pattern(512)), [{ type: "ACK", block: 1 }]);
  assert.equal(stored(lab), undefined);
  assert.deepEqual(lab.data(2, pattern(88)), [{ type: "ACK", block: 2 }]);
  assert.deepEqual(stored(lab), Uint8Array.of(...pattern(512), ...pattern(88)));
  assert.deepEqual(lab.data(2, pattern(88)), [{ type: "ACK", block: 2 }]);
  assert.deepEqual(lab.wake(), []);
  assert.deepEqual(lab.events.at(-1), {
    client: CLIENT,
    file: "new",
    direction: "write",
    type: "done",
    bytes: 600,
  });
  assert.equal(lab.open.size, 0);
});

Deno.test("a write in windows is acknowledged at their ends and at a gap", () => {
  const lab = writing();
  lab.request("WRQ", "new", { windowsize: "3" });
  assert.deepEqual(lab.data(1, pattern(512)), []);
  assert.deepEqual(lab.data(3, pattern(512)), [{ type: "ACK", block: 1 }]);
  assert.deepEqual(lab.data(2, pattern(512)), []);
  assert.deepEqual(lab.data(3, pattern(512)), []);
  assert.deepEqual(lab.data(4, pattern(512)), [{ type: "ACK", block: 4 }]);
  assert.deepEqual(lab.data(5, pattern(0)), [{ type: "ACK", block: 5 }]);
  assert.equal(stored(lab)?.length, 4 * 512);
});

Deno.test("a write that is too long is error 3, by what is announced or by what comes", () => {
  const announced = writing().request("WRQ", "new", { tsize: "100001" })[0]!.packet;
  assert.deepEqual(announced, {
    type: "ERROR",
    code: 3,
    message: "Disk full: more than 100000 bytes",
  });
  const lab = writing();
  lab.request("WRQ", "new", { blksize: "50000" });
  lab.data(1, pattern(50_000));
  lab.data(2, pattern(50_000));
  assert.equal(lab.data(3, pattern(1))[0]!.type, "ERROR");
  assert.equal(stored(lab), undefined);
});

Deno.test("a block longer than agreed is error 4, and nobody writes where it is not allowed", () => {
  const lab = writing();
  lab.request("WRQ", "new");
  assert.deepEqual(lab.data(1, pattern(513))[0], {
    type: "ERROR",
    code: 4,
    message: "A block is longer than was agreed",
  });
  assert.deepEqual(serving(1).request("WRQ", "new")[0]!.packet, {
    type: "ERROR",
    code: 2,
    message: "Access violation: nobody may write here",
  });
});

Deno.test("netascii goes both ways", () => {
  const text = (content: string) => new TextEncoder().encode(content);
  const root = new MemoryRoot({ text: text("a\nb\rc") }, { writable: true });
  const lab = new Lab(root);
  const ask = (type: "RRQ" | "WRQ", file: string) =>
    lab.give({ type, file, mode: "netascii", options: new Map() });
  assert.deepEqual(ask("RRQ", "text"), [{ type: "DATA", block: 1, data: text("a\r\nb\r\0c") }]);
  lab.ack(1);
  ask("WRQ", "new");
  lab.data(1, text("a\r\nb\r\0c\rd"));
  assert.deepEqual(root.files.get("new"), text("a\nb\rc\rd"));
});

Deno.test("packets that are none for the server's port are dropped and counted", () => {
  const lab = serving(1);
  assert.deepEqual(lab.ack(1, TFTP_PORT), []);
  lab.server.receive(new Uint8Array(3), { from: CLIENT, port: TFTP_PORT });
  assert.equal(lab.server.dropped, 2);
});

Deno.test("restoring at any moment changes nothing", () => {
  const run = (restoreAt: number) => {
    const lab = new Lab(new MemoryRoot({ file: pattern(3000) }, { writable: true }));
    const seen: unknown[] = [lab.request("RRQ", "file", { blksize: "600", windowsize: "2" })];
    const read = lab.port;
    lab.give({ type: "WRQ", file: "new", mode: "octet", options: new Map() }, TFTP_PORT, {
      ...CLIENT,
      port: 77,
    });
    const [write, from] = [lab.port, { ...CLIENT, port: 77 }];
    const steps = [
      () => lab.ack(0, read),
      () => lab.give({ type: "DATA", block: 1, data: pattern(512) }, write, from),
      () => lab.ack(1, read),
      () => lab.wake(),
      () => lab.give({ type: "DATA", block: 2, data: pattern(12) }, write, from),
      () => lab.ack(3, read),
      () => lab.wake(),
      () => lab.ack(5, read),
      () => lab.ack(6, read),
    ];
    for (const [i, step] of steps.entries()) {
      if (i === restoreAt) {
        const saved = structuredClone(lab.server.save());
        lab.start().load(saved);
      }
      seen.push(step());
    }
    return { seen, events: lab.events, file: stored(lab), next: lab.server.nextAt };
  };
  const expected = run(-1);
  assert.equal(expected.file?.length, 524);
  for (let i = 0; i < 9; i++) assert.deepEqual(run(i), expected);
});

Deno.test("a flood of broken packets neither stops the server nor makes it shout", () => {
  const random = new Random("tftp server");
  const lab = new Lab(new MemoryRoot({ f: pattern(2000) }, { writable: true }));
  const seeds = [
    formatPacket({ type: "RRQ", file: "f", mode: "octet", options: new Map([["blksize", "9"]]) }),
    formatPacket({ type: "WRQ", file: "f", mode: "octet", options: new Map() }),
    formatPacket({ type: "ACK", block: 0 }),
    formatPacket({ type: "DATA", block: 1, data: pattern(20) }),
    formatPacket({ type: "ERROR", code: 0, message: "x" }),
  ];
  for (let i = 0; i < 20_000; i++) {
    const bytes = seeds[random.below(seeds.length)]!.slice();
    if (random.chance(0.5)) bytes[random.below(bytes.length)] = random.below(256);
    const ports = [TFTP_PORT, ...lab.open];
    lab.server.receive(bytes.slice(0, 1 + random.below(bytes.length)), {
      from: { address: "198.51.100.2", port: random.below(20) },
      port: ports[random.below(ports.length)]!,
    });
    if (random.chance(0.1) && lab.server.nextAt !== undefined) lab.wake();
    assert.ok(lab.sent().length <= 64);
    assert.ok(lab.server.transfers <= 64);
    assert.equal(lab.open.size, lab.server.transfers);
  }
  assert.ok(lab.server.dropped > 1000);
  assert.ok(parsePacket(seeds[0]!));
});
