/** Calls of the web phone's page that fail at its own side, and what its user reads then. */
import { expect, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";
import { webphones } from "sims/webphone/port.ts";

const SOON = { within: seconds(15) };

const uses = { pbx: webPbx({ phones: 2, web: ["1001", "1002"] }), phones: webphones() };

scenario(
  "without a microphone, or one that the page may use, the user is told so, and nobody is called",
  { uses, timeout: seconds(90) },
  async ({ pbx, phones }) => {
    for (const microphone of ["missing", "denied"] as const) {
      await step(`one that is ${microphone}`, async () => {
        const anna = await phones.phone("1001", { microphone });
        await anna.call("600");
        await anna.untilCall("ended", SOON);
        expect(await anna.alerts(), "messages").toEqual([`microphone-${microphone}`]);
        await anna.screenshot(`a microphone that is ${microphone}`);
        await anna.close();
      });
    }
    const calls = pbx.events.occurrences.filter(({ kind }) => kind === "call");
    expect(calls.length, "calls at the PBX").toBe(0);
  },
);

scenario(
  "a call whose other side has not the certificate that it announced is ended, and the user told why",
  { uses, timeout: seconds(90) },
  async ({ phones }) => {
    const anna = await phones.phone("1001", { strangersFingerprint: true });
    await anna.call("600");
    await anna.untilCall("ended", SOON);
    expect(await anna.alerts(), "messages").toEqual(["dtls-failed"]);
    await anna.screenshot("a fingerprint that is a stranger's");
    expect(anna.registration, "its registration").toBe("registered");
  },
);
