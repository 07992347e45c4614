/** The events of a scenario as a list: all, those of one lane, or a console as it was read. */
import type { AttachmentDetail, EventsDetail, ShownEvent } from "../model.ts";
import { make, select } from "./dom.ts";
import { type EventText, eventText, wholeText } from "./event_text.ts";
import { countText, durationText, momentText } from "./format.ts";
import { laneName } from "./lanes.ts";
import { VirtualList } from "./virtual_list.ts";

export interface EventsOptions {
  readonly detail: EventsDetail;
  readonly attachments: readonly AttachmentDetail[];
  readonly onChoose: (event: number) => void;
  readonly onFilter: (filter: EventFilter) => void;
  /** Of what is looked for; undefined: nothing is. */
  readonly onFound: (found: ReadonlySet<number> | undefined) => void;
}

export interface EventFilter {
  readonly lane: string;
  readonly search: string;
}

/** A row: an event, or events that are not here. */
type Row = number | { readonly missing: string };

/** What is shown among the lines of a console: what was done and expected at that time. */
const BESIDE_CONSOLE = new Set(["step.begin", "expect", "end"]);
const ROW_HEIGHT = 22;
/** Of a text that is attached, beside the event. */
const SHOWN_TEXT = 10_000;

export class EventList {
  readonly element: HTMLElement;
  readonly #options: EventsOptions;
  readonly #list: VirtualList;
  readonly #inspector = make("pre", { class: "inspector", tabindex: 0, "aria-label": "The event" });
  readonly #count = make("output", { class: "note" });
  readonly #search: HTMLInputElement;
  readonly #lane: HTMLSelectElement;
  #detail: EventsDetail;
  #attachments: readonly AttachmentDetail[];
  #texts: readonly EventText[];
  #consoles: ReadonlySet<string>;
  #rows: Row[] = [];
  #chosen = -1;

