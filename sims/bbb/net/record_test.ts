import assert from "node:assert/strict";
import { formatPcapng, packetsOf, Timeline, type TraceEvent } from "hil/trace/mod.ts";
import { MemoryRoot } from "hil/drivers/tftp/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { DHCP, formatDhcp, MESSAGE, NO_ADDRESSES, OPTION } from "./dhcp.ts";
import { DhcpService } from "./dhcp_service.ts";
import { describeFrame } from "./describe.ts";
import { NetLab } from "./_net_lab.ts";
import { recordFrames } from "./record.ts";
import { TftpService } from "./tftp_service.ts";

function recorded(keepBytes?: number) {
  const lab = new NetLab();
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  timeline.clock = lab.clock;
  const signal = recordFrames(lab.lan, {
    timeline,
    clock: lab.clock,
    ...(keepBytes && { keepBytes }),
  });
  return { lab, events, signal };
}

Deno.test("a lab's traffic reads like a conversation", () => {
  const { lab, signal } = recorded();
  const { clock, a, b } = lab;
  new TftpService({ clock, host: b, root: new MemoryRoot({ f: new Uint8Array(4) }) });
  new DhcpService({ clock, host: b, pool: ["198.51.100.10", "198.51.100.20"] });
  const discover = formatDhcp({
    ...NO_ADDRESSES,
    op: "request",
    xid: 1,
    secs: 0,
    broadcast: true,
    chaddr: a.mac,
    sname: "",
    file: "",
    options: new Map([[OPTION.MESSAGE_TYPE, Uint8Array.of(MESSAGE.DISCOVER)]]),
  });
  const to = { address: b.address, port: 69 };
  a.sendUdp(new TextEncoder().encode("\0\x01f\0octet\0blksize\x00512\0"), { to, port: 1234 });
  lab.run();
  a.listen(1234, () => {});
  a.sendUdp(Uint8Array.of(0, 4, 0, 0), { to: { ...to, port: 49152 }, port: 1234 });
  lab.run();
  a.sendUdp(Uint8Array.of(0, 5, 0, 0, 104, 105, 0), { to: { ...to, port: 49152 }, port: 1234 });
  a.sendUdp(discover, { to: { ...to, port: DHCP.SERVER_PORT }, port: DHCP.CLIENT_PORT });
  a.ping(b.address, { id: 1, sequence: 9 });
  a.sendUdp(new Uint8Array(2000), { to, port: 9 });
  lab.run();
  assert.deepEqual(signal.occurrences.map(({ what }) => what), [
    "lan: ARP: who has 198.51.100.2? asks 198.51.100.1 (a)",
    "lan: ARP: 198.51.100.2 is at 02:00:00:00:00:02 (b)",
    "lan: 198.51.100.1:1234 to 198.51.100.2:69: TFTP RRQ f blksize=512 (a)",
    "lan: 198.51.100.2:49152 to 198.51.100.1:1234: TFTP OACK blksize=512 (b)",
    "lan: 198.51.100.1 to 198.51.100.2: ICMP type 3, code 3 (a)",
    "lan: 198.51.100.1:1234 to 198.51.100.2:49152: TFTP ACK 0 (a)",
    "lan: 198.51.100.2:49152 to 198.51.100.1:1234: TFTP DATA 1, 4 bytes (b)",
    "lan: 198.51.100.1:1234 to 198.51.100.2:49152: TFTP ERROR 0: hi (a)",
    "lan: 198.51.100.1:68 to 198.51.100.2:67: DHCP DISCOVER of 02:00:00:00:00:01 (a)",
    "lan: 198.51.100.1 to 198.51.100.2: ICMP echo 9 (a)",
    "lan: 198.51.100.2:67 to 255.255.255.255:68: DHCP OFFER of 02:00:00:00:00:01, 198.51.100.10 (b)",
    "lan: 198.51.100.2 to 198.51.100.1: ICMP echo reply 9 (b)",
    "lan: 198.51.100.1 to 198.51.100.2: fragment of 7, bytes 0 to 1479 (a)",
    "lan: 198.51.100.1 to 198.51.100.2: fragment of 7, bytes 1480 to 2007 (a)",
  ]);
});

Deno.test("what is recorded becomes a capture, cut where that is asked for", () => {
  const { lab, events } = recorded(20);
  lab.lan.intercept = () => "lost";
  lab.say(new Uint8Array(100).fill(0xff));
  lab.run();
  const packets = [...packetsOf(events)];
  assert.deepEqual(packets, [{
    t: (100 + 12) * 80 + 300,
    channel: "lan",
    bytes: new Uint8Array(20).fill(0xff),
    length: 100,
    comment: "from bare, lost",
  }]);
  assert.ok(formatPcapng(packets).length > 100);
});

Deno.test("any bytes can be described", () => {
  const random = new Random("describe");
  for (let i = 0; i < 20_000; i++) {
    const frame = Uint8Array.from({ length: random.below(80) }, () => random.below(256));
    if (random.chance(0.8) && frame.length > 23) {
      frame.set(random.chance(0.5) ? [8, 6, 0, 1, 8, 0, 6, 4] : [8, 0, 0x45], 12);
    }
    assert.ok(describeFrame(frame).length > 0);
  }
});
