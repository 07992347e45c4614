import assert from "node:assert/strict";
import { Capture, type CapturedPacket, LINK } from "hil/drivers/pcap/mod.ts";
import { namespacesAvailable, NetworkNamespace, PacketSocket } from "hil/drivers/netns/mod.ts";
import { seconds, withLimit } from "hil/time/mod.ts";
import { BanEngine } from "../core/mod.ts";
import { framed, Lan } from "../watch/_lan.ts";
import { Watcher } from "../watch/mod.ts";
import { filterOf } from "./listener.ts";

const ignore = !await namespacesAvailable();
const OWN = { 4: "198.51.100.1", 6: "2001:db8::1" } as const;
const HOST = { 4: "203.0.113.66", 6: "2001:db8:bad::66" } as const;

/** What a program said last: nothing comes after it. */
const LAST = "203.0.113.99";

function guesses(shape: string, family: 4 | 6, host: string = HOST[family]): CapturedPacket[] {
  const lan = new Lan({ host, pbx: OWN[family], shape: framed[shape]! });
  return Array.from({ length: 11 }, (_, n) => lan.guess(n + 1)).flat();
}

/** Puts frames on a link, and judges what the daemon's filter lets through. */
async function judged(frames: readonly CapturedPacket[]): Promise<string[]> {
  await using space = await NetworkNamespace.make({ address: "198.51.100.1/24" });
  const [{ name: link }] = await linksOf(space);
  await using capture = Capture.open({
    interface: link,
    namespace: space.name,
    filter: filterOf([5060]),
    promiscuous: true,
  });
  const socket = new PacketSocket(space);
  const watcher = new Watcher(new BanEngine({ own: Object.values(OWN), maxHosts: 100 }));
  const banned: string[] = [];
  try {
    for (const { bytes } of [...frames, ...guesses("UDP", 4, LAST)]) assert.ok(socket.send(bytes));
    const read = async () => {
      while (!banned.includes(LAST)) {
        await capture.ready();
        capture.drain((packet) => {
          for (const { type, host } of watcher.see(packet)) if (type === "ban") banned.push(host);
        });
      }
      return banned.filter((host) => host !== LAST);
    };
    return await withLimit(read(), seconds(20), () => {
      throw new Error(`only ${watcher.counts.packets} packets came`);
    });
  } finally {
    await socket.close();
  }
}

async function linksOf(space: NetworkNamespace): Promise<[{ name: string }]> {
  const { stdout } = await space.command("ip", ["-j", "address"]).output();
  const all = JSON.parse(new TextDecoder().decode(stdout)) as {
    ifname: string;
    addr_info: { local: string }[];
  }[];
  const own = all.find(({ addr_info }) => addr_info.some(({ local }) => local === OWN[4]))!;
  return [{ name: own.ifname }];
}

for (const shape of ["UDP", "UDP, two VLAN tags", "UDP, fragments", "TCP, cut", "TCP, fragments"]) {
  for (const family of [4, 6] as const) {
    Deno.test({
      name: `what the watcher needs passes the filter of the capture: ${shape}, IPv${family}`,
      ignore,
      async fn() {
        const frames = guesses(shape, family);
        assert.ok(frames.every(({ linkType }) => linkType === LINK.EN10MB));
        const host = family === 4 ? HOST[4] : "2001:db8:bad:0:0:0:0:0/64";
        assert.deepEqual(await judged(frames), [host]);
      },
    });
  }
}

Deno.test({
  name: "one VLAN tag passes it too, and other ports do not",
  ignore,
  async fn() {
    const tagged = guesses("UDP", 4).map((packet) => ({
      ...packet,
      bytes: Uint8Array.of(
        ...packet.bytes.subarray(0, 12),
        ...[0x81, 0, 0, 7],
        ...packet.bytes.subarray(12),
      ),
    }));
    assert.deepEqual(await judged(tagged), [HOST[4]]);
    const elsewhere = guesses("UDP", 4).map((packet) => {
      const bytes = packet.bytes.slice();
      new DataView(bytes.buffer).setUint16(34, 9);
      new DataView(bytes.buffer).setUint16(36, 9);
      return { ...packet, bytes };
    });
    assert.deepEqual(await judged(elsewhere), []);
  },
});
