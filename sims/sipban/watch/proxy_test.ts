import assert from "node:assert/strict";
import { BanEngine, type Decision } from "../core/mod.ts";
import { answer, frame, framed, Lan, request } from "./_lan.ts";
import { Watcher } from "./watcher.ts";

const OWN = "198.51.100.1";
const BAD = "203.0.113.66";
const LOOPBACK = "127.0.0.1";

interface Way {
  readonly forwarded?: string;
  readonly proxies?: readonly string[];
  /** Whom the PBX sees. */
  readonly host?: string;
  readonly pbx?: string;
}

/** Twelve guesses over one WebSocket that the PBX has from `host`. */
function attack({ forwarded, proxies = [LOOPBACK], host = LOOPBACK, pbx = LOOPBACK }: Way) {
  const lan = new Lan({ host, pbx, shape: framed["WebSocket"]!, forwarded });
  const watcher = new Watcher(new BanEngine({ own: [OWN], maxHosts: 99, maxTransactions: 99 }), {
    proxies,
  });
  const decisions: Decision[] = [];
  for (let n = 1; n <= 12; n++) for (const p of lan.guess(n)) decisions.push(...watcher.see(p));
  return decisions.map((d) => [d.type, d.type === "ban" && d.host]);
}

Deno.test("who guesses behind a proxy is banned by the name that the proxy gives", () => {
  assert.deepEqual(attack({ forwarded: BAD }), [["ban", BAD]]);
  assert.deepEqual(attack({ forwarded: "2001:db8::66" }), [["ban", "2001:db8:0:0:0:0:0:0/64"]]);
});

Deno.test("what the client has claimed before the proxy's own word is not believed", () => {
  assert.deepEqual(attack({ forwarded: `192.0.2.1, ${BAD}` }), [["ban", BAD]]);
  assert.deepEqual(attack({ forwarded: `192.0.2.1\r\nX-Forwarded-For: ${BAD}` }), [["ban", BAD]]);
});

Deno.test("a chain of proxies is followed as far as each is trusted", () => {
  const proxies = [LOOPBACK, "198.51.100.5"];
  assert.deepEqual(attack({ forwarded: `1.1.1.1, ${BAD}, 198.51.100.5`, proxies }), [["ban", BAD]]);
  assert.deepEqual(attack({ forwarded: "198.51.100.5", proxies }), []);
});

Deno.test("nobody is banned when the proxy names nobody, or one who may never be", () => {
  for (const forwarded of [undefined, "unknown", "", `${BAD}, unknown`, LOOPBACK, OWN]) {
    assert.deepEqual(attack({ forwarded }), [], forwarded);
  }
});

Deno.test("a stranger's X-Forwarded-For is his own affair", () => {
  const host = BAD;
  assert.deepEqual(attack({ forwarded: "192.0.2.1", host, pbx: OWN }), [["ban", BAD]]);
  // A proxy elsewhere, that is trusted.
  const proxies = ["198.51.100.5"];
  assert.deepEqual(attack({ forwarded: BAD, host: proxies[0], pbx: OWN, proxies }), [["ban", BAD]]);
  // Not trusted: it is the one who guesses.
  assert.deepEqual(attack({ forwarded: BAD, host: proxies[0], pbx: OWN }), [["ban", proxies[0]]]);
});

Deno.test("a trusted proxy itself is never banned, also where its handshake was not seen", () => {
  const proxies = ["198.51.100.5"];
  const lan = new Lan({ host: proxies[0]!, pbx: OWN, shape: { protocol: "TCP" } });
  const watcher = new Watcher(new BanEngine({ own: [OWN], maxHosts: 99, maxTransactions: 99 }), {
    proxies,
  });
  const text = new TextEncoder();
  for (let n = 1; n <= 20; n++) {
    for (
      const [way, said] of [["in", request(BAD, n, 1, "x")], [
        "out",
        answer(BAD, n, 1, 403),
      ]] as const
    ) {
      for (const packet of lan.carry(way, frame(text.encode(said), way === "in"))) {
        assert.deepEqual(watcher.see(packet), []);
      }
      for (const packet of lan.say(way, said)) assert.deepEqual(watcher.see(packet), []);
    }
  }
});

Deno.test("a proxy that is no address is refused by its text", () => {
  const engine = new BanEngine({ own: [OWN], maxHosts: 9, maxTransactions: 9 });
  for (const text of ["proxy.example", "10.0.0.0/8"]) {
    assert.throws(() => new Watcher(engine, { proxies: [text] }), {
      message:
        `Cannot trust proxy "${text}": it is no address; write it as 127.0.0.1 or 2001:db8::5`,
    });
  }
});
