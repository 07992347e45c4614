import assert from "node:assert/strict";
import fc from "fast-check";
import { ethernet, fragment6, fragments, ipv4, ipv6, tcp, udp, words } from "./_build.ts";
import { decodeIp, decodePacket, formatAddress, FragmentAssembler } from "./mod.ts";

const [EN10MB, RAW, LINUX_SLL, LINUX_SLL2] = [1, 101, 113, 276];
const HELLO = new TextEncoder().encode("hello");
const SEED = { seed: 6 };

function decoded(linkType: number, bytes: Uint8Array) {
  return decodePacket({ linkType, bytes, seconds: 0 });
}

/** Ports, addresses and payload in one line. */
function said(linkType: number, bytes: Uint8Array): string | undefined {
  const packet = decoded(linkType, bytes);
  if (!packet?.transport) return undefined;
  const { ip, transport: { type, sourcePort, destinationPort, payload } } = packet;
  const [from, to] = [formatAddress(ip.source), formatAddress(ip.destination)];
  const text = new TextDecoder().decode(payload);
  return `${type} ${from} ${sourcePort} > ${to} ${destinationPort}: ${text}`;
}

const SAID4 = "udp 198.51.100.9 5060 > 198.51.100.1 5061: hello";
const SAID6 = "udp 2001:db8::9 5060 > 2001:db8::1 5061: hello";

Deno.test("Ethernet, plain and tagged once or twice, carries IPv4 and IPv6", () => {
  assert.equal(said(EN10MB, ethernet(ipv4(udp(HELLO)))), SAID4);
  assert.equal(said(EN10MB, ethernet(ipv6(udp(HELLO)), { etherType: 0x86dd })), SAID6);
  const tags = [[0x88a8, 0x2007], [0x8100, 42]] as const;
  const tagged = ethernet(ipv4(udp(HELLO)), { tags });
  assert.equal(said(EN10MB, tagged), SAID4);
  assert.deepEqual(decoded(EN10MB, tagged)!.link.vlans, [7, 42]);
});

Deno.test("five tags are no Ethernet of anyone's, and ARP is no IP", () => {
  const tags = new Array(5).fill([0x8100, 1]);
  assert.equal(decoded(EN10MB, ethernet(ipv4(udp(HELLO)), { tags })), undefined);
  assert.equal(decoded(EN10MB, ethernet(HELLO, { etherType: 0x0806 })), undefined);
  assert.equal(decoded(105, ipv4(udp(HELLO))), undefined);
});

Deno.test("cooked captures of both versions say the direction; raw ones begin with IP", () => {
  const sll = (type: number) =>
    Uint8Array.of(...words(type, 1, 6, 0, 0, 0, 0, 0x0800), ...ipv4(udp(HELLO)));
  const sll2 = (type: number) =>
    Uint8Array.of(
      ...words(0x86dd, 0, 0, 3, 1),
      type,
      6,
      ...new Array(8).fill(0),
      ...ipv6(udp(HELLO)),
    );
  assert.equal(said(LINUX_SLL, sll(4)), SAID4);
  assert.equal(said(LINUX_SLL2, sll2(0)), SAID6);
  assert.equal(decoded(LINUX_SLL, sll(4))!.link.direction, "out");
  assert.equal(decoded(LINUX_SLL, sll(0))!.link.direction, "in");
  assert.equal(decoded(LINUX_SLL2, sll2(4))!.link.direction, "out");
  assert.equal(said(RAW, ipv4(udp(HELLO))), SAID4);
  assert.equal(said(RAW, ipv6(udp(HELLO))), SAID6);
});

Deno.test("what a link has padded a packet with is not its payload", () => {
  assert.equal(said(EN10MB, ethernet(Uint8Array.of(...ipv4(udp(HELLO)), 0, 0, 0))), SAID4);
});

Deno.test("options of IPv4 and extension headers of IPv6 are skipped", () => {
  assert.equal(said(RAW, ipv4(udp(HELLO), { options: new Uint8Array(12) })), SAID4);
  // Hop by hop, 16 bytes; routing; AH of 12 bytes; a fragment that is alone; destination; UDP.
  const options = Uint8Array.of(
    ...[43, 1, ...new Array(14).fill(0)],
    ...[51, 0, ...new Array(6).fill(0)],
    ...[44, 1, ...new Array(10).fill(0)],
    ...[60, 0, 0, 0, 0, 0, 0, 9],
    ...[17, 0, ...new Array(6).fill(0)],
  );
  assert.equal(said(RAW, ipv6(udp(HELLO), { protocol: 0, options })), SAID6);
  const chain = Uint8Array.from({ length: 72 }, () => 0);
  assert.equal(decodeIp(ipv6(udp(HELLO), { protocol: 0, options: chain })), undefined);
});

Deno.test("TCP has its flags, and its options are no payload", () => {
  const bytes = ipv4(
    tcp(HELLO, { sequence: 0xfffffffe, flags: 0x12, options: new Uint8Array(12) }),
    {
      protocol: 6,
    },
  );
  const { transport } = decoded(RAW, bytes)!;
  assert.deepEqual(transport, {
    type: "tcp",
    sourcePort: 5060,
    destinationPort: 5061,
    sequence: 0xfffffffe,
    acknowledgement: 7,
    syn: true,
    ack: true,
    fin: false,
    rst: false,
    payload: HELLO,
  });
});

