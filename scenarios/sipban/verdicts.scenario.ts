/** Whom the daemon bans: who guesses, whatever the PBX says to it and by whatever way it comes. */
import { expect, scenario, seconds, step } from "hil";
import { pbx, type Phone, type Protocol } from "sims/pbx/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import {
  answered,
  banned,
  BORNE,
  flood,
  guess,
  LIMIT,
  onlyBanned,
  onTheWire,
  shutOut,
  times,
} from "./steps.ts";

const NOBODY = "599";
const GUESSES = {
  "a wrong password": "1001",
  "an unknown user": "4711",
} as const;
const TRIES: Readonly<Record<string, (phone: Phone) => Promise<unknown>>> = {
  REGISTER: (phone) => phone.register(),
  // To chan_sip an unknown caller is a guest: it is told that there is no such extension.
  INVITE: (phone) => phone.call(NOBODY),
};

for (const [what, user] of Object.entries(GUESSES)) {
  for (const [method, attempt] of Object.entries(TRIES)) {
    scenario(
      `${method} with ${what}: ten do not ban, the eleventh does`,
      { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(60), tags: ["chan_sip"] },
      async ({ pbx, bans }) => {
        const home = await (await pbx.site("home")).phone("1002");
        const outside = await pbx.site("attacker", { outside: true });
        const attacker = await outside.phone(user, { password: "guess" });
        await step("ten failures", async () => {
          await times(BORNE, () => attempt(attacker));
          await onlyBanned({ pbx, bans }, []);
        });
        await step("the eleventh", async () => {
          await attempt(attacker);
          await banned(bans, outside.seenAs[0]!);
          await shutOut({ pbx }, outside, home);
        });
      },
    );
  }
}

scenario(
  "a provisional answer before each refusal forgives nothing",
  { uses: { pbx: pbx(), bans: sipban() }, timeout: seconds(60), tags: ["chan_sip"] },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    // chan_sip lets a stranger in; the others know who calls what is forbidden.
    const caller = await outside.phone(pbx.profile.guests ? "stranger" : "1001");
    await times(BORNE + 1, async () => {
      expect((await caller.call("700")).status, "the answer").toBe(403);
    });
    await banned(bans, outside.seenAs[0]!);
    await onTheWire(pbx, BORNE + 1, ({ kind, data }) => kind === "100" && data.direction === "out");
  },
);

for (const method of ["REGISTER", "INVITE"] as const) {
  scenario(
    `${method}s that answer no challenge: by UDP they are limited, nobody is banned`,
    { uses: { pbx: pbx(), bans: sipban({ challengeS: 1 }) }, timeout: seconds(60) },
    async ({ pbx, bans }) => {
      const outside = await pbx.site("scanner", { outside: true });
      await flood(outside, method);
      const [host] = outside.seenAs;
      await expect(bans.decisions).toHappen({
        kind: "limit",
        where: (data) => data.host === host && data.rule === "failures",
        within: LIMIT,
      });
      await onlyBanned({ pbx, bans }, []);
    },
  );

  scenario(
    `${method}s that answer no challenge: by TCP they are banned`,
    { uses: { pbx: pbx(), bans: sipban({ challengeS: 1 }) }, timeout: seconds(60) },
    async ({ pbx, bans }) => {
      const outside = await pbx.site("scanner", { outside: true });
      await flood(outside, method, { count: BORNE, protocol: "TCP" });
      await pbx.wait(seconds(2));
      await onlyBanned({ pbx, bans }, []);
      await flood(outside, method, { count: 1, name: "eleventh", protocol: "TCP" });
      await banned(bans, outside.seenAs[0]!);
    },
  );
}

for (const transport of ["TCP", "WS"] as const satisfies readonly Protocol[]) {
  scenario(
    `who guesses over ${transport} is banned, and its open connection is cut`,
    {
      uses: { pbx: pbx({ transports: ["UDP", transport] }), bans: sipban() },
      timeout: seconds(60),
    },
    async ({ pbx, bans }) => {
      const outside = await pbx.site("attacker", { outside: true });
      const attacker = await outside.phone("1001", { password: "guess", transport });
      await guess(attacker, BORNE);
      await onlyBanned({ pbx, bans }, []);
      await guess(attacker, 1);
      await banned(bans, outside.seenAs[0]!);
      const call = attacker.call("600", { within: seconds(2) });
      const said = await call.then(() => "an answer", (error: Error) => error.message);
      expect(said, "what becomes of its call").toMatch(/after 2 s the call is trying/);
    },
  );
}

scenario(
  "what is encrypted up to the PBX is nobody's to see: it bans nobody",
  { uses: { pbx: pbx({ transports: ["UDP", "TLS"] }), bans: sipban() }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    const attacker = await outside.phone("1001", { password: "guess", transport: "TLS" });
    await guess(attacker, BORNE + 1);
    await onlyBanned({ pbx, bans }, []);
    expect(bans.decisions).toHaveHappened(0, {
      where: ({ host }) => host === outside.seenAs[0],
    });
  },
);

scenario(
  "a dry run says whom it would ban, and bans nobody",
  { uses: { pbx: pbx(), bans: sipban({ dryRun: true }) }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    await guess(await outside.phone("1001", { password: "guess" }), BORNE + 1);
    await banned(bans, outside.seenAs[0]!);
    expect(await bans.filtered(), "the filter").toEqual([]);
    await flood(outside, "REGISTER", { count: 1, name: "still" });
    await expect(pbx.messages).toHappen({
      kind: "401",
      where: ({ callId }) => callId.startsWith("still-"),
      within: LIMIT,
    });
    expect(answered(pbx, "still", "401"), "answers to it").toBe(1);
  },
);
