/** The report: run, list and scenario, as the address says; keys that hold everywhere. */
import type { LiveChanges, ReportIndex } from "../model.ts";
import { Address } from "./address.ts";
import { readDetail, readIndex } from "./data.ts";
import { button, isTyping, link, make } from "./dom.ts";
import { Header } from "./header.ts";
import { ScenarioList } from "./list.ts";
import { Follower, listen } from "./live.ts";
import { runPage } from "./run_page.ts";
import { hasEnded, ScenarioPage } from "./scenario.ts";

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
  #index: ReportIndex = readIndex();
  readonly #address = new Address(() => this.#show());
  readonly #list = new ScenarioList(this.#index.scenarios, this.#address);
  readonly #main = make("main", { id: "main", tabindex: -1 });
  readonly #help = make("dialog", { "aria-label": "Keys" });
  readonly #header: Header;
  #page: ScenarioPage | undefined;
  #follower: Follower | undefined;
  #shown: string | undefined;

  constructor() {
    this.#theme(stored() ?? systemTheme());
    this.#header = new Header(this.#index, {
      onHome: () => this.#address.go(""),
      onTheme: () => this.#turnTheme(),
      onHelp: () => this.#help.showModal(),
    });
    document.body.prepend(
      link("#main", "To the scenario", { class: "skip-link" }),
      this.#header.element,
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
    if (this.#index.live) this.#listen();
  }

  async #show(): Promise<void> {
    const key = this.#address.get("k");
    this.#list.show();
    document.body.classList.toggle("open", key !== "");
    const row = this.#index.scenarios.findIndex((scenario) => scenario.key === key);
    const scenario = this.#index.scenarios[row];
    this.#title();
    if (this.#shown === key && this.#page) return this.#page.show();
    this.#shown = key;
    this.#page = undefined;
    this.#follower?.stop();
    if (!scenario) return this.#showRun();
    try {
      const { version, detail } = await readDetail(row, this.#index.live !== undefined);
      if (this.#shown !== key) return; // The user was faster.
      const page = this.#page = new ScenarioPage(scenario, detail, this.#address);
      this.#main.replaceChildren(this.#back(), page.element);
      this.#main.scrollTop = 0;
      page.show();
      this.#follower = new Follower(row, version, (detail) => {
        page.update(this.#index.scenarios[row]!, detail);
      });
    } catch (error) {
      const what = `Cannot show this scenario: ${(error as Error).message}`;
      this.#main.replaceChildren(this.#back(), make("p", { class: "card problems" }, what));
    }
  }

  #showRun(): void {
    const key = this.#address.get("k");
    const page = runPage(this.#index, (key, text) => this.#linkTo(key, text));
    if (key === "") return this.#main.replaceChildren(page);
    this.#main.replaceChildren(
      make("p", { class: "card" }, "This run has no such scenario."),
      page,
    );
  }

  #listen(): void {
    listen({
      onIndex: (index) => this.#changed(index),
      onChanges: ({ rows, ...rest }: LiveChanges) => {
        const scenarios = [...this.#index.scenarios];
        for (const [row, scenario] of rows) scenarios[row] = scenario;
        this.#changed({ ...this.#index, ...rest, scenarios });
      },
      onConnection: (connected) => this.#header.connected(connected),
    });
  }

  /** Something of the run is other than it was. */
  #changed(index: ReportIndex): void {
    const known = this.#index.scenarios.length;
    this.#index = index;
    this.#list.update(index.scenarios);
    this.#header.update(index);
    this.#title();
    const open = index.scenarios.find(({ key }) => key === this.#address.get("k"));
    if (open && this.#page && this.#shown === open.key) this.#page.updateHead(open);
    // A link to a scenario may be older than the plan.
    if (this.#address.get("k") !== "" && !this.#page && known === 0) {
      this.#shown = undefined;
      void this.#show();
    } else if (!this.#page && this.#address.get("k") === "") {
      this.#keepingFocus(() => this.#showRun());
    }
  }

  /** A link that had the focus has it again when it is drawn anew. */
  #keepingFocus(draw: () => void): void {
    const focused = document.activeElement;
    const href = focused && this.#main.contains(focused) ? focused.getAttribute("href") : null;
    const { scrollTop } = this.#main;
    draw();
    this.#main.scrollTop = scrollTop;
    if (href !== null) {
      this.#main.querySelector<HTMLElement>(`a[href="${CSS.escape(href)}"]`)?.focus();
    }
  }

  #title(): void {
    const { scenarios, live, run: { bench, id } } = this.#index;
    const scenario = scenarios.find(({ key }) => key === this.#address.get("k"));
    const title = scenario ? `${scenario.name} – ${bench}` : `${bench} ${id}`;
    const done = scenarios.filter(({ outcome }) => hasEnded(outcome)).length;
    document.title = live?.state === "running" ? `${done}/${scenarios.length} ${title}` : title;
  }

  #back(): HTMLElement {
    return button({ class: "back" }, () => this.#address.go(""), "‹ All scenarios");
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
