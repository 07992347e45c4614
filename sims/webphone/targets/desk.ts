/**
 * The targets of the role "desk": the page in Debian's Chromium at the simulated exchange, on
 * this machine's loopback and on its time. Neither root nor a container is needed.
 */
import { defineTarget, ms, seconds, type TargetContext } from "hil";
import { BROWSER_TOOLS, browserAvailable } from "hil/drivers/browser/mod.ts";
import { hostNow, pause } from "hil/time/mod.ts";
import { passwordOf, type PbxVariant } from "sims/pbx/mod.ts";
import { bundleWebphone } from "../bundle.ts";
import { DeskPbx } from "../desk.ts";
import type { Desk, Webphone, WebphoneOptions } from "../port.ts";
import { servePage } from "../serve.ts";
import { chromiumOptions, ChromiumPhones, LOOKS, type PhoneSite } from "./_chromium.ts";

const RESTART_LIMIT = seconds(10);
const LOOK = ms(20);
const USERS = ["1001", "1002", "1003"];
const DOMAIN = "127.0.0.1";

export default defineTarget<Desk>({
  title: "web phone's page in Chromium, at a simulated exchange",
  offers: [],
  startLimit: seconds(90),
  tools: BROWSER_TOOLS,
  argument: LOOKS.join("|"),
  availability: (options) => browserAvailable(chromiumOptions(options)),
  start: async (context) => new SimDesk(context, await bundleWebphone()),
});

class SimDesk implements Desk {
  readonly #phones: ChromiumPhones;
  readonly #passwords = Object.fromEntries(USERS.map((user) => [user, passwordOf(user)]));
  #desk: DeskPbx;

  constructor(private readonly context: TargetContext, folder: string) {
    const page = servePage(folder);
    context.defer("close the page's server", () => page.close());
    this.#desk = this.#open(0);
    context.defer("close the exchange", () => this.#desk.close());
    const site: PhoneSite = {
      ...{ page: page.url, server: this.#desk.url, domain: DOMAIN, phones: this.#passwords },
      // Sound goes from page to page, and leaves this machine no more than the rest does.
      browser: () => ({ flags: ["--allow-loopback-in-peer-connection"] }),
    };
    this.#phones = new ChromiumPhones(context, site);
  }

  phone(user: string, options?: WebphoneOptions): Promise<Webphone> {
    return this.#phones.phone(user, options);
  }

  async restart(): Promise<void> {
    const port = Number(new URL(this.#desk.url).port);
    this.#desk.close();
    const end = hostNow() + RESTART_LIMIT.ns;
    for (;;) {
      try {
        this.#desk = this.#open(port);
        return;
      } catch (error) {
        // Its farewell to the pages takes a moment, and the port until then.
        if (!(error instanceof Deno.errors.AddrInUse) || hostNow() > end) throw error;
      }
      await pause(LOOK);
    }
  }

  #open(port: number): DeskPbx {
    const { profile } = this.context.options as { readonly profile?: PbxVariant };
    const { timeline } = this.context;
    return new DeskPbx({
      ...{ port, phones: this.#passwords, variant: profile ?? "asterisk22" },
      onEvent: ({ kind, user }) =>
        timeline.record({ type: "log", level: "info", text: `exchange: ${kind} ${user}` }),
    });
  }
}
