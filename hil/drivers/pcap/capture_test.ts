import assert from "node:assert/strict";
import { ms, seconds, withLimit } from "../../time/mod.ts";
import { formatPcapng, packetsOf, Timeline, type TraceEvent } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { namespacesAvailable, NetworkNamespace } from "../netns/mod.ts";
import { openLibpcap } from "./_libpcap.ts";
import {
  Capture,
  type CapturedPacket,
  CaptureError,
  type CaptureOptions,
  decodePacket,
  formatAddress,
  LINK,
  readCapture,
  recordPackets,
} from "./mod.ts";

const ignore = !await namespacesAvailable() || !hasLibpcap();
const LIMIT = seconds(20);

function hasLibpcap(): boolean {
  try {
    openLibpcap().close();
    return true;
  } catch {
    return false;
  }
}

function lab(): Promise<NetworkNamespace> {
  return NetworkNamespace.make({ address: "198.51.100.9/24" });
}

/** A program in the namespace sends each text as a datagram to `host`. */
async function say(space: NetworkNamespace, texts: readonly string[], host = "198.51.100.9") {
  // Nobody listens there: a socket that is told so would refuse to send more.
  const script = `for text; do printf %s "$text" >/dev/udp/${host}/5060; done`;
  const program = space.command("bash", ["-c", script, "say", ...texts]);
  assert.ok((await program.output()).success);
}

function textOf(packet: CapturedPacket): string | undefined {
  const transport = decodePacket(packet)?.transport;
  return transport && new TextDecoder().decode(transport.payload);
}

/** The first `count` packets. */
async function packetsFrom(capture: Capture, count: number): Promise<CapturedPacket[]> {
  const packets: CapturedPacket[] = [];
  const read = async () => {
    for await (const packet of capture) if (packets.push(packet) === count) return packets;
    return packets;
  };
  return await withLimit(read(), LIMIT, () => {
    throw new Error(`only ${packets.length} of ${count} packets came`);
  });
}

function open(space: NetworkNamespace, options: Partial<CaptureOptions> = {}): Capture {
  const filter = "udp dst port 5060";
  return Capture.open({ interface: "lo", namespace: space.name, filter, ...options });
}

Deno.test({
  name: "what programs in a namespace say is captured, with times, as the filter has it",
  ignore,
  async fn() {
    await using space = await lab();
    for (const gather of [ms(0), ms(10)]) {
      await using capture = open(space, { gather });
      assert.equal(capture.linkType, LINK.EN10MB);
      const before = capture.now();
      await say(space, ["one", "two"]);
      const packets = await packetsFrom(capture, 2);
      assert.deepEqual(packets.map(textOf), ["one", "two"]);
      const ageNs = (packets[0]!.seconds - before.seconds) * 1e9 + packets[0]!.nanoseconds -
        before.nanoseconds;
      assert.ok(ageNs > -1e6 && ageNs < LIMIT.ns, `${ageNs}`);
      const { received, dropped } = capture.statistics();
      assert.ok(received >= 2);
      assert.equal(dropped, 0);
    }
  },
});

Deno.test({
  name: "all interfaces at once are a cooked capture, of either version; IPv6 is there too",
  ignore,
  async fn() {
    await using space = await lab();
    for (const linkType of [undefined, LINK.LINUX_SLL2]) {
      await using capture = open(space, { interface: "any", linkType });
      assert.equal(capture.linkType, linkType ?? LINK.LINUX_SLL);
      await say(space, ["six"], "::1");
      const [packet] = await packetsFrom(capture, 1);
      assert.equal(textOf(packet!), "six");
      assert.equal(formatAddress(decodePacket(packet!)!.ip.source), "::1");
    }
  },
});

Deno.test({
  name: "an interface without a link layer gives packets from their IP header on",
  ignore,
  async fn() {
    await using space = await lab();
    const ip = (...args: string[]) => space.command("ip", args).output();
    // Not every kernel has tun.
    if (!(await ip("tuntap", "add", "dev", "tun0", "mode", "tun")).success) return;
    await ip("link", "set", "tun0", "up");
    await using capture = open(space, { interface: "tun0" });
    assert.equal(capture.linkType, LINK.RAW);
  },
});

Deno.test({
  name: "a packet longer than what is kept says how long it was",
  ignore,
  async fn() {
    await using space = await lab();
    await using capture = open(space, { snapLength: 44 });
    await say(space, ["hello"]);
    const [packet] = await packetsFrom(capture, 1);
    assert.deepEqual([packet!.bytes.length, packet!.length], [44, 47]);
    assert.equal(textOf(packet!), "he");
  },
});

