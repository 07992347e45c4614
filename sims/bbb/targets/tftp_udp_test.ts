import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { seconds, withLimit } from "hil/time/mod.ts";
import { UdpTftpServer } from "hil/drivers/tftp/mod.ts";
import { rootOf } from "../lab_server.ts";
import { started } from "./_lab.ts";
import udp from "./tftp_udp.ts";

const NET = { address: "127.0.0.1", clientAddress: "127.0.0.2", netmask: "255.0.0.0" };

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  await using server = await UdpTftpServer.listen({
    root: rootOf({}),
    address: "127.0.0.1",
    port: 0,
  });
  return server.port;
}

/** What the server answers first to a request for `file`. */
async function first(port: number, file: string): Promise<Uint8Array> {
  const socket = createSocket("udp4");
  const answer = new Promise<Uint8Array>((resolve) => socket.once("message", resolve));
  socket.send(new TextEncoder().encode(`\0\x01${file}\0octet\0`), port, "127.0.0.1");
  const late = () => assert.fail("no answer");
  try {
    return await withLimit(answer, seconds(10), late);
  } finally {
    socket.close();
  }
}

Deno.test("the scenario's files are served on the host's network, and requests are seen", async () => {
  const port = await freePort();
  const lab = await started(udp, { ...NET, port, files: { "os.bin": "kernel" } });
  const { address, clientAddress, netmask, requests } = lab.port;
  assert.deepEqual({ address, clientAddress, netmask }, NET);
  assert.deepEqual([...await first(port, "os.bin")], [
    0,
    3,
    0,
    1,
    ..."kernel".split("").map((c) => c.charCodeAt(0)),
  ]);
  assert.deepEqual([...(await first(port, "apps.bin")).subarray(0, 4)], [0, 5, 0, 1]);
  assert.deepEqual(requests.occurrences.map(({ what }) => what), [
    'TFTP read "os.bin"',
    'TFTP failed "apps.bin", 0 bytes: File not found: apps.bin',
  ]);
  await lab.close();
});

Deno.test("a port that another server has makes it unavailable, with the remedy", async () => {
  await using other = await UdpTftpServer.listen({
    root: rootOf({}),
    address: "127.0.0.1",
    port: 0,
  });
  const available = await udp.availability({ ...NET, port: other.port });
  assert(!available.ok);
  assert.match(available.reason, /^TFTP cannot be served on 127\.0\.0\.1: .*EADDRINUSE/);
  assert.match(available.remedy, /be root, or correct "address" in the bench file$/);
});

Deno.test("what the bench file has wrong is said", () => {
  const { exclusive } = udp;
  assert(typeof exclusive === "function");
  assert.throws(() => exclusive({ ...NET, netmask: 24 }), /netmask "24": it is no IPv4 address/);
  assert.throws(() => exclusive({ ...NET, adress: "" }), /option "adress".*there are address,/);
});
