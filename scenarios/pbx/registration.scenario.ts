/** Phones register and call, on every transport and behind NAT: the same on all PBX variants. */
import { expect, measure, scenario, seconds, step } from "hil";
import { type Pbx, pbx, type PbxEventData, type Phone, type Protocol } from "sims/pbx/mod.ts";
import { formatEndpoint } from "sims/sip/mod.ts";

const TRANSPORTS: readonly Protocol[] = ["UDP", "TCP", "TLS", "WS"];
const OFFICE = Array.from({ length: 12 }, (_, n) => `${1001 + n}`);

/** What a PBX says to credentials that are wrong. */
function refusal({ profile }: Pbx): number {
  return profile.wrongCredentials === "forbid" ? 403 : 401;
}

for (const transport of TRANSPORTS) {
  scenario(
    `over ${transport} a phone registers, is pinged, calls the echo and goes`,
    { uses: { pbx: pbx({ transports: [transport] }) }, timeout: seconds(60) },
    async ({ pbx }) => {
      const home = await pbx.site("home");
      const phone = await home.phone("1001", { transport });
      const registered = await phone.register();
      expect(registered.status, "the answer to REGISTER").toBe(200);
      measure("registration", registered.tookNs / 1e6, { unit: "ms" });
      expect(registered.contacts.length, "contacts").toBe(1);
      expect((await phone.ping()).status, "the answer to OPTIONS").toBe(200);
      const call = await phone.call("600");
      expect(call.status, "the answer to INVITE").toBe(200);
      expect(await call.reinvite(), "the answer to INVITE within the call").toBe(200);
      expect(call.state, "the call then").toBe("up");
      await call.hangUp();
      expect((await phone.unregister()).contacts, "contacts").toEqual([]);
      await expect(pbx.messages).toHappen({ kind: "BYE", within: seconds(5) });
      for (const kind of ["registered", "unregistered"]) {
        const where = ({ user }: PbxEventData) => user === "1001";
        await expect(pbx.events).toHappen({ kind, where, within: seconds(5) });
      }
    },
  );
}

scenario(
  "over IPv6 phones register and call as well",
  { uses: { pbx: pbx({ transports: ["UDP", "TCP"] }) }, timeout: seconds(60) },
  async ({ pbx }) => {
    const home = await pbx.site("home", { family: 6 });
    for (const [user, transport] of [["1001", "UDP"], ["1002", "TCP"]] as const) {
      const phone = await home.phone(user, { transport });
      expect((await phone.register()).status, `the answer over ${transport}`).toBe(200);
      const call = await phone.call("600");
      expect(call.status, "the answer to INVITE").toBe(200);
      await call.hangUp();
    }
  },
);

scenario(
  "a wrong password and an unknown user are told the same",
  { uses: { pbx: pbx() }, timeout: seconds(60) },
  async ({ pbx }) => {
    const home = await pbx.site("home");
    const guesser = await home.phone("1001", { password: "guess" });
    expect((await guesser.register()).status, "with a wrong password").toBe(refusal(pbx));
    const stranger = await home.phone("4711", { password: "guess" });
    expect((await stranger.register()).status, "of an unknown user").toBe(refusal(pbx));
    await expect(pbx.events).toHappen({
      kind: "refused",
      where: ({ address }) => address === home.seenAs[0],
      within: seconds(5),
    });
    const rightly = await home.phone("1002");
    expect((await rightly.register()).status, "with the right one").toBe(200);
    // Told the shortest time, a phone asks for that: RFC 3261 section 10.2.8.
    const briefly = await rightly.register({ expiresS: 5 });
    expect([briefly.status, briefly.contacts.length], "for a moment only").toEqual([200, 1]);
  },
);

scenario(
  "phones call each other, and either side ends it",
  { uses: { pbx: pbx() }, timeout: seconds(60) },
  async ({ pbx }) => {
    const [one, two] = [
      await (await pbx.site("here")).phone("1001"),
      await (await pbx.site("there")).phone("1002"),
    ];
    for (const phone of [one, two]) await phone.register();
    /** Its Contact is where requests within a call go: RFC 3261 section 12.2.1.1. */
    const endedAt = ({ user, local }: Phone) =>
      expect(pbx.messages).toHappen({
        kind: "BYE",
        where: ({ direction, firstLine }) =>
          direction === "out" && firstLine.startsWith(`BYE sip:${user}@${formatEndpoint(local)}`),
        within: seconds(5),
      });
    await step("the caller ends it", async () => {
      const call = await one.call("1002");
      expect(call.status, "the answer").toBe(200);
      await call.hangUp();
      await expect(two.calls).toHappen({ kind: "ended", within: seconds(5) });
      await endedAt(two);
    });
    await step("the called one ends it", async () => {
      const call = await one.call("1002");
      expect(call.status, "the answer").toBe(200);
      await two.current[0]!.hangUp();
      const end = await call.end({ within: seconds(5) });
      expect(end?.by, "who ended it").toBe("them");
      await endedAt(one);
    });
  },
);

