/** Packets against published examples, and there and back. */
import assert from "node:assert/strict";
import { formatArp, parseArp } from "./arp.ts";
import { formatFrame, formatMac, parseFrame, parseMac } from "./ethernet.ts";
import { formatIcmp, parseIcmp } from "./icmp.ts";
import {
  checksum,
  formatAddress,
  formatIpv4,
  parseAddress,
  parseIpv4,
  Reassembly,
} from "./ipv4.ts";
import { formatUdp, parseUdp } from "./udp.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

Deno.test("the checksum is that of RFC 1071, section 3", () => {
  assert.equal(checksum(hex("0001 f203 f4f5 f6f7")), ~0xddf2 & 0xffff);
  assert.equal(checksum(hex("0001 f203 f4f5 f6f7 220d")), 0);
  assert.equal(checksum(hex("01")), 0xfeff);
});

Deno.test("an IPv4 header is read as it lies on the line", () => {
  // The example that is everywhere: https://en.wikipedia.org/wiki/Internet_checksum
  const header = hex("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7");
  const packet = new Uint8Array(0x73);
  packet.set(header);
  const { source, destination, protocol, ttl, offset, more, payload } = parseIpv4(packet)!;
  assert.deepEqual(
    { source, destination, protocol, ttl, offset, more, length: payload.length },
    {
      source: "192.168.0.1",
      destination: "192.168.0.199",
      protocol: 17,
      ttl: 64,
      offset: 0,
      more: false,
      length: 0x73 - 20,
    },
  );
  assert.equal(parseIpv4(packet.with(10, 0)), undefined, "a wrong checksum");
  assert.equal(parseIpv4(packet.with(0, 0x65)), undefined, "IPv6");
  assert.equal(parseIpv4(packet.with(0, 0x44)), undefined, "a short header");
  assert.equal(parseIpv4(packet.subarray(0, 100)), undefined, "cut off");
});

Deno.test("packets are read as they were written", () => {
  const datagram = {
    source: "198.51.100.1",
    destination: "198.51.100.2",
    protocol: 17,
    id: 9,
    ttl: 3,
  };
  const payload = hex("010203");
  const [ip] = formatIpv4({ ...datagram, payload }) as [Uint8Array];
  assert.deepEqual(parseIpv4(ip), { ...datagram, payload, offset: 0, more: false });
  const udp = { sourcePort: 1, destinationPort: 65535, data: payload };
  assert.deepEqual(parseUdp(formatUdp(udp, datagram), datagram), udp);
  const icmp = { type: 8, code: 0, rest: 0xfedc_ba98, data: payload };
  assert.deepEqual(parseIcmp(formatIcmp(icmp)), icmp);
  const arp = {
    operation: "reply",
    senderMac: "02:00:00:00:00:01",
    sender: "198.51.100.1",
    targetMac: "90:fa:f1:30:1c:bb",
    target: "255.255.255.255",
  } as const;
  assert.deepEqual(parseArp(formatArp(arp)), arp);
  const frame = { destination: arp.targetMac, source: arp.senderMac, type: 0x806, payload };
  assert.deepEqual(parseFrame(formatFrame(frame)), frame);
});

Deno.test("fragments that fit together are whole; where two overlap, nothing is", () => {
  const take = (...parts: readonly (readonly [offset: number, length: number])[]) => {
    const reassembly = new Reassembly();
    const between = { source: "198.51.100.1", destination: "198.51.100.2", protocol: 17 };
    const results = parts.map(([offset, length], i) => {
      const payload = new Uint8Array(length).fill(i + 1);
      const more = i < parts.length - 1;
      return reassembly.take({ ...between, id: 1, ttl: 9, offset, more, payload }, 0);
    });
    return results.at(-1)?.payload.toHex();
  };
  assert.equal(take([0, 8], [8, 8], [16, 2]), "01".repeat(8) + "02".repeat(8) + "0303");
  assert.equal(take([0, 16], [8, 16], [24, 2]), undefined);
  assert.equal(take([0, 8], [16, 2]), undefined);
});

Deno.test("a UDP checksum of 0 is none, and one that comes out as 0 is sent as ffff", () => {
  const between = { source: "0.0.0.0", destination: "0.0.0.0" };
  const packet = formatUdp({ sourcePort: 1, destinationPort: 2, data: hex("0102") }, between);
  packet.set([0, 0], 6);
  assert.deepEqual(parseUdp(packet, between)?.data, hex("0102"));
  assert.equal(parseUdp(packet.with(7, 1), between), undefined);
  // 17 + 10 + 10 + ports and data that make up 0xffff.
  const data = hex("ffd9");
  const zero = formatUdp({ sourcePort: 0, destinationPort: 1, data }, between);
  assert.deepEqual(zero.subarray(6, 8), hex("ffff"));
});

Deno.test("addresses are read and written, and others refused", () => {
  assert.equal(formatAddress(parseAddress("198.51.100.255")), "198.51.100.255");
  assert.equal(formatMac(parseMac("90:FA:f1:30:1c:bb")), "90:fa:f1:30:1c:bb");
  for (const text of ["", "1.2.3", "1.2.3.256", "1.2.3.4.5", "a.b.c.d"]) {
    assert.throws(() => parseAddress(text), {
      name: "RangeError",
      message: `Cannot use "${text}" as an IPv4 address: it is not four numbers from 0 to 255; ` +
        `write it as 198.51.100.1`,
    });
  }
  assert.throws(() => parseMac("02:00:00"), {
    message:
      'Cannot use "02:00:00" as a MAC address: it is not six bytes; write it as 02:00:00:00:00:01',
  });
});
