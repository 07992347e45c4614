/** The web phone's page at the simulated exchange: on any machine with Chromium, without root. */
import { expect, scenario, seconds, step } from "hil";
import { desk } from "sims/webphone/port.ts";

const SOON = { within: seconds(20) };

scenario(
  "at the simulated exchange pages register, call, hear each other, and are back after a restart",
  { uses: { desk: desk() }, timeout: seconds(120) },
  async ({ desk }) => {
    const [anna, bert] = await Promise.all([
      desk.phone("1001", { toneHz: 440 }),
      desk.phone("1002", { toneHz: 880, autoAnswer: true }),
    ]);
    await step("a call that is heard", async () => {
      await anna.call("1002");
      await Promise.all([anna.hears(880, SOON), bert.hears(440, SOON)]);
      await anna.hangUp();
      await bert.untilCall("ended", SOON);
    });
    await step("calls that fail say why", async () => {
      for (
        const [number, code] of [["700", "forbidden"], ["702", "busy"], ["9", "not-found"]] as const
      ) {
        await anna.call(number);
        await anna.untilCall("ended", SOON);
        expect(await anna.alerts(), `messages of ${number}`).toEqual([code]);
      }
    });
    await step("a restart", async () => {
      await desk.restart();
      await anna.untilRegistration("failed", SOON);
      await anna.untilRegistration("registered", SOON);
    });
    await step("a wrong password", async () => {
      const carl = await desk.phone("1003", { password: "wrong", register: false });
      await carl.register();
      await carl.untilRegistration("failed", SOON);
      expect(await carl.alerts(), "messages").toEqual(["wrong-password"]);
    });
  },
);
