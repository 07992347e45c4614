import assert from "node:assert/strict";
import { namespacesAvailable, NetworkNamespace, PacketSocket } from "hil/drivers/netns/mod.ts";
import { MemoryRoot } from "hil/drivers/tftp/mod.ts";
import { hostNow, ms, seconds } from "hil/time/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { JoinedNetwork, type RealNetwork } from "./joined.ts";
import { NetLab } from "./_net_lab.ts";
import { TftpService } from "./tftp_service.ts";

/** A host clock that only moves when it is waited on or told to, and a network that has a plan. */
class FakeHost implements RealNetwork {
  now = 5_000_000;
  readonly sent: Uint8Array[] = [];
  /** When frames come. */
  readonly plan: { at: number; frame: Uint8Array }[] = [];
  accepts = true;

  receive(): Uint8Array | undefined {
    return this.plan[0] && this.plan[0].at <= this.now ? this.plan.shift()!.frame : undefined;
  }

  send(frame: Uint8Array): boolean {
    if (this.accepts) this.sent.push(frame);
    return this.accepts;
  }

  wait(limitNs: number): void {
    assert.ok(limitNs > 0);
    this.now = Math.min(this.now + limitNs, Math.max(this.plan[0]?.at ?? Infinity, this.now + 1));
  }
}

function joined() {
  const lab = new NetLab();
  const { clock, lan } = lab;
  const host = new FakeHost();
  const network = new JoinedNetwork({
    clock,
    port: lan.port("outside"),
    network: host,
    hostNow: () => host.now,
  });
  return { lab, clock, host, network };
}

const frame = (first: number) => new Uint8Array(60).fill(first);

Deno.test("the virtual clock waits for the host's", () => {
  const { clock, host, network } = joined();
  for (let t = 1; t <= 50; t++) {
    clock.runTo(t * 1_000_000);
    assert.ok(network.aheadNs <= 1_000_000);
  }
  assert.equal(host.now, 55_000_000);
});

Deno.test("where it is behind, it runs as fast as it can and does not catch up", () => {
  const { clock, host, network } = joined();
  host.now += 10e9;
  clock.runTo(1_000_000);
  assert.equal(network.aheadNs, 0);
  clock.runTo(100_000_000);
  assert.equal(host.now, 10e9 + 5_000_000 + 99_000_000);
});

Deno.test("frames go in and out, and what finds no room is lost and counted", () => {
  const { lab, clock, host, network } = joined();
  host.plan.push({ at: 7_400_000, frame: frame(7) }, { at: 7_500_000, frame: frame(8) });
  clock.runTo(10_000_000);
  assert.deepEqual(lab.heard.map(({ payload }) => payload[0]), [7, 8]);
  lab.say(frame(9));
  clock.runTo(11_000_000);
  assert.deepEqual(host.sent, [frame(9)]);
  host.accepts = false;
  lab.say(frame(9));
  clock.runTo(12_000_000);
  assert.equal(network.lost, 1);
});

Deno.test("a flood neither stops virtual time nor pushes it far ahead", () => {
  const { lab, clock, host, network } = joined();
  const random = new Random("flood");
  for (let at = host.now; at < 50_000_000; at += random.below(20_000)) {
    host.plan.push({ at, frame: frame(7) });
  }
  for (let t = 1; t <= 20; t++) {
    clock.runTo(t * 1_000_000);
    assert.ok(network.aheadNs <= 2_050_000, `${network.aheadNs}`);
  }
  assert.ok(lab.heard.length > 500);
});

Deno.test("who has left neither waits nor hears", () => {
  const { lab, clock, host, network } = joined();
  network.leave();
  lab.say(frame(1));
  clock.runTo(1e9);
  assert.equal(host.now, 5_000_000);
  assert.deepEqual(host.sent, []);
});

Deno.test({
  name: "curl in a namespace reads from and writes to the TFTP server of a virtual host",
  ignore: !await namespacesAvailable() || !await hasCurl(),
  async fn() {
    const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) >>> 3);
    const lab = new NetLab();
    const { clock, lan } = lab;
    const root = new MemoryRoot({ "os.bin": content }, { writable: true });
    new TftpService({ clock, host: lab.a, root });
    await using space = await NetworkNamespace.make({ address: "198.51.100.9/24" });
    const socket = new PacketSocket(space);
    const network = new JoinedNetwork({
      clock,
      port: lan.port("outside"),
      network: socket,
      hostNow,
    });
    const folder = await Deno.makeTempDir();
    try {
      const curl = async (...args: string[]) => {
        let status: Deno.CommandStatus | undefined;
        const child = space.command("curl", ["--silent", "--show-error", ...args]).spawn();
        child.status.then((ended) => status = ended);
        return await clock.until(() => status, seconds(30));
      };
      const got = `${folder}/got`;
      const read = await curl("--tftp-blksize", "1400", "-o", got, "tftp://198.51.100.1/os.bin");
      assert.equal(read?.code, 0);
      assert.deepEqual(await Deno.readFile(got), content);
      const write = await curl("-T", got, "tftp://198.51.100.1/up.bin");
      assert.equal(write?.code, 0);
      await clock.until(() => root.files.get("up.bin"), ms(100));
      assert.deepEqual(root.files.get("up.bin"), content);
      const missing = await curl("-o", got, "tftp://198.51.100.1/none");
      assert.equal(missing?.code, 68, "curl: TFTP file not found");
    } finally {
      network.leave();
      socket.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function hasCurl(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("curl", { args: ["--version"] }).output();
    return /\btftp\b/.test(new TextDecoder().decode(stdout));
  } catch {
    return false;
  }
}
