import assert from "node:assert/strict";
import { once } from "node:events";
import { seconds, withLimit } from "../../time/mod.ts";
import { formatPcapng, packetsOf, Timeline, type TraceEvent } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { ip } from "../netns/mod.ts";
import { decodePacket, formatAddress, readCapture } from "../pcap/mod.ts";
import { OFFICE } from "./office.ts";
import { Lab, labAvailable, type LabHost, type LabOptions } from "./mod.ts";

const ignore = !(await labAvailable()).ok;
const PBX = { hostname: "198.51.100.1", port: 5060 };
const PBX6 = { hostname: "2001:db8::1", port: 5060 };

function labTest(name: string, fn: (lab: Lab) => Promise<void>, options: LabOptions = OFFICE) {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using lab = await Lab.make(options);
      await fn(lab);
    },
  });
}

/** The address that `to` sees when `from` connects to it. */
async function seenFrom(from: LabHost, to: LabHost, at = PBX): Promise<string> {
  using server = to.listen(at);
  const [client, peer] = await soon(Promise.all([from.connect(at), server.accept()]));
  client.close();
  peer.close();
  return peer.remoteAddr.hostname;
}

function soon<T>(work: Promise<T>): Promise<T> {
  return withLimit(work, seconds(10), () => {
    throw new Error("it takes longer than 10 s");
  });
}

