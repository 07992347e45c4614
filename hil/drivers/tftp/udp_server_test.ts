import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { seconds, withLimit } from "../../time/mod.ts";
import { pattern } from "./_lab.ts";
import { formatPacket, MemoryRoot, type Packet, parsePacket, type TftpEvent } from "./mod.ts";
import { UdpTftpServer } from "./udp_server.ts";

const LIMIT = seconds(20);
const late = () => {
  throw new Error(`nothing came within ${LIMIT}`);
};

async function serving(root: MemoryRoot) {
  const events: TftpEvent["type"][] = [];
  const onEvent = ({ type }: TftpEvent) => void events.push(type);
  const server = await UdpTftpServer.listen({ root, address: "127.0.0.1", port: 0, onEvent });
  return { server, events };
}

Deno.test({
  name: "a client on a socket reads a file, and a block that it misses comes again in real time",
  // Sockets are closed a second later, when their last packet is surely out.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const { server, events } = await serving(new MemoryRoot({ file: pattern(700) }));
    await using _ = server;
    const client = createSocket("udp4");
    try {
      const next = async (): Promise<{ packet: Packet; port: number }> => {
        const [bytes, { port }] = await withLimit(once(client, "message"), LIMIT, late);
        return { packet: parsePacket(new Uint8Array(bytes))!, port };
      };
      const send = (packet: Packet, port: number) =>
        client.send(formatPacket(packet), port, "127.0.0.1");
      send({ type: "RRQ", file: "file", mode: "octet", options: new Map() }, server.port);
      const first = await next();
      assert.deepEqual(first.packet, { type: "DATA", block: 1, data: pattern(512) });
      assert.notEqual(first.port, server.port);
      const again = await next();
      assert.deepEqual(again, first);
      send({ type: "ACK", block: 1 }, first.port);
      const { packet } = await next();
      assert.deepEqual(packet, { type: "DATA", block: 2, data: pattern(700).subarray(512) });
      send({ type: "ACK", block: 2 }, first.port);
      send({ type: "RRQ", file: "none", mode: "octet", options: new Map() }, server.port);
      assert.equal((await next()).packet.type, "ERROR");
      assert.deepEqual(events.toSorted(), ["begun", "done", "failed", "repeated"]);
    } finally {
      client.close();
    }
  },
});

Deno.test({
  name: "curl reads and writes",
  ignore: !await hasCurl(),
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const root = new MemoryRoot({ "os.bin": pattern(300_000) }, { writable: true });
    const { server } = await serving(root);
    await using _ = server;
    const folder = await Deno.makeTempDir();
    try {
      const url = `tftp://127.0.0.1:${server.port}`;
      const curl = async (...args: string[]) => {
        const command = new Deno.Command("curl", { args: ["--silent", ...args] });
        return (await withLimit(command.output(), LIMIT, late)).code;
      };
      const got = `${folder}/got`;
      for (const blockSize of ["8", "512", "1400", "60000"]) {
        if (blockSize === "8") root.files.set("os.bin", pattern(3_000));
        else root.files.set("os.bin", pattern(300_000));
        const code = await curl("--tftp-blksize", blockSize, "-o", got, `${url}/os.bin`);
        assert.equal(code, 0, blockSize);
        assert.deepEqual(await Deno.readFile(got), root.files.get("os.bin"));
      }
      assert.equal(await curl("-T", got, `${url}/up.bin`), 0);
      assert.deepEqual(root.files.get("up.bin"), pattern(300_000));
      assert.equal(await curl("-o", got, `${url}/../secret`, "--path-as-is"), 69);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("a port that is taken is said", async () => {
  const { server } = await serving(new MemoryRoot());
  await using _ = server;
  const { port } = server;
  await assert.rejects(
    UdpTftpServer.listen({ root: new MemoryRoot(), address: "127.0.0.1", port }),
    new RegExp(
      `^Error: Cannot serve TFTP on port "${port}": .+; be root, or choose a port above 1023 that is free$`,
    ),
  );
});

async function hasCurl(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("curl", { args: ["--version"] }).output();
    return /\btftp\b/.test(new TextDecoder().decode(stdout));
  } catch {
    return false;
  }
}