Deno.test({
  name: "closing ends who waits, at once and for ever",
  ignore,
  async fn() {
    await using space = await lab();
    const capture = open(space);
    const all = Array.fromAsync(capture);
    await capture.close();
    assert.deepEqual(await all, []);
    assert.equal(await capture.ready(), false);
    assert.equal(capture.drain(() => {}), 0);
    assert.equal(capture.statistics().received, 0);
    await capture.close();
  },
});

Deno.test({
  name:
    "an interface that goes down and comes up again is heard again; one that is removed is said",
  ignore,
  async fn() {
    await using space = await lab();
    await using capture = open(space);
    for (const state of ["down", "up"]) {
      assert.ok((await space.command("ip", ["link", "set", "lo", state]).output()).success);
    }
    await say(space, ["again"]);
    assert.equal(textOf((await packetsFrom(capture, 1))[0]!), "again");
    await using other = open(space, { interface: "eth0" });
    const read = packetsFrom(other, 1);
    const removed = assert.rejects(read, /^CaptureError: Cannot go on capturing on "eth0": /);
    await space.command("ip", ["link", "delete", "eth0"]).output();
    await removed;
  },
});

Deno.test({
  name: "recorded packets are on the timeline in order, in words, and in the pcapng of the trace",
  ignore,
  async fn() {
    await using space = await lab();
    const events: TraceEvent[] = [];
    const timeline = new Timeline({ write: (event) => void events.push(event) });
    const clock = timeline.clock = new HostClock(timeline);
    const capture = open(space, { interface: "any", gather: ms(100) });
    const record = recordPackets(capture, { timeline, clock, channel: "lab" });
    const before = clock.now();
    await say(space, ["one", "two"]);
    const { dropped } = await record.stop();
    assert.equal(dropped, 0);
    const [one, two] = record.signal.occurrences;
    assert.match(one!.what, /^lab: udp 198\.51\.100\.9:\d+ → 198\.51\.100\.9:5060, 3 bytes$/);
    assert.ok(one!.t >= before - 1e6 && one!.t <= two!.t && two!.t <= clock.now());
    const file = formatPcapng(packetsOf(events));
    assert.deepEqual([...readCapture(file)].map(textOf), ["one", "two"]);
  },
});

/** What stands in the way, and its message. */
function trouble(options: CaptureOptions): [string, string] {
  try {
    Capture.open(options);
  } catch (error) {
    assert.ok(error instanceof CaptureError);
    return [error.trouble, error.message];
  }
  throw new Error("it was opened");
}

Deno.test({
  name: "what cannot be captured is said, with what to do",
  ignore,
  async fn() {
    await using space = await lab();
    const namespace = space.name;
    assert.deepEqual(trouble({ interface: "eth7", namespace }), [
      "no interface",
      'Cannot capture on "eth7": there is no such interface; there are eth0, harness0, lo and any',
    ]);
    const [kind, message] = trouble({ interface: "lo", namespace, filter: "udp sport 5060" });
    assert.equal(kind, "bad filter");
    // How libpcap begins differs from version to version.
    const said = /^Cannot use the filter "udp sport 5060": .*syntax error; write it as pcap-filter/;
    assert.match(message, said);
    assert.deepEqual(trouble({ interface: "lo", namespace: "none-such" }), [
      "no namespace",
      'Cannot capture in the namespace "none-such": /run/netns/none-such cannot be entered; ' +
      "make it first, and be root",
    ]);
  },
});

Deno.test("a machine without libpcap is told which package has it", () => {
  assert.throws(() => openLibpcap("libpcap.so.none"), {
    name: "CaptureError",
    trouble: "no library",
    message: 'Cannot use the library "libpcap.so.none": it cannot be loaded; ' +
      "install it: apt-get install libpcap0.8",
  });
});

Deno.test({
  name: "without CAP_NET_RAW the message names it",
  ignore,
  async fn() {
    const module = import.meta.resolve("./mod.ts");
    const script = `import { Capture } from "${module}"; Capture.open({ interface: "lo" });`;
    const args = ["--bounding-set=-net_raw", "--inh-caps=-net_raw", Deno.execPath(), "run"];
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(file, script);
      const command = new Deno.Command("setpriv", { args: [...args, "--no-check", "-A", file] });
      const { stderr } = await command.output();
      const said = /Cannot capture on "lo": it is not permitted; be root, or have CAP_NET_RAW/;
      assert.match(new TextDecoder().decode(stderr), said);
    } finally {
      await Deno.remove(file);
    }
  },
});
