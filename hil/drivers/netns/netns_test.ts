import assert from "node:assert/strict";
import { hostNow } from "../../time/mod.ts";
import { namespacesAvailable, NetworkNamespace, PacketSocket } from "./mod.ts";

const ignore = !await namespacesAvailable();
const LIMIT_NS = 20e9;

/** The next frame for which `wanted` is true. */
function frameFrom(socket: PacketSocket, wanted: (frame: Uint8Array) => boolean): Uint8Array {
  for (const end = hostNow() + LIMIT_NS; hostNow() < end;) {
    const frame = socket.receive();
    if (frame && wanted(frame)) return frame;
    if (!frame) socket.wait(50e6);
  }
  throw new Error("no such frame came");
}

Deno.test({
  name: "a program in a namespace asks on the link, is answered, and is heard with checksums",
  ignore,
  async fn() {
    await using space = await NetworkNamespace.make({ address: "198.51.100.9/24" });
    const socket = new PacketSocket(space);
    try {
      const script = "exec 3<>/dev/udp/198.51.100.1/7; printf hello >&3; head -c 5 <&3";
      const program = space.command("bash", ["-c", script]);
      const child = program.output();
      const ask = frameFrom(socket, (frame) => frame[12] === 8 && frame[13] === 6);
      assert.deepEqual(ask.subarray(38, 42), Uint8Array.of(198, 51, 100, 1));
      const [peer, us] = [ask.slice(6, 12), Uint8Array.of(2, 0, 0, 0, 0, 1)];
      const header = Uint8Array.of(8, 6, 0, 1, 8, 0, 6, 4, 0, 2);
      const arp = [
        ...peer,
        ...us,
        ...header,
        ...us,
        ...ask.subarray(38, 42),
        ...ask.subarray(22, 32),
      ];
      assert.ok(socket.send(Uint8Array.from(arp)));
      const hello = frameFrom(socket, (frame) => frame[12] === 8 && frame[13] === 0);
      assert.equal(new TextDecoder().decode(hello.subarray(42, 47)), "hello");
      assert.equal(udpSum(hello), 0xffff);
      assert.ok(socket.send(answerTo(hello)));
      const { stdout } = await child;
      assert.equal(new TextDecoder().decode(stdout), "hello");
    } finally {
      socket.close();
    }
  },
});

Deno.test({
  name: "a namespace is removed, and what it cannot be is said",
  ignore,
  async fn() {
    const space = await NetworkNamespace.make({ address: "198.51.100.9/24" });
    await space.close();
    await assert.rejects(
      space.close(),
      /^IpError: Cannot run "ip netns delete hil-.+": .+; somebody has removed it/,
    );
    assert.throws(() => new PacketSocket(space), {
      message: /^Cannot open a packet socket: its namespace "hil-.+" cannot be entered; be root$/,
    });
    await assert.rejects(NetworkNamespace.make({ address: "nonsense" }), /Cannot run "ip -netns/);
  },
});

/** The same datagram back: addresses and ports change places, so no checksum does. */
function answerTo(frame: Uint8Array): Uint8Array {
  const answer = frame.slice();
  for (const [a, b, length] of [[0, 6, 6], [26, 30, 4], [34, 36, 2]] as const) {
    answer.set(frame.subarray(a, a + length), b);
    answer.set(frame.subarray(b, b + length), a);
  }
  return answer;
}

/** Over pseudo-header and datagram: all ones when the checksum is right. */
function udpSum(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const length = view.getUint16(38);
  let sum = 17 + length;
  for (let at = 26; at < 34 + length; at += 2) {
    sum += at + 1 < 34 + length ? view.getUint16(at) : view.getUint8(at) << 8;
  }
  return (sum & 0xffff) + (sum >>> 16);
}
