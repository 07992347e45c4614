/** Whom the further rules name: scans, one user from many clients, a success after many failures; and what a window is. */
import { expect, scenario, seconds, step } from "hil";
import { pbx } from "sims/pbx/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import { banned, BORNE, guess, LIMIT, onlyBanned, times } from "./steps.ts";

scenario(
  "who fails at more than five users is banned before the eleventh failure",
  { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("scanner", { outside: true });
    const attempt = async (user: string) => {
      const phone = await outside.phone(user, { password: "guess" });
      await guess(phone, 1);
      await phone.close();
    };
    await times(5, (n) => attempt(`${2001 + n}`));
    await onlyBanned({ pbx, bans }, []);
    await attempt("2001"); // One of the five: nothing new.
    await onlyBanned({ pbx, bans }, [], { witness: "witness again" });
    await attempt("2006");
    await banned(bans, outside.seenAs[0]!, { rule: "scan" });
  },
);

scenario(
  "who calls more than five extensions that are refused is banned as a scanner",
  { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("scanner", { outside: true });
    const caller = await outside.phone("4711", { password: "guess" });
    await times(5, (n) => caller.call(`${590 + n}`));
    await onlyBanned({ pbx, bans }, []);
    await caller.call("599");
    await banned(bans, outside.seenAs[0]!, { rule: "scan" });
  },
);

scenario(
  "an attack on one user that is spread over many clients is reported, once, and bans nobody",
  { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(90) },
  async ({ pbx, bans }) => {
    const clients = 26;
    const phones = await Promise.all(
      Array.from({ length: clients }, async (_, n) => {
        const site = await pbx.site(`client ${n}`, { outside: true });
        return await site.phone("1001", { password: "guess" });
      }),
    );
    for (const phone of phones.slice(1)) await guess(phone, 2);
    await onlyBanned({ pbx, bans }, []);
    expect(bans.decisions).toHaveHappened(0, { kind: "alert" });
    await guess(phones[0]!, 1);
    await expect(bans.decisions).toHappen({
      kind: "alert",
      where: ({ rule, user, count }) =>
        rule === "distributed" && user!.includes("1001") && count === clients,
      within: LIMIT,
    });
    for (const phone of phones) await guess(phone, 1);
    await onlyBanned({ pbx, bans }, [], { witness: "witness again" });
    expect(bans.decisions).toHaveHappened(1, { kind: "alert" });
    const owner = await (await pbx.site("home")).phone("1001");
    expect((await owner.register()).status, "the answer to whose name it is").toBe(200);
  },
);

scenario(
  "who changes its address within a /64 of IPv6 is one host all the same",
  { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const attempt = async (n: number) => {
      const site = await pbx.site(`hop ${n}`, { outside: true, family: 6 });
      await guess(await site.phone("1001", { password: "guess" }), 1);
      return site;
    };
    await times(BORNE, attempt);
    await onlyBanned({ pbx, bans }, []);
    const last = await attempt(BORNE);
    await banned(bans, last.seenAs[0]!);
    const other = await (await pbx.site("another hop", { outside: true, family: 6 })).phone("1002");
    const call = other.call("600", { within: seconds(2) });
    const said = await call.then(() => "an answer", (error: Error) => error.message);
    expect(said, "what becomes of the next one's call").toMatch(/after 2 s the call is trying/);
  },
);

scenario(
  "a success after many failures is reported; one without them is not",
  { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const rightly = await (await pbx.site("home")).phone("1002");
    await times(3, () => rightly.register());
    const outside = await pbx.site("attacker", { outside: true });
    const guesser = await outside.phone("1001", { password: "guess" });
    await guess(guesser, 6);
    await guesser.close();
    await onlyBanned({ pbx, bans }, []);
    expect(bans.decisions).toHaveHappened(0, { kind: "alert" });
    const found = await (await outside.phone("1001")).register();
    expect(found.status, "the answer to the right password").toBe(200);
    await expect(bans.decisions).toHappen({
      kind: "alert",
      where: ({ rule, host, user, count }) =>
        rule === "breach" && host === outside.seenAs[0] && user!.includes("1001") && count === 6,
      within: LIMIT,
    });
  },
);

scenario(
  "failures count for as long as the window is",
  { uses: { pbx: pbx(), bans: sipban({ windowS: 3 }) }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    const attacker = await outside.phone("1001", { password: "guess" });
    await step("within it", async () => {
      await guess(attacker, BORNE + 1);
      await banned(bans, outside.seenAs[0]!);
      await bans.unban(outside.seenAs[0]!);
    });
    await step("slower than it", async () => {
      await guess(attacker, BORNE);
      await pbx.wait(seconds(4));
      await guess(attacker, BORNE);
      await onlyBanned({ pbx, bans }, []);
    });
  },
);

scenario(
  "with a window of 0 they count for ever",
  { uses: { pbx: pbx(), bans: sipban({ windowS: 0 }) }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    const attacker = await outside.phone("1001", { password: "guess" });
    await guess(attacker, BORNE);
    await pbx.wait(seconds(pbx.clock.virtual ? 86_400 : 4));
    await onlyBanned({ pbx, bans }, []);
    await guess(attacker, 1);
    await banned(bans, outside.seenAs[0]!);
  },
);
