import assert from "node:assert/strict";
import { BanEngine, type Decision, type Settings } from "./mod.ts";

const OWN = ["198.51.100.1", "2001:db8::1"];
const NETWORK = "2001:db8:bad:0:0:0:0:0/64";
const S = 1e9;

function engineOf(chosen: Partial<Settings> = {}): BanEngine {
  return new BanEngine({ own: OWN, maxHosts: 1000, maxTransactions: 1000, ...chosen });
}

let serial = 0;

/** A refusal by the PBX: by TCP it proves where the guess came from. */
function refuse(engine: BanEngine, host: string, protocol: "TCP" | "UDP" = "TCP"): Decision[] {
  const n = `${serial++}`;
  return engine.see({
    t: 0,
    protocol,
    from: { host: OWN[1]!, port: 5060 },
    to: { host, port: 5060 },
    sip: {
      type: "response",
      ...{ callId: n, cseq: 1, method: "REGISTER", branch: n, user: "sip:7@pbx", toTag: n },
      ...{ status: 403, nonces: [], stale: false, registeredS: 0 },
    },
  });
}

/** Once from each of eleven addresses. */
function spread(engine: BanEngine, prefix: string, protocol?: "TCP" | "UDP"): Decision[] {
  return Array.from({ length: 11 }, (_, n) => refuse(engine, `${prefix}${n + 16}`, protocol))
    .flat();
}

Deno.test("addresses of one /64 are one host: it is banned, and all of it ignored", () => {
  const engine = engineOf();
  assert.deepEqual(spread(engine, "2001:db8:bad::"), [
    { type: "ban", t: 0, host: NETWORK, rule: "failures", level: 1, untilNs: 3600 * S },
  ]);
  assert.deepEqual(spread(engine, "2001:db8:bad:0:ffff::"), []);
  assert.deepEqual(engine.bans().map(({ host }) => host), [NETWORK]);
  assert.deepEqual(spread(engine, "2001:db8:bad:1::").map(({ type }) => type), ["ban"]);
});

Deno.test("how many bits make a host can be set; all of them are single addresses", () => {
  assert.deepEqual(spread(engineOf({ prefix6: 128 }), "2001:db8:bad::"), []);
  const [ban] = spread(engineOf({ prefix6: 44 }), "2001:db8:bad::");
  assert.equal(ban!.host, "2001:db8:ba0:0:0:0:0:0/44");
});

Deno.test("who shares a network with the PBX, or with somebody allowed, counts alone", () => {
  const engine = engineOf({ allow: ["2001:db8:bad::99", "2001:db8:a::/48"] });
  for (const prefix of ["2001:db8::", "2001:db8:bad::", "2001:db8:a:1::"]) {
    assert.deepEqual(spread(engine, prefix), []);
  }
  const more = Array.from({ length: 10 }, () => refuse(engine, "2001:db8:bad::16")).flat();
  assert.deepEqual(more.map(({ host }) => host), ["2001:db8:bad:0:0:0:0:16"]);
});

Deno.test("what is not proved limits each address of a network by itself", () => {
  const engine = engineOf();
  const limits = [
    ...spread(engine, "2001:db8:bad::", "UDP"),
    ...refuse(engine, "2001:db8:bad::99", "UDP"),
  ];
  assert.deepEqual(limits.map(({ type, host }) => `${type} ${host}`), [
    "limit 2001:db8:bad:0:0:0:0:26",
    "limit 2001:db8:bad:0:0:0:0:99",
  ]);
});

Deno.test("a network's ban goes on after a restart, and ends by any of its addresses", () => {
  const engine = engineOf();
  engine.restore([{ host: NETWORK, level: 2 }], 0);
  assert.deepEqual(spread(engine, "2001:db8:bad::"), []);
  assert.deepEqual(engine.unban("2001:db8:bad::7", 0), [
    { type: "unban", t: 0, host: NETWORK, because: "manual" },
  ]);
  assert.deepEqual(engine.ban(NETWORK, 0).map(({ host }) => host), [NETWORK]);
});

Deno.test("other networks than those are no hosts", () => {
  const engine = engineOf();
  const texts = [
    NETWORK,
    "2001:db8:bad::/63",
    "2001:db8::/64",
    "203.0.113.0/24",
    "203.0.113.7",
    "x/64",
  ];
  assert.deepEqual(texts.map((text) => engine.isHost(text)), [
    true,
    false,
    false,
    false,
    true,
    false,
  ]);
});
