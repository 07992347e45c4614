import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { seconds } from "hil";
import { VirtualClock } from "sims/engine/mod.ts";
import { registeredContacts, UserAgent, type UserAgentOptions } from "../agent/mod.ts";
import { DigestClient } from "../digest.ts";
import { cseqOf, type HeaderList, headers, parseMessage, request } from "../message/mod.ts";
import { type Protocol, SimNetwork, type Weather } from "../transport/mod.ts";
import { Pbx, type PbxOptions } from "./pbx.ts";
import { type PbxVariant, PROFILES } from "./profiles.ts";

const PBX = { host: "198.51.100.1", port: 5060 };
const VARIANTS = Object.keys(PROFILES) as PbxVariant[];

function lab(
  {
    variant = "sim" as PbxVariant,
    protocol = "UDP" as Protocol,
    seed = 1,
    weather = {} as Partial<Weather>,
    options = {} as Partial<PbxOptions>,
  } = {},
) {
  const clock = new VirtualClock("sip");
  const network = new SimNetwork(clock, new Random(seed), weather);
  /** What the PBX answers and asks: "401 REGISTER". */
  const wire: { t: number; to: string; what: string }[] = [];
  network.tap(({ t, from, to, bytes }) => {
    if (from.host !== PBX.host) return;
    const m = parseMessage(bytes);
    const what = m.type === "request" ? m.method : `${m.status} ${cseqOf(m).method}`;
    wire.push({ t, to: to.host, what });
  });
  const pbx = new Pbx({
    transport: network.socket(PBX, { protocol }),
    timers: clock,
    random: new Random(`${seed}pbx`),
    variant,
    phones: { 1001: "one", 1002: "two" },
    echo: "600",
    failing: { 700: [403], 701: [183, 503] },
    ...options,
  });
  let hosts = 10;
  const phone = (user: string, password?: string, more: Partial<UserAgentOptions> = {}) => {
    const local = { host: `198.51.100.${hosts++}`, port: 5060 };
    return new UserAgent({
      transport: network.socket(local, { protocol }),
      timers: clock,
      random: new Random(`${seed}${local.host}`),
      identity: `sip:${user}@198.51.100.1`,
      peer: PBX,
      ...(password !== undefined && { credentials: { user, password } }),
      ...more,
    });
  };
  const status = (answer: { value: unknown }) =>
    (answer.value as { status: number } | undefined)?.status;
  const said = () => wire.map(({ what }) => what);
  return { clock, network, wire, pbx, phone, status, said };
}

for (const variant of VARIANTS) {
  for (const protocol of ["UDP", "TCP"] as const) {
    Deno.test(`${variant}, ${protocol}: a right password registers after one challenge`, () => {
      const { clock, phone, status, said, pbx } = lab({ variant, protocol });
      const answer = phone("1001", "one").register();
      clock.runTo(1e9);
      assert.equal(status(answer), 200);
      assert.deepEqual(said(), ["401 REGISTER", "200 REGISTER"]);
      assert.equal(pbx.bindings.of("1001").length, 1);
    });
  }

  Deno.test(`${variant}: a wrong password and an unknown user look alike`, () => {
    const last = PROFILES[variant].wrongCredentials === "forbid" ? 403 : 401;
    for (const [user, password] of [["1001", "guess"], ["4711", "one"]] as const) {
      const { clock, phone, status, said } = lab({ variant });
      const answer = phone(user, password).register();
      clock.runTo(1e9);
      assert.equal(status(answer), last);
      assert.deepEqual(said(), ["401 REGISTER", `${last} REGISTER`]);
    }
    const { clock, phone, said } = lab({ variant });
    const call = phone("1001", "guess").call("sip:600@198.51.100.1");
    clock.runTo(1e9);
    assert.deepEqual(call.end.value, { by: "refused", status: last });
    assert.deepEqual(said(), ["401 INVITE", `${last} INVITE`]);
  });

  Deno.test(`${variant}: a call to the echo comes up and is hung up`, () => {
    const { clock, phone, said, pbx } = lab({ variant });
    const call = phone("1001", "one").call("sip:600@198.51.100.1", { body: "v=0\r\n" });
    clock.runTo(1e9);
    assert.equal(call.state, "up");
    assert.equal(new TextDecoder().decode(call.remoteBody), "v=0\r\n");
    assert.deepEqual(said(), ["401 INVITE", "100 INVITE", "200 INVITE"]);
    assert.deepEqual([pbx.legs, pbx.transactions > 0], [1, true]);
    call.hangUp();
    clock.runTo(100e9);
    assert.deepEqual([said().at(-1), pbx.legs, pbx.transactions], ["200 BYE", 0, 0]);
  });

  Deno.test(`${variant}: what one INVITE without an ACK is answered with`, () => {
    const { clock, network, said } = lab({ variant });
    const text = "INVITE sip:600@pbx SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKx\r\n" +
      "From: <sip:1001@pbx>;tag=1\r\nTo: <sip:600@pbx>\r\nCall-ID: s\r\nCSeq: 1 INVITE\r\n\r\n";
    network.inject("UDP", { host: "203.0.113.5", port: 5060 }, PBX, new TextEncoder().encode(text));
    clock.runTo(100e9);
    const times = PROFILES[variant].challengesOnce ? 1 : 11;
    assert.deepEqual(said(), Array(times).fill("401 INVITE"));
  });
}

