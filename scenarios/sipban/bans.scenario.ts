/** Who is banned, for how long, and what a restart leaves: the same beside every PBX. */
import { expect, scenario, seconds, step } from "hil";
import { type Pbx, pbx, type Phone, type Site } from "sims/pbx/mod.ts";
import { formatAddress, parseAddress } from "sims/sipban/core/mod.ts";
import { type SipBan, sipban } from "sims/sipban/mod.ts";

const LIMIT = seconds(10);

/** Registers with a wrong password, once for each of `count`; each is a failure. */
async function guess(phone: Phone, count: number): Promise<number> {
  let status = 0;
  for (let n = 0; n < count; n++) status = (await phone.register()).status;
  return status;
}

function guesser(site: Site): Promise<Phone> {
  return site.phone("1001", { password: "guess" });
}

/** As long as anybody waits for a decision: then nothing that was seen waits to be judged. */
async function nobodyIsBanned(bans: SipBan, pbx: Pbx): Promise<void> {
  await pbx.wait(seconds(1));
  expect((await bans.list()).map(({ target }) => target), "who is banned").toEqual([]);
}

/** As sipban spells it: IPv6 in eight words. */
function spelled(address: string): string {
  return formatAddress(parseAddress(address)!);
}

/** Guesses until the ban is in force. */
async function banned(bans: SipBan, attacker: Phone, site: Site, which = 1): Promise<void> {
  await guess(attacker, 11);
  const target = spelled(site.seenAs[0]!);
  await expect(bans.decisions).toHappen({
    kind: "ban",
    where: ({ host, level }) => host === target && level === which,
    within: LIMIT,
  });
}

scenario(
  "ten failures do not ban and the eleventh does; who is banned gets no answer",
  { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(90) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    const home = await pbx.site("home");
    const attacker = await guesser(outside);
    await step("ten failures", async () => {
      await guess(attacker, 10);
      await nobodyIsBanned(bans, pbx);
    });
    await step("the eleventh", async () => {
      await guess(attacker, 1);
      const within = LIMIT;
      await expect(bans.decisions).toHappen({
        kind: "ban",
        where: ({ host, rule, level }) =>
          host === outside.seenAs[0] && rule === "failures" && level === 1,
        within,
      });
      expect(await bans.filtered(), "the filter").toEqual([outside.seenAs[0]!]);
      expect((await attacker.ping()).answered, "an answer to who is banned").toBe(false);
    });
    const phone = await home.phone("1002");
    expect((await phone.register()).status, "the answer to others").toBe(200);
  },
);

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
    await guess(attacker, 10);
    await nobodyIsBanned(bans, pbx);
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
      const outside = await pbx.site("attacker", { outside: true });
      const attacker = await guesser(outside);
      await banned(bans, attacker, outside);
      await bans.ban("203.0.113.128/25", { seconds: 60 });
      const both = [outside.seenAs[0]!, "203.0.113.128/25"];
      await bans[way]();
      expect((await attacker.ping()).answered, "an answer while it is down").toBe(false);
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
  "the allow list spares its networks to the last address, and nobody beyond",
  {
    uses: { pbx: pbx(), bans: sipban({ allow: ["203.0.113.1/32", "2001:db8:bad::/128"] }) },
    timeout: seconds(90),
  },
  async ({ pbx, bans }) => {
    const spared = await pbx.site("spared", { outside: true, address: "203.0.113.1" });
    const other = await pbx.site("other", { outside: true, address: "203.0.113.2" });
    await guess(await guesser(spared), 12);
    await nobodyIsBanned(bans, pbx);
    await banned(bans, await guesser(other), other);
    for (const target of ["203.0.113.1", pbx.address, pbx.address6, "127.0.0.1"]) {
      const refused = await bans.ban(target).then(() => "", (error: Error) => error.message);
      expect(/may never be/.test(refused), `a refusal of ${target}`).toBe(true);
    }
    const network = await bans.ban("203.0.113.0/24").then(() => "", (e: Error) => e.message);
    expect(/203\.0\.113\.1\/32 in common/.test(network), "a refusal of its network").toBe(true);
  },
);
