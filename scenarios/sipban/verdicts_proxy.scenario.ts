/**
 * Behind Apache a PBX sees 127.0.0.1 for everybody who comes by WSS. The proxy says for whom it asks:
 * that one is banned, at Apache's own port too, never the loopback, nor whom the client itself names.
 */
import { expect, scenario, seconds, step } from "hil";
import { ADDRESSES, type Site, WEB, webPbx } from "sims/pbx/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import { banned, BORNE, guess, onlyBanned, requestOf } from "./steps.ts";

const PHONES = { phones: 3, web: ["1001", "1002"] };
const BY = { transport: "WSS" } as const;

scenario(
  "who guesses by WSS behind Apache is named and banned, and web phones go on",
  {
    uses: {
      pbx: webPbx(PHONES),
      bans: sipban({ proxies: ["127.0.0.1"] }),
    },
    timeout: seconds(60),
  },
  async ({ pbx, bans }) => {
    const phone = await (await pbx.site("home")).phone("1002", BY);
    expect((await phone.register()).status, "the web phone's answer").toBe(200);
    const outside = await pbx.site("attacker", { outside: true });
    const attacker = await outside.phone("1001", { ...BY, password: "guess" });
    await step("ten failures", async () => {
      await guess(attacker, BORNE);
      await onlyBanned({ pbx, bans }, []);
    });
    await step("the eleventh", async () => {
      await guess(attacker, 1);
      await banned(bans, outside.seenAs[0]!);
      expect(await bans.filtered(), "the filter").toEqual([outside.seenAs[0]!]);
      const call = attacker.call("600", { within: seconds(2) });
      const said = await call.then(() => "an answer", (error: Error) => error.message);
      expect(said, "what becomes of its call").toMatch(/after 2 s the call is trying/);
    });
    expect((await phone.register()).status, "the web phone's answer").toBe(200);
  },
);

scenario(
  "without a proxy that is believed nobody behind Apache is banned, nor the loopback",
  { uses: { pbx: webPbx(PHONES), bans: sipban() }, timeout: seconds(60) },
  async ({ pbx, bans }) => {
    const outside = await pbx.site("attacker", { outside: true });
    await guess(await outside.phone("1001", { ...BY, password: "guess" }), BORNE + 2);
    await onlyBanned({ pbx, bans }, []);
    const phone = await (await pbx.site("home")).phone("1002", BY);
    expect((await phone.register()).status, "the web phone's answer").toBe(200);
  },
);

/** A text message of a client, its mask 0 (RFC 6455 section 5.2). */
function frameOf(payload: Uint8Array): Uint8Array {
  const head = [0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0];
  return Uint8Array.from([...head, ...payload]);
}

/** Asks for a WebSocket, and registers over it without credentials. */
function lie(site: Site, named: string): Uint8Array[] {
  const handshake = [
    `GET ${WEB.path} HTTP/1.1`,
    `Host: ${WEB.name}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: sip",
    `X-Forwarded-For: ${named}`,
    "",
    "",
  ].join("\r\n");
  const from = { host: site.addresses[0]!, port: 5060 };
  const requests = Array.from(
    { length: BORNE + 1 },
    (_, n) => frameOf(requestOf("REGISTER", { from, id: `lie-${n}`, protocol: "WS" })),
  );
  return [new TextEncoder().encode(handshake), ...requests];
}

scenario(
  "who names another to Apache is banned itself, and the other is not",
  {
    uses: {
      pbx: webPbx(PHONES),
      bans: sipban({ proxies: ["127.0.0.1"], challengeS: 2 }),
    },
    timeout: seconds(60),
  },
  async ({ pbx, bans }) => {
    const home = await pbx.site("home");
    const outside = await pbx.site("attacker", { outside: true });
    const to = `${ADDRESSES.pbx}:${WEB.port}`;
    const client = outside.programs!.command("openssl", ["s_client", "-quiet", "-connect", to], {
      ...{ stdin: "piped", stdout: "null", stderr: "null" },
    }).spawn();
    const input = client.stdin.getWriter();
    for (const bytes of lie(outside, home.addresses[0]!)) await input.write(bytes);
    const own = (await bans.decisions.clock.until(
      () => bans.decisions.occurrences.find(({ kind }) => kind === "ban"),
      seconds(15),
    ))?.data.host;
    client.kill("SIGKILL"); // Nobody answers its farewell any more.
    await client.status;
    await input.abort();
    // All at the place have its address: openssl takes the first one.
    expect(own ?? "nobody", "who is banned").toMatch(/^203\.0\.113\./);
    await onlyBanned({ pbx, bans }, [own!]);
  },
);
