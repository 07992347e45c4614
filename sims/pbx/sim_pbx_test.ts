/** What Asterisk 22 with PJSIP was seen to do, on the simulated one; and the others, where they differ. */
import assert from "node:assert/strict";
import { seconds } from "hil";
import { Timeline } from "hil/trace/mod.ts";
import type { Phone, SiteOptions } from "./port.ts";
import { SimPbx, type SimPbxOptions } from "./sim_pbx.ts";

function start(options: SimPbxOptions = {}) {
  const timeline = new Timeline({ write() {} });
  const pbx = new SimPbx(timeline, 1, { profile: "asterisk22", ...options });
  const sent = (kind: string) =>
    pbx.messages.occurrences.filter((m) => m.kind === kind && m.data.direction === "out")
      .map(({ data }) => data.firstLine);
  const told = () =>
    pbx.events.occurrences.map(({ kind, data }) =>
      `${kind} ${data.user} ${data.name ?? ""}`.trim()
    );
  const phones = async (site: string, users: string[], options: SiteOptions & object = {}) => {
    const place = await pbx.site(site, options);
    const made: Phone[] = [];
    for (const user of users) made.push(await place.phone(user));
    for (const phone of made) assert.equal((await phone.register()).status, 200);
    return made;
  };
  return { pbx, sent, told, phones };
}

for (
  const [transport, name] of [["UDP", ""], ["TCP", ";transport=TCP"], [
    "WS",
    ";transport=WS",
  ]] as const
) {
  Deno.test(`PJSIP calls a phone behind NAT where its ${transport} comes from`, async () => {
    const { pbx, sent } = start({ transports: [transport] });
    const office = await pbx.site("office", { nat: true });
    const [one, two] = [
      await office.phone("1001", { transport }),
      await office.phone("1002", { transport }),
    ];
    await one.register();
    // It is told of its own host and port, in the words of who answers.
    assert.deepEqual((await two.register()).contacts, [`sip:1002@10.77.0.10:5061${name}`]);
    const call = await one.call("1002");
    const port = transport === "UDP" ? 5061 : 32_769;
    const inDialog: string = name.replace("WS", "ws");
    assert.deepEqual(sent("INVITE"), [`INVITE sip:1002@198.51.100.2:${port}${name}`]);
    assert.deepEqual(sent("ACK"), [`ACK sip:1002@198.51.100.2:${port}${inDialog}`]);
    await two.current[0]!.hangUp();
    assert.equal((await call.end({ within: seconds(1) }))?.by, "them");
    assert.deepEqual(sent("BYE"), [`BYE sip:1001@198.51.100.2:${port - 1}${name}`]);
    const byes = pbx.messages.occurrences.filter(({ kind }) => kind === "BYE");
    const own = transport === "WS" ? 8088 : 5060;
    assert.equal(byes[0]!.data.firstLine, `BYE sip:asterisk@198.51.100.1:${own}${inDialog}`);
  });
}

Deno.test("over TCP PJSIP gives the connection's port, others what the phone has said", async () => {
  for (
    const [profile, contact] of [
      ["asterisk22", "sip:1001@198.51.100.10:32768;transport=TCP"],
      ["sim", "sip:1001@198.51.100.10:5060;transport=tcp"],
    ] as const
  ) {
    const { pbx } = start({ profile });
    const phone = await (await pbx.site("home")).phone("1001", { transport: "TCP" });
    assert.deepEqual((await phone.register()).contacts, [contact]);
    assert.deepEqual((await phone.unregister()).contacts, []);
  }
});

Deno.test("PJSIP has several contacts by their MD5 sums, and calls the first one", async () => {
  const { pbx, sent, phones } = start();
  const home = await pbx.site("home");
  let contacts: readonly string[] = [];
  // As registered at Asterisk 22.10, which gave them so.
  for (const port of [5090, 5080, 5070, 5085, 5075, 15_075]) {
    const phone = await home.phone("1001", { port });
    contacts = (await phone.register()).contacts;
    await phone.close();
  }
  const given = [5085, 15_075, 5070, 5075, 5080, 5090];
  assert.deepEqual(contacts, given.map((port) => `sip:1001@198.51.100.10:${port}`));
  const [two] = await phones("there", ["1002"]);
  await two!.call("1001");
  assert.deepEqual(sent("INVITE"), ["INVITE sip:1001@198.51.100.10:5085"]);
});

