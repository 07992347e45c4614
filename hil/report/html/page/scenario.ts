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
import { historyCard, quarantineCard } from "./history.ts";
import { Ladder, sipMessages } from "./ladder.ts";
import { isTrouble } from "./overview.ts";
import { Timeline } from "./timeline.ts";

export function verdictBadge(outcome: string): HTMLElement {
  return make("span", { class: `badge ${outcome}` }, outcome);
}

export function hasEnded(outcome: string): boolean {
  return outcome !== "running" && outcome !== "waiting";
}

/** What the head is made of. */
function headOf(
  { outcome, attempts }: ScenarioRow,
  { result, attempts: all }: ScenarioDetail,
): string {
  const { seed, versions } = result;
  return JSON.stringify([outcome, attempts, seed, versions, all.map(({ outcome }) => outcome)]);
}

export class ScenarioPage {
  readonly element: HTMLElement;
  #row: ScenarioRow;
  #detail: ScenarioDetail;
  readonly #address: Address;
  readonly #head = make("header", { class: "head" });
  readonly #body = make("div", { class: "attempt" });
  /** What is around the time axis, by what it shows, so that only what changed is drawn again. */
  readonly #cards = new Map<string, { readonly of: string; readonly element: HTMLElement }>();
  #timeline: Timeline | undefined;
  #events: EventList | undefined;
  #ladder: Ladder | undefined;

  constructor(row: ScenarioRow, detail: ScenarioDetail, address: Address) {
    this.#row = row;
    this.#detail = detail;
    this.#address = address;
    this.element = make("article", { class: "scenario" }, this.#head, this.#body);
    this.#fillHead();
  }

  /** What the address says: attempt, part of the time, event, filters. */
  show(): void {
    const attempt = this.#attempt();
    this.#timeline = this.#events = this.#ladder = undefined;
    this.#cards.clear();
    this.#fill(attempt);
    if (attempt) this.#restore(attempt);
  }

  /** More has happened: who reads, chose or zoomed stays where he is. */
  update(row: ScenarioRow, detail: ScenarioDetail): void {
    const before = this.#attempt();
    const number = this.#detail.attempts.length;
    this.updateHead(row, detail);
    const attempt = this.#attempt();
    if (!before || !attempt || number !== detail.attempts.length) return this.show();
    if (!this.#timeline && attempt.events.events.length > 0) return this.show();
    this.#updateEvents(before, attempt);
    this.#fill(attempt);
  }

  /** The list and the details of one scenario come by different ways: either may be the first. */
  updateHead(row: ScenarioRow, detail = this.#detail): void {
    const isOther = headOf(this.#row, this.#detail) !== headOf(row, detail);
    this.#row = row;
    this.#detail = detail;
    if (isOther) this.#fillHead();
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

  /** The one that the address names, or the last. */
  #attempt(): AttemptDetail | undefined {
    const { attempts } = this.#detail;
    const number = Number(this.#address.get("a")) || attempts.length;
    for (const element of this.element.querySelectorAll<HTMLElement>(".attempts button")) {
      element.setAttribute("aria-pressed", String(element.dataset.attempt === String(number)));
    }
    return attempts[Math.min(Math.max(1, number), attempts.length) - 1];
  }

  #fillHead(): void {
    const { name, file, line, targets, durationNs, outcome, repeat } = this.#row;
    const { seed, reproduce } = this.#detail.result;
    const facts = [
      `${file}:${line}`,
      targets,
      hasEnded(outcome) ? durationText(durationNs) : "",
      seed > 0 || hasEnded(outcome) ? `seed ${seed}` : "",
      repeat === undefined ? "" : `repeat ${repeat}`,
      versionsText(this.#detail),
    ].filter(Boolean);
    const parts = [
      make("h1", { tabindex: -1 }, verdictBadge(outcome), name),
      make("p", { class: "facts" }, facts.join(" · ")),
      commandLine(reproduce),
      this.#attempts(),
    ];
    this.#head.replaceChildren(...parts.filter((part) => part !== undefined));
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

  #fill(attempt: AttemptDetail | undefined): void {
    if (!attempt) {
      const { skip, outcome } = this.#detail.result;
      const none = outcome === "waiting" ? "It has not begun yet." : "It did not run.";
      const why = skip ? `${skip.reason}; ${skip.remedy}` : none;
      const history = historyCard(this.#detail.history);
      return this.#body.replaceChildren(
        make("section", { class: "card skip" }, make("p", {}, why)),
        ...(history ? [history] : []),
      );
    }
    const { failure, replay, measurements, events: detail, attachments, output, trace } = attempt;
    if (detail.events.length > 0 && !this.#timeline) this.#makeEvents(attempt);
    const { result: { quarantine }, history } = this.#detail;
    const cards = [
      this.#card("quarantine", quarantine, () => quarantineCard(quarantine)),
      this.#card("failure", failure, () => failure && failureCard(failure, replay)),
      this.#card("problems", detail.problems, () => problemsCard(detail.problems)),
      this.#timeline?.element,
      this.#events?.element,
      this.#ladder?.element,
      this.#card("measurements", measurements, () => measurementsCard(measurements)),
      this.#card("attachments", [attachments, trace], () => attachmentsCard(attempt)),
      this.#card("output", output, () => outputCard(attempt)),
      this.#card("history", history, () => historyCard(history)),
    ].filter((card) => card !== undefined);
    // What is there already keeps focus and scroll.
    const there = [...this.#body.children];
    if (there.length === cards.length && cards.every((card, i) => card === there[i])) return;
    for (const old of there) if (!cards.includes(old as HTMLElement)) old.remove();
    for (const [i, card] of cards.entries()) {
      if (this.#body.children[i] !== card) {
        this.#body.insertBefore(card, this.#body.children[i] ?? null);
      }
    }
  }

  #card(
    name: string,
    of: unknown,
    draw: () => HTMLElement | undefined,
  ): HTMLElement | undefined {
    const text = JSON.stringify(of) ?? "";
    const before = this.#cards.get(name);
    if (before?.of === text) return before.element;
    const element = draw();
    if (element) this.#cards.set(name, { of: text, element });
    else this.#cards.delete(name);
    return element;
  }

  #makeEvents({ events: detail, attachments }: AttemptDetail): void {
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
      ...{ detail, attachments, onChoose: choose },
      onFilter: ({ lane, search }) => {
        this.#address.set("lane", lane);
        this.#address.set("q", search);
      },
      onFound: (found) => this.#timeline!.find(found),
    });
    const messages = sipMessages(detail.events);
    if (messages.length > 0) this.#ladder = new Ladder(messages, choose);
  }

  #updateEvents(before: AttemptDetail, { events: detail, attachments }: AttemptDetail): void {
    const address = this.#address.get("e");
    const seq = address === "" ? undefined : before.events.events[Number(address)]?.seq;
    const chosen = seq === undefined ? -1 : detail.events.findIndex((event) => event.seq === seq);
    this.#address.set("e", chosen < 0 ? "" : String(chosen));
    this.#timeline!.update(detail, chosen);
    this.#events!.update(detail, attachments, chosen);
    const messages = sipMessages(detail.events);
    if (this.#ladder) this.#ladder.update(messages, chosen);
    else if (messages.length > 0) {
      this.#ladder = new Ladder(messages, (event) => this.#choose(event));
    }
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
    else if (attempt.outcome === "running") events.toEnd();
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
