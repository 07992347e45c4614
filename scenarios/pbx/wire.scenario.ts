/**
 * What a PBX does with what nobody has asked for: bytes of any sender, and calls over its trunk. What
 * was measured by hand holds on all variants: see sims/sip/pbx/profile.ts.
 */
import { expect, measure, scenario, seconds, step } from "hil";
import { pbx } from "sims/pbx/mod.ts";

const INVENTED = "100.64.7.7";
const TRUNK = "198.51.100.77";

function invite(from: string, port: number, id: string): Uint8Array {
  return new TextEncoder().encode([
    "INVITE sip:600@198.51.100.1 SIP/2.0",
    `Via: SIP/2.0/UDP ${from}:${port};branch=z9hG4bK${id}`,
    "Max-Forwards: 70",
    `From: <sip:1001@198.51.100.1>;tag=${id}`,
    "To: <sip:600@198.51.100.1>",
    `Call-ID: ${id}`,
    "CSeq: 1 INVITE",
    `Contact: <sip:1001@${from}:${port}>`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n"));
}

scenario(
  "an INVITE that nobody acknowledges is challenged once by PJSIP, and eleven times by chan_sip",
  { uses: { pbx: pbx() }, timeout: seconds(90) },
  async ({ pbx }) => {
    const outside = await pbx.site("outside", { outside: true });
    const from = { host: INVENTED, port: 5062 };
    await outside.send(invite(from.host, from.port, "never-acked"), { from });
    await expect(pbx.messages).toHappen({
      kind: "401",
      where: ({ direction, peer }) => direction === "out" && peer === `${INVENTED}:5062`,
      within: seconds(5),
    });
    // The whole of timer H (RFC 3261 section 17.2.1), or a time in which a second one would have come.
    await pbx.wait(seconds(pbx.profile.challengesOnce ? 5 : 34));
    const challenges = pbx.messages.occurrences.filter(({ kind, data }) =>
      kind === "401" && data.callId === "never-acked"
    );
    measure("challenges", challenges.length, { unit: "" });
    expect(challenges.length, "challenges").toBe(pbx.profile.challengesOnce ? 1 : 11);
  },
);

scenario(
  "calls go out over the trunk, and come in from it without a challenge",
  { uses: { pbx: pbx({ trunk: { address: TRUNK } }) }, timeout: seconds(60) },
  async ({ pbx }) => {
    const provider = await (await pbx.site("provider", { address: TRUNK }))
      .phone("provider", { port: 5060 });
    const phone = await (await pbx.site("home")).phone("1001");
    await phone.register();
    await step("out", async () => {
      const call = await phone.call("9123");
      expect(call.status, "the answer").toBe(200);
      await expect(provider.calls).toHappen({ kind: "incoming", within: seconds(5) });
      await call.hangUp();
    });
    await step("in", async () => {
      const call = await provider.call("1001");
      expect(call.status, "the answer").toBe(200);
      await call.hangUp();
    });
    const asked = pbx.messages.occurrences.filter(({ kind, data }) =>
      kind === "401" && data.peer.startsWith(`${TRUNK}:`)
    );
    expect(asked.length, "challenges to the trunk").toBe(0);
  },
);

scenario(
  "after its link was down, phones near and far reach the PBX again, by both families",
  { uses: { pbx: pbx() }, timeout: seconds(60) },
  async ({ pbx }) => {
    const sites = [
      await pbx.site("home"),
      await pbx.site("home by IPv6", { family: 6 }),
      await pbx.site("far", { outside: true }),
      await pbx.site("far by IPv6", { outside: true, family: 6 }),
      await pbx.site("office", { nat: true }),
    ];
    await pbx.setLink("down");
    await pbx.setLink("up");
    for (const site of sites) {
      const phone = await site.phone("1001");
      expect((await phone.register()).status, `the answer to ${site.name}`).toBe(200);
      await phone.close();
    }
  },
);
