import assert from "node:assert/strict";
import type { Socket } from "node:dgram";
import { hostNow, ms, seconds, us, withLimit } from "../../time/mod.ts";
import { ip } from "../netns/mod.ts";
import { Lab, labAvailable, type LabHost } from "./mod.ts";

const ignore = !(await labAvailable()).ok;
const [PBX, PEER] = ["198.51.100.1", "198.51.100.9"];
/** Without IPv6, whose hosts say who they are when they like. */
const PLAIN = {
  networks: { lan: {} },
  hosts: {
    pbx: { links: { eth0: { network: "lan", addresses: [`${PBX}/24`] } } },
    peer: { links: { eth0: { network: "lan", addresses: [`${PEER}/24`] } } },
  },
};
const LAST = "last";
const LIMIT = seconds(20);

/** What of 1, 2 … `count` comes, in order, when the peer sends it to the PBX: until `isAll`. */
async function heardOver(
  lab: Lab,
  count: number,
  isAll: (count: number, text: string) => boolean = (_count, text) => text === LAST,
): Promise<string[]> {
  const server = lab.host("pbx").bindDatagram({ hostname: PBX, port: 5060 });
  const client = lab.host("peer").bindDatagram({ hostname: PEER, port: 0 });
  try {
    const texts: string[] = [];
    const done = new Promise<void>((resolve) => {
      server.on("message", (data) => {
        if (`${data}` !== LAST) texts.push(`${data}`);
        if (isAll(texts.length, `${data}`)) resolve();
      });
    });
    for (let n = 1; n <= count; n++) await send(client, `${n}`);
    // Whatever the line does to one, many are not all lost.
    for (let n = 0; n < 50; n++) await send(client, LAST);
    await withLimit(done, LIMIT, () => {
      throw new Error(`only ${texts} came`);
    });
    return texts;
  } finally {
    for (const socket of [server, client]) await new Promise<void>((end) => socket.close(end));
  }
}

function send(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(text, 5060, PBX, (error) => error ? reject(error) : resolve());
  });
}

/** Nanoseconds until a connection from one host to another stands. */
async function connecting(from: LabHost, to: LabHost): Promise<number> {
  using server = to.listen({ hostname: PBX, port: 5061 });
  const begun = hostNow();
  using client = await from.connect({ hostname: PBX, port: 5061 });
  const took = hostNow() - begun;
  using _peer = await server.accept();
  assert.equal(client.remoteAddr.hostname, PBX);
  return took;
}

function lineTest(name: string, fn: (lab: Lab) => Promise<void>) {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using lab = await Lab.make(PLAIN);
      await fn(lab);
    },
  });
}

lineTest("a bad line is slow both ways, and good again when it is left alone", async (lab) => {
  const [pbx, peer] = [lab.host("pbx"), lab.host("peer")];
  await pbx.impair("eth0", { delay: ms(30) });
  assert.ok(await connecting(peer, pbx) >= 60e6);
  await pbx.impair("eth0", { delay: ms(30), direction: "in" });
  assert.ok(await connecting(peer, pbx) >= 30e6);
  await pbx.impair("eth0", undefined);
  const links = await ip("-netns", pbx.namespace.replace(/pbx$/, ".networks"), "-br", "link");
  assert.doesNotMatch(links, /near|far/);
  await connecting(peer, pbx);
});

lineTest("loss and doubles by a seed are the same in the same lab", async (lab) => {
  const heard: string[][] = [];
  for (let times = 0; times < 2; times++) {
    // What else a line carries comes before: the answer to ARP.
    await connecting(lab.host("peer"), lab.host("pbx"));
    const bad = { loss: 0.2, duplicate: 0.2, seed: 5, direction: "in" } as const;
    assert.equal(await lab.host("pbx").impair("eth0", bad), "program");
    heard.push(await heardOver(lab, 100));
    await lab.host("pbx").impair("eth0", undefined);
  }
  const [first, second] = heard as [string[], string[]];
  const different = new Set(first).size;
  assert.ok(different < 100 && different > 50, `${different} came`);
  assert.ok(first.length > different, "none came twice");
  assert.deepEqual(second, first);
});

lineTest("a line may be bad in one direction only", async (lab) => {
  const [pbx, peer] = [lab.host("pbx"), lab.host("peer")];
  // Each knows by ARP where the other is.
  await connecting(peer, pbx);
  await pbx.impair("eth0", { loss: 1, direction: "out", seed: 0 });
  assert.equal((await heardOver(lab, 10)).length, 10);
  await pbx.impair("eth0", undefined);
  await peer.impair("eth0", { loss: 1, direction: "in", seed: 0 });
  assert.equal((await heardOver(lab, 10)).length, 10);
});

lineTest("some overtake others", async (lab) => {
  await lab.host("peer").impair("eth0", { delay: ms(20), reorder: 0.3, direction: "out", seed: 1 });
  const heard = await heardOver(lab, 50, (count) => count === 50);
  assert.equal(new Set(heard).size, 50);
  assert.notDeepEqual(heard, heard.toSorted((a, b) => Number(a) - Number(b)));
});

Deno.test({
  name: "a link can be bad from the beginning, and stays so when its host is adopted",
  ignore,
  async fn() {
    const { pbx, peer } = PLAIN.hosts;
    const links = { eth0: { ...pbx.links.eth0, impair: { delay: ms(20), seed: 0 } } };
    await using lab = await Lab.make({ ...PLAIN, hosts: { peer, pbx: { links } } });
    assert.ok(await connecting(lab.host("peer"), lab.host("pbx")) >= 40e6);
    const holder = new Deno.Command("unshare", {
      args: ["--net", "sh", "-c", "echo ready; exec sleep 1000"],
      stdout: "piped",
    });
    await using container = holder.spawn();
    const reader = container.stdout.getReader();
    await reader.read();
    await reader.cancel();
    await lab.adopt("pbx", container.pid);
    assert.ok(await connecting(lab.host("peer"), lab.host("pbx")) >= 40e6);
  },
});

lineTest("tc takes the words for all that a line can do", async (lab) => {
  const shares = { loss: 0.07, duplicate: 1e-7, reorder: 0.3 };
  const bad = { delay: us(1500), jitter: us(20), rateBitsPerS: 1e6, ...shares };
  // It refuses words before the kernel refuses netem.
  assert.match(await lab.host("pbx").impair("eth0", bad), /^(kernel|program)$/);
});

lineTest("what no line does is told", async (lab) => {
  const pbx = lab.host("pbx");
  await assert.rejects(pbx.impair("eth0", { loss: 1.5 }), {
    message: 'Cannot impair a share of "1.5" of the packets: give 0 to 1',
  });
  await assert.rejects(pbx.impair("eth0", { reorder: 0.5 }), {
    message: 'Cannot reorder "0.5" of the packets: there is no delay to overtake in; give one',
  });
  await assert.rejects(pbx.impair("eth1", {}), {
    message: 'Cannot impair "eth1": pbx has no such link; name one',
  });
});
