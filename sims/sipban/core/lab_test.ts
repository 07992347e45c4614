/** The engine beside a simulated PBX on virtual time, with real phones, attackers and real bytes. */
import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import {
  type Endpoint,
  formatMessage,
  parseMessage,
  Pbx,
  type PbxVariant,
  PROFILES,
  type Protocol,
  request,
  SimNetwork,
  UserAgent,
} from "sims/sip/mod.ts";
import type { Decision } from "./decision.ts";
import { BanEngine } from "./engine.ts";
import { factsOf } from "./event.ts";
import type { Settings } from "./settings.ts";

const PBX: Endpoint = { host: "198.51.100.1", port: 5060 };
const VARIANTS = Object.keys(PROFILES) as PbxVariant[];

function lab(
  variant: PbxVariant,
  { protocol = "UDP" as Protocol, ...chosen }: Partial<Settings> & { protocol?: Protocol } = {},
) {
  const clock = new VirtualClock("sip");
  const network = new SimNetwork(clock, new Random(1));
  const engine = new BanEngine({
    own: [PBX.host],
    maxHosts: 1000,
    maxTransactions: 1000,
    ...chosen,
  });
  const decisions: Decision[] = [];
  network.tap(({ t, protocol, from, to, bytes }) => {
    const sip = factsOf(parseMessage(bytes));
    if (sip) decisions.push(...engine.see({ t, protocol, from, to, sip }));
  });
  const phones = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`${1000 + i}`, `pw${i}`]),
  );
  const transport = network.socket(PBX, { protocol });
  new Pbx({
    transport,
    timers: clock,
    random: new Random(2),
    variant,
    phones,
    echo: "600",
    failing: { 700: [403] },
  });
  let port = 5060;
  const phone = (user: string, password: string, host: string) =>
    new UserAgent({
      transport: network.socket({ host, port: port++ }, { protocol }),
      timers: clock,
      random: new Random(`${user}${host}${port}`),
      identity: `sip:${user}@${PBX.host}`,
      peer: PBX,
      credentials: { user, password },
    });
  /** As a scanner or a spoofer sends: nothing is heard of the answer. */
  const blind = (method: string, host: string, serial: number, target = "600") =>
    network.inject(
      protocol,
      { host, port: 5060 },
      PBX,
      formatMessage(request(method, `sip:${target}@pbx`, [
        ["Via", `SIP/2.0/${protocol} ${host}:5060;branch=z9hG4bK${serial}`],
        ["From", `<sip:1000@pbx>;tag=${serial}`],
        ["To", `<sip:${method === "REGISTER" ? "1000" : target}@pbx>`],
        ["Call-ID", `blind${serial}`],
        ["CSeq", `1 ${method}`],
        ["Max-Forwards", "70"],
      ])),
    );
  const run = (seconds: number) => {
    clock.runTo(clock.now() + seconds * 1e9);
    decisions.push(...engine.tick(clock.now()));
  };
  const types = () => decisions.map(({ type }) => type);
  return { clock, engine, decisions, phone, blind, run, types };
}

for (const variant of VARIANTS) {
  for (const protocol of ["UDP", "TCP"] as const) {
    Deno.test(`${variant}, ${protocol}: ten wrong passwords do not ban, the eleventh does`, () => {
      for (const host of ["203.0.113.66", "2001:db8::66"]) {
        const { phone, run, engine, types } = lab(variant, { protocol });
        const guesser = phone("1000", "guess", host);
        for (let i = 0; i < 10; i++) {
          guesser.register();
          run(1);
        }
        assert.equal(engine.bans().length, 0);
        guesser.register();
        run(1);
        assert.deepEqual(types(), ["ban"]);
      }
    });
  }

  Deno.test(`${variant}: wrong passwords of calls ban too, an unknown user's as well`, () => {
    for (const user of ["1000", "4711"]) {
      const { phone, run, types } = lab(variant);
      const guesser = phone(user, "guess", "203.0.113.66");
      for (let i = 0; i < 11; i++) {
        if (i % 2) guesser.call("sip:600@pbx");
        else guesser.register();
        run(1);
      }
      // chan_sip lets the unknown caller in as a guest.
      const isGuest = user === "4711" && PROFILES[variant].guests;
      assert.deepEqual(types(), isGuest ? [] : ["ban"]);
    }
  });

  Deno.test(`${variant}: fifty phones behind one address register at once, and again`, () => {
    const { phone, run, decisions, engine } = lab(variant);
    const phones = Array.from(
      { length: 50 },
      (_, i) => phone(`${1000 + i}`, `pw${i}`, "203.0.113.8"),
    );
    const answers = [1, 2, 3].flatMap(() => {
      const all = phones.map((one) => one.register({ expiresS: 30 }));
      run(20);
      return all;
    });
    run(60);
    assert.ok(answers.every(({ value }) => value?.type === "response" && value.status === 200));
    assert.deepEqual([decisions, engine.sizes.challenges], [[], 0]);
  });

  Deno.test(`${variant}: one INVITE never acknowledged bans nobody`, () => {
    const { blind, run, decisions } = lab(variant);
    blind("INVITE", "203.0.113.5", 1);
    run(200);
    assert.deepEqual(decisions, []);
  });

  Deno.test(`${variant}: a spoofed burst naming a registered phone leaves it alone`, () => {
    const { phone, blind, run, types } = lab(variant);
    const victim = phone("1001", "pw1", "203.0.113.7");
    victim.register();
    run(1);
    for (let i = 0; i < 40; i++) blind("REGISTER", "203.0.113.7", i);
    run(40);
    assert.deepEqual(types(), ["alert"]);
    const again = victim.register();
    run(1);
    assert.equal(again.value?.type === "response" && again.value.status, 200);
  });

  Deno.test(`${variant}: a scanner that never answers is limited by UDP and banned by TCP`, () => {
    for (const [protocol, type] of [["UDP", "limit"], ["TCP", "ban"]] as const) {
      const { blind, run, types } = lab(variant, { protocol });
      for (let i = 0; i < 11; i++) blind("REGISTER", "203.0.113.66", i);
      run(31);
      assert.deepEqual(types(), []);
      run(5);
      assert.deepEqual(types(), [type]);
    }
  });

  Deno.test(`${variant}: 100 and 403 for ever is no way round`, () => {
    const { phone, run, types } = lab(variant);
    const one = phone("1000", "pw0", "203.0.113.66");
    for (let i = 0; i < 11; i++) {
      one.call("sip:700@pbx");
      run(1);
    }
    assert.deepEqual(types(), ["ban"]);
  });
}

Deno.test("a distributed attack is reported, and each host that goes too far is banned", () => {
  const { phone, run, decisions } = lab("asterisk22", { userHosts: 5, windowS: 3600 });
  const guessers = Array.from(
    { length: 12 },
    (_, i) => phone("1000", "guess", `203.0.113.${i + 1}`),
  );
  for (let round = 0; round < 11; round++) {
    for (const guesser of guessers) guesser.register();
    run(60);
  }
  const count = (type: string) => decisions.filter((decision) => decision.type === type).length;
  assert.deepEqual([count("alert"), count("ban")], [1, 12]);
});

Deno.test("a password that is found is reported", () => {
  const { phone, run, decisions } = lab("asterisk22");
  for (let i = 0; i < 8; i++) {
    phone("1005", `pw${i}` === "pw5" ? "no" : `pw${i}`, "203.0.113.66").register();
    run(1);
  }
  phone("1005", "pw5", "203.0.113.66").register();
  run(1);
  assert.deepEqual(decisions.map((d) => d.type === "alert" && [d.rule, d.count]), [["breach", 8]]);
});
