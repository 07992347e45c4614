/** Who is never banned: offices behind one address, phones in whose name others send, the trunk. */
import { expect, scenario, seconds, step } from "hil";
import { pbx } from "sims/pbx/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import { answered, banned, BORNE, flood, guess, LIMIT, onlyBanned, onTheWire } from "./steps.ts";

const PHONES = 50;
const TRUNK = "198.51.100.77";

scenario(
  "an office of 50 phones behind one address registers at once, and again",
  { uses: { pbx: pbx({ phones: PHONES }), bans: sipban() }, timeout: seconds(90) },
  async ({ pbx, bans }) => {
    const office = await pbx.site("office", { nat: true });
    const users = Object.keys(pbx.phones);
    const phones = await Promise.all(users.map((user) => office.phone(user)));
    for (const when of ["at first", "again"]) {
      const answers = await Promise.all(phones.map((phone) => phone.register()));
      expect(answers.map(({ status }) => status), `their answers ${when}`)
        .toEqual(users.map(() => 200));
    }
    await onTheWire(
      pbx,
      PHONES,
      ({ kind, data }) => kind === "401" && data.peer.startsWith(`${office.seenAs[0]}:`),
    );
    await onlyBanned({ pbx, bans }, []);
    expect(bans.decisions).toHaveHappened(0, { kind: ["limit", "alert"] });
  },
);

scenario(
  "phones of an office that register rightly forgive nothing to who guesses beside them",
  { uses: { pbx: pbx({ phones: 12 }), bans: sipban() }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const office = await pbx.site("office", { nat: true });
    const users = Object.keys(pbx.phones).slice(1);
    const phones = await Promise.all(users.map((user) => office.phone(user)));
    const guesser = await office.phone("1001", { password: "guess" });
    for (const phone of phones.slice(0, BORNE)) {
      await guess(guesser, 1);
      expect((await phone.register()).status, "of a phone").toBe(200);
    }
    await onlyBanned({ pbx, bans }, []);
    await guess(guesser, 1);
    await banned(bans, office.seenAs[0]!);
  },
);

scenario(
  "one INVITE that is never acknowledged is one failure, however often it is answered",
  {
    uses: { pbx: pbx(), bans: sipban({ maxFailures: 1, challengeS: 1 }) },
    timeout: seconds(90),
    tags: ["chan_sip"],
  },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("outside", { outside: true });
    await flood(outside, "INVITE", { count: 1, name: "first" });
    // All of timer H (RFC 3261 section 17.2.1), or until its challenge was not answered.
    await pbx.wait(seconds(pbx.profile.challengesOnce ? 4 : 34));
    expect(answered(pbx, "first", "401"), "answers").toBe(pbx.profile.challengesOnce ? 1 : 11);
    expect(bans.decisions).toHaveHappened(0);
    await flood(outside, "INVITE", { count: 1, name: "second" });
    await expect(bans.decisions).toHappen({
      kind: "limit",
      where: ({ host }) => host === outside.seenAs[0],
      within: LIMIT,
    });
    expect(bans.decisions).toHaveHappened(0, { kind: "ban" });
  },
);

for (const method of ["REGISTER", "INVITE"] as const) {
  scenario(
    `a burst of ${method}s in the name of a registered phone is reported, and the phone goes on`,
    { uses: { pbx: pbx(), bans: sipban({ challengeS: 1 }) }, timeout: seconds(60) },
    async ({ pbx, bans }) => {
      const home = await pbx.site("home");
      const phone = await home.phone("1001");
      await phone.register();
      const attacker = await pbx.site("attacker", { outside: true });
      await flood(attacker, method, { from: phone.local, count: 40 });
      await expect(bans.decisions).toHappen({
        kind: "alert",
        where: ({ rule, host }) => rule === "spoofed" && host === home.seenAs[0],
        within: LIMIT,
      });
      await onlyBanned({ pbx, bans }, []);
      expect(bans.decisions).toHaveHappened(0, { kind: "limit" });
      expect((await phone.register()).status, "its registration").toBe(200);
      const call = await phone.call("600");
      expect(call.status, "its call").toBe(200);
      await call.hangUp();
    },
  );
}

scenario(
  "a trunk that refuses calls is not banned, nor is the PBX, nor who called",
  {
    uses: { pbx: pbx({ phones: 12, trunk: { address: TRUNK } }), bans: sipban() },
    timeout: seconds(60),
  },
  async ({ pbx, bans }) => {
    await (await pbx.site("provider", { address: TRUNK }))
      .phone("provider", { port: 5060, answer: 403 });
    const home = await pbx.site("home", { addresses: 12 });
    const refused = await Promise.all(
      Object.keys(pbx.phones).map(async (user, address) => {
        const phone = await home.phone(user, { address });
        await phone.register();
        return (await phone.call("9123")).status ?? 0;
      }),
    );
    expect(refused.every((status) => status >= 400), "every call is refused").toBe(true);
    await onTheWire(
      pbx,
      12,
      ({ kind, data }) =>
        kind === "403" && data.direction === "in" && data.peer === `${TRUNK}:5060`,
    );
    await onlyBanned({ pbx, bans }, []);
    expect(bans.decisions).toHaveHappened(0, { kind: ["limit", "alert"] });
  },
);

scenario(
  "who is allowed ends with the network's first and last address",
  {
    uses: {
      pbx: pbx(),
      bans: sipban({ allow: ["203.0.113.64/30", "2001:db8:bad::40/126"] }),
    },
    timeout: seconds(90),
  },
  async ({ pbx, bans }) => {
    const guesses = async (address: string, count: number) => {
      const family = address.includes(":") ? 6 as const : 4 as const;
      const site = await pbx.site(address, { outside: true, address, family });
      await guess(await site.phone("1001", { password: "guess" }), count);
    };
    await step("within", async () => {
      for (const last of ["203.0.113.64", "203.0.113.67", "2001:db8:bad::40", "2001:db8:bad::43"]) {
        await guesses(last, 2 * BORNE);
      }
      await onlyBanned({ pbx, bans }, []);
    });
    await step("just beyond", async () => {
      const beyond = ["203.0.113.63", "203.0.113.68", "2001:db8:bad::3f", "2001:db8:bad::44"];
      for (const address of beyond) {
        await guesses(address, BORNE + 1);
        await banned(bans, address, { alone: true });
      }
    });
  },
);