async function outputOf(command: Deno.Command): Promise<string> {
  const { stdout, stderr } = await command.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** "net:[4026532000]"; "" of a process that is gone. Deno may not look into `/proc` itself. */
async function namespaceOf(pid: number): Promise<string> {
  const command = new Deno.Command("readlink", { args: [`/proc/${pid}/ns/net`], stderr: "null" });
  return (new TextDecoder().decode((await command.output()).stdout)).trim();
}

labTest("connections of this process belong to the host that opens them", async (lab) => {
  const [pbx, peer] = [lab.host("pbx"), lab.host("peer")];
  assert.equal(await seenFrom(peer, pbx), "198.51.100.9");
  assert.equal(await seenFrom(peer, pbx, PBX6), "2001:db8::9");
  assert.equal(await seenFrom(pbx, pbx), "198.51.100.1");
});

labTest("who is behind a router with NAT has its address", async (lab) => {
  assert.equal(await seenFrom(lab.host("phone"), lab.host("pbx")), "198.51.100.2");
});

labTest("datagrams have the address of their host, of both families", async (lab) => {
  for (const [at, from] of [[PBX, "198.51.100.9"], [PBX6, "2001:db8::9"]] as const) {
    const server = lab.host("pbx").bindDatagram(at);
    const client = lab.host("peer").bindDatagram({ hostname: from, port: 0 });
    const heard = once(server, "message");
    client.send("hello", at.port, at.hostname);
    const [text, sender] = await heard;
    assert.deepEqual([`${text}`, sender.address], ["hello", from]);
    for (const socket of [server, client]) await new Promise<void>((done) => socket.close(done));
  }
});

labTest("a name is no address: it would be looked up elsewhere", (lab) => {
  const peer = lab.host("peer");
  const at = { hostname: "pbx.example", port: 5060 };
  const message = /"pbx\.example": that is no IP address, and a name would .+; give the address$/;
  assert.throws(() => peer.connect(at), { name: "TypeError", message });
  assert.throws(() => peer.listen(at), { name: "TypeError", message });
  assert.throws(() => peer.bindDatagram(at), { name: "TypeError", message });
  return Promise.resolve();
});

labTest("links go down and up, and addresses are there at once", async (lab) => {
  const [pbx, peer] = [lab.host("pbx"), lab.host("peer")];
  await pbx.addAddresses("eth0", ["198.51.100.77/24", "2001:db8::77/64"]);
  assert.equal(await seenFrom(peer, pbx, { ...PBX, hostname: "198.51.100.77" }), "198.51.100.9");
  assert.equal(await seenFrom(peer, pbx, { ...PBX6, hostname: "2001:db8::77" }), "2001:db8::9");
  await peer.setLink("eth0", "down");
  await assert.rejects(async () => void await peer.connect(PBX), /unreachable/i);
  await peer.setLink("eth0", "up");
  assert.equal(await seenFrom(peer, pbx), "198.51.100.9");
});

const ROUTED: LabOptions = {
  networks: { lan: {} },
  hosts: {
    pbx: {
      links: { eth0: { network: "lan", addresses: ["198.51.100.1/24", "2001:db8::1/64"] } },
      routes: { "100.64.0.0/10": "198.51.100.9", "2001:db8:bad::/64": "eth0" },
    },
    many: {
      links: { eth0: { network: "lan", addresses: ["198.51.100.9/24", "2001:db8:bad::9/64"] } },
      routes: { "100.64.0.0/10": "local", "2001:db8::/64": "eth0" },
    },
  },
};

labTest("routes lead by address and by link, and a host can have a whole network", async (lab) => {
  const [pbx, many] = [lab.host("pbx"), lab.host("many")];
  assert.equal(await seenFrom(many, pbx, PBX6), "2001:db8:bad::9");
  assert.equal(await seenFrom(pbx, many, { hostname: "100.64.9.8", port: 5060 }), "198.51.100.1");
}, ROUTED);

labTest("programs run in their host, with the marks of the run", async (lab) => {
  const links = await outputOf(lab.host("router").command("ip", ["-br", "link"]));
  assert.deepEqual(links.match(/^\w+/gm), ["lo", "wan", "lan"]);
  const word = lab.host("pbx").command("sh", ["-c", "echo $MARK $OWN"], { env: { OWN: "y" } });
  assert.equal(await outputOf(word), "x y\n");
}, { ...OFFICE, processEnv: { MARK: "x" } });

labTest("packets of a link are in the trace, until the lab is closed", async (lab) => {
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  const clock = timeline.clock = new HostClock(timeline);
  const pbx = lab.host("pbx");
  const { signal } = pbx.capture("eth0", { timeline, clock, filter: "tcp port 5060" });
  const all = pbx.capture("any", { timeline, clock, channel: "all", filter: "icmp6 or arp" });
  await seenFrom(lab.host("peer"), pbx);
  await seenFrom(lab.host("peer"), pbx, PBX6);
  await lab.close();
  timeline.signal("pbx eth0", { clock }); // The name is free: it has ended.
  assert.match(signal.occurrences[0]!.what, /^pbx eth0: tcp 198\.51\.100\.9:\d+ → 198.+:5060, 0 b/);
  assert.match(all.signal.occurrences.map(({ what }) => what).join("\n"), /^all: /m);
  const packets = [...readCapture(formatPcapng(packetsOf(events)))].map((packet) =>
    decodePacket(packet)
  );
  const sources = packets.filter((packet) => packet?.transport).map((packet) =>
    formatAddress(packet!.ip.source)
  );
  assert.ok(sources.includes("2001:db8::9") && sources.includes("198.51.100.1"), `${sources}`);
});

labTest("frames are as on a wire: none is longer than the network takes", async (lab) => {
  const timeline = new Timeline({ write: () => {} });
  const clock = timeline.clock = new HostClock(timeline);
  const record = lab.host("pbx").capture("eth0", { timeline, clock, filter: "tcp" });
  using server = lab.host("pbx").listen(PBX);
  const accepted = server.accept();
  const client = await lab.host("peer").connect(PBX);
  using peer = await accepted;
  const sent = client.writable.getWriter();
  sent.write(new Uint8Array(200_000)).then(() => sent.close());
  let received = 0;
  for await (const bytes of peer.readable) received += bytes.length;
  await record.stop();
  assert.equal(received, 200_000);
  const lengths = record.signal.occurrences.map(({ data: { frame, length } }) => {
    return length ?? Uint8Array.fromBase64(frame).length;
  });
  assert.equal(Math.max(...lengths), 1300 + 14);
}, { ...OFFICE, networks: { lan: { mtu: 1300 }, home: {} } });

labTest("labs with the same addresses do not meet, nor the machine", async (lab) => {
  const before = await ip("-o", "link");
  await using other = await Lab.make(OFFICE);
  assert.equal(await ip("-o", "link"), before);
  using server = lab.host("pbx").listen(PBX);
  assert.equal(await seenFrom(other.host("peer"), other.host("pbx")), "198.51.100.9");
  const [client, peer] = await Promise.all([lab.host("phone").connect(PBX), server.accept()]);
  client.close();
  peer.close();
});

labTest(
  "the namespace of a process becomes a host, and again when it was restarted",
  async (lab) => {
    const [pbx, peer] = [lab.host("pbx"), lab.host("peer")];
    for (let times = 1; times <= 2; times++) {
      const script = "echo ready; exec sleep 1000";
      await using container = new Deno.Command("unshare", {
        args: ["--net", "sh", "-c", script],
        stdout: "piped",
      }).spawn();
      // Now it is in its own.
      const reader = container.stdout.getReader();
      await reader.read();
      await reader.cancel();
      await lab.adopt("pbx", container.pid);
      assert.equal(await namespaceOf(container.pid), `net:[${Deno.statSync(pbx.path).ino}]`);
      assert.equal(await seenFrom(peer, pbx), "198.51.100.9");
      assert.equal(await seenFrom(peer, pbx, PBX6), "2001:db8::9");
    }
  },
);

labTest(
  "a process in the machine's own network is not adopted, nor one that is gone",
  async (lab) => {
    await assert.rejects(lab.adopt("pbx", Deno.pid), {
      name: "TypeError",
      message:
        `Cannot adopt the process "${Deno.pid}" as pbx: it is in the machine's own network; ` +
        "start it in another one, a container with --network none",
    });
    await assert.rejects(lab.adopt("pbx", 2 ** 22 + 1), { name: "IpError" });
    assert.equal(await seenFrom(lab.host("peer"), lab.host("pbx")), "198.51.100.9");
  },
);

Deno.test({
  name: "at the end nothing is left, not even a program that had gone to the background",
  ignore,
  async fn() {
    const lab = await Lab.make(OFFICE);
    const { path, namespace } = lab.host("phone");
    const program = lab.host("phone").command("sleep", ["1000"], { detached: true }).spawn();
    await lab.close();
    assert.equal((await soon(program.status)).signal, "SIGKILL");
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
    const prefix = namespace.replace(/phone$/, "");
    assert.ok(!(await ip("netns", "list")).includes(prefix));
    assert.throws(() => lab.host("phone").listen(PBX), /its lab was closed; keep it open$/);
    await lab.close();
  },
});

Deno.test({
  name: "what a killed run has left is removed by the next one, with its programs",
  ignore,
  async fn() {
    const run = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", new URL("./_orphan.ts", import.meta.url).pathname],
      stdout: "piped",
    }).spawn();
    const reader = run.stdout.getReader();
    const left = JSON.parse(new TextDecoder().decode((await reader.read()).value));
    await reader.cancel();
    run.kill("SIGKILL");
    await run.status;
    assert.ok((await ip("netns", "list")).includes(left.namespace));
    assert.ok(await namespaceOf(left.pid));
    await using _lab = await Lab.make(OFFICE);
    assert.ok(!(await ip("netns", "list")).includes(left.namespace));
    assert.equal(await namespaceOf(left.pid), "");
  },
});

