/** All back-ends, with real packets in a network of their own. */
import assert from "node:assert/strict";
import { Lab, labAvailable, type LabHost } from "hil/drivers/lab/mod.ts";
import { NftSession } from "hil/drivers/nft/mod.ts";
import { every, ms, seconds, withLimit } from "hil/time/mod.ts";
import { BACKENDS, type Filter, openFilter } from "./mod.ts";

const ignore = !(await labAvailable()).ok;
const LIMIT = seconds(20);
const PBX = { 4: "198.51.100.1", 6: "2001:db8::1" } as const;
const ATTACKER = { 4: "198.51.100.66", 6: "2001:db8::66" } as const;

function makeLab(): Promise<Lab> {
  const host = ({ 4: v4, 6: v6 }: typeof PBX | typeof ATTACKER) => ({
    links: { eth0: { network: "lan", addresses: [`${v4}/24`, `${v6}/64`] } },
  });
  return Lab.make({ networks: { lan: {} }, hosts: { pbx: host(PBX), attacker: host(ATTACKER) } });
}

/** A firewall as most hosts have it, and somebody else's rules of iptables. */
async function firewall({ namespace }: LabHost): Promise<NftSession> {
  const nft = await NftSession.open({ namespace });
  await nft.run(
    "add table inet firewall; " +
      "add chain inet firewall input { type filter hook input priority 0; policy accept; }; " +
      "add rule inet firewall input ct state established,related accept",
  );
  return nft;
}

/** A connection that echoes, and says what it has heard. */
async function flow(lab: Lab, family: 4 | 6) {
  const listener = lab.host("pbx").listen({ hostname: PBX[family], port: 5060 });
  const client = await lab.host("attacker").connect({ hostname: PBX[family], port: 5060 });
  const server = await listener.accept();
  const echoed = server.readable.pipeTo(server.writable).catch(() => {});
  return {
    say: (text: string) => client.write(new TextEncoder().encode(text)),
    async hear(text: string) {
      const bytes = new Uint8Array(100);
      const read = client.read(bytes);
      const count = await withLimit(read, LIMIT, () => assert.fail(`"${text}" did not come back`));
      assert.equal(new TextDecoder().decode(bytes.subarray(0, count!)), text);
    },
    async close() {
      client.close();
      await echoed;
      listener.close();
    },
  };
}

/** What is not heard is known by the kernel's count. */
async function untilDropped(filter: Filter, more: number): Promise<void> {
  const before = await filter.dropped();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = async () => {
    if (await filter.dropped() >= before + more) resolve();
  };
  const stop = every(ms(20), () => void look().catch(reject));
  try {
    await withLimit(promise, LIMIT, () => assert.fail("no packet was dropped"));
  } finally {
    stop();
  }
}

async function rulesOf({ namespace }: LabHost): Promise<string> {
  const text = async (program: string, ...args: string[]) => {
    const command = new Deno.Command("nsenter", {
      args: [`--net=/run/netns/${namespace}`, program, ...args],
    });
    return new TextDecoder().decode((await command.output()).stdout);
  };
  const all = await text("nft", "list", "ruleset") + await text("ipset", "save");
  return all.replace(/packets \d+ bytes \d+/g, "");
}

async function killAllIn({ namespace }: LabHost): Promise<void> {
  const { stdout } = await new Deno.Command("ip", { args: ["netns", "pids", namespace] }).output();
  const pids = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
  for (const pid of pids.filter((pid) => pid > 0 && pid !== Deno.pid)) Deno.kill(pid, "SIGKILL");
}

const byTarget = (a: { target: string }, b: { target: string }) => a.target.localeCompare(b.target);

