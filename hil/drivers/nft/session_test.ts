import assert from "node:assert/strict";
import { namespacesAvailable, NetworkNamespace } from "../netns/mod.ts";
import { NftError, NftSession } from "./mod.ts";

const ignore = !await namespacesAvailable() || !await hasNft();

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

Deno.test({
  name: "commands that are given at once are done in turn, and each list has its own answer",
  ignore,
  async fn() {
    await using space = await lab();
    await using nft = await NftSession.open({ namespace: space.name });
    const lists = await Promise.all(Array.from({ length: 20 }, async (_, n) => {
      const added = nft.run(`add table inet t${n}`);
      const listed = nft.query("list tables");
      await added;
      return (await listed).filter((item) => "table" in item).length;
    }));
    assert.deepEqual(lists, Array.from({ length: 20 }, (_, n) => n + 1));
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