Deno.test("chan_sip: a guest gets 404, or what the extension fails with", () => {
  const { clock, phone, said, wire } = lab({ variant: "chan_sip" });
  const guest = phone("stranger");
  const expected = {
    999: ["404 INVITE"],
    700: ["100 INVITE", "403 INVITE"],
    701: ["100 INVITE", "183 INVITE", "503 INVITE"],
  };
  for (const [extension, answers] of Object.entries(expected)) {
    wire.length = 0;
    guest.call(`sip:${extension}@198.51.100.1`);
    clock.runTo(clock.now() + 1e9);
    assert.deepEqual(said(), answers);
  }
});

Deno.test("two phones talk through the PBX, and either ends it", () => {
  for (const by of ["caller", "called"] as const) {
    const { clock, phone, pbx } = lab();
    const rung: string[] = [];
    const two = phone("1002", "two", {
      onCall: (call) => {
        rung.push(call.state);
        call.ring();
        clock.after(2e9, () => call.answer("v=2\r\n"));
      },
    });
    two.register();
    clock.runTo(1e9);
    const call = phone("1001", "one").call("sip:1002@198.51.100.1", { body: "v=1\r\n" });
    clock.runTo(2e9);
    assert.equal(call.state, "ringing");
    clock.runTo(5e9);
    assert.equal(call.state, "up");
    assert.equal(new TextDecoder().decode(call.remoteBody), "v=2\r\n");
    assert.equal(new TextDecoder().decode(two.calls[0]!.remoteBody), "v=1\r\n");
    if (by === "caller") call.hangUp();
    else two.calls[0]!.hangUp();
    clock.runTo(100e9);
    assert.deepEqual(call.end.value, { by: by === "caller" ? "us" : "them" });
    assert.deepEqual([two.calls.length, pbx.legs, pbx.transactions], [0, 0, 0]);
  }
});

Deno.test("a caller who gives up cancels the ringing phone", () => {
  const { clock, phone, pbx } = lab();
  const ends: unknown[] = [];
  const two = phone("1002", "two", {
    onCall: (call) => {
      call.ring();
      void (call.onState = () => ends.push(call.end.value));
    },
  });
  two.register();
  clock.runTo(1e9);
  const call = phone("1001", "one").call("sip:1002@198.51.100.1");
  clock.runTo(3e9);
  call.hangUp();
  clock.runTo(100e9);
  assert.deepEqual(call.end.value, { by: "cancelled", status: 487 });
  assert.deepEqual(ends, [{ by: "cancelled", status: 487 }]);
  assert.equal(pbx.transactions, 0);
});

Deno.test("a phone that refuses, is not registered, or is gone ends the call with its status", () => {
  const { clock, phone, status, network } = lab();
  const one = phone("1001", "one");
  const away = one.call("sip:1002@198.51.100.1");
  clock.runTo(1e9);
  assert.deepEqual(away.end.value, { by: "refused", status: 480 });
  const two = phone("1002", "two", { onCall: (call) => call.reject(486) });
  const answer = two.register();
  clock.runTo(2e9);
  assert.equal(status(answer), 200);
  const busy = one.call("sip:1002@198.51.100.1");
  clock.runTo(3e9);
  assert.deepEqual(busy.end.value, { by: "refused", status: 486 });
  two.options.transport.close();
  const gone = one.call("sip:1002@198.51.100.1");
  clock.runTo(4e9);
  assert.deepEqual(gone.end.value, { by: "refused", status: 480 });
  network.weather = { ...network.weather, loss: 1 };
  const silent = one.call("sip:600@198.51.100.1");
  clock.runTo(60e9);
  assert.deepEqual(silent.end.value, { by: "timeout" });
});