Deno.test("addresses of IPv6 have the one form of RFC 5952", () => {
  const cases = {
    "00000000000000000000000000000000": "::",
    "00000000000000000000000000000001": "::1",
    "20010db8000000000001000000000001": "2001:db8::1:0:0:1",
    "20010db8000000010001000100010001": "2001:db8:0:1:1:1:1:1",
    "fe800000000000000000000000000000": "fe80::",
    "00000000000000000000ffffc6336409": "::ffff:198.51.100.9",
  };
  for (const [hex, text] of Object.entries(cases)) {
    assert.equal(formatAddress(Uint8Array.fromHex(hex)), text);
  }
});

function assembled(parts: readonly Uint8Array[], assembler = new FragmentAssembler()): string[] {
  const found: string[] = [];
  for (const bytes of parts) {
    const packet = decodePacket({ linkType: RAW, bytes, seconds: 0 }, assembler);
    if (packet?.transport) found.push(new TextDecoder("latin1").decode(packet.transport.payload));
  }
  return found;
}

Deno.test("a datagram in fragments of any size, in any order, some twice, is whole once", () => {
  const payload = fc.uint8Array({ minLength: 20, maxLength: 3000 });
  const property = fc.property(
    fc.constantFrom(4 as const, 6 as const),
    payload,
    fc.integer({ min: 2, max: 40 }),
    fc.infiniteStream(fc.nat()),
    (version, bytes, eights, chance) => {
      const parts = fragments(version, udp(bytes), 8 * eights);
      fc.pre(parts.length > 1);
      const order = parts.map((part) => ({ part, at: chance.next().value! }))
        .toSorted((a, b) => a.at - b.at).map(({ part }) => part);
      const twice = [...order.slice(0, -1).flatMap((part) => [part, part]), order.at(-1)!];
      const assembler = new FragmentAssembler();
      const whole = new TextDecoder("latin1").decode(bytes);
      assert.deepEqual(assembled(twice, assembler), [whole]);
      assert.equal(assembler.held, 0);
    },
  );
  fc.assert(property, { ...SEED, numRuns: 200 });
});

Deno.test("extension headers in the fragmented part are skipped when it is whole", () => {
  const inside = Uint8Array.of(17, 0, ...new Array(6).fill(0), ...udp(HELLO));
  const first = fragment6(inside.subarray(0, 16), { protocol: 60, more: true });
  const last = fragment6(inside.subarray(16), { protocol: 17, offset: 16 });
  assert.deepEqual(assembled([last, first]), ["hello"]);
});

Deno.test("an overlap costs the datagram, also its fragments that come later", () => {
  const parts = fragments(4, udp(new Uint8Array(64)), 16);
  const evil = ipv4(new Uint8Array(16), { offset: 8, more: true });
  assert.deepEqual(assembled([parts[0]!, evil, ...parts.slice(1)]), []);
  const beyond = ipv4(new Uint8Array(16), { offset: 640, more: true });
  assert.deepEqual(assembled([parts.at(-1)!, beyond, ...parts.slice(0, -1)]), []);
});

Deno.test("fragments that are never whole take bounded memory and are forgotten in time", () => {
  const assembler = new FragmentAssembler({ packets: 10, bytes: 4096, seconds: 30 });
  const part = (id: number) => decodeIp(fragments(4, new Uint8Array(1200), 1000, id)[0]!)!;
  for (let id = 0; id < 1000; id++) {
    assembler.push(part(id), 0);
    assert.ok(assembler.held <= 4096);
  }
  assert.equal(assembler.held, 4000);
  assembler.push(part(1000), 31);
  assert.equal(assembler.held, 1000);
});

Deno.test("no bytes make a decoder throw, and payloads are parts of what was given", () => {
  const whole: readonly (readonly [number, Uint8Array])[] = [
    [EN10MB, ethernet(ipv4(udp(HELLO)), { tags: [[0x8100, 1]] })],
    [EN10MB, ethernet(fragment6(udp(HELLO), { more: true }), { etherType: 0x86dd })],
    [RAW, ipv4(tcp(HELLO), { protocol: 6 })],
    [RAW, ipv6(tcp(HELLO), { protocol: 6 })],
    [LINUX_SLL, Uint8Array.of(...words(0, 1, 6, 0, 0, 0, 0, 0x86dd), ...ipv6(udp(HELLO)))],
    [LINUX_SLL2, Uint8Array.of(...words(0x0800), ...new Array(18).fill(0), ...ipv4(udp(HELLO)))],
  ];
  const assembler = new FragmentAssembler({ packets: 4, bytes: 4096 });
  const property = fc.property(
    fc.constantFrom(...whole),
    fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 8 }),
    fc.nat(120),
    ([linkType, good], edits, length) => {
      const bytes = good.slice(0, length);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      const packet = decodePacket({ linkType, bytes, seconds: 0 }, assembler);
      if (packet?.transport) assert.ok(packet.transport.payload.length <= 4096);
      assert.ok(assembler.held <= 4096);
    },
  );
  fc.assert(property, { ...SEED, numRuns: 20_000 });
});
