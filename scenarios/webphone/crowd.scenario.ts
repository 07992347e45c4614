/** Many web phones at once, at a real PBX. */
import { expect, measure, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";
import { webphones } from "sims/webphone/port.ts";

const LIMIT = { within: seconds(60) };
const COUNT = 20;
/** At once, between pages of one browser: each sound has a process and a microphone of its own. */
const CALLS = 3;
const TONE_HZ = 440;
const USERS = Array.from({ length: COUNT }, (_, n) => `${1001 + n}`);

scenario(
  "twenty web phones register at once, three calls at once are heard, and any of them rings",
  {
    uses: { pbx: webPbx({ phones: COUNT, web: USERS }), phones: webphones() },
    timeout: seconds(180),
  },
  async ({ pbx, phones: webphones }) => {
    const began = pbx.clock.now();
    const phones = await step(
      "twenty registrations",
      () => Promise.all(USERS.map((user) => webphones.phone(user, LIMIT))),
    );
    measure("until the last was registered", (pbx.clock.now() - began) / 1e9, { unit: "s" });
    const inCalls = phones.slice(0, 2 * CALLS);
    await step("calls", async () => {
      const [callers, called] = [inCalls.slice(0, CALLS), inCalls.slice(CALLS)];
      await Promise.all(callers.map((phone, n) => phone.call(called[n]!.user)));
      await Promise.all(called.map(async (phone) => {
        await phone.untilCall("incoming", LIMIT);
        await phone.answer();
      }));
      await Promise.all(inCalls.map((phone) => phone.hears(TONE_HZ, LIMIT)));
    });
    await step("their sound", async () => {
      const all = await Promise.all(inCalls.map((phone) => phone.statistics()));
      const sum = (of: (one: typeof all[number]) => number) =>
        all.reduce((total, one) => total + of(one), 0);
      const [lost, came] = [
        sum(({ audioIn }) => audioIn.lost),
        sum(({ audioIn }) => audioIn.packets),
      ];
      measure("packets lost", 100 * lost / (lost + came), { unit: "%" });
      expect(all.filter(({ dtls }) => dtls === "connected").length, "encrypted").toBe(2 * CALLS);
      await Promise.all(inCalls.slice(0, CALLS).map((phone) => phone.hangUp()));
      await Promise.all(inCalls.map((phone) => phone.untilCall("ended", LIMIT)));
    });
    await step("the last one rings", async () => {
      await phones[0]!.call(USERS.at(-1)!);
      await phones.at(-1)!.untilCall("incoming", LIMIT);
    });
  },
);
