/**
 * What goes wrong while a flood goes on: the daemon is killed, the PBX starts anew, its link goes
 * down, and answers are no SIP at all. Afterwards who attacks is banned as before.
 */
import { expect, measure, scenario, seconds, seed, step } from "hil";
import { Random } from "sims/engine/mod.ts";
import { type Pbx, realPbx } from "sims/pbx/mod.ts";
import { type SipBan, sipban } from "sims/sipban/mod.ts";
import { floodFrom, houseOf, nextHop } from "./flood_steps.ts";
import { banned, BORNE, guess } from "./steps.ts";

const FLOOD = { sources: 100, count: 3_000, perSecond: 1_000 } as const;

/** Somebody new guesses, and is banned. */
async function bansStill(pbx: Pbx, bans: SipBan, name: string): Promise<string> {
  const site = await pbx.site(name, { outside: true });
  await guess(await site.phone(name, { password: "guess" }), BORNE + 1);
  await banned(bans, site.seenAs[0]!);
  return site.seenAs[0]!;
}

const FAULTS = {
  "the daemon is killed and started": async (_: Pbx, bans: SipBan) => {
    await bans.kill();
    await bans.start();
  },
  "Asterisk is started again": (pbx: Pbx) => pbx.restart(),
  "the PBX's link goes down and up": async (pbx: Pbx) => {
    await pbx.setLink("down");
    await pbx.wait(seconds(1));
    await pbx.setLink("up");
  },
};

for (const [what, fault] of Object.entries(FAULTS)) {
  scenario(
    `${what} in a flood: bans hold, and new attackers are banned`,
    {
      uses: { pbx: realPbx({ phones: 3 }), bans: sipban({ challengeS: 1, limitS: 30 }) },
      timeout: seconds(120),
    },
    async ({ pbx, bans }) => {
      const { phones } = await houseOf(pbx);
      const outside = await pbx.site("attackers", { outside: true });
      const first = await bansStill(pbx, bans, "first");
      await step("the fault in the flood", async () => {
        const flooding = floodFrom(pbx, outside, FLOOD);
        await pbx.wait(seconds(1));
        await fault(pbx, bans);
        expect((await bans.list()).map(({ target }) => target), "who is banned").toEqual([first]);
        await flooding;
      });
      for (const phone of phones) {
        const { status, tookNs } = await phone.register();
        expect(status, `the registration of ${phone.user}`).toBe(200);
        measure(`registration of ${phone.user}`, tookNs / 1e6, { unit: "ms" });
      }
      const second = await bansStill(pbx, bans, "second");
      expect((await bans.list()).map(({ target }) => target).toSorted(), "who is banned")
        .toEqual([first, second]);
      expect((await bans.filtered()).toSorted(), "the filter").toEqual([first, second]);
      expect(await bans.problems(), "what does not work").toEqual([]);
    },
  );
}

const SANE = [
  "SIP/2.0 401 Unauthorized",
  "Via: SIP/2.0/UDP 198.51.100.77:5060;rport=5060;branch=z9hG4bKmalformed",
  'From: "A \\"name\\"" <sip:1001@198.51.100.1>;tag=from',
  "To: <sip:1001@198.51.100.1>;tag=to",
  "Call-ID: malformed",
  "CSeq: 1 REGISTER",
  'WWW-Authenticate: Digest realm="asterisk",nonce="1/2",opaque="3",algorithm=MD5,qop="auth"',
  "Contact: <sip:1001@198.51.100.77>;expires=60",
  "Content-Length: 0",
  "",
  "",
].join("\r\n");

const HOSTILE = [
  "",
  "SIP/2.0 ",
  "SIP/2.0 401",
  "SIP/2.0 401 \r\n\r\n",
  `SIP/2.0 401 x\r\nCSeq: ${"9".repeat(1000)} REGISTER\r\nCall-ID: x\r\n\r\n`,
  `SIP/2.0 401 x\r\nCSeq: 1 REGISTER\r\nCall-ID: x\r\nWWW-Authenticate: Digest ${"=".repeat(1200)}`,
  `SIP/2.0 401 x\r\nCSeq: 1 REGISTER\r\nCall-ID: x\r\nWWW-Authenticate: Digest nonce="${
    "\\".repeat(900)
  }`,
  `SIP/2.0 200 x\r\nCSeq: 1 REGISTER\r\nCall-ID: x\r\nContact: ${"<".repeat(1200)}`,
  `SIP/2.0 403 x\r\n${" \r\n".repeat(400)}`,
  "\0".repeat(1200),
] as const;

/** Bytes of an answer, some of which are others, are missing, or are there twice. */
function spoilt(random: Random): Uint8Array {
  const bytes = [...new TextEncoder().encode(SANE)];
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    const at = random.below(bytes.length);
    const what = random.below(3);
    if (what === 0) bytes[at] = random.below(256);
    else if (what === 1) bytes.splice(at, 1 + random.below(40));
    else bytes.splice(at, 0, ...bytes.slice(at, at + random.below(40)));
  }
  return Uint8Array.from(bytes);
}

scenario(
  "answers in the PBX's name that are no SIP end nothing, and ban nobody",
  { uses: { pbx: realPbx({ phones: 3 }), bans: sipban() }, timeout: seconds(90) },
  async ({ pbx, bans }) => {
    const liar = await pbx.site("liar");
    // The PBX's own link has to see them: its neighbour is taken in about who the target is.
    const target = { host: "198.51.100.77", port: 5060 };
    const mac = await nextHop(pbx, liar);
    const neighbour = ["neigh", "replace", target.host, "lladdr", mac, "dev", "eth0"];
    expect((await liar.programs!.command("ip", neighbour).output()).success, "ip").toBe(true);
    const random = new Random(`${seed()} malformed`);
    const from = { host: pbx.address, port: 5060 };
    const answers = [
      ...HOSTILE.map((text) => new TextEncoder().encode(text)),
      ...Array.from({ length: 500 }, () => spoilt(random)),
    ];
    const before = await bans.metrics();
    for (const answer of answers) await liar.send(answer, { from, to: target });
    await bansStill(pbx, bans, "attacker");
    const after = await bans.metrics();
    const more = (name: string) => after[name]! - before[name]!;
    measure("packets", more("sipban_packets_total"), {
      unit: "",
      within: { min: answers.length },
    });
    measure("malformed", more("sipban_malformed_total"), { unit: "", within: { min: 10 } });
    expect((await bans.list()).length, "bans").toBe(1);
    expect(await bans.problems(), "what does not work").toEqual([]);
  },
);
