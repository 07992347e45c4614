/** The target "chromium" of the role "webphones": the page in Debian's Chromium, within the PBX's network. */
import { defineTarget, seconds } from "hil";
import { BROWSER_TOOLS, browserAvailable } from "hil/drivers/browser/mod.ts";
import { pbxLabOf, type PbxWeb } from "sims/pbx/mod.ts";
import type { Webphones } from "../port.ts";
import { chromiumOptions, ChromiumPhones, LOOKS, type PhoneSite } from "./_chromium.ts";

/** A name that the PBX's certificate does not have. */
const STRANGER = "stranger.example";

export default defineTarget<Webphones>({
  title: "web phone's page in Chromium",
  offers: [],
  startLimit: seconds(90),
  tools: BROWSER_TOOLS,
  argument: LOOKS.join("|"),
  availability: (options) => browserAvailable(chromiumOptions(options)),
  start(context) {
    const lab = pbxLabOf(context.timeline);
    if (lab.type !== "real" || !lab.web) {
      throw new Error(
        `Cannot open web phones at role "pbx": it has no web server; ask for one by webPbx(…)`,
      );
    }
    return Promise.resolve(new ChromiumPhones(context, siteOf(lab.web)));
  },
});

function siteOf({ name, path, phones, address, authority, host }: PbxWeb): PhoneSite {
  return {
    ...{ page: `https://${name}/`, server: `wss://${name}${path}`, domain: name, phones },
    browser: ({ place, trusts }) => ({
      host: host(place),
      ...trusts && { trust: authority },
      hosts: { [name]: address, [STRANGER]: address },
    }),
  };
}
