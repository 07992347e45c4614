/** The web server before a real PBX: the page, and SIP over WSS (RFC 7118) through it. */
import { expect, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";

scenario(
  "phones register over WSS through the proxy, and call, also after it was killed and restarted",
  { uses: { pbx: webPbx({ phones: 3, web: ["1001", "1002"] }) }, timeout: seconds(60) },
  async ({ pbx }) => {
    const site = await pbx.site("home");
    const phone = await site.phone("1001", { transport: "WSS" });
    await step("before", async () => {
      expect((await phone.register()).status, "the answer").toBe(200);
    });
    await step("killed", async () => {
      await pbx.killProxy();
      expect((await phone.register()).status, "the answer of nobody").toBe(503);
    });
    await step("after", async () => {
      await pbx.restartProxy();
      expect((await phone.register()).status, "the answer").toBe(200);
    });
  },
);
