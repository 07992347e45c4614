/** Web phones in Debian's Chromium: a browser for each microphone, a tab for each phone. */
import { seconds, type TargetContext } from "hil";
import { Browser, type BrowserOptions, type Tone } from "hil/drivers/browser/mod.ts";
import type { Webphone, WebphoneOptions, Webphones } from "../port.ts";
import { PagePhone } from "./_page_phone.ts";

export interface ChromiumOptions {
  /** With windows on the screen. */
  readonly headed?: boolean;
  /** What each page shows is kept as an attachment. */
  readonly video?: boolean;
}

/** What `--use webphones=chromium:…` may say. */
export const LOOKS = ["headed", "video"] as const;

/** @throws TypeError for an argument that is none of {@link LOOKS} */
export function chromiumOptions(options: Readonly<Record<string, unknown>>): ChromiumOptions {
  const { argument, ...others } = options;
  if (argument === undefined) return others;
  if ((LOOKS as readonly unknown[]).includes(argument)) return { ...others, [`${argument}`]: true };
  throw new TypeError(
    `Cannot show pages "${argument}": they are shown ${LOOKS.join(" or ")}; choose one of these`,
  );
}

/** What there is to be opened. */
export interface PhoneSite {
  /** `https://pbx.example/` */
  readonly page: string;
  /** `wss://pbx.example/pbxws` */
  readonly server: string;
  readonly domain: string;
  /** Users and passwords. */
  readonly phones: Readonly<Record<string, string>>;
  /** What a browser there needs. */
  browser(at: Whereabouts): Partial<BrowserOptions>;
}

export type Whereabouts = Required<Pick<WebphoneOptions, "place" | "trusts">>;

const TONE_HZ = 440;
const OPEN_LIMIT = seconds(30);

export class ChromiumPhones implements Webphones {
  /** By place, microphone and trust: what a browser has one of. */
  readonly #browsers = new Map<string, Promise<Browser>>();

  constructor(private readonly context: TargetContext, private readonly site: PhoneSite) {}

  async phone(user: string, options: WebphoneOptions = {}): Promise<Webphone> {
    const { register = true, within = OPEN_LIMIT, microphone, strangersFingerprint } = options;
    const browser = await this.#browser(options);
    const { video = false } = chromiumOptions(this.context.options);
    const permissions = microphone === "denied" ? { permissions: [] } : {};
    const tab = await browser.tab(user, { video, ...permissions });
    const phone = new PagePhone(user, tab);
    try {
      if (strangersFingerprint) await phone.spoilFingerprints();
      await phone.open(this.#url(user, options), { within });
      if (register) await phone.untilRegistration("registered", { within });
      return phone;
    } catch (error) {
      await phone.close(); // Its name is free again.
      throw error;
    }
  }

  #url(user: string, options: WebphoneOptions): string {
    const { page, domain, phones } = this.site;
    const { password = phones[user] ?? "", autoAnswer, register = true } = options;
    const { server = this.site.server, expiresS, keepAliveS } = options;
    const words = {
      ...{ user, server, domain },
      ...autoAnswer && { "auto-answer": "1" },
      ...register && { register: "1" },
      ...expiresS !== undefined && { expires: `${expiresS}` },
      ...keepAliveS !== undefined && { "keep-alive": `${keepAliveS}` },
    };
    return `${page}?${new URLSearchParams(words)}#${new URLSearchParams({ password })}`;
  }

  #browser(
    { toneHz = TONE_HZ, trusts = true, place = "lan", microphone }: WebphoneOptions,
  ): Promise<Browser> {
    const tone = microphone === "missing" ? undefined : { frequencyHz: toneHz };
    const key = `${place} ${tone?.frequencyHz} ${trusts}`;
    let browser = this.#browsers.get(key);
    if (!browser) this.#browsers.set(key, browser = this.#open(tone, { trusts, place }));
    return browser;
  }

  async #open(microphone: Tone | undefined, at: Whereabouts): Promise<Browser> {
    const { timeline, tempDir, attachmentsDir, processEnv, defer, options } = this.context;
    const { headed = false } = chromiumOptions(options);
    const browser = await Browser.open({
      ...{ timeline, clock: timeline.clock, tempDir, attachmentsDir, processEnv, headed },
      ...this.site.browser(at),
      ...microphone && { microphone },
    });
    const voice = microphone ? `sings ${microphone.frequencyHz} Hz` : "has no microphone";
    defer(`close the browser that ${voice}`, () => browser.close());
    return browser;
  }
}
