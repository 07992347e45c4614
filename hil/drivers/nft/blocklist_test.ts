import assert from "node:assert/strict";
import { every, ms, seconds, withLimit } from "../../time/mod.ts";
import { namespacesAvailable, NetworkNamespace } from "../netns/mod.ts";
import { Blocklist, NftError, NftSession } from "./mod.ts";

const ignore = !await namespacesAvailable() || !await hasNft();
const LIMIT = seconds(20);

async function hasNft(): Promise<boolean> {
  try {
    await (await NftSession.open()).close();
    return true;
  } catch {
    return false;
  }
}

function lab(): Promise<NetworkNamespace> {
  return NetworkNamespace.make({ address: "198.51.100.9/24" });
}

/** Clients and servers in the namespace. */
async function peersIn(space: NetworkNamespace) {
  const address = ["-6", "address", "add", "2001:db8::9/64", "dev", "lo", "nodad"];
  assert.ok((await space.command("ip", address).output()).success);
  const script = new URL("./_peers.ts", import.meta.url).pathname;
  const deno = [Deno.execPath(), "run", "--no-check", "--allow-net", script];
  const child = new Deno.Command("ip", {
    args: ["netns", "exec", space.name, ...deno],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const heard = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  let text = "";
  return {
    say: (line: string) => input.write(new TextEncoder().encode(`${line}\n`)),
    /** All lines, when `line` is the last. */
    async heardUntil(line: string): Promise<string[]> {
      const read = async () => {
        while (!text.endsWith(`${line}\n`)) text += (await heard.read()).value ?? assert.fail(text);
        return text.trimEnd().split("\n");
      };
      return await withLimit(read(), LIMIT, () => assert.fail(`"${line}" was not heard: ${text}`));
    },
    async close() {
      await input.close();
      await heard.cancel();
      await child.status;
    },
  };
}

/** What is not heard is known by the kernel's count. */
async function untilDropped(blocklist: Blocklist, count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = async () => {
    if (await blocklist.dropped() >= count) resolve();
  };
  const stop = every(ms(20), () => void look().catch(reject));
  try {
    await withLimit(promise, LIMIT, () => assert.fail("no packet was dropped"));
  } finally {
    stop();
  }
}

Deno.test({
  name: "packets of a blocked address are dropped, also of a flow that a firewall has accepted",
  ignore,
  async fn() {
    await using space = await lab();
    await using firewall = await NftSession.open({ namespace: space.name });
    await firewall.run(
      "add table inet firewall; " +
        "add chain inet firewall input { type filter hook input priority 0; policy accept; }; " +
        "add rule inet firewall input ct state established,related accept; " +
        "add chain inet firewall early { type filter hook prerouting priority raw; }; " +
        "add rule inet firewall early udp dport 5060 counter",
    );
    const peers = await peersIn(space);
    try {
      await peers.heardUntil("ready");
      await using blocklist = await Blocklist.open({ namespace: space.name });
      let dropped = 0;
      for (
        const [family, address] of [["udp4", "198.51.100.9"], ["udp6", "2001:db8:0::9"]] as const
      ) {
        await peers.say(`${family} before`);
        await peers.heardUntil(`${family} before`);
        await blocklist.add([{ address }]);
        await peers.say(`${family} blocked`);
        await untilDropped(blocklist, ++dropped);
        await blocklist.delete([address]);
        await peers.say(`${family} after`);
        const heard = await peers.heardUntil(`${family} after`);
        assert.deepEqual(heard.slice(-2), [`${family} before`, `${family} after`]);
        assert.equal(await blocklist.dropped(), dropped);
      }
      const early = JSON.stringify(await firewall.query("list chain inet firewall early"));
      assert.match(early, /"packets": ?4\b/, "what was dropped came no further than to us");
    } finally {
      await peers.close();
    }
  },
});

Deno.test({
  name: "addresses are listed with the time that is left, a new timeout takes the old one's place",
  ignore,
  async fn() {
    await using space = await lab();
    await using blocklist = await Blocklist.open({ namespace: space.name });
    assert.deepEqual(await blocklist.list(), []);
    await blocklist.add([
      { address: "203.0.113.7", timeout: seconds(3600) },
      { address: "203.0.113.7", timeout: seconds(600) },
      { address: "2001:DB8:0:0::7" },
    ]);
    await blocklist.add([{ address: "203.0.113.7", timeout: seconds(7200) }]);
    const [timed, forEver, ...others] = await blocklist.list();
    assert.equal(timed!.address, "203.0.113.7");
    assert.ok(timed!.secondsLeft! > 3600 && timed!.secondsLeft! <= 7200);
    assert.deepEqual([forEver, others], [{ address: "2001:db8::7" }, []]);
    await blocklist.delete(["203.0.113.7", "203.0.113.8", "2001:db8::7"]);
    assert.deepEqual(await blocklist.list(), []);
  },
});

Deno.test({
  name: "the kernel forgets an address when its time is over",
  ignore,
  async fn() {
    await using space = await lab();
    await using blocklist = await Blocklist.open({ namespace: space.name });
    await blocklist.add([{ address: "203.0.113.7", timeout: ms(50) }]);
    const wait = async () => {
      while ((await blocklist.list()).length > 0);
    };
    await withLimit(wait(), LIMIT, () => assert.fail("it is there still"));
  },
});

Deno.test({
  name: "thousands of addresses at once are all in force",
  ignore,
  async fn() {
    await using space = await lab();
    await using blocklist = await Blocklist.open({ namespace: space.name });
    const all = Array.from({ length: 2001 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    await blocklist.add(all.map((address) => ({ address, timeout: seconds(600) })));
    assert.deepEqual(
      (await blocklist.list()).map(({ address }) => address).toSorted(),
      all.toSorted(),
    );
  },
});

Deno.test({
  name:
    "a closed list stays in force, the next one takes it over, and removing takes only its table",
  ignore,
  async fn() {
    await using space = await lab();
    const options = { namespace: space.name, table: "sipban" };
    const first = await Blocklist.open(options);
    await first.add([{ address: "203.0.113.7" }]);
    await first.close();
    await using nft = await NftSession.open({ namespace: space.name });
    await nft.run("add table inet other");
    {
      await using second = await Blocklist.open(options);
      assert.deepEqual(await second.list(), [{ address: "203.0.113.7" }]);
      await second.add([{ address: "203.0.113.8" }]);
      const rules = (await nft.query("list table inet sipban")).filter((item) => "rule" in item);
      assert.equal(rules.length, 2);
    }
    const tables = (await nft.query("list tables")).flatMap((item) => item["table"] ?? []);
    assert.deepEqual(tables.map(({ name }: { name?: string }) => name), ["other"]);
  },
});

Deno.test({
  name: "what nft refuses is said, does nothing by halves, and does not stop what follows",
  ignore,
  async fn() {
    await using space = await lab();
    await using nft = await NftSession.open({ namespace: space.name });
    const bad = nft.run("add table inet half; add element inet none ipv4 { 203.0.113.7 }");
    const good = nft.run("add table inet whole");
    await assert.rejects(bad, {
      name: "NftError",
      reasons: ["No such file or directory"],
      message:
        'Cannot run nft "add table inet half; add element inet none ipv4 { 203.0.113.7 }": ' +
        "No such file or directory; somebody has removed the table: open the filter again",
    });
    await good;
    await assert.rejects(nft.run("nonsense"), /syntax error.*; nft\(8\) has what is allowed$/);
    const tables = (await nft.query("list tables")).flatMap((item) => item["table"] ?? []);
    assert.deepEqual(tables.map(({ name }: { name?: string }) => name), ["whole"]);
    await assert.rejects(nft.run("flush ruleset\nlist tables"), TypeError);
  },
});

Deno.test({
  name: "nothing but an address comes into a command",
  ignore,
  async fn() {
    await using space = await lab();
    await using blocklist = await Blocklist.open({ namespace: space.name });
    for (const address of ["fe80::1%eth0", "10.0.0.0/8", "1.2.3.4 }; flush ruleset", "::1]", ""]) {
      const add = blocklist.add([{ address: "203.0.113.7" }, { address }]);
      await assert.rejects(
        add,
        /^TypeError: Cannot block ".*": that is no address; give one of IPv4/,
      );
    }
    assert.deepEqual(await blocklist.list(), []);
    await assert.rejects(
      Blocklist.open({ table: "x; flush" }),
      /Cannot use the table "x; flush": /,
    );
  },
});

Deno.test({
  name: "a missing program, namespace or permission is said, with what to do",
  ignore,
  async fn() {
    const refused = async (options: { program?: string; namespace?: string }) => {
      const error = await NftSession.open(options).then(() => assert.fail("it opened"), (e) => e);
      assert.ok(error instanceof NftError, String(error));
      return error.message;
    };
    const install = /install it: apt-get install nftables$/;
    assert.match(await refused({ program: "/usr/sbin/nft-none" }), install);
    await using space = await lab();
    const inside = { program: "/usr/sbin/nft-none", namespace: space.name };
    assert.match(await refused(inside), install);
    assert.match(await refused({ namespace: "none" }), /make the network namespace first/);
    const script = `import { NftSession } from "${import.meta.resolve("./mod.ts")}";` +
      "await NftSession.open().catch((error) => console.log(error.message));";
    const bounds = ["--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    const args = [...bounds, Deno.execPath(), "eval", "--no-check", script];
    const { stdout } = await new Deno.Command("setpriv", { args }).output();
    const said = /^Cannot run nft "list tables": .*not permitted.*; be root, or have CAP_NET_ADMIN/;
    assert.match(new TextDecoder().decode(stdout), said);
  },
});
