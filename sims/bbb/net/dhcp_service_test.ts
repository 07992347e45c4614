import assert from "node:assert/strict";
import { loadParts, Random, saveParts } from "sims/engine/mod.ts";
import {
  DHCP,
  type DhcpMessage,
  formatDhcp,
  MESSAGE,
  NO_ADDRESSES,
  OPTION,
  parseDhcp,
} from "./dhcp.ts";
import { type DhcpEvent, DhcpService, type DhcpServiceOptions } from "./dhcp_service.ts";
import { BROADCAST_MAC, ETHERTYPE, formatFrame, parseFrame } from "./ethernet.ts";
import { Host } from "./host.ts";
import { ANY, BROADCAST, formatIpv4, parseIpv4, PROTOCOL } from "./ipv4.ts";
import { Lan } from "./lan.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import { formatUdp, parseUdp } from "./udp.ts";

const MAC = "90:fa:f1:30:1c:bb";
const text = (bytes?: Uint8Array) => bytes && new TextDecoder().decode(bytes);
const address = (bytes?: Uint8Array) => bytes?.join(".");

class Lab {
  readonly clock = new VirtualClock("test");
  readonly lan = new Lan({ name: "lan", clock: this.clock });
  readonly events: DhcpEvent[] = [];
  readonly host: Host;
  readonly service: DhcpService;
  readonly #port = this.lan.port("client");
  #answers: { message: DhcpMessage; to: string; mac: string }[] = [];

  constructor(options: Partial<DhcpServiceOptions> = {}) {
    const { clock } = this;
    const mac = "02:00:00:00:00:01";
    this.host = new Host({
      name: "s",
      clock,
      port: this.lan.port("s"),
      mac,
      address: "198.51.100.1",
    });
    this.service = new DhcpService({
      clock,
      host: this.host,
      pool: ["198.51.100.10", "198.51.100.11"],
      bootFile: "os.bin",
      onEvent: (event) => this.events.push(event),
      ...options,
    });
    this.#port.onFrame = (frame) => {
      const { destination, payload } = parseFrame(frame)!;
      const datagram = parseIpv4(payload);
      const message = datagram && parseDhcp(parseUdp(datagram.payload, datagram)!.data);
      if (message) this.#answers.push({ message, to: datagram.destination, mac: destination });
    };
  }

  say(data: Uint8Array): void {
    const between = { source: ANY, destination: BROADCAST };
    const ports = { sourcePort: DHCP.CLIENT_PORT, destinationPort: DHCP.SERVER_PORT };
    const payload = formatUdp({ ...ports, data }, between);
    const packets = formatIpv4({ ...between, protocol: PROTOCOL.UDP, id: 1, ttl: 64, payload });
    for (const packet of packets) {
      const frame = {
        destination: BROADCAST_MAC,
        source: MAC,
        type: ETHERTYPE.IPV4,
        payload: packet,
      };
      this.#port.send(formatFrame(frame));
    }
    this.run(1_000_000);
  }

  run(ns: number): void {
    this.clock.runTo(this.clock.now() + ns);
  }

  ask(
    type: number | undefined,
    options: readonly (readonly [number, Uint8Array])[] = [],
    fields: Partial<DhcpMessage> = {},
  ) {
    this.#answers = [];
    this.say(formatDhcp({
      ...NO_ADDRESSES,
      op: "request",
      xid: 0x1234,
      secs: 0,
      broadcast: false,
      chaddr: MAC,
      sname: "",
      file: "",
      options: new Map([
        ...(type === undefined ? [] : [[OPTION.MESSAGE_TYPE, Uint8Array.of(type)]] as const),
        ...options,
      ]),
      ...fields,
    }));
    return this.#answers[0];
  }
}

const wanting = (last: number): [number, Uint8Array] => [
  OPTION.REQUESTED_ADDRESS,
  Uint8Array.of(198, 51, 100, last),
];
const typeOf = (answer: { message: DhcpMessage } | undefined) =>
  answer?.message.options.get(OPTION.MESSAGE_TYPE)?.[0];

