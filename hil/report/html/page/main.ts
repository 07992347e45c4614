/** The report: run, list and scenario, as the address says; keys that hold everywhere. */
import type { ReportIndex } from "../model.ts";
import { Address } from "./address.ts";
import { readDetail, readIndex } from "./data.ts";
import { button, isTyping, link, make } from "./dom.ts";
import { durationText } from "./format.ts";
import { ScenarioList } from "./list.ts";
import { runPage, runStrip } from "./run_page.ts";
import { ScenarioPage } from "./scenario.ts";

const KEYS = [
  ["j  k", "next, previous scenario"],
  ["/", "find a scenario"],
  ["f", "find in the events of the scenario"],
  ["+  −  0", "zoom in, zoom out, show all"],
  ["←  →", "move along the time axis"],
  ["Esc", "back to the list"],
  ["t", "dark or light"],
  ["?", "these keys"],
] as const;
const THEME = "hil.theme";
const DARK = "(prefers-color-scheme: dark)";

class Report {
  readonly #index: ReportIndex = readIndex();
  readonly #address = new Address(() => this.#show());
  readonly #list = new ScenarioList(this.#index.scenarios, this.#address);
  readonly #main = make("main", { id: "main", tabindex: -1 });
  readonly #help = make("dialog", { "aria-label": "Keys" });
  #page: ScenarioPage | undefined;
  #shown: string | undefined;

  constructor() {
    this.#theme(stored() ?? systemTheme());
    document.body.prepend(
      link("#main", "To the scenario", { class: "skip-link" }),
      this.#header(),
      make("div", { class: "panes" }, this.#list.element, this.#main),
      this.#help,
    );
    document.querySelector(".skip-link")!.addEventListener("click", (event) => {
      event.preventDefault();
      this.#main.focus();
    });
    this.#fillHelp();
    addEventListener("keydown", (event) => this.#key(event));
    matchMedia(DARK).addEventListener("change", () => this.#theme(stored() ?? systemTheme()));
    addEventListener("beforeprint", () => this.#theme("light"));
    addEventListener("afterprint", () => this.#theme(stored() ?? systemTheme()));
    this.#show();
  }

  async #show(): Promise<void> {
    const key = this.#address.get("k");
    this.#list.show();
    document.body.classList.toggle("open", key !== "");
    const row = this.#index.scenarios.findIndex((scenario) => scenario.key === key);
    const scenario = this.#index.scenarios[row];
    const { bench, id } = this.#index.run;
    document.title = scenario ? `${scenario.name} – ${bench}` : `${bench} ${id}`;
    if (this.#shown === key && this.#page) return this.#page.show();
    this.#shown = key;
    this.#page = undefined;
    if (!scenario) {
      const lost = key !== "" && make("p", { class: "card" }, "This run has no such scenario.");
      this.#main.replaceChildren(
        ...(lost ? [lost] : []),
        runPage(this.#index, (key, text) => this.#linkTo(key, text)),
      );
      return;
    }
    try {
      const detail = await readDetail(row);
      if (this.#shown !== key) return; // The user was faster.
      this.#page = new ScenarioPage(scenario, detail, this.#address);
      this.#main.replaceChildren(this.#back(), this.#page.element);
      this.#main.scrollTop = 0;
      this.#page.show();
    } catch (error) {
      const what = `Cannot show this scenario: ${(error as Error).message}`;
      this.#main.replaceChildren(this.#back(), make("p", { class: "card problems" }, what));
    }
  }

  #back(): HTMLElement {
    return button({ class: "back" }, () => this.#address.go(""), "‹ All scenarios");
  }

  #header(): HTMLElement {
    const { bench, id, startedAt, host, seed, durationNs, interrupted } = this.#index.run;
    const facts = [
      startedAt.slice(0, 19).replace("T", " ") + (startedAt ? " UTC" : ""),
      host,
      durationText(durationNs),
      `seed ${seed}`,
      interrupted ? "interrupted" : "",
    ].filter(Boolean);
    const home = button({ class: "home", title: "The run" }, () => this.#address.go(""), "hil");
    return make(
      "header",
      { class: "top" },
      home,
      make("strong", {}, bench),
      make("span", { class: "run" }, id),
      make("span", { class: "facts" }, facts.join(" · ")),
      runStrip(this.#index.scenarios),
      make(
        "span",
        { class: "buttons" },
        button({ "aria-label": "Dark or light", title: "Dark or light (t)" }, () => {
          this.#turnTheme();
        }, "◐"),
        button({ "aria-label": "Keys", title: "Keys (?)" }, () => this.#help.showModal(), "?"),
      ),
    );
  }

  #linkTo(key: string, text: string): HTMLElement {
    const element = link(this.#address.linkOf(key), text);
    element.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#address.go(key);
    });
    return element;
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#help.open) return;
    if (event.key === "Escape") return this.#escape(event);
    if (isTyping(event.target)) return;
    const actions: Record<string, () => void> = {
      j: () => this.#list.move(1),
      k: () => this.#list.move(-1),
      "/": () => this.#list.search.focus(),
      f: () => this.#page?.searchField?.focus(),
      t: () => this.#turnTheme(),
      "?": () => this.#help.showModal(),
    };
    if (Object.hasOwn(actions, event.key)) {
      event.preventDefault();
      actions[event.key]!();
    } else if (this.#page?.key(event.key)) event.preventDefault();
  }

  #escape(event: KeyboardEvent): void {
    if (isTyping(event.target)) (event.target as HTMLElement).blur();
    else this.#address.go("");
  }

  #fillHelp(): void {
    const rows = KEYS.map(([keys, what]) => {
      return make("tr", {}, make("th", { scope: "row" }, keys), make("td", {}, what));
    });
    this.#help.append(
      make("h2", {}, "Keys"),
      make("table", {}, make("tbody", {}, ...rows)),
      button({}, () => this.#help.close(), "Close"),
    );
  }

  #turnTheme(): void {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    store(theme);
    this.#theme(theme);
  }

  #theme(theme: string): void {
    document.documentElement.dataset.theme = theme;
    this.#page?.redraw();
  }
}

function systemTheme(): string {
  return matchMedia(DARK).matches ? "dark" : "light";
}

function stored(): string | undefined {
  try {
    const theme = localStorage.getItem(THEME);
    return theme === "dark" || theme === "light" ? theme : undefined;
  } catch {
    return undefined; // A page from disk has no store everywhere.
  }
}

function store(theme: string): void {
  try {
    localStorage.setItem(THEME, theme);
  } catch { /* Then it lasts as long as the page. */ }
}

new Report();