Deno.test("a 2xx is repeated until its ACK comes; without one both sides end", () => {
  const { clock, phone, pbx, network, said } = lab();
  const call = phone("1001", "one").call("sip:600@198.51.100.1");
  clock.runTo(3_500_000);
  network.weather = { ...network.weather, loss: 1 };
  clock.runTo(20e9);
  const oks = said().filter((what) => what === "200 INVITE").length;
  assert.ok(oks > 4, `${oks}`);
  network.weather = { ...network.weather, loss: 0 };
  clock.runTo(30e9);
  assert.equal(call.state, "up");
  const settled = said().length;
  clock.runTo(90e9);
  assert.deepEqual([said().length, pbx.legs], [settled, 1]);
});

Deno.test("a 2xx that nobody acknowledges is taken back by BYE after 64*T1 (RFC 3261, 13.3.1.4)", () => {
  const { clock, network, pbx, wire } = lab({ variant: "chan_sip" });
  const uris: string[] = [];
  network.tap(({ bytes }) => {
    const message = parseMessage(bytes);
    if (message.type === "request" && message.method === "BYE") uris.push(message.uri);
  });
  const via = "Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKx\r\n";
  const text = `INVITE sip:600@pbx SIP/2.0\r\n${via}From: <sip:guest@203.0.113.5>;tag=1\r\n` +
    "To: <sip:600@pbx>\r\nCall-ID: s\r\nCSeq: 1 INVITE\r\n\r\n";
  network.inject("UDP", { host: "203.0.113.5", port: 5060 }, PBX, new TextEncoder().encode(text));
  clock.runTo(31e9);
  assert.equal(pbx.legs, 1);
  clock.runTo(100e9);
  const [bye] = wire.filter(({ what }) => what === "BYE");
  assert.deepEqual([bye!.t / 1e9, pbx.legs, pbx.transactions], [32.001, 0, 0]);
  assert.equal(uris[0], "sip:guest@203.0.113.5", "there is no Contact");
});

Deno.test("only a challenge to an old nonce says that it is stale (RFC 7616 section 3.3)", () => {
  const { clock, network, phone, said } = lab({ options: { nonceLifeS: 10 } });
  const stale: boolean[] = [];
  network.tap(({ bytes }) => {
    const [challenge] = headers(parseMessage(bytes), "WWW-Authenticate");
    if (challenge !== undefined) stale.push(/stale=true/i.test(challenge));
  });
  const one = phone("1001", "one", { keepNonce: true });
  for (const at of [1, 15, 20]) {
    one.register();
    clock.runTo(at * 1e9);
  }
  assert.deepEqual(said().map((what) => what.slice(0, 3)), ["401", "200", "200", "401", "200"]);
  phone("1002", "wrong").register();
  clock.runTo(30e9);
  assert.deepEqual(stale, [false, true, false]);
});

Deno.test("a registration expires, is renewed, taken back, and refused when it is too short", () => {
  const { clock, phone, pbx, status } = lab({ options: { limits: { minExpiresS: 60 } } });
  const one = phone("1001", "one");
  const short = one.register({ expiresS: 5 });
  clock.runTo(1e9);
  assert.equal(status(short), 200);
  assert.deepEqual(registeredContacts((short.value as never)["response"]), [
    "sip:1001@198.51.100.10:5060",
  ]);
  clock.runTo(60.9e9);
  assert.equal(pbx.bindings.all().length, 0);
  one.register();
  clock.runTo(62e9);
  assert.equal(pbx.bindings.all()[0]!.from.host, "198.51.100.10");
  const back = one.register({ expiresS: 0 });
  clock.runTo(64e9);
  assert.deepEqual([status(back), pbx.bindings.all().length], [200, 0]);
});

Deno.test("nobody registers for another user", () => {
  // As Asterisk 22 answered: it takes only the password of whom From names.
  for (const [variant, expected] of [["sim", 403], ["asterisk22", 401]] as const) {
    const { clock, phone, status, pbx } = lab({ variant });
    const thief = phone("1002", undefined, { credentials: { user: "1001", password: "one" } });
    const answer = thief.register();
    clock.runTo(1e9);
    assert.deepEqual([status(answer), pbx.bindings.all()], [expected, []], variant);
  }
});