for (const backend of BACKENDS) {
  Deno.test({
    name:
      `${backend}: a banned flow is cut though a firewall accepts it, and goes on when unbanned`,
    ignore,
    async fn() {
      await using lab = await makeLab();
      const pbx = lab.host("pbx");
      await using _rules = await firewall(pbx);
      const filter = await openFilter(backend, pbx);
      for (const family of [4, 6] as const) {
        const one = await flow(lab, family);
        await one.say("before");
        await one.hear("before");
        await filter.ban([{ target: ATTACKER[family], seconds: 600 }]);
        await one.say("after");
        await untilDropped(filter, 1);
        await filter.unban([ATTACKER[family]]);
        await one.hear("after");
        await one.close();
      }
      await filter.remove();
      await filter.close();
    },
  });

  Deno.test({
    name: `${backend}: networks are banned too, who is taken over is not banned twice`,
    ignore,
    async fn() {
      await using lab = await makeLab();
      const pbx = lab.host("pbx");
      const first = await openFilter(backend, pbx);
      const targets = ["203.0.113.7", "10.1.0.0/16", "2001:db8:0:0:0:0:0:9", "2001:db8:bad::/48"];
      await first.ban(targets.map((target) => ({ target, seconds: 600 })));
      await first.ban([{ target: "203.0.113.7", seconds: 300 }]);
      await first.close();
      const second = await openFilter(backend, pbx);
      await second.ban([{ target: "203.0.113.7", seconds: 100 }, { target: "203.0.113.8" }]);
      const listed = (await second.list()).toSorted(byTarget);
      assert.deepEqual(listed.map(({ target }) => target), [
        "10.1.0.0/16",
        "2001:db8:0:0:0:0:0:9",
        "2001:db8:bad:0:0:0:0:0/48",
        "203.0.113.7",
        "203.0.113.8",
      ]);
      if (backend !== "iptables") {
        const [network, , , timed, forEver] = listed.map(({ seconds }) => seconds);
        assert.ok(network! > 100 && network! <= 600 && timed! <= 100, `${listed}`);
        assert.equal(forEver, undefined);
      }
      await second.unban([...targets, "203.0.113.8", "203.0.113.99"]);
      assert.deepEqual(await second.list(), []);
      await second.remove();
      await second.close();
    },
  });

  Deno.test({
    name: `${backend}: what it made is removed, what others made stays`,
    ignore,
    async fn() {
      await using lab = await makeLab();
      const pbx = lab.host("pbx");
      await using _rules = await firewall(pbx);
      const others = [["iptables", "-t", "raw", "-A", "PREROUTING", "-s", "10.0.0.9"], [
        "ip6tables",
        "-t",
        "raw",
        "-A",
        "PREROUTING",
        "-s",
        "2001:db8::5",
      ]];
      for (const [program, ...args] of others) {
        assert.ok((await pbx.command(program!, [...args, "-j", "DROP"]).output()).success);
      }
      const before = await rulesOf(pbx);
      const filter = await openFilter(backend, pbx);
      await filter.ban([{ target: "203.0.113.7" }, { target: "203.0.113.0/24" }]);
      await filter.limit([{ target: "203.0.113.8", seconds: 60 }]);
      assert.notEqual(await rulesOf(pbx), before);
      assert.ok(await filter.intact());
      await filter.remove();
      assert.equal(await rulesOf(pbx), before);
      assert.ok(!await filter.intact());
      await filter.renew();
      assert.ok(await filter.intact());
      await filter.ban([{ target: "203.0.113.7" }]);
      await filter.remove();
      await filter.remove();
      await filter.close();
    },
  });

  Deno.test({
    name:
      `${backend}: a limited source gets a burst through, and no more; what is no SIP is left alone`,
    ignore,
    async fn() {
      await using lab = await makeLab();
      const filter = await openFilter(backend, { ...lab.host("pbx"), packetsPerSecond: 1 });
      await filter.limit([{ target: ATTACKER[4], seconds: 60 }]);
      const send = async (port: number) => {
        const script = `for _ in $(seq 40); do echo hi > /dev/udp/${PBX[4]}/${port}; done`;
        assert.ok((await lab.host("attacker").command("bash", ["-c", script]).output()).success);
      };
      await send(5061);
      assert.equal(await filter.dropped(), 0);
      await send(5060);
      const dropped = await filter.dropped();
      assert.ok(dropped >= 20 && dropped <= 30, `${dropped}`);
      await filter.unlimit([ATTACKER[4]]);
      await send(5060);
      assert.equal(await filter.dropped(), backend === "iptables" ? 0 : dropped);
      await filter.remove();
      await filter.close();
    },
  });
}

Deno.test({
  name: "nft: when its process dies or its table is flushed, it can be made anew",
  ignore,
  async fn() {
    await using lab = await makeLab();
    const pbx = lab.host("pbx");
    const filter = await openFilter("nft", pbx);
    const nft = await NftSession.open(pbx);
    await nft.run("flush ruleset");
    await nft.close();
    await assert.rejects(filter.ban([{ target: "203.0.113.7" }]), /somebody has removed/);
    assert.ok(!await filter.intact());
    await filter.renew();
    await filter.ban([{ target: "203.0.113.7" }]);
    assert.deepEqual(await filter.list(), [{ target: "203.0.113.7" }]);
    await killAllIn(pbx);
    await assert.rejects(filter.ban([{ target: "203.0.113.8" }]), /nft has ended/);
    assert.ok(!await filter.intact());
    await filter.renew();
    assert.deepEqual(await filter.list(), [{ target: "203.0.113.7" }]);
    await filter.remove();
    await filter.close();
  },
});

Deno.test({
  name: "nothing but an address or a network comes into a command",
  ignore,
  async fn() {
    await using lab = await makeLab();
    for (const backend of BACKENDS) {
      const filter = await openFilter(backend, lab.host("pbx"));
      for (const target of ["1.2.3.4 }; flush ruleset", "1.2.3.4\nflush", "-j", "", "1.2.3.4/33"]) {
        await assert.rejects(async () => await filter.ban([{ target }]), /Cannot read network "/);
        await assert.rejects(async () => await filter.unban([target]), /Cannot read network "/);
      }
      assert.deepEqual(await filter.list(), []);
      await filter.remove();
      await filter.close();
    }
  },
});