  constructor(options: EventsOptions) {
    this.#options = options;
    this.#detail = options.detail;
    this.#attachments = options.attachments;
    this.#texts = options.detail.events.map(eventText);
    this.#consoles = consolesOf(options.detail);
    this.#list = new VirtualList({
      label: "Events",
      heightOf: () => ROW_HEIGHT,
      render: (row) => this.#render(row),
      canChoose: (row) => typeof this.#rows[row] === "number",
      onChoose: (row) => this.#chose(this.#rows[row] as number),
    });
    this.#search = make("input", {
      type: "search",
      placeholder: "Find in events",
      "aria-label": "Find in events",
    });
    this.#search.addEventListener("input", () => this.#filtered());
    this.#lane = select("Events of", this.#laneOptions(), () => this.#filtered());
    this.element = make(
      "section",
      { class: "events card", "aria-label": "Events" },
      make(
        "div",
        { class: "tools" },
        make("h2", {}, "Events"),
        this.#lane,
        this.#search,
        this.#count,
      ),
      make("div", { class: "split" }, this.#list.element, this.#inspector),
    );
    this.#inspector.textContent = "Choose an event to see all of it.";
    this.#show();
  }

  /**
   * More has happened. Who is at the end of the list stays there.
   *
   * @param chosen where the chosen event is now; -1: there is none
   */
  update(detail: EventsDetail, attachments: readonly AttachmentDetail[], chosen: number): void {
    const atEnd = this.#list.isAtEnd;
    this.#detail = detail;
    this.#attachments = attachments;
    this.#texts = detail.events.map(eventText);
    this.#consoles = consolesOf(detail);
    this.#chosen = chosen;
    this.#updateLanes();
    this.#show();
    if (atEnd) this.toEnd();
  }

  toEnd(): void {
    this.#list.reveal(this.#rows.length - 1);
  }

  get searchField(): HTMLInputElement {
    return this.#search;
  }

  filter({ lane, search }: EventFilter): void {
    this.#search.value = search;
    this.#lane.value = [...this.#lane.options].some(({ value }) => value === lane) ? lane : "";
    this.#show();
  }

  /** Shows one lane, or all again when that one is shown already. */
  toggleLane(lane: string): void {
    this.filter({ lane: this.#lane.value === lane ? "" : lane, search: this.#search.value });
    this.#tellFilter();
  }

  /** An event by its index; the filters give way when they hide it. */
  choose(event: number): void {
    if (!this.#rows.includes(event)) {
      this.filter({ lane: "", search: "" });
      this.#tellFilter();
    }
    this.#chosen = event;
    this.#list.choose(this.#rows.indexOf(event), { tell: false });
    this.#inspect();
  }

  /** Scrolls to an event, without choosing it. */
  reveal(event: number): void {
    this.#list.reveal(this.#rows.indexOf(event));
  }

  #laneOptions(): (readonly [string, string])[] {
    const counts = new Map<string, number>();
    for (const event of this.#detail.events) {
      const lane = laneName(event);
      counts.set(lane, (counts.get(lane) ?? 0) + 1);
    }
    const lanes = [...counts].map(([lane, count]) => {
      const name = lane === "step.begin" ? "steps" : lane;
      return [lane, `${this.#consoles.has(lane) ? "console " : ""}${name} (${count})`] as const;
    });
    return [["", "everything"], ...lanes];
  }

  /** Options that are there stay: the menu may be open. */
  #updateLanes(): void {
    const before = this.#lane.value;
    const wanted = this.#laneOptions();
    const same = wanted.length === this.#lane.options.length &&
      wanted.every(([value], i) => this.#lane.options[i]!.value === value);
    if (!same) {
      const options = wanted.map(([value, text]) => make("option", { value }, text));
      this.#lane.replaceChildren(...options);
      this.#lane.value = before;
    } else wanted.forEach(([, text], i) => this.#lane.options[i]!.textContent = text);
  }

  #filtered(): void {
    this.#show();
    this.#tellFilter();
  }

  #tellFilter(): void {
    this.#options.onFilter({ lane: this.#lane.value, search: this.#search.value });
  }

  #show(): void {
    const { events, thinned, total } = this.#detail;
    const lane = this.#lane.value, words = this.#search.value.toLowerCase().trim();
    const beside = this.#consoles.has(lane);
    const shown: number[] = [];
    for (const [i, event] of events.entries()) {
      const own = lane === "" || laneName(event) === lane;
      if (!own && !(beside && BESIDE_CONSOLE.has(event.type))) continue;
      if (words && !this.#matches(i, words)) continue;
      shown.push(i);
    }
    const some = thinned.filter((one) => lane === "" || one.lane === lane);
    this.#rows = withGaps(shown, events, words === "" ? some : []);
    const found = words ? new Set(shown) : undefined;
    this.#options.onFound(found);
    const all = thinned.length > 0 && lane === "" && !words
      ? ` of ${total.toLocaleString("en")} in the trace`
      : "";
    this.#count.textContent = `${countText(shown.length, "event")}${all}`;
    this.element.classList.toggle("console", beside);
    this.#list.show(this.#rows.length, this.#rows.indexOf(this.#chosen));
  }

  #matches(index: number, words: string): boolean {
    const { lane, text } = this.#texts[index]!;
    return `${lane} ${text}`.toLowerCase().includes(words);
  }

  #render(row: number): HTMLElement {
    const at = this.#rows[row]!;
    if (typeof at === "object") return make("div", { class: "gap" }, at.missing);
    const event = this.#detail.events[at]!;
    const { lane, text, tone } = this.#texts[at]!;
    return make(
      "div",
      { class: `event ${event.type.replace(".", "-")} tone-${tone}` },
      make("span", { class: "moment" }, momentText(event.t, 1000)),
      make("span", { class: "lane" }, lane),
      make("span", { class: "text" }, text.slice(0, 400)),
    );
  }

  #chose(event: number): void {
    this.#chosen = event;
    this.#inspect();
    this.#options.onChoose(event);
  }

  #inspect(): void {
    const event = this.#detail.events[this.#chosen];
    if (!event) return;
    this.#inspector.textContent = wholeText(event);
    if (event.type !== "attachment") return;
    const shown = this.#attachments.find(({ path }) => path.endsWith(`/${event.path}`));
    if (shown?.image) this.#inspector.append(make("img", { src: shown.image, alt: shown.title }));
    if (shown?.text) this.#inspector.append(`\n\n${shown.text.slice(0, SHOWN_TEXT)}`);
  }
}

function consolesOf({ events }: EventsDetail): ReadonlySet<string> {
  return new Set(events.flatMap((event) => event.type === "bytes" ? [laneName(event)] : []));
}

/** Says between two events of a thinned kind what is not there. */
function withGaps(
  shown: readonly number[],
  events: readonly ShownEvent[],
  thinned: EventsDetail["thinned"],
): Row[] {
  if (thinned.length === 0) return [...shown];
  const gaps = new Map<number, Row[]>();
  for (const { what, total, kept, gap } of thinned) {
    const missing = `… ${countText(total - kept, "event")} “${what}” in ` +
      `${durationText(gap.to - gap.from)}: only the trace has them`;
    gaps.set(gap.beforeSeq, [...(gaps.get(gap.beforeSeq) ?? []), { missing }]);
  }
  return shown.flatMap((i) => [...(gaps.get(events[i]!.seq) ?? []), i]);
}