Deno.test({
  name: "without permission there is no lab, and it is said why and what to do",
  ignore,
  async fn() {
    const module = new URL("./mod.ts", import.meta.url);
    const script = `import { labAvailable } from "${module}";
      console.log(JSON.stringify(await labAvailable()));`;
    const deno = [Deno.execPath(), "eval", script];
    const command = new Deno.Command("setpriv", {
      args: ["--bounding-set", "-all", "--inh-caps", "-all", ...deno],
    });
    const { ok, reason, remedy } = JSON.parse(await outputOf(command));
    assert.equal(ok, false);
    assert.match(reason, /^it makes no network namespaces: .*Operation not permitted/);
    assert.match(remedy, /^be root, with CAP_NET_ADMIN and CAP_SYS_ADMIN/);
  },
});

const WRONG: readonly (readonly [Partial<LabOptions>, string])[] = [
  [
    { networks: { home: {} } },
    'Cannot make the link "eth0": the lab has no network "lan"; it has home',
  ],
  [
    { hosts: { pbx: { links: {}, masquerade: "wan" } } },
    'Cannot make the host "pbx": it has no link "wan" to masquerade; name one of its',
  ],
  [
    { hosts: { "a b": { links: {} } } },
    'Cannot make the host "a b": that is no name for it; ' +
    'take 1 to 15 letters, digits, ".", "_", "-"',
  ],
];

Deno.test({
  name: "what no lab can have is told, and nothing is made",
  ignore,
  async fn() {
    for (const [options, message] of WRONG) {
      await assert.rejects(Lab.make({ ...OFFICE, ...options }), { name: "TypeError", message });
    }
    const links = { eth0: { network: "lan", addresses: ["nonsense"] } };
    await assert.rejects(Lab.make({ ...OFFICE, hosts: { odd: { links } } }), {
      name: "IpError",
      message: /^Cannot run "ip -netns hil-.+-odd -batch -": .+ expected rather than "nonsense"/,
    });
    assert.ok(!(await ip("netns", "list")).includes("-odd"));
  },
});

const FAR = { hostname: "2001:db8:2::1", port: 5060 };

labTest("a router passes IPv6, also after a link was down", async (lab) => {
  const [near, far] = [lab.host("near"), lab.host("far")];
  assert.equal(await seenFrom(near, far, FAR), "2001:db8:1::1");
  await near.setLink("eth0", "down");
  await near.setLink("eth0", "up");
  assert.equal(await seenFrom(near, far, FAR), "2001:db8:1::1");
}, {
  networks: { one: {}, two: {} },
  hosts: {
    near: {
      links: { eth0: { network: "one", addresses: ["2001:db8:1::1/64"] } },
      gateway: "2001:db8:1::fe",
    },
    far: {
      links: { eth0: { network: "two", addresses: ["2001:db8:2::1/64"] } },
      gateway: "2001:db8:2::fe",
    },
    router: {
      links: {
        eth0: { network: "one", addresses: ["2001:db8:1::fe/64"] },
        eth1: { network: "two", addresses: ["2001:db8:2::fe/64"] },
      },
      forward: true,
    },
  },
});
