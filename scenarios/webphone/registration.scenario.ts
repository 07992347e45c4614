/** Registrations of the web phone's page at a real PBX, and what its user reads when there is none. */
import { expect, measure, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";
import { type Webphone, webphones } from "sims/webphone/port.ts";

const SOON = { within: seconds(15) };
const WEB = { phones: 2, web: ["1001", "1002"] };
/** What the phone is told that its registration lasts. */
const EXPIRES_S = 6;

/** REGISTERs that it has sent. */
function attempts(phone: Webphone): number {
  return phone.signalling.occurrences.filter(({ kind, data }) =>
    kind === "sent" && data.text?.startsWith("REGISTER ")
  ).length;
}

scenario(
  "a web phone registers when its page is loaded, again before its time is over, and goes",
  {
    uses: { pbx: webPbx({ ...WEB, minExpiresS: EXPIRES_S }), phones: webphones() },
    timeout: seconds(90),
  },
  async ({ pbx, phones }) => {
    const anna = await phones.phone("1001", { expiresS: EXPIRES_S });
    measure("registered after its page was loaded", anna.registeredAfterMs, {
      unit: "ms",
      marginal: { max: 300 },
    });
    await anna.screenshot("registered");
    const before = attempts(anna);
    await pbx.clock.until(() => attempts(anna) >= before + 2 || undefined, seconds(EXPIRES_S * 3));
    expect(attempts(anna), "REGISTERs").toBeGreaterThan(before + 1);
    expect(anna.registration, "its state").toBe("registered");
    await anna.showAccount();
    await anna.unregister();
    await anna.untilRegistration("unregistered", SOON);
    await expect(pbx.events).toHappen({
      kind: "unregistered",
      where: ({ user }) => user === "1001",
      ...SOON,
    });
  },
);

scenario(
  "a wrong password is told to the user, and not tried again",
  { uses: { pbx: webPbx(WEB), phones: webphones() }, timeout: seconds(90) },
  async ({ pbx, phones }) => {
    const anna = await phones.phone("1001", { password: "wrong", register: false });
    await anna.register();
    await anna.untilRegistration("failed", SOON);
    expect(await anna.alerts(), "messages").toEqual(["wrong-password"]);
    await anna.screenshot("a wrong password");
    expect(attempts(anna), "REGISTERs").toBe(2);
    await pbx.wait(seconds(3)); // Other failures are tried again after a second.
    expect(attempts(anna), "REGISTERs").toBe(2);
  },
);

scenario(
  "a certificate that is not trusted, or not for the name, is told to the user",
  { uses: { pbx: webPbx(WEB), phones: webphones() }, timeout: seconds(90) },
  async ({ phones }) => {
    await step("of the page", async () => {
      const opened = phones.phone("1001", { trusts: false });
      const said = await opened.then(() => "a page", (error: Error) => error.message);
      expect(said, "what the browser says").toMatch(/nobody whom the browser trusts/);
    });
    await step("of the WebSocket", async () => {
      const server = "wss://stranger.example/pbxws";
      const anna = await phones.phone("1001", { server, register: false });
      await anna.register();
      await anna.untilRegistration("failed", SOON);
      expect(await anna.alerts(), "messages").toEqual(["server-unreachable"]);
      await anna.screenshot("a certificate for another name");
    });
  },
);

scenario(
  "after Asterisk was restarted the phone is registered again within 10 s",
  { uses: { pbx: webPbx(WEB), phones: webphones() }, timeout: seconds(90) },
  async ({ pbx, phones }) => {
    const anna = await phones.phone("1001");
    await pbx.kill();
    await anna.untilRegistration("failed", SOON);
    // The proxy is there, and is asked.
    await anna.untilAlerts(["websocket-refused"], SOON);
    await anna.screenshot("Asterisk is down");
    await pbx.restart();
    const up = pbx.clock.now();
    await anna.untilRegistration("registered", SOON);
    measure("registered after Asterisk was up", (pbx.clock.now() - up) / 1e9, {
      unit: "s",
      within: { max: 10 },
    });
    await anna.call("600");
    await anna.hears(440, SOON);
  },
);

scenario(
  "a phone that nobody calls for longer than the proxy bears silence stays connected",
  {
    // An hour and half a minute, 1,200 and 30 times as short.
    uses: { pbx: webPbx({ ...WEB, proxyTimeoutS: 3 }), phones: webphones() },
    timeout: seconds(90),
  },
  async ({ pbx, phones }) => {
    const [asks, silent] = await Promise.all([
      phones.phone("1001", { keepAliveS: 1 }),
      phones.phone("1002", { keepAliveS: 0 }),
    ]);
    const lost = ({ states }: Webphone) =>
      states.occurrences.filter(({ data }) => data.value === "failed").length;
    // The one that does not ask is cut off, and back by itself.
    await pbx.clock.until(() => lost(silent) >= 2 || undefined, seconds(30));
    expect(lost(silent), "times that it was cut off").toBeGreaterThan(1);
    await silent.untilRegistration("registered", SOON);
    expect(lost(asks), "times that the other was").toBe(0);
    expect(asks.registration, "its state").toBe("registered");
  },
);
