/** A web phone by its page: what its user reads, types and clicks. */
import { ms, seconds, type Signal } from "hil";
import { hostNow, withLimit } from "hil/time/mod.ts";
import type { SocketData, StateData, Tab } from "hil/drivers/browser/mod.ts";
import type {
  CallState,
  CallStatistics,
  FailureCode,
  Heard,
  RegistrationState,
  Webphone,
  Within,
} from "../port.ts";
import { spoilFingerprints } from "./_in_page.ts";

/** The part of the page's own `window.webphone` that is needed here. */
interface PhoneOfPage {
  statistics(): Promise<CallStatistics | undefined>;
}

const LOOK = ms(50);
/** Of a page that may hang. */
const ASK_LIMIT = seconds(1);
const ROOT = "#webphone";
const REGISTRATION = "data-registration";
const CALL = "data-call";

export class PagePhone implements Webphone {
  constructor(readonly user: string, private readonly tab: Tab) {}

  /** When it is opened. */
  async spoilFingerprints(): Promise<void> {
    await this.tab.page.addInitScript(spoilFingerprints);
  }

  open(url: string, { within }: Within): Promise<void> {
    return this.tab.open(url, { within });
  }

  get states(): Signal<StateData> {
    return this.tab.states;
  }

  get signalling(): Signal<SocketData> {
    return this.tab.sockets;
  }

  get registration(): RegistrationState {
    return (this.tab.data(REGISTRATION, ROOT) ?? "unregistered") as RegistrationState;
  }

  get callState(): CallState {
    return (this.tab.data(CALL, ROOT) ?? "idle") as CallState;
  }

  get registeredAfterMs(): number {
    const at = (state: RegistrationState) =>
      this.states.occurrences.find(({ kind, data }) =>
        kind === REGISTRATION && data.value === state
      )
        ?.data.sinceNavigationMs;
    const [began, registered] = [at("connecting"), at("registered")];
    if (began !== undefined && registered !== undefined) return registered - began;
    throw new Error(`Cannot tell when "${this.user}" was registered: it never was; wait for it`);
  }

  async showAccount(): Promise<void> {
    const form = this.tab.page.locator("#account-box");
    if (await form.getAttribute("open") === null) await form.locator("summary").click();
  }

  register(): Promise<void> {
    return this.#click(/^Register/);
  }

  unregister(): Promise<void> {
    return this.#click("Unregister");
  }

  untilRegistration(state: RegistrationState, { within }: Within): Promise<void> {
    return this.tab.waitForData(REGISTRATION, state, { within, on: ROOT });
  }

  untilCall(state: CallState, { within }: Within): Promise<void> {
    return this.tab.waitForData(CALL, state, { within, on: ROOT });
  }

  async call(target: string): Promise<void> {
    await this.tab.page.getByLabel("Number or address").fill(target);
    await this.#click("Call");
  }

  answer(): Promise<void> {
    return this.#click("Answer");
  }

  decline(): Promise<void> {
    return this.#click("Decline");
  }

  hangUp(): Promise<void> {
    return this.#click("Hang up");
  }

  mute(): Promise<void> {
    return this.#click("Mute");
  }

  hold(): Promise<void> {
    return this.#click("Hold");
  }

  async press(keys: string): Promise<void> {
    for (const key of keys) await this.tab.page.locator(`[data-key="${key}"]`).click();
  }

  async transfer(target: string): Promise<void> {
    await this.#click("Transfer");
    await this.tab.page.getByLabel("Transfer to").fill(target);
    await this.#click("Transfer now");
  }

  async hears(frequencyHz: number, { within }: Within): Promise<Heard> {
    try {
      return await this.tab.hearTone(frequencyHz, { within });
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`${message}; ${await this.#connection()}`, { cause });
    }
  }

  /** For messages: where sound is lost. */
  #connection(): Promise<string> {
    const text = this.statistics().then(
      ({ dtls = "not begun", audioIn, audioOut }) =>
        `its DTLS is ${dtls}, ${audioIn.packets} packets have come, ${audioOut.packets} gone`,
      () => "it has no call",
    );
    return withLimit(text, ASK_LIMIT, () => "its page does not answer");
  }

  async statistics(): Promise<CallStatistics> {
    const statistics = await this.tab.page.evaluate(() =>
      (globalThis as unknown as { webphone?: PhoneOfPage }).webphone?.statistics()
    );
    if (statistics) return statistics;
    throw new Error(`Cannot tell how the call of "${this.user}" sounds: there is none; make one`);
  }

  async alerts(): Promise<FailureCode[]> {
    const shown = await this.tab.page.locator("[role=alert] [data-code]").all();
    const codes = await Promise.all(shown.map((text) => text.getAttribute("data-code")));
    return codes as FailureCode[];
  }

  async untilAlerts(codes: readonly FailureCode[], { within }: Within): Promise<void> {
    const began = hostNow();
    let shown: string;
    do {
      shown = (await this.alerts()).join();
      if (shown === codes.join()) return;
      await this.tab.page.waitForTimeout(LOOK.ms);
    } while (hostNow() - began < within.ns);
    throw new Error(
      `Cannot see "${codes}" on the page of "${this.user}" within ${within}: it shows "${shown}"`,
    );
  }

  screenshot(title: string): Promise<void> {
    return this.tab.screenshot(title);
  }

  reload(): Promise<void> {
    return this.tab.reload();
  }

  close(): Promise<void> {
    return this.tab.close();
  }

  async #click(name: string | RegExp): Promise<void> {
    await this.tab.page.getByRole("button", { name, exact: true }).click();
  }
}
