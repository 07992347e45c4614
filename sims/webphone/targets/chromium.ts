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
/** A name that the PBX's certificate does not have. */
const STRANGER = "stranger.example";
const OPEN_LIMIT = seconds(30);

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
    const { register = true, within = OPEN_LIMIT } = options;
    const browser = await this.#browser(options);
    const phone = new PagePhone(user, await browser.tab(user));
    try {
      await phone.open(this.#url(user, options), { within });
      if (register) await phone.untilRegistration("registered", { within });
      return phone;
    } catch (error) {
      await phone.close(); // Its name is free again.
      throw error;
    }
  }

  #url(user: string, options: WebphoneOptions): string {
    const { name, path, phones } = this.#web;
    const { password = phones[user] ?? "", autoAnswer, register = true } = options;
    const { server = `wss://${name}${path}`, expiresS, keepAliveS } = options;
    const words = {
      ...{ user, password, server, domain: name },
      ...autoAnswer && { "auto-answer": "1" },
      ...register && { register: "1" },
      ...expiresS !== undefined && { expires: `${expiresS}` },
      ...keepAliveS !== undefined && { "keep-alive": `${keepAliveS}` },
    };
    return `https://${name}/?${new URLSearchParams(words)}`;
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
      hosts: { [name]: address, [STRANGER]: address },
      microphone: { frequencyHz: toneHz },
    });
    defer(`close the browser that sings ${toneHz} Hz`, () => browser.close());
    return browser;
  }
}
