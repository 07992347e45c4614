/** Whose calls fail as calls do, and whose credentials are old, is no attacker. */
import { expect, scenario, seconds, step } from "hil";
import { pbx } from "sims/pbx/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import { BORNE, onlyBanned, onTheWire, times } from "./steps.ts";

const TRUNK = "198.51.100.77";

scenario(
  "an office whose calls find nobody, somebody who is busy, or are given up is not banned",
  { uses: { pbx: pbx({ phones: 4 }), bans: sipban({ challengeS: 1 }) }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const office = await pbx.site("office", { nat: true });
    const caller = await office.phone("1001");
    const busy = await office.phone("1002", { answer: 486 });
    const ringing = await office.phone("1003", { answer: false });
    for (const phone of [caller, busy, ringing]) await phone.register();
    await step("busy", () =>
      times(4, async () => {
        expect((await caller.call("1002")).status, "the answer").toBe(486);
      }));
    await step("given up", () =>
      times(4, async () => {
        await (await caller.call("1003", { until: "ringing" })).hangUp();
      }));
    await step("nobody there", () =>
      times(4, async () => {
        const { status = 0 } = await caller.call("1004");
        expect(status, "the answer").toBeGreaterThan(399);
      }));
    await onTheWire(
      pbx,
      12,
      ({ kind, data }) =>
        data.direction === "out" && data.cseq.endsWith("INVITE") && Number(kind) > 401,
    );
    await pbx.wait(seconds(3)); // No challenge of these calls waits for its answer any more.
    await onlyBanned({ pbx, bans }, []);
    expect(bans.decisions).toHaveHappened(0, { kind: ["alert", "limit"] });
  },
);

scenario(
  "a trunk that is allowed brings any number of wrong numbers",
  {
    uses: {
      pbx: pbx({ trunk: { address: TRUNK } }),
      bans: sipban({ allow: [`${TRUNK}/32`] }),
    },
    timeout: seconds(60),
  },
  async ({ pbx, bans }) => {
    const provider = await (await pbx.site("provider", { address: TRUNK }))
      .phone("provider", { port: 5060 });
    await times(BORNE + 2, async (n) => {
      expect((await provider.call(`${580 + n}`)).status, "of a wrong number").toBe(404);
    });
    await onlyBanned({ pbx, bans }, []);
    const phone = await (await pbx.site("home")).phone("1001");
    await phone.register();
    const call = await provider.call("1001");
    expect(call.status, "of a right one").toBe(200);
    await call.hangUp();
  },
);

scenario(
  "phones that register with old nonces are asked again, and not for wrong passwords",
  { uses: { pbx: pbx({ phones: 12, nonceLifeS: 1 }), bans: sipban() }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const office = await pbx.site("office", { nat: true });
    const phones = await Promise.all(
      Object.keys(pbx.phones).map((user) => office.phone(user, { keepNonce: true })),
    );
    await Promise.all(phones.map((phone) => phone.register()));
    await pbx.wait(seconds(3));
    const answers = await Promise.all(phones.map((phone) => phone.register()));
    expect(answers.map(({ status }) => status), "their answers").toEqual(phones.map(() => 200));
    await onTheWire(pbx, 24, ({ kind }) => kind === "401");
    await onlyBanned({ pbx, bans }, []);
    expect(bans.decisions).toHaveHappened(0, { kind: ["alert", "limit"] });
  },
);
