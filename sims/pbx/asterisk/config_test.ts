import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { PORTS } from "../port.ts";
import { asteriskConfig, type AsteriskOptions, type AsteriskVariant } from "./config.ts";

const VARIANTS: readonly AsteriskVariant[] = ["asterisk22", "asterisk16", "chan_sip"];
const OPTIONS: AsteriskOptions = {
  variant: "asterisk22",
  phones: { 1001: "one", anna: "two" },
  transports: ["UDP", "TCP", "TLS", "WS", "WSS"],
  ports: PORTS,
  trunk: { address: "198.51.100.77", port: 5080 },
  minExpiresS: 60,
  nonceLifeS: 32,
  realm: "asterisk",
  ami: { user: "hil", secret: "s", port: 5038 },
  tls: { certificate: "/c.pem", key: "/k.pem", pem: "/b.pem" },
  echo: "600",
  failing: { 700: [403], 701: [183, 503] },
};

/** Sections with their keys and values, as Asterisk reads them: `;` begins a comment. */
function parse(text: string): [section: string, key: string, value: string][] {
  let section = "";
  return text.split("\n").flatMap((line) => {
    const plain = line.replace(/;.*/, "").trim();
    if (plain === "") return [];
    const head = /^\[(.*)\]$/.exec(plain)?.[1];
    if (head !== undefined) section = head;
    const [, key = plain, value = ""] = /^(.*?)\s*=>?\s*(.*)$/.exec(plain) ?? [];
    return [[section, head === undefined ? key : "[]", head === undefined ? value : ""]];
  });
}

Deno.test("each variant has its own channel and the same dial plan", () => {
  for (const variant of VARIANTS) {
    const files = asteriskConfig({ ...OPTIONS, variant });
    const isSip = variant === "chan_sip";
    assert.equal("sip.conf" in files, isSip);
    assert.equal("pjsip.conf" in files, !isSip);
    const loaded = parse(files["modules.conf"]!).filter(([, key]) => key === "load")
      .map(([, , value]) => value);
    // Both claim the sub-protocol "sip".
    assert.equal(loaded.includes("chan_sip.so"), isSip);
    assert.equal(loaded.includes("res_pjsip_transport_websocket.so"), !isSip);
    const plan = files["extensions.conf"]!;
    for (
      const line of [
        "exten => 600,1,Answer()",
        "exten => 700,1,Hangup(21)",
        "exten => 701,1,Progress()\n same => n,Hangup(34)",
        `exten => anna,1,Dial(${isSip ? "SIP" : "PJSIP"}/anna,20)`,
      ]
    ) assert.ok(plan.includes(line), `${variant}: ${line}`);
  }
});

Deno.test("web phones speak WebRTC, and Asterisk's HTTP server is on the loopback for them", () => {
  const web = { transports: ["UDP", "TCP"], web: ["anna"] } as const;
  for (const variant of VARIANTS) {
    const files = asteriskConfig({ ...OPTIONS, ...web, variant });
    const isSip = variant === "chan_sip";
    const phones = parse(files[isSip ? "sip.conf" : "pjsip.conf"]!);
    const has = (key: string) => phones.filter(([, is]) => is === key).map(([name]) => name);
    assert.deepEqual(has(isSip ? "dtlscertfile" : "dtls_cert_file"), ["anna"], variant);
    assert.deepEqual(has(isSip ? "force_avp" : "webrtc"), ["anna"], variant);
    const http = parse(files["http.conf"]!).map(([, key, value]) => `${key} ${value}`);
    assert.ok(http.includes("enabled yes") && http.includes("bindaddr 127.0.0.1"), `${http}`);
    assert.match(files["modules.conf"]!, /res_http_websocket\.so/);
  }
});

Deno.test("PJSIP has a socket for each family, and one for WebSockets", () => {
  const pjsip = parse(asteriskConfig(OPTIONS)["pjsip.conf"]!);
  const bound = pjsip.filter(([, key]) => key === "bind").map(([name, , at]) => `${name} ${at}`);
  assert.deepEqual(bound, [
    "pbx-udp4 0.0.0.0:5060",
    "pbx-udp6 [::]:5060",
    "pbx-tcp4 0.0.0.0:5060",
    "pbx-tcp6 [::]:5060",
    "pbx-tls4 0.0.0.0:5061",
    "pbx-tls6 [::]:5061",
    "pbx-ws 0.0.0.0:8088",
    "pbx-wss 0.0.0.0:8089",
  ]);
});

