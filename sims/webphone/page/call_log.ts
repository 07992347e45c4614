/** Recent calls, kept in the browser; each can be called again. */
import { wallClock } from "hil/time/mod.ts";
import type { CallRecord, FailureCode } from "../phone/mod.ts";
import { stored } from "./account_form.ts";
import { button, byId, make } from "./dom.ts";
import { durationText } from "./texts.ts";

const KEY = "webphone.calls";
const KEPT = 50;
const SHOWN = 12;

export class CallLog {
  readonly #list = byId("calls", HTMLOListElement);
  readonly #clear = button("clear-log");
  #records: readonly CallRecord[];

  /** @param callAgain for the button of each */
  constructor(readonly callAgain: (other: string) => void) {
    const records = stored<CallRecord[]>(localStorage, KEY);
    this.#records = Array.isArray(records) ? records : [];
    this.#clear.addEventListener("click", () => {
      this.#keep([]);
      byId("number", HTMLInputElement).focus();
    });
    this.#show();
  }

  add(record: CallRecord): void {
    this.#keep([record, ...this.#records].slice(0, KEPT));
  }

  #keep(records: readonly CallRecord[]): void {
    this.#records = records;
    localStorage.setItem(KEY, JSON.stringify(records));
    this.#show();
  }

  #show(): void {
    this.#list.replaceChildren(...this.#records.slice(0, SHOWN).map((record) => this.#row(record)));
    this.#clear.hidden = this.#records.length === 0;
    byId("no-calls", HTMLParagraphElement).hidden = this.#records.length > 0;
  }

  #row(record: CallRecord): HTMLLIElement {
    const begun = new Date(record.begun);
    const time = make("time", momentText(begun));
    time.dateTime = record.begun;
    const what = make("p", `${describe(record)} · `, time);
    const again = make("button", "Call");
    again.className = "quiet";
    again.type = "button";
    again.setAttribute("aria-label", `Call ${record.other} again`);
    again.addEventListener("click", () => this.callAgain(record.other));
    const row = make("li", "", make("div", "", make("b", record.other), what), again);
    row.className = record.outcome;
    return row;
  }
}

/** The date only when it was not today. */
function momentText(moment: Date): string {
  const isToday = moment.toDateString() === wallClock().toDateString();
  const time = moment.toLocaleTimeString([], { timeStyle: "short" });
  return isToday ? time : `${moment.toLocaleDateString([], { dateStyle: "medium" })}, ${time}`;
}

function describe({ direction, outcome, durationS, failure }: CallRecord): string {
  const why = failure && FAILED_OUT[failure];
  if (outcome === "failed" && direction === "out" && why) return why;
  if (outcome !== "answered") {
    return direction === "in" ? OUTCOMES_IN[outcome] : OUTCOMES_OUT[outcome];
  }
  return `${direction === "in" ? "From them" : "To them"}, ${durationText(durationS)}`;
}

const FAILED_OUT: Readonly<Partial<Record<FailureCode, string>>> = {
  "busy": "Busy",
  "declined": "Declined",
  "forbidden": "Not allowed",
  "no-answer": "No answer",
  "not-found": "No such number",
  "unavailable": "Not reachable",
};

type Unanswered = Exclude<CallRecord["outcome"], "answered">;

const OUTCOMES_IN: Readonly<Record<Unanswered, string>> = {
  missed: "Missed",
  declined: "You declined",
  cancelled: "Missed",
  failed: "Came in, and failed",
};

const OUTCOMES_OUT: Readonly<Record<Unanswered, string>> = {
  missed: "Not answered",
  declined: "Declined",
  cancelled: "You gave up",
  failed: "Did not get through",
};