Deno.test("a client is offered an address with all that network boot needs, and gets it", () => {
  const lab = new Lab({ router: "198.51.100.254" });
  const { message, to, mac } = lab.ask(MESSAGE.DISCOVER)!;
  assert.deepEqual([message.op, message.xid, message.chaddr], ["reply", 0x1234, MAC]);
  assert.deepEqual([message.yiaddr, message.siaddr, message.file], [
    "198.51.100.10",
    "198.51.100.1",
    "os.bin",
  ]);
  assert.deepEqual([to, mac], ["198.51.100.10", MAC]);
  const { options } = message;
  assert.equal(options.get(OPTION.MESSAGE_TYPE)?.[0], MESSAGE.OFFER);
  assert.equal(address(options.get(OPTION.SERVER_ID)), "198.51.100.1");
  assert.equal(address(options.get(OPTION.SUBNET_MASK)), "255.255.255.0");
  assert.equal(address(options.get(OPTION.ROUTER)), "198.51.100.254");
  assert.equal(text(options.get(OPTION.TFTP_SERVER)), "198.51.100.1");
  assert.equal(text(options.get(OPTION.BOOT_FILE)), "os.bin");
  assert.deepEqual(options.get(OPTION.LEASE_TIME), Uint8Array.of(0, 0, 14, 16));
  const bound = lab.ask(MESSAGE.REQUEST, [wanting(10)]);
  assert.equal(typeOf(bound), MESSAGE.ACK);
  assert.deepEqual(lab.events.map(({ type }) => type), ["offered", "bound"]);
  assert.deepEqual([...lab.service.leases], [["198.51.100.10", MAC]]);
});

Deno.test("who asks for the broadcast gets it", () => {
  const { to, mac } = new Lab().ask(MESSAGE.DISCOVER, [], { broadcast: true })!;
  assert.deepEqual([to, mac], [BROADCAST, BROADCAST_MAC]);
});

Deno.test("a client keeps its address, the next one gets another, and then there are none", () => {
  const lab = new Lab();
  const other = (n: number) => ({ chaddr: `02:00:00:00:01:0${n}` });
  assert.equal(lab.ask(MESSAGE.DISCOVER)!.message.yiaddr, "198.51.100.10");
  assert.equal(lab.ask(MESSAGE.DISCOVER)!.message.yiaddr, "198.51.100.10");
  assert.equal(lab.ask(MESSAGE.DISCOVER, [], other(1))!.message.yiaddr, "198.51.100.11");
  assert.equal(lab.ask(MESSAGE.DISCOVER, [], other(2)), undefined);
  assert.equal(lab.events.at(-1)!.type, "exhausted");
  lab.run(61e9);
  assert.equal(lab.ask(MESSAGE.DISCOVER, [], other(2))!.message.yiaddr, "198.51.100.10");
});

Deno.test("an address that is not to be had is refused by NAK, to all", () => {
  const lab = new Lab();
  for (const last of [1, 9, 12]) {
    const answer = lab.ask(MESSAGE.REQUEST, [wanting(last)]);
    assert.deepEqual([typeOf(answer), answer?.to], [MESSAGE.NAK, BROADCAST]);
    assert.equal(answer?.message.yiaddr, ANY);
  }
});

Deno.test("a request that takes another server's offer frees ours", () => {
  const lab = new Lab();
  lab.ask(MESSAGE.DISCOVER);
  const server = [OPTION.SERVER_ID, Uint8Array.of(198, 51, 100, 77)] as const;
  assert.equal(lab.ask(MESSAGE.REQUEST, [server, wanting(10)]), undefined);
  assert.equal(lab.service.leases.size, 0);
});

Deno.test("a lease is renewed by who has it, released, and ends by itself", () => {
  const lab = new Lab({ leaseNs: 100e9 });
  lab.ask(MESSAGE.REQUEST, [wanting(11)]);
  lab.run(60e9);
  const renewed = lab.ask(MESSAGE.REQUEST, [], { ciaddr: "198.51.100.11" });
  assert.deepEqual([typeOf(renewed), renewed!.to], [MESSAGE.ACK, "198.51.100.11"]);
  lab.run(60e9);
  assert.equal(lab.service.leases.size, 1);
  lab.run(50e9);
  assert.equal(lab.service.leases.size, 0);
  lab.ask(MESSAGE.REQUEST, [wanting(11)]);
  lab.ask(MESSAGE.RELEASE, [], { ciaddr: "198.51.100.11" });
  assert.equal(lab.service.leases.size, 0);
});

