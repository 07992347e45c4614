/** The web phone's page at the simulated exchange: on any machine with Chromium, without root. */
import { expect, scenario, seconds, step } from "hil";
import { desk, type Webphone } from "sims/webphone/port.ts";

const SOON = { within: seconds(20) };

/** What ends with which status, and what its user reads then: RFC 3261 section 21. */
const FAILING = [
  ["700", "forbidden"],
  ["701", "server-error"],
  ["702", "busy"],
  ["703", "declined"],
  ["9", "not-found"],
] as const;

/** What its registration has been, the last ones. */
function registrations({ states }: Webphone, count: number): string[] {
  const all = states.occurrences.filter(({ kind }) => kind === "data-registration");
  return all.slice(-count).map(({ data }) => data.value ?? "");
}

scenario(
  "at the simulated exchange pages register, call, hear each other, and are back after a restart",
  { uses: { desk: desk() }, timeout: seconds(120) },
  async ({ desk }) => {
    const [anna, bert, carl] = await Promise.all([
      desk.phone("1001", { toneHz: 440 }),
      desk.phone("1002", { toneHz: 880, autoAnswer: true }),
      desk.phone("1003"),
    ]);
    await step("a call that is heard", async () => {
      await anna.call("1002");
      await Promise.all([anna.hears(880, SOON), bert.hears(440, SOON)]);
    });
    await step("who is in a call is busy, and stays in it", async () => {
      await carl.call("1001");
      await carl.untilCall("ended", SOON);
      expect(await carl.alerts(), "messages").toEqual(["busy"]);
      expect([anna.callState, bert.callState], "the call").toEqual(["up", "up"]);
      await anna.hangUp();
      await bert.untilCall("ended", SOON);
    });
    await step("a call that rings is given up, declined, or taken", async () => {
      await ringing(anna, carl);
      await anna.hangUp();
      for (const phone of [anna, carl]) await phone.untilCall("ended", SOON);
      expect(await anna.alerts(), "messages").toEqual([]);
      await ringing(anna, carl);
      await carl.decline();
      for (const phone of [anna, carl]) await phone.untilCall("ended", SOON);
      expect(await anna.alerts(), "messages").toEqual(["declined"]);
      await ringing(anna, carl);
      await carl.answer();
      for (const phone of [anna, carl]) await phone.untilCall("up", SOON);
      expect(await anna.alerts(), "messages").toEqual([]);
      await carl.hangUp();
      await anna.untilCall("ended", SOON);
    });
    await step("calls that fail say why", async () => {
      for (const [number, code] of FAILING) {
        await anna.call(number);
        await anna.untilCall("ended", SOON);
        expect(await anna.alerts(), `messages of ${number}`).toEqual([code]);
      }
    });
    await step("a restart", async () => {
      await desk.restart();
      await anna.untilRegistration("failed", SOON);
      await anna.untilRegistration("registered", SOON);
      expect(registrations(anna, 3), "its registration")
        .toEqual(["connecting", "registering", "registered"]);
    });
    await step("who goes is gone, and not back by itself", async () => {
      await carl.showAccount();
      await carl.unregister();
      await carl.untilRegistration("unregistered", SOON);
      await carl.close();
    });
    await step("a wrong password", async () => {
      const stranger = await desk.phone("1003", { password: "wrong", register: false });
      await stranger.register();
      await stranger.untilRegistration("failed", SOON);
      expect(await stranger.alerts(), "messages").toEqual(["wrong-password"]);
      const attempts = stranger.signalling.occurrences.filter(({ kind, data }) =>
        kind === "sent" && data.text?.startsWith("REGISTER ")
      );
      expect(attempts.length, "REGISTERs").toBe(2);
    });
  },
);

/** The one calls the other, and both know. */
async function ringing(caller: Webphone, called: Webphone): Promise<void> {
  await caller.call(called.user);
  await called.untilCall("incoming", SOON);
  await caller.untilCall("ringing", SOON);
}
