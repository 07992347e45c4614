/** Who is banned, for how long, and what a restart leaves: the same beside every PBX. */
import { expect, scenario, seconds } from "hil";
import { pbx, type Phone, type Site } from "sims/pbx/mod.ts";
import { type SipBan, sipban } from "sims/sipban/mod.ts";
import { banned as inForce, BORNE, guess, onlyBanned, shutOut } from "./steps.ts";

function guesser(site: Site): Promise<Phone> {
  return site.phone("1001", { password: "guess" });
}

/** Guesses until the ban is in force. */
async function banned(bans: SipBan, attacker: Phone, site: Site, level = 1): Promise<void> {
  await guess(attacker, BORNE + 1);
  await inForce(bans, site.seenAs[0]!, { level });
}

scenario(
  "a ban ends when its time is over, and the next one is longer",
  {
    uses: { pbx: pbx(), bans: sipban({ banS: 5, escalation: 4, windowS: 60 }) },
    timeout: seconds(120),
  },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    const attacker = await guesser(outside);
    for (const [level, length] of [[1, 5], [2, 20]] as const) {
      await banned(bans, attacker, outside, level);
      const [ban] = await bans.list();
      expect(ban?.level, "which ban it is").toBe(level);
      expect(ban!.secondsLeft! > length / 2 && ban!.secondsLeft! <= length, "its time").toBe(true);
      if (level === 2) return;
      await expect(bans.decisions).toHappen({
        kind: "unban",
        where: ({ because }) => because === "expired",
        within: seconds(length + 5),
      });
      expect(await bans.filtered(), "the filter").toEqual([]);
      expect((await attacker.ping()).answered, "an answer afterwards").toBe(true);
    }
  },
);

scenario(
  "who is unbanned is answered at once and begins at nothing",
  { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(90) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    const attacker = await guesser(outside);
    await banned(bans, attacker, outside);
    await bans.unban(outside.seenAs[0]!);
    expect(await bans.filtered(), "the filter").toEqual([]);
    await guess(attacker, BORNE);
    await onlyBanned({ pbx, bans }, []);
    const rightly = await outside.phone("1002");
    expect((await rightly.register()).status, "with the right password").toBe(200);
  },
);

for (const backend of ["iptables", "ipset"] as const) {
  scenario(
    `with ${backend} who guesses is shut out, and let in again`,
    { uses: { pbx: pbx(), bans: sipban({ backend }) }, timeout: seconds(90) },
    async ({ bans, pbx }) => {
      const outside = await pbx.site("attacker", { outside: true });
      await banned(bans, await guesser(outside), outside);
      expect(await bans.filtered(), "the filter").toEqual([outside.seenAs[0]!]);
      await bans.unban(outside.seenAs[0]!);
      expect(await bans.filtered(), "the filter").toEqual([]);
      const rightly = await outside.phone("1002");
      expect((await rightly.register()).status, "with the right password").toBe(200);
    },
  );
}

for (
  const [how, family, transport] of [["IPv6", 6, "UDP"], ["TCP", 4, "TCP"], [
    "TCP over IPv6",
    6,
    "TCP",
  ]] as const
) {
  scenario(
    `who guesses by ${how} is banned as well`,
    { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(90) },
    async ({ bans, pbx }) => {
      const outside = await pbx.site("attacker", { outside: true, family });
      const attacker = await outside.phone("1001", { password: "guess", transport });
      await banned(bans, attacker, outside);
      expect((await bans.list()).length, "bans").toBe(1);
    },
  );
}

for (const way of ["stop", "kill"] as const) {
  scenario(
    `after ${way} and start the bans go on, none of them twice`,
    { uses: { pbx: pbx(), bans: sipban({ banS: 600 }) }, timeout: seconds(90) },
    async ({ pbx, bans }) => {
      const home = await (await pbx.site("home")).phone("1002");
      const outside = await pbx.site("attacker", { outside: true });
      const attacker = await guesser(outside);
      await banned(bans, attacker, outside);
      await bans.ban("203.0.113.128/25", { seconds: 60 });
      const both = [outside.seenAs[0]!, "203.0.113.128/25"];
      await bans[way]();
      await shutOut({ pbx }, outside, home, "down");
      await bans.start();
      expect((await bans.list()).map(({ target }) => target), "its list").toEqual(both);
      expect((await bans.filtered()).toSorted(), "the filter").toEqual(both.toSorted());
      await bans.unban(both[0]!);
      await bans.unban(both[1]!);
      await bans[way]();
      await bans.start();
      expect(await bans.list(), "after all were unbanned").toEqual([]);
      expect((await attacker.ping()).answered, "an answer").toBe(true);
    },
  );
}

scenario(
  "who may never be banned is not by hand either, nor within a network",
  { uses: { pbx: pbx(), bans: sipban({ allow: ["203.0.113.1/32"] }) }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const refusal = (target: string) =>
      bans.ban(target).then(() => "none", (error: Error) => error.message);
    for (const target of ["203.0.113.1", pbx.address, pbx.address6, "127.0.0.1"]) {
      expect(await refusal(target), `the refusal of ${target}`).toMatch(/may never be/);
    }
    expect(await refusal("203.0.113.0/24"), "of its network")
      .toMatch(/203\.0\.113\.1\/32 in common/);
    expect(await bans.filtered(), "the filter").toEqual([]);
  },
);
