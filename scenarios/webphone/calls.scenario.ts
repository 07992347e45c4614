/**
 * Calls of the web phone's page at a real PBX. That there is sound is known by the tone of the one
 * side's microphone at the other side's ear, not by what anybody says.
 */
import { expect, measure, ms, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";
import { type Webphone, webphones } from "sims/webphone/port.ts";

const SOON = { within: seconds(15) };
/** Of the microphones. */
const [ANNA_HZ, BERT_HZ, DESK_HZ] = [440, 880, 1500];
/** Of a microphone at -15 dBFS, through noise suppression, µ-law and DTLS. */
const LOUD = -30;

/** Until a second, longer than the pauses of a microphone's beeps, is without the tone. */
async function fallsSilent(phone: Webphone, frequencyHz: number): Promise<void> {
  const isHeard = () =>
    phone.hears(frequencyHz, { within: seconds(1) }).then(() => true, () => false);
  for (let n = 0; n < 5; n++) if (!await isHeard()) return;
  expect("is heard", `the tone of ${frequencyHz} Hz`).toBe("is not heard");
}

const uses = {
  pbx: webPbx({ phones: 3, web: ["1001", "1002"] }),
  phones: webphones(),
};

scenario(
  "web phones call each other, and each hears the other's tone; one holds, mutes, and is back",
  { uses, timeout: seconds(120) },
  async ({ pbx, phones }) => {
    const [anna, bert] = await Promise.all([
      phones.phone("1001", { toneHz: ANNA_HZ }),
      phones.phone("1002", { toneHz: BERT_HZ }),
    ]);
    await step("a call that rings and is taken", async () => {
      await anna.call("1002");
      await bert.untilCall("incoming", SOON);
      await bert.screenshot("a call comes in");
      await bert.answer();
      const up = pbx.clock.now();
      const [atAnna, atBert] = await Promise.all([
        anna.hears(BERT_HZ, SOON),
        bert.hears(ANNA_HZ, SOON),
      ]);
      measure("from the answer to both tones", (pbx.clock.now() - up) / 1e6, {
        unit: "ms",
        marginal: { max: 2000 },
      });
      for (const { levelDbfs } of [atAnna, atBert]) {
        expect(levelDbfs, "dBFS").toBeGreaterThan(LOUD);
      }
      await anna.screenshot("a call is up");
    });
    await step("statistics", async () => {
      const { audioIn, codec, dtls } = await anna.statistics();
      expect(codec, "codec").toBe("PCMU");
      expect(dtls, "DTLS").toBe("connected");
      expect(audioIn.packets, "packets").toBeGreaterThan(10);
      measure("packets lost", audioIn.lost, { unit: "" });
    });
    await step("on hold nothing is heard, and then again", async () => {
      await anna.hold();
      await anna.untilCall("held", SOON);
      await anna.screenshot("on hold");
      await fallsSilent(bert, ANNA_HZ);
      await anna.hold();
      await anna.untilCall("up", SOON);
      await bert.hears(ANNA_HZ, SOON);
    });
    await step("muted, nothing is heard either", async () => {
      await anna.mute();
      await fallsSilent(bert, ANNA_HZ);
      await anna.mute();
      await bert.hears(ANNA_HZ, SOON);
    });
    await bert.hangUp();
    await anna.untilCall("ended", SOON);
  },
);

scenario(
  "a web phone calls a SIP phone, is called by it and answers by itself, and its keys are seen",
  { uses, timeout: seconds(120) },
  async ({ pbx, phones }) => {
    const site = await pbx.site("desk");
    const desk = await site.phone("1003");
    const ear = site.sound!({ toneHz: DESK_HZ });
    await desk.register();
    const anna = await phones.phone("1001", { toneHz: ANNA_HZ, autoAnswer: true });
    await step("out", async () => {
      const began = pbx.clock.now();
      await anna.call("1003");
      await ear.hears(ANNA_HZ, SOON);
      const heard = await anna.hears(DESK_HZ, SOON);
      measure("from the key to both tones", (pbx.clock.now() - began) / 1e6, {
        unit: "ms",
        marginal: { max: 2000 },
      });
      expect(heard.levelDbfs, "dBFS").toBeGreaterThan(LOUD);
    });
    await step("keys", async () => {
      await anna.press("5#");
      for (const digit of ["5", "#"]) {
        await expect(pbx.events).toHappen({
          kind: "dtmf",
          where: (data) => data.digit === digit && data.user === "1001",
          ...SOON,
        });
      }
      await anna.hangUp();
      await anna.untilCall("ended", SOON);
    });
    await step("in, answered by itself", async () => {
      const call = await desk.call("1001");
      expect(call.status, "the answer").toBe(200);
      const { levelDbfs } = await ear.hears(ANNA_HZ, SOON);
      expect(levelDbfs, "dBFS").toBeGreaterThan(LOUD);
      await anna.hears(DESK_HZ, SOON);
      await call.hangUp();
      await anna.untilCall("ended", SOON);
    });
  },
);

scenario(
  "the sound of a call goes on while its proxy is dead, and the phone is back with a new one",
  { uses, timeout: seconds(120) },
  async ({ pbx, phones }) => {
    const anna = await phones.phone("1001", { toneHz: ANNA_HZ });
    await anna.call("600");
    await anna.hears(ANNA_HZ, SOON);
    await pbx.killProxy();
    await anna.untilRegistration("failed", SOON);
    expect(await anna.alerts(), "messages").toEqual(["connection-lost"]);
    await anna.screenshot("the connection is lost in a call");
    await anna.hears(ANNA_HZ, SOON);
    await pbx.restartProxy();
    await anna.untilRegistration("registered", SOON);
    expect(await anna.alerts(), "messages").toEqual([]);
    expect(anna.callState, "the call").toBe("up");
  },
);

scenario(
  "a page that is loaded again in a call ends it at the other side, and registers without being asked",
  { uses, timeout: seconds(120) },
  async ({ pbx, phones }) => {
    const desk = await (await pbx.site("desk")).phone("1003");
    await desk.register();
    const anna = await phones.phone("1001");
    await anna.call("1003");
    await anna.untilCall("up", SOON);
    await pbx.wait(ms(1));
    await anna.reload();
    await anna.untilRegistration("registered", SOON);
    await expect(desk.calls).toHappen({ kind: "ended", ...SOON });
    await anna.call("600");
    await anna.untilCall("up", SOON);
  },
);

scenario(
  "web phones behind NAT and behind the PBX's router hear each other",
  { uses, timeout: seconds(120) },
  async ({ pbx, phones }) => {
    await pbx.site("an office", { nat: true });
    const [anna, bert] = await Promise.all([
      phones.phone("1001", { toneHz: ANNA_HZ, place: "inside" }),
      phones.phone("1002", { toneHz: BERT_HZ, place: "outside", autoAnswer: true }),
    ]);
    await anna.call("1002");
    await Promise.all([anna.hears(BERT_HZ, SOON), bert.hears(ANNA_HZ, SOON)]);
  },
);
