/**
 * A ban is in force whatever else the PBX's firewall says: behind a rule that accepts what is of an
 * established flow, an appended DROP does nothing at all (1,500 of 1,500 requests were answered).
 */
import { expect, scenario, seconds, step } from "hil";
import { type Pbx, PORTS, realPbx } from "sims/pbx/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import { answered, banned, BORNE, flood, guess, LIMIT, onTheWire, shutOut } from "./steps.ts";

/** On the PBX; what it says. @throws Error with its complaint */
async function run(pbx: Pbx, program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await pbx.programs!.command(program, args).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`Cannot run "${program}": ${new TextDecoder().decode(stderr).trim()}`);
}

interface Firewall {
  /** Accepts what is of an established flow, before all else. */
  acceptEstablished(pbx: Pbx): Promise<void>;
  /** Packets that were accepted so. */
  accepted(pbx: Pbx): Promise<number>;
}

const NFT: Firewall = {
  async acceptEstablished(pbx) {
    const chain = "inet site input";
    await run(
      pbx,
      "/usr/sbin/nft",
      `add table inet site; ` +
        `add chain ${chain} { type filter hook input priority 0; policy accept; }; ` +
        `add rule ${chain} meta l4proto udp ct state established counter accept`,
    );
  },
  async accepted(pbx) {
    const text = await run(pbx, "/usr/sbin/nft", "list chain inet site input");
    return Number(/counter packets (\d+)/.exec(text)?.[1]);
  },
};

const IPTABLES: Firewall = {
  async acceptEstablished(pbx) {
    const rule = ["-p", "udp", "-m", "conntrack", "--ctstate", "ESTABLISHED", "-j", "ACCEPT"];
    await run(pbx, "/usr/sbin/iptables", "-w", "-I", "INPUT", "1", ...rule);
  },
  async accepted(pbx) {
    const text = await run(pbx, "/usr/sbin/iptables", "-w", "-v", "-S", "INPUT");
    return Number(/ESTABLISHED.* -c (\d+) /.exec(text)?.[1]);
  },
};

for (const backend of ["nft", "iptables", "ipset"] as const) {
  const firewall = backend === "nft" ? NFT : IPTABLES;
  scenario(
    `with ${backend} a ban cuts a flow that another rule accepts as established`,
    { uses: { pbx: realPbx(), bans: sipban({ backend }) }, timeout: seconds(60) },
    async ({ pbx, bans }) => {
      await firewall.acceptEstablished(pbx);
      const home = await (await pbx.site("home")).phone("1002");
      await home.register();
      const outside = await pbx.site("attacker", { outside: true });
      const flow = { host: outside.addresses[0]!, port: PORTS.UDP };
      const attacker = await outside.phone("1001", { password: "guess", port: flow.port });
      await step("its flow is established", async () => {
        await guess(attacker, BORNE);
        const before = await firewall.accepted(pbx);
        await flood(outside, "REGISTER", { count: 5, from: flow, name: "established" });
        await onTheWire(
          pbx,
          5,
          ({ kind, data }) => kind === "401" && data.callId.startsWith("established-"),
        );
        expect(await firewall.accepted(pbx), "accepted").toBeGreaterThan(before + 4);
      });
      await step("and is cut", async () => {
        await guess(attacker, 1);
        await banned(bans, flow.host);
        const before = await firewall.accepted(pbx);
        await flood(outside, "REGISTER", { count: 100, from: flow, name: "cut" });
        await onTheWire(
          pbx,
          100,
          ({ kind, data }) => kind === "REGISTER" && data.callId.startsWith("cut-"),
        );
        await shutOut({ pbx }, outside, home);
        expect(answered(pbx, "cut"), "answers").toBe(0);
        // The phone's are the only ones.
        expect(await firewall.accepted(pbx) - before, "accepted").toBeLessThan(10);
      });
    },
  );
}

scenario(
  "who is limited gets few answers, and everybody else all",
  { uses: { pbx: realPbx(), bans: sipban({ challengeS: 1 }) }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const home = await (await pbx.site("home")).phone("1002");
    const outside = await pbx.site("scanner", { outside: true });
    const neighbour = await (await pbx.site("neighbour", { outside: true })).phone("1001");
    await flood(outside, "REGISTER");
    await expect(bans.decisions).toHappen({
      kind: "limit",
      where: ({ host }) => host === outside.seenAs[0],
      within: LIMIT,
    });
    await flood(outside, "REGISTER", { count: 200, name: "limited" });
    await onTheWire(
      pbx,
      200,
      ({ kind, data }) => kind === "REGISTER" && data.callId.startsWith("limited-"),
    );
    for (const phone of [home, neighbour]) {
      expect((await phone.register()).status, "the answer to others").toBe(200);
    }
    // 10 at once and 5 a second; on a busy machine sending may take a few.
    expect(answered(pbx, "limited"), "answers to who is limited").toBeLessThan(60);
    expect((await bans.metrics())["sipban_filtered_packets_total"], "dropped").toBeGreaterThan(100);
  },
);
