/**
 * Many web phones at once, at a real PBX. A page has processes of its own, and a machine of two
 * processors is busy with six: the others are JsSIP without a browser, whose calls are silent.
 */
import { expect, measure, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";
import { agents, webphones } from "sims/webphone/port.ts";

const LIMIT = { within: seconds(40) };
const [PAGES, COUNT] = [4, 20];
const TONE_HZ = 440;
const USERS = Array.from({ length: COUNT }, (_, n) => `${1001 + n}`);

/** The first half calls the second. */
function pairs<One>(all: readonly One[]): (readonly [One, One])[] {
  const half = all.length / 2;
  return all.slice(0, half).map((one, n) => [one, all[n + half]!]);
}

scenario(
  "twenty web phones register at once and are in ten calls at once, and pages hear each other",
  {
    uses: {
      pbx: webPbx({ phones: COUNT, web: USERS }),
      pages: webphones(),
      agents: agents(),
    },
    timeout: seconds(180),
  },
  async ({ pbx, pages, agents }) => {
    const [people, others] = await step("twenty registrations", async () => {
      const began = pbx.clock.now();
      const others = await Promise.all(USERS.slice(PAGES).map((user) => agents.agent(user)));
      const [people] = await Promise.all([
        Promise.all(USERS.slice(0, PAGES).map((user) => pages.phone(user, LIMIT))),
        ...others.map((agent) => agent.register()),
        ...others.map((agent) => agent.untilRegistration("registered", LIMIT)),
      ]);
      const tookS = (pbx.clock.now() - began) / 1e9;
      measure("until the last was registered", tookS, { unit: "s" });
      return [people, others];
    });
    await step("ten calls", async () => {
      for (const [caller, called] of pairs(others)) await caller.call(called.user);
      await Promise.all(
        pairs(people).map(async ([caller, called]) => {
          await caller.call(called.user);
          await called.untilCall("incoming", LIMIT);
          await called.answer();
        }),
      );
      await Promise.all(people.map((phone) => phone.hears(TONE_HZ, LIMIT)));
      await Promise.all(others.map((agent) => agent.untilCall("up", LIMIT)));
    });
    await step("their sound", async () => {
      const all = await Promise.all(people.map((phone) => phone.statistics()));
      const sum = (of: (one: typeof all[number]) => number) =>
        all.reduce((total, one) => total + of(one), 0);
      const [lost, came] = [
        sum(({ audioIn }) => audioIn.lost),
        sum(({ audioIn }) => audioIn.packets),
      ];
      measure("packets lost", 100 * lost / (lost + came), { unit: "%" });
      expect(all.filter(({ dtls }) => dtls === "connected").length, "encrypted").toBe(PAGES);
    });
    await step("their end", async () => {
      await Promise.all(pairs(people).map(([caller]) => caller.hangUp()));
      await Promise.all(pairs(others).map(([caller]) => caller.hangUp()));
      await Promise.all(people.map((phone) => phone.untilCall("ended", LIMIT)));
      await Promise.all(others.map((agent) => agent.untilCall("ended", LIMIT)));
    });
  },
);
