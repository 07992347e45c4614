/** The list of scenarios: by file, with filters by verdict, target and words. */
import type { ScenarioRow } from "../model.ts";
import type { Address } from "./address.ts";
import { button, make, select } from "./dom.ts";
import { countText, durationText } from "./format.ts";
import { VirtualList } from "./virtual_list.ts";

export const VERDICTS = [
  ...["running", "failed", "flaky", "interrupted", "waiting", "skipped", "passed"],
] as const;
/** Beside the colour, for who sees none. */
export const MARKS: Readonly<Record<string, string>> = {
  ...{ passed: "✓", failed: "✗", flaky: "≈", skipped: "–", interrupted: "!" },
  ...{ running: "▶", waiting: "·" },
};

type Row = number | { readonly file: string; readonly count: number };
const HEIGHT = { file: 30, scenario: 46 };

export class ScenarioList {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  #scenarios: readonly ScenarioRow[];
  readonly #address: Address;
  readonly #list: VirtualList;
  readonly #chips = new Map<string, HTMLButtonElement>();
  readonly #target: HTMLSelectElement;
  readonly #order: HTMLSelectElement;
  readonly #count = make("output", { class: "note" });
  #longestNs: number;
  readonly #chipRow = make("div", { class: "chips", role: "group", "aria-label": "Verdicts" });
  #rows: Row[] = [];

  constructor(scenarios: readonly ScenarioRow[], address: Address) {
    this.#scenarios = scenarios;
    this.#address = address;
    this.#longestNs = longest(scenarios);
    this.#list = new VirtualList({
      label: "Scenarios",
      heightOf: (row) => typeof this.#rows[row] === "number" ? HEIGHT.scenario : HEIGHT.file,
      render: (row) => this.#render(this.#rows[row]!),
      canChoose: (row) => typeof this.#rows[row] === "number",
      onChoose: (row) => address.go(this.#scenarios[this.#rows[row] as number]!.key),
    });
    this.#list.element.addEventListener("click", (event) => this.#click(event));
    this.search = make("input", {
      type: "search",
      placeholder: "Find a scenario  ( / )",
      "aria-label": "Find a scenario",
    });
    this.search.addEventListener("input", () => this.#set("s", this.search.value));
    this.#target = select(
      "Target",
      targetOptions(scenarios),
      (value) => this.#set("target", value),
    );
    const orders = [["", "by file"], ["time", "longest first"], ["name", "by name"]] as const;
    this.#order = select("Order", orders, (value) => this.#set("order", value));
    this.element = make(
      "nav",
      { class: "list", "aria-label": "Scenarios" },
      make("div", { class: "filters" }, this.search, this.#chipRow, this.#selects()),
      this.#list.element,
    );
    this.#fillChips();
  }

  /** Others, or the same in other states. */
  update(scenarios: readonly ScenarioRow[]): void {
    const targets = targetOptions(scenarios);
    if (targets.length !== this.#target.options.length) {
      const options = targets.map(([value, text]) => make("option", { value }, text));
      this.#target.replaceChildren(...options);
    }
    this.#scenarios = scenarios;
    this.#longestNs = longest(scenarios);
    this.#fillChips();
    this.show({ scroll: false });
  }

