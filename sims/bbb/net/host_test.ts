import assert from "node:assert/strict";
import { loadParts, Random, saveParts } from "sims/engine/mod.ts";
import { formatArp, parseArp } from "./arp.ts";
import { BROADCAST_MAC, ETHERTYPE } from "./ethernet.ts";
import type { EchoReply, UdpArrival } from "./host.ts";
import { parseIcmp } from "./icmp.ts";
import { formatIpv4, parseIpv4, PROTOCOL } from "./ipv4.ts";
import { NetLab } from "./_net_lab.ts";
import { formatUdp } from "./udp.ts";

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7 + (i >>> 8));
const BARE = { address: "198.51.100.9", mac: "02:00:00:00:00:09" };

function listening(lab: NetLab, port = 7): UdpArrival[] {
  const arrivals: UdpArrival[] = [];
  lab.b.listen(port, ({ data, ...rest }) => arrivals.push({ data: data.slice(), ...rest }));
  return arrivals;
}

/** A UDP packet from the bare port to b. */
function udp(data: Uint8Array, options: { to?: string; port?: number } = {}): Uint8Array[] {
  const between = { source: BARE.address, destination: options.to ?? "198.51.100.2" };
  const packet = { sourcePort: 5000, destinationPort: options.port ?? 7, data };
  const payload = formatUdp(packet, between);
  return formatIpv4({ ...between, protocol: PROTOCOL.UDP, id: 1, ttl: 64, payload });
}

const toB = (payload: Uint8Array) => ({
  destination: "02:00:00:00:00:02",
  source: BARE.mac,
  type: ETHERTYPE.IPV4,
  payload,
});

for (const length of [0, 1, 17, 18, 19, 1472, 1473, 5000, 65507]) {
  Deno.test(`a datagram of ${length} bytes arrives, after one question for its MAC address`, () => {
    const lab = new NetLab();
    const arrivals = listening(lab);
    lab.a.sendUdp(bytes(length), { to: { address: lab.b.address, port: 7 }, port: 5000 });
    lab.run(10_000_000);
    assert.deepEqual(arrivals, [{
      data: bytes(length),
      from: { address: "198.51.100.1", port: 5000 },
      to: { address: "198.51.100.2", port: 7 },
    }]);
    assert.equal(lab.heard.filter(({ type }) => type === ETHERTYPE.ARP).length, 2);
    assert.deepEqual(lab.b.dropped, {});
  });
}

Deno.test("fragments are put together in any order, and twice the same is once", () => {
  const lab = new NetLab();
  const arrivals = listening(lab);
  const fragments = udp(bytes(4000));
  assert.equal(fragments.length, 3);
  for (const i of [2, 0, 2, 0, 1]) lab.say(toB(fragments[i]!));
  lab.run();
  assert.deepEqual(arrivals.map(({ data }) => data), [bytes(4000)]);
});

Deno.test("a fragment that overlaps loses its datagram, and an old one is forgotten", () => {
  const lab = new NetLab();
  const arrivals = listening(lab);
  const [first, second, third] = udp(bytes(4000)) as [Uint8Array, Uint8Array, Uint8Array];
  const [, between] = formatIpv4({
    ...parseIpv4(second)!,
    payload: new Uint8Array(3000),
  }) as [Uint8Array, Uint8Array];
  for (const each of [first, between, second, third]) lab.say(toB(each));
  lab.run();
  lab.say(toB(first));
  lab.run(61e9);
  for (const each of [second, third]) lab.say(toB(each));
  lab.run();
  assert.deepEqual(arrivals, []);
});

Deno.test("echo is answered with what was sent, by ARP's way back", () => {
  const lab = new NetLab();
  const replies: EchoReply[] = [];
  lab.a.onEchoReply = (reply) => replies.push({ ...reply, data: reply.data.slice() });
  lab.a.ping(lab.b.address, { id: 7, sequence: 1, data: bytes(1000) });
  lab.run();
  assert.deepEqual(replies, [{ from: "198.51.100.2", id: 7, sequence: 1, data: bytes(1000) }]);
});

Deno.test("nobody answers for an address that is not there: three questions, then it is dropped", () => {
  const lab = new NetLab();
  for (let i = 0; i < 2; i++) {
    lab.a.sendUdp(bytes(1), { to: { address: "198.51.100.77", port: 7 }, port: 1 });
  }
  lab.run(10e9);
  const asked = lab.heard.map(({ payload }) => parseArp(payload)?.target);
  assert.deepEqual(asked, Array(3).fill("198.51.100.77"));
  assert.deepEqual(lab.a.dropped, { unresolved: 2 });
});

Deno.test("an answer that was lost is asked for again", () => {
  const lab = new NetLab();
  const arrivals = listening(lab);
  let lost = 0;
  lab.lan.intercept = (_, from) => from === "b" && lost++ === 0 ? "lost" : undefined;
  lab.a.sendUdp(bytes(1), { to: { address: lab.b.address, port: 7 }, port: 1 });
  lab.run(2e9);
  assert.equal(arrivals.length, 1);
});

Deno.test("who has moved to another MAC address is reached there", () => {
  const lab = new NetLab();
  listening(lab);
  lab.a.sendUdp(bytes(1), { to: { address: lab.b.address, port: 7 }, port: 1 });
  lab.run();
  const news = { senderMac: BARE.mac, sender: lab.b.address, targetMac: BROADCAST_MAC };
  const payload = formatArp({ operation: "reply", ...news, target: lab.b.address });
  lab.say({ destination: BROADCAST_MAC, source: BARE.mac, type: ETHERTYPE.ARP, payload });
  lab.run();
  lab.a.sendUdp(bytes(1), { to: { address: lab.b.address, port: 7 }, port: 1 });
  lab.run();
  assert.equal(lab.heard.at(-1)!.destination, BARE.mac);
});

