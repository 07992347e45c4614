/** The run in one line: what it is, how far it is, whether hil is still there. */
import type { ReportIndex } from "../model.ts";
import { button, make } from "./dom.ts";
import { durationText } from "./format.ts";
import { runStrip } from "./run_page.ts";
import { hasEnded } from "./scenario.ts";

export interface HeaderOptions {
  readonly onHome: () => void;
  readonly onTheme: () => void;
  readonly onHelp: () => void;
}

export class Header {
  readonly element: HTMLElement;
  readonly #bench = make("strong");
  readonly #id = make("span", { class: "run" });
  readonly #facts = make("span", { class: "facts" });
  readonly #strip = make("span", { class: "stripes" });
  readonly #state = make("span", { class: "live", role: "status" });
  #index: ReportIndex;

  constructor(index: ReportIndex, { onHome, onTheme, onHelp }: HeaderOptions) {
    this.#index = index;
    this.element = make(
      "header",
      { class: "top" },
      button({ class: "home", title: "The run" }, onHome, "hil"),
      ...[this.#bench, this.#id, this.#facts, this.#strip, this.#state],
      make(
        "span",
        { class: "buttons" },
        button({ "aria-label": "Dark or light", title: "Dark or light (t)" }, onTheme, "◐"),
        button({ "aria-label": "Keys", title: "Keys (?)" }, onHelp, "?"),
      ),
    );
    this.update(index);
  }

  update(index: ReportIndex): void {
    this.#index = index;
    const { bench, id, startedAt, host, seed, durationNs, interrupted } = index.run;
    const facts = [
      startedAt.slice(0, 19).replace("T", " ") + (startedAt ? " UTC" : ""),
      host,
      durationText(durationNs),
      `seed ${seed}`,
      interrupted ? "interrupted" : "",
    ].filter(Boolean);
    this.#bench.textContent = bench;
    this.#id.textContent = id;
    this.#facts.textContent = facts.join(" · ");
    this.#strip.replaceChildren(runStrip(index.scenarios));
    this.connected(true);
  }

  /** Whether hil can be heard. It is said once: a reader of the screen reads what changes. */
  connected(connected: boolean): void {
    const { live, scenarios } = this.#index;
    this.#state.hidden = live === undefined;
    if (!live) return;
    const done = scenarios.filter(({ outcome }) => hasEnded(outcome)).length;
    const texts = {
      began: live.doing ?? "begins",
      running: live.doing ?? `${done} of ${scenarios.length} done`,
      ended: "has ended",
    };
    const text = connected ? texts[live.state] : "no connection to hil; trying again";
    if (this.#state.textContent !== text) this.#state.textContent = text;
    this.#state.classList.toggle("on", connected && live.state !== "ended");
    this.#state.classList.toggle("off", !connected);
  }
}
