/** SIP messages as a ladder (RFC 3665 draws calls so): who said what to whom, one below the other. */
import type { ShownEvent } from "../model.ts";
import { button, make } from "./dom.ts";
import { countText, durationText, momentText } from "./format.ts";
import { VirtualList } from "./virtual_list.ts";

export interface SipMessage {
  /** Index of its event. */
  readonly event: number;
  readonly t: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly callId: string;
}

const START_LINE = /^(?:SIP\/2\.0 (\d{3}[^\r\n]*)|([A-Z]{3,20} sips?:[^\s]*) SIP\/2\.0)/;
/** Columns; whoever else there is shares one. */
const MOST_COLUMNS = 7;
const OTHERS = "others";
const ROW_HEIGHT = 34;

/** The messages among the events: of a channel "sip", and of a page's WebSockets. */
export function sipMessages(events: readonly ShownEvent[]): SipMessage[] {
  return events.flatMap((event, i) => {
    if (event.type !== "signal" || typeof event.data !== "object" || event.data === null) return [];
    const data = event.data as Record<string, unknown>;
    const text = (name: string) => typeof data[name] === "string" ? data[name] as string : "";
    if (text("firstLine") !== "" && text("peer") !== "") {
      const here = event.channel === "sip" ? "PBX" : event.channel;
      const peer = text("peer").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
      const [from, to] = text("direction") === "in" ? [peer, here] : [here, peer];
      const line = text("firstLine").replace(/^SIP\/2\.0 /, "");
      return [{ event: i, t: event.t, from, to, text: line, callId: text("callId") }];
    }
    const [, status, request] = text("text").match(START_LINE) ?? [];
    if (status === undefined && request === undefined) return [];
    const page = event.channel.replace(/ sockets$/, "");
    const server = text("url").replace(/^wss?:\/\//, "").split("/", 1)[0] || "server";
    const [from, to] = event.kind === "sent" ? [page, server] : [server, page];
    const callId = text("text").match(/^(?:Call-ID|i)\s*:\s*(\S+)/im)?.[1] ?? "";
    return [{ event: i, t: event.t, from, to, text: (status ?? request)!, callId }];
  });
}

/** Who has a column: in order of appearance, the busiest if there are too many. */
export function ladderColumns(messages: readonly SipMessage[]): string[] {
  const counts = new Map<string, number>();
  for (const { from, to } of messages) {
    for (const name of [from, to]) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts.keys()];
  if (names.length <= MOST_COLUMNS) return names;
  const busiest = new Set(
    [...names].sort((a, b) => counts.get(b)! - counts.get(a)!).slice(0, MOST_COLUMNS - 1),
  );
  return [...names.filter((name) => busiest.has(name)), OTHERS];
}

export class Ladder {
  readonly element: HTMLElement;
  #messages: readonly SipMessage[] = [];
  #columns: readonly string[] = [];
  readonly #parties = make("div", { class: "parties", "aria-hidden": "true" });
  readonly #list: VirtualList;
  readonly #note = make("output", { class: "note" });
  readonly #onlyCall: HTMLButtonElement;
  #shown: readonly SipMessage[] = [];
  #chosen: SipMessage | undefined;
  #call = "";

  constructor(messages: readonly SipMessage[], onChoose: (event: number) => void) {
    this.#list = new VirtualList({
      label: "SIP messages",
      heightOf: () => ROW_HEIGHT,
      render: (row) => this.#row(row),
      canChoose: () => true,
      onChoose: (row) => {
        this.#chosen = this.#shown[row];
        this.#tools();
        onChoose(this.#chosen!.event);
      },
    });
    this.#onlyCall = button({ "aria-pressed": "false", disabled: true }, () => {
      this.#call = this.#call === "" ? this.#chosen?.callId ?? "" : "";
      this.#show();
    }, "Only this Call-ID");
    this.element = make(
      "section",
      { class: "ladder card", "aria-label": "SIP ladder" },
      make("div", { class: "tools" }, make("h2", {}, "SIP"), this.#onlyCall, this.#note),
      this.#parties,
      this.#list.element,
    );
    this.update(messages, -1);
  }

  /** More was said. @param chosen the index of the chosen event */
  update(messages: readonly SipMessage[], chosen: number): void {
    const atEnd = this.#list.isAtEnd;
    this.#messages = messages;
    this.#columns = ladderColumns(messages);
    this.#chosen = messages.find(({ event }) => event === chosen);
    const names = this.#columns.map((name, i) => {
      const label = make("span", { class: "party" }, name);
      label.style.left = `${this.#at(i)}%`;
      return label;
    });
    this.#parties.replaceChildren(...names);
    this.#show();
    if (atEnd) this.#list.reveal(this.#shown.length - 1);
  }

  choose(event: number): void {
    const row = this.#shown.findIndex((message) => message.event === event);
    if (row < 0) return;
    this.#chosen = this.#shown[row];
    this.#tools();
    this.#list.choose(row, { tell: false });
  }

  #tools(): void {
    this.#onlyCall.disabled = this.#call === "" && !this.#chosen?.callId;
    this.#onlyCall.setAttribute("aria-pressed", String(this.#call !== ""));
    this.#note.textContent = countText(this.#shown.length, "message");
  }

  #show(): void {
    this.#shown = this.#messages.filter(({ callId }) => this.#call === "" || callId === this.#call);
    this.#list.show(this.#shown.length, this.#chosen ? this.#shown.indexOf(this.#chosen) : -1);
    this.#tools();
  }

  /** The middle of a column, in percent of the width. */
  #at(column: number): number {
    return (column + 0.5) / this.#columns.length * 100;
  }

  #column(name: string): number {
    const column = this.#columns.indexOf(name);
    return column < 0 ? this.#columns.length - 1 : column;
  }

  #row(row: number): HTMLElement {
    const { from, to, text, t } = this.#shown[row]!;
    const [a, b] = [this.#at(this.#column(from)), this.#at(this.#column(to))];
    const before = this.#shown[row - 1];
    const arrow = make("span", { class: `arrow ${a <= b ? "right" : "left"} ${toneOf(text)}` });
    arrow.style.left = `${Math.min(a, b)}%`;
    arrow.style.width = `${Math.max(2, Math.abs(b - a))}%`;
    const lines = this.#columns.map((_, i) => {
      const line = make("i", {});
      line.style.left = `${this.#at(i)}%`;
      return line;
    });
    const label = make("span", { class: "said" }, text);
    label.style.left = `${(a + b) / 2}%`;
    return make(
      "div",
      { class: "message", title: `${from} → ${to}: ${text}` },
      make("span", { class: "moment" }, momentText(t, 10_000)),
      make("span", { class: "later" }, before ? `+${durationText(t - before.t)}` : ""),
      make("span", { class: "rungs" }, ...lines, arrow, label),
      make("span", { class: "unseen" }, ` from ${from} to ${to}`),
    );
  }
}

function toneOf(text: string): string {
  const status = Number(text.slice(0, 3));
  if (!Number.isInteger(status)) return "request";
  return status < 200
    ? "provisional"
    : status < 300
    ? "success"
    : status < 500
    ? "refusal"
    : "fault";
}
