/** The web phone's signalling without a browser, at a real PBX: JsSIP's user agents. */
import { expect, measure, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";
import { agents } from "sims/webphone/port.ts";

const SOON = { within: seconds(15) };
const COUNT = 50;
const USERS = Array.from({ length: COUNT }, (_, n) => `${1001 + n}`);

scenario(
  "fifty agents register at once, call the echo, and are back after Asterisk and proxy were away",
  { uses: { pbx: webPbx({ phones: COUNT, web: USERS }), agents: agents() }, timeout: seconds(90) },
  async ({ pbx, agents }) => {
    const phones = await Promise.all(USERS.map((user) => agents.agent(user)));
    const all = (state: "registered" | "failed") =>
      Promise.all(phones.map((phone) => phone.untilRegistration(state, SOON)));
    await step("at once", async () => {
      const began = pbx.clock.now();
      await Promise.all(phones.map((phone) => phone.register()));
      await all("registered");
      const took = (pbx.clock.now() - began) / 1e6;
      measure("until all were registered", took, { unit: "ms" });
    });
    await step("a call", async () => {
      await phones[0]!.call("600");
      await phones[0]!.untilCall("up", SOON);
      await phones[0]!.hangUp();
      await phones[0]!.untilCall("ended", SOON);
    });
    for (
      const [what, away, back] of [
        ["Asterisk", () => pbx.kill(), () => pbx.restart()],
        ["the proxy", () => pbx.killProxy(), () => pbx.restartProxy()],
      ] as const
    ) {
      await step(`${what} is away`, async () => {
        await away();
        await all("failed");
        await back();
        await all("registered");
      });
    }
  },
);

scenario(
  "an agent with a wrong password is told so, and one that is refused a call",
  { uses: { pbx: webPbx({ phones: 2, web: ["1001", "1002"] }), agents: agents() } },
  async ({ agents }) => {
    const wrong = await agents.agent("1001", { password: "wrong" });
    await wrong.register();
    const codes = await wrong.untilRegistration("failed", SOON);
    expect(codes, "what is wrong").toEqual(["wrong-password"]);
    const right = await agents.agent("1002");
    await right.register();
    await right.untilRegistration("registered", SOON);
    await right.call("700");
    expect(await right.untilCall("ended", SOON), "what is wrong").toEqual(["forbidden"]);
  },
);
