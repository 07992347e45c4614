/** One page of a browser, in a window that shares nothing with others. */
import type { Browser as Playwright, Page } from "playwright-core";
import type { Duration } from "../../time/mod.ts";
import { every, seconds, withLimit } from "../../time/mod.ts";
import type { Signal } from "../../trace/mod.ts";
import { keepPeers, type PeerStats, readPeers, type StateChange, watchStates } from "./_in_page.ts";
import {
  type ConsoleData,
  makeSignals,
  type NetworkData,
  record,
  type SocketData,
  type StateData,
  type TabSignals,
} from "./_record.ts";
import { keepFile } from "./_attach.ts";
import { findTone, nextPiece } from "./_sound.ts";
import { States } from "./_states.ts";
import { Video } from "./_video.ts";
import { openFailure, PageError } from "./error.ts";
import type { BrowserOptions, TabOptions, Within } from "./options.ts";
import type { Heard } from "./tone.ts";

export interface WaitForDataOptions extends Within {
  /** On which element, "#webphone". Default: on any. */
  readonly on?: string;
}

export interface HearToneOptions extends Within {
  /** What plays it, as a CSS selector. Default: "audio". */
  readonly from?: string;
  /** Default: 5 Hz. */
  readonly toleranceHz?: number;
  /** Below this there is no tone. Default: -40. */
  readonly leastDbfs?: number;
}

const OPEN_LIMIT = seconds(30);
/** Until an element is there that is to be clicked, and ready for it. */
const ACT_LIMIT = seconds(10);
const CLOSE_LIMIT = seconds(5);
/** What a failure asks of a page that may hang. */
const ASK_LIMIT = seconds(1);
const SIZE = { width: 1280, height: 720 };
/** Of the console, in the message of a failure. */
const LAST_LINES = 5;