Deno.test("who is right and registers for another is told so: 403, by PJSIP 404", () => {
  for (const [variant, expected] of [["sim", 403], ["asterisk22", 404]] as const) {
    const { clock, network, said } = lab({ variant });
    const thief = network.socket({ host: "203.0.113.5", port: 5060 });
    const digest = new DigestClient({ user: "1001", password: "one" }, () => "cnonce");
    const ask = (number: number, list: HeaderList = []) =>
      thief.send(
        request("REGISTER", "sip:pbx", [
          ["Via", `SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK${number}`],
          ...[["From", "<sip:1001@pbx>;tag=1"], ["To", "<sip:1002@pbx>"]] as const,
          ...[["Call-ID", "x"], ["CSeq", `${number} REGISTER`], ["Contact", "<sip:a@b>"]] as const,
          ...list,
        ]),
        PBX,
      );
    thief.listen({
      message: (message) => {
        if (!digest.challenged(headers(message, "WWW-Authenticate"), "WWW-Authenticate")) return;
        ask(2, [["Authorization", digest.answer("REGISTER", "sip:pbx")]]);
      },
    });
    ask(1);
    clock.runTo(1e9);
    assert.deepEqual(said(), ["401 REGISTER", `${expected} REGISTER`]);
  }
});

Deno.test("phones behind one NAT address register and are reached through it", () => {
  const { clock, network, pbx } = lab();
  const nat = "203.0.113.8";
  const rung: number[] = [];
  const phones = ["1001", "1002"].map((user, i) =>
    new UserAgent({
      transport: network.socket({ host: `10.0.0.${i}`, port: 5060 }, {
        seenAs: { host: nat, port: 40_000 + i },
      }),
      timers: clock,
      random: new Random(user),
      identity: `sip:${user}@pbx.example`,
      peer: PBX,
      credentials: { user, password: ["one", "two"][i]! },
      onCall: (call) => {
        rung.push(i);
        call.answer();
      },
    })
  );
  for (const phone of phones) phone.register();
  clock.runTo(1e9);
  const call = phones[0]!.call("sip:1002@pbx.example");
  clock.runTo(2e9);
  assert.deepEqual([rung, call.state, pbx.bindings.all().map(({ from }) => from.host)], [
    [1],
    "up",
    [nat, nat],
  ]);
});

Deno.test("OPTIONS is answered; unknown methods and extensions are refused (bext01)", async () => {
  const { clock, phone, status, network, said } = lab();
  const answer = phone("1001").ping("sip:198.51.100.1");
  assert.ok(await clock.until(() => answer.value, seconds(5)));
  assert.equal(status(answer), 200);
  const rest =
    "Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKX\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: s\r\n";
  const texts = [
    `NEW sip:b SIP/2.0\r\n${rest}CSeq: 1 NEW\r\n\r\n`,
    `OPTIONS sip:b SIP/2.0\r\n${
      rest.replace("KX", "KY")
    }CSeq: 1 OPTIONS\r\nRequire: nothing\r\n\r\n`,
    `BYE sip:b SIP/2.0\r\n${rest.replace("KX", "KZ")}CSeq: 1 BYE\r\n\r\n`,
  ];
  for (const text of texts) {
    network.inject("UDP", { host: "203.0.113.5", port: 5060 }, PBX, new TextEncoder().encode(text));
  }
  clock.runTo(clock.now() + 1e9);
  assert.deepEqual(said().slice(1), ["501 NEW", "420 OPTIONS", "481 BYE"]);
});

Deno.test("in bad weather calls and registrations end the same for the same seed, and all end", () => {
  const run = (seed: number) => {
    const weather = { loss: 0.3, doubles: 0.2, jitterNs: 300_000_000 };
    const { clock, phone, pbx, wire } = lab({ seed, weather, variant: VARIANTS[seed % 4]! });
    const phones = [
      phone("1001", "one"),
      phone("1002", "two", { onCall: (call) => call.answer() }),
    ];
    const answers = phones.map((one) => one.register());
    clock.runTo(40e9);
    const call = phones[0]!.call("sip:1002@198.51.100.1");
    clock.runTo(80e9);
    call.hangUp();
    clock.runTo(300e9);
    assert.ok(answers.every(({ value }) => value), `seed ${seed}`);
    assert.deepEqual([call.state, pbx.legs, pbx.transactions], ["ended", 0, 0], `seed ${seed}`);
    assert.ok(
      phones.every((one) => one.layer.size === 0 && one.calls.length === 0),
      `seed ${seed}`,
    );
    return JSON.stringify([wire, answers.map(({ value }) => value?.type), call.end.value]);
  };
  for (let seed = 0; seed < 40; seed++) assert.equal(run(seed), run(seed));
});
