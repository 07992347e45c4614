/**
 * What a PBX does with what nobody has asked for: bytes of any sender, and calls over its trunk. What
 * was measured by hand holds on all variants: see sims/sip/pbx/profile.ts.
 */
import { expect, measure, scenario, seconds, step } from "hil";
import { pbx } from "sims/pbx/mod.ts";
import { formatMessage, request } from "sims/sip/mod.ts";

const INVENTED = "100.64.7.7";
const TRUNK = "198.51.100.77";

/** `tag`: of the call that it says to be within. */
function from(
  { host, port }: { readonly host: string; readonly port: number },
  { method = "INVITE", id, user = "1001", tag }: {
    readonly method?: string;
    readonly id: string;
    readonly user?: string;
    readonly tag?: string;
  },
): Uint8Array {
  return formatMessage(request(method, "sip:600@198.51.100.1", [
    ["Via", `SIP/2.0/UDP ${host}:${port};branch=z9hG4bK${id};rport`],
    ["Max-Forwards", "70"],
    ["From", `<sip:${user}@198.51.100.1>;tag=${id}`],
    ["To", `<sip:600@198.51.100.1>${tag === undefined ? "" : `;tag=${tag}`}`],
    ["Call-ID", id],
    ["CSeq", `1 ${method}`],
    ["Contact", `<sip:${user}@${host}:${port}>`],
    ["Content-Length", "0"],
  ]));
}

/** Of a request that nobody has sent. */
const RESPONSE = [
  "SIP/2.0 200 OK",
  "Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKnobodys",
  "From: <sip:600@198.51.100.1>;tag=a",
  "To: <sip:1001@198.51.100.1>;tag=b",
  "Call-ID: stray-response",
  "CSeq: 1 INVITE",
  "Content-Length: 0",
  "",
  "",
].join("\r\n");

/** There is nobody to answer to; chan_sip does all the same, with 400. */
const WITHOUT_VIA =
  "OPTIONS sip:198.51.100.1 SIP/2.0\r\nCall-ID: stray-OPTIONS\r\nCSeq: 1 OPTIONS\r\n\r\n";

scenario(
  "an INVITE that nobody acknowledges is challenged once by PJSIP, and eleven times by chan_sip",
  { uses: { pbx: pbx() }, timeout: seconds(90) },
  async ({ pbx }) => {
    const outside = await pbx.site("outside", { outside: true });
    const sender = { host: INVENTED, port: 5062 };
    await outside.send(from(sender, { id: "never-acked" }), { from: sender });
    await expect(pbx.messages).toHappen({
      kind: "401",
      where: ({ direction, peer }) => direction === "out" && peer === `${INVENTED}:5062`,
      within: seconds(5),
    });
    // The whole of timer H (RFC 3261 section 17.2.1), or a time in which a second one would have come.
    await pbx.wait(seconds(pbx.profile.challengesOnce ? 2 : 34));
    const challenges = pbx.messages.occurrences.filter(({ kind, data }) =>
      kind === "401" && data.callId === "never-acked"
    );
    measure("challenges", challenges.length, { unit: "" });
    expect(challenges.length, "challenges").toBe(pbx.profile.challengesOnce ? 1 : 11);
  },
);

scenario(
  "what is of no call is told so where it came from, and noise is not answered",
  { uses: { pbx: pbx() }, timeout: seconds(60) },
  async ({ pbx }) => {
    const outside = await pbx.site("outside", { outside: true });
    const sender = { host: INVENTED, port: 5062 };
    const said = { host: INVENTED, port: 5099 };
    for (const noise of ["hello, is anybody there?\r\n\r\n", RESPONSE, WITHOUT_VIA]) {
      await outside.send(new TextEncoder().encode(noise), { from: sender });
    }
    const ack = from(said, { method: "ACK", id: "stray-ACK", tag: "nobodys" });
    await outside.send(ack, { from: sender });
    // RFC 3261 sections 9.2, 12.2.2 and 15.1.2; to the port that it came from: RFC 3581 section 4.
    for (const method of ["CANCEL", "BYE", "INFO", "INVITE"]) {
      const id = `stray-${method}`;
      const stray = from(said, { method, id, ...(method !== "CANCEL" && { tag: "nobodys" }) });
      await outside.send(stray, { from: sender });
      await expect(pbx.messages).toHappen({
        kind: "481",
        where: ({ peer, callId }) => callId === id && peer === `${INVENTED}:5062`,
        within: seconds(5),
      });
    }
    const phone = await (await pbx.site("home")).phone("1001");
    expect((await phone.register()).status, "the answer to others").toBe(200);
    const answered = pbx.messages.occurrences.filter(({ data }) =>
      data.direction === "out" && data.peer.startsWith(`${INVENTED}:`) &&
      !/^stray-(CANCEL|BYE|INFO|INVITE|OPTIONS)$/.test(data.callId)
    );
    expect(answered.map(({ data }) => data.firstLine), "answers to noise").toEqual([]);
  },
);

scenario(
  "calls go out over the trunk, and come in from it without a challenge",
  { uses: { pbx: pbx({ trunk: { address: TRUNK } }) }, timeout: seconds(60) },
  async ({ pbx }) => {
    const site = await pbx.site("provider", { address: TRUNK });
    const provider = await site.phone("provider", { port: 5060 });
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
    await step("in, and the answer is not acknowledged", async () => {
      const sender = { host: TRUNK, port: 5060 };
      const id = "unacknowledged";
      await site.send(from(sender, { id, user: "provider" }), { from: sender });
      const said = (kind: string) =>
        pbx.messages.occurrences.filter((seen) => seen.kind === kind && seen.data.callId === id);
      await pbx.clock.until(() => said("200").length >= 2 || undefined, seconds(5));
      expect(said("200").length, "answers").toBeGreaterThan(1);
      // All real ones were as the simulated ones are; it takes them half a minute.
      if (!pbx.clock.virtual) return;
      // RFC 3261 section 13.3.1.4: at T1, doubled up to T2, until 64*T1.
      await pbx.wait(seconds(32.5));
      const byes = said("BYE").map(({ data }) => data.firstLine);
      expect(byes, "its end").toEqual([`BYE sip:provider@${TRUNK}:5060`]);
      const answers = said("200").filter(({ data }) => data.cseq === "1 INVITE");
      expect(answers.length, "answers").toBe(11);
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
    const waiting = await sites[0]!.phone("1002");
    // Asked again until somebody answers: RFC 3261 section 17.1.2.2.
    const registered = waiting.register();
    await pbx.setLink("up");
    expect((await registered).status, "the answer to who has asked before").toBe(200);
    for (const site of sites) {
      const phone = await site.phone("1001");
      expect((await phone.register()).status, `the answer to ${site.name}`).toBe(200);
      await phone.close();
    }
  },
);