export class Tab {
  readonly #states = new States();
  #lost: Error | undefined;
  #sampling: (() => void)[] = [];
  #video: Video | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    readonly name: string,
    /** For all that Playwright can do: `tab.page.getByRole("button", { name: "Call" }).click()`. */
    readonly page: Page,
    private readonly options: BrowserOptions,
    private readonly signals: TabSignals,
  ) {
    record(page, signals);
    page.on("crash", () => {
      const error = new PageError(
        `Cannot go on with the page of "${name}": it crashed; look into it with headed`,
      );
      this.lost(error);
      options.timeline.fail(error);
    });
    options.timeline.diagnose(`${name} console`, () => this.#lastLines());
  }

  /** For the browser. */
  static async make(
    playwright: Playwright,
    options: BrowserOptions,
    name: string,
    { permissions = [], size = SIZE, video = false }: TabOptions,
  ): Promise<Tab> {
    const context = await playwright.newContext({ viewport: size, permissions: [...permissions] });
    let changed = (_change: StateChange) => {};
    await context.exposeBinding("hilState", (_source, change) => changed(change));
    await context.addInitScript(watchStates);
    await context.addInitScript(keepPeers);
    context.setDefaultTimeout(ACT_LIMIT.ms);
    const page = await context.newPage();
    const tab = new Tab(name, page, options, makeSignals(options.timeline, options.clock, name));
    changed = (change) => tab.#changed(change);
    if (video) tab.#video = await Video.start(page, size);
    return tab;
  }

  get console(): Signal<ConsoleData> {
    return this.signals.console;
  }

  get network(): Signal<NetworkData> {
    return this.signals.network;
  }

  /** WebSocket messages. */
  get sockets(): Signal<SocketData> {
    return this.signals.sockets;
  }

  /** Each value that each `data-` attribute has had. */
  get states(): Signal<StateData> {
    return this.signals.states;
  }

  /** Of peer connections, as long as {@link sampleStats} runs. */
  get stats(): Signal<PeerStats> {
    return this.signals.stats;
  }

  /** Tones, at the end of the piece of sound that they were found in. */
  get heard(): Signal<Heard> {
    return this.signals.heard;
  }

  /**
   * Goes there, until all that the page loads is loaded.
   *
   * @throws PageError with why not: a certificate that is not trusted, nobody who listens …
   */
  open(url: string, { within = OPEN_LIMIT }: Partial<Within> = {}): Promise<void> {
    return this.#awaited(`${url} in the browser of "${this.name}"`, async () => {
      this.#states.clear();
      try {
        await this.page.goto(url, { timeout: within.ms });
      } catch (cause) {
        throw this.#lost ?? openFailure(url, cause);
      }
    });
  }

  /** As the user does it. */
  reload({ within = OPEN_LIMIT }: Partial<Within> = {}): Promise<void> {
    return this.#awaited(`the page of "${this.name}", loaded again`, async () => {
      this.#states.clear();
      try {
        await this.page.reload({ timeout: within.ms });
      } catch (cause) {
        throw this.#lost ?? openFailure(this.page.url(), cause);
      }
    });
  }

  /** What a `data-` attribute is now; undefined when no element has it. */
  data(attribute: string, on?: string): string | undefined {
    return this.#states.get(attribute, on);
  }

  /**
   * Until an attribute, "data-call", has the value; at once when it has. {@link states} has what it
   * was in between.
   *
   * @throws PageError with what it is instead, and what the page says to its user
   */
  waitForData(attribute: string, value: string, options: WaitForDataOptions): Promise<void> {
    const { within, on } = options;
    const what = `${attribute}="${value}" on the page of "${this.name}"`;
    return this.#awaited(what, async () => {
      const seen = await this.options.clock.until(() => {
        if (this.#lost) throw this.#lost;
        return this.data(attribute, on) === value || undefined;
      }, within);
      if (seen) return;
      const is = this.data(attribute, on);
      throw new PageError(
        [
          `Cannot see ${what} within ${within}: ` +
          (is === undefined ? "no element has that attribute" : `it is "${is}"`),
          ...await this.#said(),
        ].join("\n"),
      );
    });
  }

  /**
   * What is in the next 43 ms of what an element plays, whatever its volume is.
   *
   * @param from what plays it, as a CSS selector
   * @throws PageError when it plays nothing, or nothing comes
   */
  listen(from = "audio", { within = seconds(5) }: Partial<Within> = {}): Promise<Heard> {
    return this.#awaited(`sound of "${this.name}"`, async () => {
      const heard = await this.#piece(from, within);
      if (typeof heard !== "string") return heard;
      throw new PageError(`Cannot listen to "${from}" of "${this.name}": ${heard}`);
    });
  }

  /**
   * Until an element plays a tone; {@link heard} has it then.
   *
   * @throws PageError with what was heard instead
   */
  hearTone(frequencyHz: number, options: HearToneOptions): Promise<Heard> {
    const { within, from = "audio", toleranceHz = 5, leastDbfs = -40 } = options;
    return this.#awaited(`a tone of ${frequencyHz} Hz at "${this.name}"`, async () => {
      const sought = { frequencyHz, toleranceHz, leastDbfs };
      const next = (limit: Duration) => this.#piece(from, limit);
      const heard = await findTone(next, sought, { clock: this.options.clock, within });
      if (typeof heard !== "string") return this.signals.heard.emit("tone", heard).data;
      throw new PageError(
        `Cannot hear ${frequencyHz} Hz at "${this.name}" within ${within}: ${heard}`,
      );
    });
  }

  /** Puts `getStats()` of all peer connections into {@link stats}, until the function is called. */
  sampleStats(options: { readonly every: Duration }): () => void {
    let busy = false;
    const stop = every(options.every, async () => {
      if (busy) return;
      busy = true;
      await this.readStats().catch(() => {}); // It navigates, or is about to be closed.
      busy = false;
    });
    this.#sampling.push(stop);
    return stop;
  }

  /** One sample, which {@link stats} has then. */
  async readStats(): Promise<readonly PeerStats[]> {
    const stats = await this.page.evaluate(readPeers);
    if (!this.page.isClosed()) {
      for (const peer of stats) this.signals.stats.emit("peer", peer);
    }
    return stats;
  }

  /** Kept as an attachment. */
  async screenshot(title: string): Promise<void> {
    const png = await this.page.screenshot();
    keepFile(this.options, `${this.name}.png`, new Uint8Array(png), `${this.name}: ${title}`);
  }

  /** Closes its window; what it has told stays. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const stop of this.#sampling) stop();
    const film = this.#video && await withLimit(this.#video.stop(), CLOSE_LIMIT, () => undefined);
    if (film) keepFile(this.options, `${this.name}.avi`, film, `${this.name}: what it showed`);
    try {
      await withLimit(this.page.context().close(), CLOSE_LIMIT, () => {});
    } finally {
      this.page.removeAllListeners();
      for (const signal of Object.values(this.signals)) signal.end();
    }
  }

  /** For the browser: whoever waits for something in it is told. */
  lost(error: Error): void {
    if (this.#lost) return;
    this.#lost = error;
    const text = error.message.split("\n")[0]!;
    this.options.timeline.record({ type: "log", level: "error", text });
  }

  #changed(change: StateChange): void {
    if (this.#closing) return;
    const { attribute, value, on, sinceNavigationMs } = change;
    this.#states.set(change);
    this.signals.states.emit(attribute, { value, on, sinceNavigationMs });
  }

  #awaited<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.options.timeline.awaited(what, () => {
      if (this.#lost) throw this.#lost;
      return work();
    });
  }

  #piece(selector: string, limit: Duration): Promise<Heard | string> {
    return nextPiece(this.page, selector, limit).catch((cause) => {
      throw this.#lost ?? cause;
    });
  }

  /** What the page says to its user. */
  async #said(): Promise<string[]> {
    const texts = Promise.all(["alert", "status"].map(async (role) => {
      const said = await this.page.locator(`[role=${role}]`).allInnerTexts();
      return said.filter(Boolean).map((text) => `${role}: ${text.trim()}`);
    }));
    return (await withLimit(texts.catch(() => []), ASK_LIMIT, () => [])).flat();
  }

  #lastLines(): string {
    const lines = this.signals.console.occurrences.slice(-LAST_LINES);
    return lines.map(({ kind, data }) => `console ${kind}: ${data.text}`).join("\n");
  }
}
