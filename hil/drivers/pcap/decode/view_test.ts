import assert from "node:assert/strict";
import fc from "fast-check";
import { LINK } from "../packet.ts";
import { ethernet, fragments, ipv4, ipv6, tcp, udp, words } from "./_build.ts";
import { decodePacket, formatAddress, PacketView } from "./mod.ts";

const PAYLOAD = new TextEncoder().encode("SIP/2.0 401 Unauthorized\r\n\r\n");
const PLAIN = [udp(PAYLOAD), tcp(PAYLOAD, { sequence: 0xfffffff0, flags: 0x12 })];
const PACKETS: readonly Uint8Array[] = [
  ...PLAIN.map((inside, i) => ipv4(inside, { protocol: i === 0 ? 17 : 6 })),
  ...PLAIN.map((inside, i) => ipv6(inside, { protocol: i === 0 ? 17 : 6 })),
  ipv4(udp(PAYLOAD), { options: new Uint8Array(8) }),
  ipv4(udp(PAYLOAD), { protocol: 1 }),
  ...fragments(4, udp(PAYLOAD), 16),
];

function linked(packet: Uint8Array, linkType: number): Uint8Array {
  const etherType = packet[0]! >> 4 === 4 ? 0x0800 : 0x86dd;
  if (linkType === LINK.EN10MB) return ethernet(packet, { etherType });
  if (linkType === LINK.LINUX_SLL) {
    return Uint8Array.of(...new Array(14).fill(0), ...words(etherType), ...packet);
  }
  if (linkType === LINK.LINUX_SLL2) {
    return Uint8Array.of(...words(etherType), ...new Array(18).fill(0), ...packet);
  }
  return packet;
}

function textOf(address: Int32Array): string {
  const bytes = new Uint8Array(16);
  address.forEach((word, i) => new DataView(bytes.buffer).setInt32(4 * i, word));
  return formatAddress(address[2] === 0xffff ? bytes.slice(12) : bytes);
}

/** The view says the same as the decoder, or leaves the packet to it. */
function agrees(view: PacketView, linkType: number, bytes: Uint8Array): string {
  const said = view.read(linkType, bytes);
  const decoded = decodePacket({ linkType, bytes, seconds: 0 });
  if (said === "nothing") assert.equal(decoded?.transport, undefined);
  if (said !== "whole") return said;
  const { ip, transport } = decoded!;
  assert.deepEqual(bytes.subarray(view.from, view.to), transport!.payload);
  assert.deepEqual(
    [view.protocol, view.sourcePort, view.destinationPort],
    [ip.protocol, transport!.sourcePort, transport!.destinationPort],
  );
  assert.equal(textOf(view.source), formatAddress(ip.source));
  assert.equal(textOf(view.destination), formatAddress(ip.destination));
  if (transport!.type === "tcp") {
    const { sequence, syn, fin, rst } = transport!;
    assert.deepEqual([view.sequence, [2, 1, 4].map((flag) => (view.flags & flag) !== 0)], [
      sequence,
      [syn, fin, rst],
    ]);
  }
  return said;
}

Deno.test("plain packets of each link type are seen as the decoder sees them", () => {
  const view = new PacketView();
  for (const linkType of Object.values(LINK)) {
    const said = PACKETS.map((packet) => agrees(view, linkType, linked(packet, linkType)));
    const others = fragments(4, udp(PAYLOAD), 16).map(() => "other");
    assert.deepEqual(said, [...new Array(5).fill("whole"), "nothing", ...others]);
  }
});

Deno.test("one VLAN tag is read, more are left to the decoder; ARP is nothing", () => {
  const view = new PacketView();
  const tag = [0x8100, 7] as const;
  const packet = PACKETS[0]!;
  assert.equal(agrees(view, LINK.EN10MB, ethernet(packet, { tags: [tag] })), "whole");
  assert.equal(agrees(view, LINK.EN10MB, ethernet(packet, { tags: [[0x88a8, 1], tag] })), "other");
  assert.equal(agrees(view, LINK.EN10MB, ethernet(packet, { tags: [tag, tag] })), "other");
  assert.equal(agrees(view, LINK.EN10MB, ethernet(packet, { etherType: 0x0806 })), "nothing");
  assert.equal(agrees(view, 228, packet), "other");
});

Deno.test("whatever the bytes are, it says no other than the decoder", () => {
  const view = new PacketView();
  const changes = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 });
  const packets = fc.constantFrom(...PACKETS);
  fc.assert(
    fc.property(
      packets,
      fc.constantFrom(...Object.values(LINK)),
      changes,
      fc.nat(120),
      (packet, linkType, changed, cut) => {
        const bytes = linked(packet, linkType).slice(0, cut > 100 ? undefined : cut);
        for (const [at, value] of changed) if (at < bytes.length) bytes[at] = value;
        agrees(view, linkType, bytes);
      },
    ),
    { seed: 6, numRuns: 3000 },
  );
});