scenario(
  "a caller who gives up ends the ringing",
  { uses: { pbx: pbx() }, timeout: seconds(60) },
  async ({ pbx }) => {
    const home = await pbx.site("home");
    const one = await home.phone("1001");
    const two = await home.phone("1002", { answer: false });
    for (const phone of [one, two]) await phone.register();
    const call = await one.call("1002", { until: "ringing" });
    await call.hangUp();
    expect(call.ended?.by, "who ended it").toBe("cancelled");
    await expect(two.calls).toHappen({ kind: "ended", within: seconds(5) });
  },
);

scenario(
  "a phone that is busy, and extensions that fail, refuse a call with their status",
  { uses: { pbx: pbx() }, timeout: seconds(60) },
  async ({ pbx }) => {
    const home = await pbx.site("home");
    const one = await home.phone("1001");
    const two = await home.phone("1002", { answer: 486 });
    for (const phone of [one, two]) await phone.register();
    for (const [extension, status] of [["1002", 486], ["700", 403], ["701", 503]] as const) {
      expect((await one.call(extension)).status, `of ${extension}`).toBe(status);
    }
    expect((await one.call("599")).status, "of none").toBe(404);
  },
);

scenario(
  "twelve phones of an office behind one address register at once",
  { uses: { pbx: pbx({ phones: OFFICE.length }) }, timeout: seconds(60) },
  async ({ pbx }) => {
    const office = await pbx.site("office", { nat: true });
    const phones = await Promise.all(OFFICE.map((user) => office.phone(user)));
    const answers = await Promise.all(phones.map((phone) => phone.register()));
    expect(answers.map(({ status }) => status), "their answers").toEqual(OFFICE.map(() => 200));
    const last = phones.at(-1)!;
    const call = await phones[0]!.call(last.user);
    expect(call.status, "a call within the office").toBe(200);
    await call.hangUp();
    const seen = new Set(pbx.messages.occurrences.map(({ data }) => hostOf(data.peer)));
    expect([...seen], "whom the PBX saw").toEqual(office.seenAs.slice(0, 1));
    expect(pbx.events).toHaveHappened(0, { kind: "refused" });
  },
);

scenario(
  "a phone registers again by itself before its time runs out",
  { uses: { pbx: pbx({ minExpiresS: 2 }) }, timeout: seconds(60) },
  async ({ pbx }) => {
    const home = await pbx.site("home");
    const phone = await home.phone("1001", { expiresS: 4, keepRegistered: true });
    await phone.register();
    await pbx.wait(seconds(7));
    const granted = pbx.messages.occurrences.filter(({ kind, data }) =>
      kind === "200" && data.cseq.endsWith("REGISTER")
    );
    expect(granted.length, "registrations").toBeGreaterThan(3);
    const other = await home.phone("1002");
    await other.register();
    const call = await other.call("1001");
    expect(call.status, "a call to it").toBe(200);
    await call.hangUp();
  },
);

scenario(
  "after the PBX was away the phones are back",
  { uses: { pbx: pbx({ phones: 3, minExpiresS: 2 }) }, timeout: seconds(120) },
  async ({ pbx }) => {
    const home = await pbx.site("home");
    const one = await home.phone("1001", { expiresS: 4, keepRegistered: true });
    const two = await home.phone("1002");
    const silent = await home.phone("1003");
    for (const phone of [one, two, silent]) {
      expect((await phone.register()).status, "before").toBe(200);
    }
    await pbx.setLink("down");
    await pbx.wait(seconds(1));
    await pbx.setLink("up");
    await pbx.restart();
    await pbx.wait(seconds(4));
    expect((await two.register()).status, "after").toBe(200);
    const call = await two.call("1001");
    expect(call.status, "a call").toBe(200);
    await call.hangUp();
    const { keepsRegistrations, notRegistered } = pbx.profile;
    const other = await two.call("1003");
    expect(other.status, "a call of who has not come again")
      .toBe(keepsRegistrations ? 200 : notRegistered);
    await other.hangUp();
  },
);

function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, "");
}
