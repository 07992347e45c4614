/** A web phone beside attackers, with the ban daemon at work: who is banned, and who is not. */
import { expect, scenario, seconds, step } from "hil";
import { webPbx } from "sims/pbx/mod.ts";
import { sipban } from "sims/sipban/mod.ts";
import { webphones } from "sims/webphone/port.ts";
import { banned, BORNE, flood, guess } from "../sipban/steps.ts";

const SOON = { within: seconds(15) };

scenario(
  "while attackers are banned, one of them behind the proxy, a web phone's call goes on",
  {
    uses: {
      pbx: webPbx({ phones: 3, web: ["1001", "1002"] }),
      bans: sipban({ proxies: ["127.0.0.1"] }),
      phones: webphones(),
    },
    timeout: seconds(120),
  },
  async ({ pbx, bans, phones }) => {
    const anna = await phones.phone("1001", { keepAliveS: 1 });
    await anna.call("600");
    await anna.hears(440, SOON);
    const lost = () => anna.states.occurrences.filter(({ data }) => data.value === "failed").length;
    const [udp, wss] = [
      await pbx.site("floods", { outside: true }),
      await pbx.site("guesses behind the proxy", { outside: true }),
    ];
    await step("a flood, and guesses by UDP", async () => {
      await flood(udp, "REGISTER", { count: 500 });
      await guess(await udp.phone("1003", { password: "guess" }), BORNE + 1);
      await banned(bans, udp.seenAs[0]!);
    });
    await step("guesses by WSS", async () => {
      const phone = await wss.phone("1002", { transport: "WSS", password: "guess" });
      await guess(phone, BORNE + 1);
      await banned(bans, wss.seenAs[0]!);
    });
    await step("the web phone", async () => {
      const targets = (await bans.list()).map(({ target }) => target).toSorted();
      expect(targets, "who is banned").toEqual([udp.seenAs[0]!, wss.seenAs[0]!].toSorted());
      await anna.hears(440, SOON);
      expect(anna.registration, "its registration").toBe("registered");
      expect(lost(), "times that it was cut off").toBe(0);
      await anna.hangUp();
      await anna.untilCall("ended", SOON);
      const bert = await phones.phone("1002");
      expect(bert.registration, "a new one's").toBe("registered");
    });
  },
);
