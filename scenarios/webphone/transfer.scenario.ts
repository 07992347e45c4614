/** A web phone sends the one whom it talks to on to somebody else (REFER, RFC 3515), at a real PBX. */
import { expect, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";
import { webphones } from "sims/webphone/port.ts";

const SOON = { within: seconds(15) };
/** Of the microphones. */
const [ANNA_HZ, BERT_HZ, DESK_HZ] = [440, 880, 1500];

scenario(
  "a web phone transfers its call, and the two others hear each other; to nobody, it stays in it",
  {
    uses: { pbx: webPbx({ phones: 3, web: ["1001", "1002"] }), phones: webphones() },
    timeout: seconds(120),
  },
  async ({ pbx, phones }) => {
    const site = await pbx.site("desk");
    const desk = await site.phone("1003");
    const ear = site.sound!({ toneHz: DESK_HZ });
    await desk.register();
    const [anna, bert] = await Promise.all([
      phones.phone("1001", { toneHz: ANNA_HZ }),
      phones.phone("1002", { toneHz: BERT_HZ, autoAnswer: true }),
    ]);
    await anna.call("1002");
    await Promise.all([anna.hears(BERT_HZ, SOON), bert.hears(ANNA_HZ, SOON)]);
    await step("to a number that nobody has", async () => {
      await anna.transfer("9999");
      await anna.untilAlerts(["transfer-failed"], SOON);
      await anna.screenshot("a transfer that failed");
      expect(anna.callState, "her call").toBe("up");
      await bert.hears(ANNA_HZ, SOON);
    });
    await step("to a SIP phone", async () => {
      await anna.transfer("1003");
      await anna.untilCall("ended", SOON);
      expect(await anna.alerts(), "messages").toEqual([]);
      await Promise.all([bert.hears(DESK_HZ, SOON), ear.hears(BERT_HZ, SOON)]);
      expect(bert.callState, "the other's call").toBe("up");
    });
    await step("its end", async () => {
      await bert.hangUp();
      await expect(desk.calls).toHappen({ kind: "ended", ...SOON });
    });
  },
);
