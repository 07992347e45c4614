/** The page of one scenario: what it came to, and one time axis of all that happened. */
import type { AttemptDetail, ScenarioDetail, ScenarioRow } from "../model.ts";
import type { Address } from "./address.ts";
import { button, make } from "./dom.ts";
import { EventList } from "./events.ts";
import {
  attachmentsCard,
  commandLine,
  failureCard,
  measurementsCard,
  outputCard,
  versionsText,
} from "./facts.ts";
import { countText, durationText } from "./format.ts";
import { Ladder, sipMessages } from "./ladder.ts";
import { isTrouble } from "./overview.ts";
import { Timeline } from "./timeline.ts";

export function verdictBadge(outcome: string): HTMLElement {
  return make("span", { class: `badge ${outcome}` }, outcome);
}

export class ScenarioPage {
  readonly element: HTMLElement;
  readonly #row: ScenarioRow;
  readonly #detail: ScenarioDetail;
  readonly #address: Address;
  readonly #body = make("div", { class: "attempt" });
  #timeline: Timeline | undefined;
  #events: EventList | undefined;
  #ladder: Ladder | undefined;

  constructor(row: ScenarioRow, detail: ScenarioDetail, address: Address) {
    this.#row = row;
    this.#detail = detail;
    this.#address = address;
    this.element = make("article", { class: "scenario" }, this.#head(), this.#body);
  }

  /** What the address says: attempt, part of the time, event, filters. */
  show(): void {
    const { attempts } = this.#detail;
    const number = Number(this.#address.get("a")) || attempts.length;
    const attempt = attempts[Math.min(Math.max(1, number), attempts.length) - 1];
    for (const element of this.element.querySelectorAll<HTMLElement>(".attempts button")) {
      element.setAttribute("aria-pressed", String(element.dataset.attempt === String(number)));
    }
    this.#timeline = this.#events = this.#ladder = undefined;
    if (!attempt) {
      const { skip } = this.#detail.result;
      const why = skip ? `${skip.reason}; ${skip.remedy}` : "It did not run.";
      this.#body.replaceChildren(make("section", { class: "card skip" }, make("p", {}, why)));
      return;
    }
    this.#body.replaceChildren(...this.#cards(attempt));
    this.#restore(attempt);
  }

  redraw(): void {
    this.#timeline?.redraw();
  }

  get searchField(): HTMLInputElement | undefined {
    return this.#events?.searchField;
  }

  /** Whether the key meant something here. */
  key(key: string): boolean {
    return this.#timeline?.key(key) ?? false;
  }

  #head(): HTMLElement {
    const { name, file, line, targets, durationNs, outcome, repeat } = this.#row;
    const { seed, reproduce } = this.#detail.result;
    const facts = [
      `${file}:${line}`,
      targets,
      durationText(durationNs),
      `seed ${seed}`,
      repeat === undefined ? "" : `repeat ${repeat}`,
      versionsText(this.#detail),
    ].filter(Boolean);
    return make(
      "header",
      { class: "head" },
      make("h1", { tabindex: -1 }, verdictBadge(outcome), name),
      make("p", { class: "facts" }, facts.join(" · ")),
      commandLine(reproduce),
      this.#attempts(),
    );
  }

  #attempts(): HTMLElement | undefined {
    const { attempts } = this.#detail;
    if (attempts.length < 2) return undefined;
    const buttons = attempts.map(({ outcome, durationNs }, i) => {
      return button({ "data-attempt": i + 1 }, () => {
        this.#address.set("a", String(i + 1));
        for (const name of ["v", "e"] as const) this.#address.set(name, "");
        this.show();
      }, `${i + 1}: ${outcome}, ${durationText(durationNs)}`);
    });
    return make("p", { class: "attempts", role: "group", "aria-label": "Attempts" }, ...buttons);
  }

  #cards(attempt: AttemptDetail): HTMLElement[] {
    const { failure, measurements, events: detail } = attempt;
    const cards: (HTMLElement | undefined)[] = [
      failure && failureCard(failure),
      problemsCard(detail.problems),
    ];
    if (detail.events.length > 0) {
      const messages = sipMessages(detail.events);
      const choose = (event: number) => this.#choose(event);
      this.#timeline = new Timeline({
        detail,
        onChoose: choose,
        onLane: (lane) => {
          this.#events!.toggleLane(lane);
          this.#events!.element.scrollIntoView({ block: "nearest" });
        },
        onView: (from, to) => this.#address.set("v", Number.isNaN(from) ? "" : `${from},${to}`),
      });
      this.#events = new EventList({
        detail,
        attachments: attempt.attachments,
        onChoose: choose,
        onFilter: ({ lane, search }) => {
          this.#address.set("lane", lane);
          this.#address.set("q", search);
        },
        onFound: (found) => this.#timeline!.find(found),
      });
      if (messages.length > 0) this.#ladder = new Ladder(messages, choose);
      cards.push(this.#timeline.element, this.#events.element, this.#ladder?.element);
    }
    cards.push(measurementsCard(measurements), attachmentsCard(attempt), outputCard(attempt));
    return cards.filter((card) => card !== undefined);
  }

  /** The same event everywhere. */
  #choose(event: number): void {
    this.#timeline!.choose(event);
    this.#events!.choose(event);
    this.#ladder?.choose(event);
    this.#address.set("e", String(event));
  }

  #restore(attempt: AttemptDetail): void {
    const { timeline, events } = { timeline: this.#timeline, events: this.#events };
    if (!timeline || !events) return;
    events.filter({ lane: this.#address.get("lane"), search: this.#address.get("q") });
    const [from, to] = this.#address.get("v").split(",").map(Number);
    if (from !== undefined && to !== undefined && to > from) timeline.show(from, to);
    const event = this.#address.get("e");
    if (event !== "") return this.#choose(Number(event));
    const trouble = attempt.events.events.findIndex(isTrouble);
    if (trouble >= 0) events.reveal(trouble);
  }
}

function problemsCard(problems: readonly string[]): HTMLElement | undefined {
  if (problems.length === 0) return undefined;
  const some = problems.slice(0, 20).map((problem) => make("li", {}, problem));
  const more = problems.length - some.length;
  if (more > 0) some.push(make("li", {}, `and ${countText(more, "problem")} more`));
  return make(
    "section",
    { class: "card problems", "aria-label": "About this trace" },
    make("h2", {}, "The trace is not whole"),
    make("ul", {}, ...some),
  );
}