Deno.test("who asks whether an address is free is answered, and not remembered without one", () => {
  const lab = new NetLab();
  const probe = { senderMac: BARE.mac, sender: "0.0.0.0", targetMac: "00:00:00:00:00:00" };
  const payload = formatArp({ operation: "request", ...probe, target: lab.b.address });
  lab.say({ destination: BROADCAST_MAC, source: BARE.mac, type: ETHERTYPE.ARP, payload });
  lab.run();
  assert.equal(parseArp(lab.heard[0]!.payload)?.senderMac, lab.b.mac);
  assert.doesNotMatch(JSON.stringify(lab.b.save()), /0\.0\.0\.0/);
});

Deno.test("for other networks the gateway is asked; without one it is dropped", () => {
  const lab = new NetLab();
  const routed = lab.host("c", 3, "198.51.100.2");
  for (const host of [routed, lab.a]) {
    host.sendUdp(bytes(1), { to: { address: "203.0.113.5", port: 7 }, port: 1 });
  }
  lab.run();
  const sent = lab.heard.filter(({ type }) => type === ETHERTYPE.IPV4);
  assert.deepEqual(sent.map(({ destination }) => destination), ["02:00:00:00:00:02"]);
  assert.deepEqual(lab.a.dropped, { unrouted: 1 });
});

Deno.test("a port where nobody listens is unreachable; a broadcast to it is not answered", () => {
  const lab = new NetLab();
  const arp = { senderMac: BARE.mac, sender: BARE.address, targetMac: BROADCAST_MAC };
  const payload = formatArp({ operation: "request", ...arp, target: lab.b.address });
  lab.say({ destination: BROADCAST_MAC, source: BARE.mac, type: ETHERTYPE.ARP, payload });
  lab.say(toB(udp(bytes(5), { port: 99 })[0]!));
  lab.say(toB(udp(bytes(5), { port: 99, to: "198.51.100.255" })[0]!));
  lab.run();
  const answers = lab.heard.filter(({ type }) => type === ETHERTYPE.IPV4);
  assert.equal(answers.length, 1);
  const { type, code } = parseIcmp(parseIpv4(answers[0]!.payload)!.payload)!;
  assert.deepEqual([type, code], [3, 3]);
});

Deno.test("what is damaged on the way is dropped by the checksum that sees it", () => {
  const lab = new NetLab();
  const arrivals = listening(lab);
  const [packet] = udp(bytes(40)) as [Uint8Array];
  const flip = (at: number) => packet.with(at, packet[at]! ^ 1);
  for (const at of [8, 12, 25, 30]) lab.say(toB(flip(at)));
  lab.say(toB(packet.subarray(0, 40)));
  lab.run();
  assert.deepEqual(lab.b.dropped, { ipv4: 3, udp: 2 });
  assert.deepEqual(arrivals, []);
});

Deno.test("a frame with a bad FCS is counted as such", () => {
  const lab = new NetLab({ corruption: 1 });
  lab.say(toB(udp(bytes(1))[0]!));
  lab.run();
  assert.deepEqual(lab.b.dropped, { fcs: 1 });
});

Deno.test("two listeners on a port are refused", () => {
  const lab = new NetLab();
  listening(lab);
  assert.throws(() => listening(lab), {
    message: 'Cannot listen on UDP port "7" of "b": it is taken; choose another',
  });
});

Deno.test("any frames are taken or dropped", () => {
  const random = new Random("host");
  const lab = new NetLab();
  const arrivals = listening(lab);
  const arp = { senderMac: BARE.mac, sender: BARE.address, targetMac: "00:00:00:00:00:00" };
  const ask = formatArp({ operation: "request", ...arp, target: lab.b.address });
  const seeds = [ask, ...udp(bytes(30)), ...udp(bytes(3000))];
  for (let i = 0; i < 20_000; i++) {
    const payload = seeds[random.below(seeds.length)]!.slice();
    for (let flips = random.below(4); flips > 0; flips--) {
      payload[random.below(40) % payload.length] = random.below(256);
    }
    const type = random.chance(0.3) ? ETHERTYPE.ARP : ETHERTYPE.IPV4;
    const length = random.chance(0.3) ? random.below(payload.length + 1) : payload.length;
    lab.say({ ...toB(payload.subarray(0, length)), type });
    if (i % 100 === 0) lab.run(20_000_000);
  }
  lab.run(1e9);
  const dropped = Object.values(lab.b.dropped).reduce((sum, count) => sum + count, 0);
  assert.ok(dropped > 1000 && arrivals.length > 100, `${dropped} ${arrivals.length}`);
});

Deno.test("restoring at any moment changes nothing", () => {
  const run = (restoreAt: number) => {
    let lab = new NetLab({ loss: 0.1 });
    let arrivals = listening(lab);
    for (let step = 0; step < 40; step++) {
      if (step === restoreAt) {
        const [saved, at, before] = [saveParts(lab.parts), lab.clock.now(), arrivals];
        lab = new NetLab({ loss: 0.1 });
        arrivals = listening(lab);
        arrivals.push(...before);
        lab.clock.restore(at);
        loadParts(lab.parts, structuredClone(saved));
      }
      lab.a.sendUdp(bytes(step * 99), { to: { address: lab.b.address, port: 7 }, port: step });
      lab.run(step * 5_000);
    }
    lab.run(10e9);
    return { arrivals, dropped: [lab.a.dropped, lab.b.dropped] };
  };
  const expected = run(-1);
  assert.ok(expected.arrivals.length > 5);
  for (let step = 0; step < 40; step += 3) assert.deepEqual(run(step), expected);
});