Deno.test("a call over the trunk keeps its nine, and its legs are told, the trunk's by its name", async () => {
  for (const profile of ["asterisk22", "chan_sip", "sim"] as const) {
    const trunk = { address: "198.51.100.77" };
    const { pbx, sent, told, phones } = start({ profile, trunk });
    const provider = await (await pbx.site("provider", trunk)).phone("provider", { port: 5060 });
    const [phone] = await phones("home", ["1001"]);
    const out = await phone!.call("9123");
    assert.deepEqual(sent("INVITE"), ["INVITE sip:9123@198.51.100.77:5060"]);
    await out.hangUp();
    await (await provider.call("1001")).hangUp();
    await pbx.wait(seconds(1));
    const calls = told().filter((what) => /^(call|hangup)/.test(what))
      .map((what) => what.split(" ").slice(0, 2).join(" "));
    assert.deepEqual(calls, [
      ...["call 1001", "call pbx-trunk", "hangup pbx-trunk", "hangup 1001"],
      ...["call pbx-trunk", "call 1001", "hangup 1001", "hangup pbx-trunk"],
    ]);
  }
});

Deno.test("of a call that is refused both ends are told; of one to nobody nothing", async () => {
  const { pbx, told, phones } = start();
  const [one] = await phones("home", ["1001"]);
  const busy = await (await pbx.site("there")).phone("1002", { answer: 486 });
  for (
    const [extension, status, events] of [
      ["701", 503, ["call 1001 Newchannel", "hangup 1001 Hangup"]],
      ["599", 404, []],
      ["1002", 503, ["call 1001 Newchannel", "hangup 1001 Hangup"]],
    ] as const
  ) {
    const before = told().length;
    assert.equal((await one!.call(extension)).status, status);
    assert.deepEqual(told().slice(before), ["challenged 1001 ChallengeSent", ...events]);
  }
  await busy.register();
  const before = told().length;
  assert.equal((await one!.call("1002")).status, 486);
  assert.deepEqual(told().slice(before + 1), [
    ...["call 1001 Newchannel", "call 1002 Newchannel"],
    ...["hangup 1002 Hangup", "hangup 1001 Hangup"],
  ]);
});

Deno.test("a caller who gives up ends both legs, each told once", async () => {
  const { pbx, told, phones } = start();
  const [one] = await phones("home", ["1001"]);
  const two = await (await pbx.site("there")).phone("1002", { answer: false });
  await two.register();
  const call = await one!.call("1002", { until: "ringing" });
  await call.hangUp();
  await pbx.wait(seconds(40));
  assert.deepEqual(told().filter((what) => what.startsWith("hangup")), [
    "hangup 1002 Hangup",
    "hangup 1001 Hangup",
  ]);
});

Deno.test("PJSIP refuses whom it does not know at once, and challenges nobody", async () => {
  const { pbx, told } = start();
  const stranger = await (await pbx.site("home")).phone("4711", { password: "guess" });
  assert.equal((await stranger.register()).status, 401);
  assert.deepEqual(told(), [
    "refused 4711 InvalidAccountID",
    "challenged <unknown> ChallengeSent",
    "refused 4711 InvalidAccountID",
    "refused <unknown> ChallengeResponseFailed",
  ]);
});

Deno.test("PJSIP grants a second less, and tells a contact when it comes and goes only", async () => {
  const { pbx, told } = start({ minExpiresS: 2 });
  const home = await pbx.site("home");
  const phone = await home.phone("1001", { expiresS: 4, keepRegistered: true });
  await phone.register();
  await pbx.wait(seconds(7));
  // At half of three seconds, as on Asterisk.
  assert.equal(told().filter((what) => what.startsWith("challenged")).length, 5);
  assert.equal(told().filter((what) => what.startsWith("registered")).length, 1);
  await phone.unregister();
  assert.equal(told().at(-1), "unregistered 1001 ContactStatus");
});

Deno.test("by datagrams registered is registered after PJSIP was killed; connections have ended", async () => {
  for (const [profile, status] of [["asterisk22", 200], ["sim", 480]] as const) {
    const { pbx, phones } = start({ profile });
    const [one] = await phones("home", ["1001", "1002"]);
    await pbx.kill();
    await pbx.restart();
    await pbx.restart();
    const call = await one!.call("1002");
    assert.equal(call.status, status);
  }
  const { pbx, phones } = start();
  const [one] = await phones("home", ["1001"]);
  await (await (await pbx.site("there")).phone("1002", { transport: "TCP" })).register();
  await pbx.restart();
  assert.equal((await one!.call("1002")).status, 503);
});
