/** The target "chromium" of the role "webphones": the page in Debian's Chromium, within the PBX's network. */
import { defineTarget, seconds, type TargetContext } from "hil";
import { Browser, BROWSER_TOOLS, browserAvailable } from "hil/drivers/browser/mod.ts";
import { pbxLabOf, type PbxWeb } from "sims/pbx/mod.ts";
import type { Webphone, WebphoneOptions, WebphonePlace, Webphones } from "../port.ts";
import { PagePhone } from "./_page_phone.ts";

interface ChromiumOptions {
  readonly headed?: boolean;
}

const TONE_HZ = 440;
const REGISTER_LIMIT = seconds(10);

export default defineTarget<Webphones>({
  title: "web phone's page in Chromium",
  offers: [],
  startLimit: seconds(90),
  tools: BROWSER_TOOLS,
  availability: (options) => browserAvailable(options as ChromiumOptions),
  start: (context) => Promise.resolve(new ChromiumPhones(context)),
});

class ChromiumPhones implements Webphones {
  readonly #web: PbxWeb;
  /** By place, microphone and trust: what a browser has one of. */
  readonly #browsers = new Map<string, Promise<Browser>>();

  constructor(private readonly context: TargetContext) {
    const lab = pbxLabOf(context.timeline);
    if (lab.type !== "real" || !lab.web) {
      throw new Error(
        `Cannot open web phones at role "pbx": it has no web server; ask for one by webPbx(…)`,
      );
    }
    this.#web = lab.web;
  }

  async phone(user: string, options: WebphoneOptions = {}): Promise<Webphone> {
    const { register = true } = options;
    const browser = await this.#browser(options);
    const phone = new PagePhone(user, await browser.tab(user));
    await phone.open(this.#url(user, options));
    if (register) await phone.untilRegistration("registered", { within: REGISTER_LIMIT });
    return phone;
  }

  #url(user: string, options: WebphoneOptions): string {
    const { password = this.#web.phones[user] ?? "", autoAnswer, register = true } = options;
    const { expiresS, keepAliveS } = options;
    const words = {
      ...{ user, password, server: `wss://${this.#web.name}${this.#web.path}` },
      ...autoAnswer && { "auto-answer": "1" },
      ...register && { register: "1" },
      ...expiresS !== undefined && { expires: `${expiresS}` },
      ...keepAliveS !== undefined && { "keep-alive": `${keepAliveS}` },
    };
    return `https://${this.#web.name}/?${new URLSearchParams(words)}`;
  }

  #browser(options: WebphoneOptions): Promise<Browser> {
    const { toneHz = TONE_HZ, trusts = true, place = "lan" } = options;
    const key = `${place} ${toneHz} ${trusts}`;
    let browser = this.#browsers.get(key);
    if (!browser) this.#browsers.set(key, browser = this.#open({ toneHz, trusts, place }));
    return browser;
  }

  async #open(
    { toneHz, trusts, place }: { toneHz: number; trusts: boolean; place: WebphonePlace },
  ): Promise<Browser> {
    const { timeline, tempDir, attachmentsDir, processEnv, defer, options } = this.context;
    const { headed = false } = options as ChromiumOptions;
    const { name, address, authority, host } = this.#web;
    const browser = await Browser.open({
      ...{ timeline, clock: timeline.clock, tempDir, attachmentsDir, processEnv, headed },
      host: host(place),
      ...trusts && { trust: authority },
      hosts: { [name]: address },
      microphone: { frequencyHz: toneHz },
    });
    defer(`close the browser that sings ${toneHz} Hz`, () => browser.close());
    return browser;
  }
}