Deno.test("an address that a client found in use is left alone for a while", () => {
  const lab = new Lab();
  lab.ask(MESSAGE.DISCOVER);
  lab.ask(MESSAGE.DECLINE, [wanting(10)]);
  assert.equal(lab.ask(MESSAGE.DISCOVER)!.message.yiaddr, "198.51.100.11");
});

Deno.test("a fixed address is its client's alone", () => {
  const lab = new Lab({ fixed: { [MAC]: "198.51.100.50" } });
  assert.equal(lab.ask(MESSAGE.DISCOVER)!.message.yiaddr, "198.51.100.50");
  assert.equal(typeOf(lab.ask(MESSAGE.REQUEST, [wanting(10)])), MESSAGE.NAK);
  assert.equal(typeOf(lab.ask(MESSAGE.REQUEST, [wanting(50)])), MESSAGE.ACK);
});

Deno.test("nobody else gets a fixed address, though the pool has it", () => {
  const lab = new Lab({ fixed: { "02:00:00:00:00:77": "198.51.100.10" } });
  assert.equal(lab.ask(MESSAGE.DISCOVER, [wanting(10)])!.message.yiaddr, "198.51.100.11");
});

Deno.test("BOOTP is answered without options of DHCP", () => {
  const { message } = new Lab().ask(undefined)!;
  assert.equal(message.yiaddr, "198.51.100.10");
  assert.equal(message.file, "os.bin");
  assert.equal(message.options.has(OPTION.MESSAGE_TYPE), false);
  assert.equal(message.options.has(OPTION.LEASE_TIME), false);
});

Deno.test("who has an address and asks for the rest gets that alone", () => {
  const { message, to } = new Lab().ask(MESSAGE.INFORM, [], { ciaddr: "198.51.100.200" })!;
  assert.deepEqual([message.yiaddr, to], [ANY, "198.51.100.200"]);
  assert.equal(message.options.has(OPTION.LEASE_TIME), false);
});

Deno.test("options in other fields and in parts are read", () => {
  const bytes = formatDhcp({
    ...NO_ADDRESSES,
    op: "request",
    xid: 1,
    secs: 2,
    broadcast: true,
    chaddr: MAC,
    sname: "",
    file: "",
    options: new Map([[OPTION.OVERLOAD, Uint8Array.of(3)], [OPTION.HOST_NAME, Uint8Array.of(97)]]),
  });
  bytes.set([OPTION.HOST_NAME, 1, 98, OPTION.END], 108);
  bytes.set([OPTION.PAD, OPTION.VENDOR_CLASS, 2, 99, 100, OPTION.END], 44);
  const { options } = parseDhcp(bytes)!;
  assert.equal(text(options.get(OPTION.HOST_NAME)), "ab");
  assert.equal(text(options.get(OPTION.VENDOR_CLASS)), "cd");
});

Deno.test("broken messages are dropped and counted, whatever they are", () => {
  const random = new Random("dhcp");
  const lab = new Lab();
  const seed = formatDhcp({
    ...NO_ADDRESSES,
    op: "request",
    xid: 1,
    secs: 0,
    broadcast: false,
    chaddr: MAC,
    sname: "s",
    file: "f",
    options: new Map([[OPTION.MESSAGE_TYPE, Uint8Array.of(1)], wanting(10)]),
  });
  for (let i = 0; i < 3000; i++) {
    const bytes = seed.slice();
    for (let flips = random.below(5); flips > 0; flips--) {
      const at = random.chance(0.5) ? 236 + random.below(20) : random.below(bytes.length);
      bytes[at] = random.below(256);
    }
    lab.say(bytes.subarray(0, 200 + random.below(101)));
  }
  assert.ok(lab.service.dropped > 100);
  assert.ok(lab.events.length > 100);
});

Deno.test("leases are part of a snapshot", () => {
  const lab = new Lab();
  lab.ask(MESSAGE.REQUEST, [wanting(11)]);
  const other = new Lab();
  loadParts([other.service], structuredClone(saveParts([lab.service])));
  assert.deepEqual(other.service.leases, lab.service.leases);
});