  /** What the address says. */
  show({ scroll = true } = {}): void {
    this.search.value = this.#address.get("s");
    this.#target.value = this.#address.get("target");
    this.#order.value = this.#address.get("order");
    const verdicts = new Set(this.#address.get("f").split(",").filter(Boolean));
    for (const [verdict, chip] of this.#chips) {
      chip.setAttribute("aria-pressed", String(verdicts.has(verdict)));
    }
    const shown = this.#filtered(verdicts);
    this.#rows = this.#address.get("order") === "" ? withFiles(shown, this.#scenarios) : shown;
    const all = this.#scenarios.length;
    this.#count.textContent = shown.length === all
      ? countText(all, "scenario")
      : `${shown.length.toLocaleString("en")} of ${countText(all, "scenario")}`;
    this.mark({ scroll });
  }

  /** The row of the scenario that is open. */
  mark({ scroll = true } = {}): void {
    const key = this.#address.get("k");
    const at = this.#rows.findIndex((row) => {
      return typeof row === "number" && this.#scenarios[row]!.key === key;
    });
    this.#list.show(this.#rows.length, at);
    if (at >= 0 && scroll) this.#list.choose(at, { tell: false });
  }

  /** The scenario below or above the one that is open. */
  move(by: number): void {
    this.#list.move(by);
  }

  /** With Ctrl, as on a link: in a tab of its own. */
  #click(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>(".row[role=option]");
    if (!row || !event.ctrlKey && !event.metaKey) return;
    const scenario = this.#scenarios[this.#rows[Number(row.dataset.row)] as number]!;
    open(this.#address.linkOf(scenario.key), "_blank");
  }

  #set(name: "s" | "f" | "target" | "order", value: string): void {
    this.#address.set(name, value);
    this.show();
  }

  /** One for each verdict that there is; those that are there already stay, and their focus. */
  #fillChips(): void {
    const shown = VERDICTS.flatMap((verdict) => {
      const count = this.#scenarios.filter(({ outcome }) => outcome === verdict).length;
      if (count === 0) return [];
      const chip = this.#chips.get(verdict) ?? this.#chip(verdict);
      this.#chips.set(verdict, chip);
      const text = `${MARKS[verdict]} ${count.toLocaleString("en")} ${verdict}`;
      if (chip.textContent !== text) chip.textContent = text;
      return [chip];
    });
    const before = [...this.#chipRow.children];
    if (before.length === shown.length && shown.every((chip, i) => chip === before[i])) return;
    const focused = document.activeElement;
    this.#chipRow.replaceChildren(...shown);
    if (focused instanceof HTMLElement && shown.some((chip) => chip === focused)) focused.focus();
  }

  #chip(verdict: string): HTMLButtonElement {
    return button({ class: `chip ${verdict}`, "aria-pressed": "false" }, () => {
      const chosen = new Set(this.#address.get("f").split(",").filter(Boolean));
      if (!chosen.delete(verdict)) chosen.add(verdict);
      this.#set("f", [...chosen].join(","));
    });
  }

  #selects(): HTMLElement {
    return make("div", { class: "selects" }, this.#target, this.#order, this.#count);
  }

  #filtered(verdicts: ReadonlySet<string>): number[] {
    const words = this.#address.get("s").toLowerCase().split(/\s+/).filter(Boolean);
    const target = this.#address.get("target");
    const shown = [...this.#scenarios.keys()].filter((i) => {
      const { name, file, targets, why = "", outcome } = this.#scenarios[i]!;
      if (verdicts.size > 0 && !verdicts.has(outcome)) return false;
      if (target !== "" && !targets.split(", ").includes(target)) return false;
      const text = `${name} ${file} ${targets} ${why}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const order = this.#address.get("order");
    const by = (i: number) => this.#scenarios[i]!;
    if (order === "time") return shown.sort((a, b) => by(b).durationNs - by(a).durationNs);
    if (order === "name") return shown.sort((a, b) => by(a).name.localeCompare(by(b).name));
    return shown;
  }

  #render(row: Row): HTMLElement {
    if (typeof row === "object") {
      const text = row.file.replace(/^scenarios\//, "").replace(/\.scenario\.ts$/, "");
      return make("div", { class: "file" }, text, make("span", { class: "note" }, ` ${row.count}`));
    }
    const { name, targets, outcome, durationNs, why, repeat } = this.#scenarios[row]!;
    const length = make("i", { class: "length", "aria-hidden": "true" });
    length.style.width = `${Math.max(2, Math.sqrt(durationNs / this.#longestNs) * 100)}%`;
    return make(
      "div",
      { class: `one ${outcome}` },
      make("span", { class: "mark", "aria-label": outcome, role: "img" }, MARKS[outcome]),
      make(
        "span",
        { class: "name" },
        repeat === undefined ? name : `${name} (repeat ${repeat})`,
      ),
      durationNs > 0 && make("span", { class: "time" }, durationText(durationNs), length),
      make("span", { class: "sub" }, [targets, why].filter(Boolean).join(" · ")),
    );
  }
}

function longest(scenarios: readonly ScenarioRow[]): number {
  return scenarios.reduce((most, { durationNs }) => Math.max(most, durationNs), 1);
}

function targetOptions(scenarios: readonly ScenarioRow[]): (readonly [string, string])[] {
  const targets = new Set(scenarios.flatMap(({ targets }) => targets.split(", ").filter(Boolean)));
  return [["", "all targets"], ...[...targets].sort().map((target) => [target, target] as const)];
}

function withFiles(shown: readonly number[], scenarios: readonly ScenarioRow[]): Row[] {
  const files = Map.groupBy(shown, (i) => scenarios[i]!.file);
  return [...files].sort(([a], [b]) => a < b ? -1 : 1)
    .flatMap(([file, rows]): Row[] => [{ file, count: rows.length }, ...rows]);
}