Deno.test("no name and no password makes a line, a key or a section of its own", () => {
  const random = new Random(60);
  const parts = [
    ...'\n|\r|;|[|]|=|=>|>| |\t|#include|#exec|\\|"|,|)|${|}|a|1001|secret|context=x|\0|ü|!|(|]'
      .split("|"),
    "\u2028",
    "general",
    "pbx-trunk",
    "type=",
  ];
  const word = () => {
    let text = "";
    for (let n = 1 + random.below(5); n > 0; n--) text += parts[random.below(parts.length)];
    return text;
  };
  let taken = 0;
  for (let n = 0; n < 3000; n++) {
    const [user, password] = [random.below(2) ? word() : "bob", random.below(4) ? word() : "p"];
    const variant = VARIANTS[n % 3]!;
    const phones = { [user]: password };
    let files: Record<string, string>;
    try {
      files = asteriskConfig({ ...OPTIONS, variant, phones });
    } catch (error) {
      assert.ok(error instanceof TypeError, `${error}`);
      continue;
    }
    taken++;
    const plain = asteriskConfig({ ...OPTIONS, variant, phones: { USER: "PASSWORD" } });
    for (const [name, text] of Object.entries(plain)) {
      const expected = parse(text).map((line) =>
        line.map((word) =>
          word.replaceAll("PASSWORD", () => password).replaceAll("USER", () => user)
        )
      );
      assert.deepEqual(parse(files[name]!), expected, `${JSON.stringify(phones)} in ${name}`);
    }
  }
  assert.ok(taken > 100, `${taken} were taken`);
});

Deno.test("what cannot be said in Asterisk's files is refused with the reason", () => {
  const wrong: [Partial<AsteriskOptions>, string][] = [
    [
      { phones: { 1001: "a;b" } },
      'Cannot configure the password of phone 1001, which is "a;b": it has ";", "\\" or a quote; ' +
      "choose another one",
    ],
    [
      { phones: { 1001: "" } },
      'Cannot configure the password of phone 1001, which is "": it is ' +
      "empty; choose another one",
    ],
    [
      { phones: { general: "x" } },
      'Cannot configure phone "general": a name has letters, digits, ".", "_" and "-", is no ' +
      'section of Asterisk\'s own and does not begin with "pbx-"; choose another one',
    ],
    [
      { trunk: { address: "pbx.example", port: 5060 } },
      'Cannot configure address "pbx.example": it is no IP address; give one',
    ],
    [
      { trunk: { address: "198.51.100.7", port: 0 } },
      'Cannot configure port "0": ports are 1 to 65535; choose one',
    ],
    [
      { failing: { 700: [302] } },
      'Cannot configure extension "700" to answer "302": it is 180 or 183, if any, and then one ' +
      "of 403, 404, 408, 480, 486, 488, 503; choose these",
    ],
    [
      { tls: undefined },
      'Cannot configure TLS: there is no certificate; give "tls"',
    ],
    [
      { web: ["bob"], transports: ["UDP"] },
      'Cannot configure web phone "bob": the phones are 1001,anna; choose one of them',
    ],
    [
      { web: ["anna"] },
      "Cannot configure WS beside web phones: those have a proxy before it; leave it out",
    ],
    [
      { web: ["anna"], transports: ["UDP"], tls: undefined },
      'Cannot configure web phones: there is no certificate; give "tls"',
    ],
    [
      { nonceLifeS: 0 },
      'Cannot configure nonces of "0" s: that is no whole number from 1 on; choose one',
    ],
    [
      { minExpiresS: 1.5 },
      'Cannot configure registrations of "1.5" s: that is no whole number from 1 on; choose one',
    ],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => asteriskConfig({ ...OPTIONS, ...options }), { message });
  }
});
