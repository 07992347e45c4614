/**
 * The time axis of a scenario: an overview, a ruler and the lanes below each other. Wheel with Ctrl
 * zooms, dragging moves, dragging with Shift measures; all of it is on keys too.
 */
import type { EventsDetail } from "../model.ts";
import { button, make, onceAFrame } from "./dom.ts";
import { countText, durationText, momentText } from "./format.ts";
import { type Item, type Lane, makeLanes } from "./lanes.ts";
import {
  fitCanvas,
  laneHeight,
  type LanePaint,
  paintLane,
  type Palette,
  readPalette,
  rowAt,
} from "./paint.ts";
import { Overview } from "./overview.ts";
import { Scale } from "./scale.ts";

export interface TimelineOptions {
  readonly detail: EventsDetail;
  readonly onChoose: (event: number) => void;
  readonly onLane: (lane: string) => void;
  readonly onView: (from: number, to: number) => void;
}

const RULER_HEIGHT = 24;
/** How far from an item the pointer still means it, in pixels. */
const NEAR = 7;

export class Timeline {
  readonly element: HTMLElement;
  readonly scale: Scale;
  readonly #options: TimelineOptions;
  #detail: EventsDetail;
  #lanes: readonly Lane[] = [];
  #tops: readonly number[] = [];
  #height = 0;
  readonly #overview: Overview;
  readonly #ruler = make("canvas", { class: "ruler", "aria-hidden": "true" });
  readonly #canvas = make("canvas", { "aria-hidden": "true" });
  readonly #tip = make("div", { class: "tip", hidden: true });
  readonly #labels = make("div", { class: "labels" });
  readonly #note = make("span", { class: "note" });
  readonly #range = make("output", { class: "range" });
  readonly #area: HTMLElement;
  #chosen = -1;
  #found: ReadonlySet<number> | undefined;
  #pointer: number | undefined;
  #measured: readonly [from: number, to: number] | undefined;
  readonly #draw = onceAFrame(() => this.#paint());

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#detail = options.detail;
    this.scale = new Scale(0, Math.max(1, options.detail.lastT));
    this.#overview = new Overview(options.detail, this.scale, (ended) => {
      if (ended) this.#changed();
      else this.#draw();
    });
    this.#area = make(
      "div",
      {
        class: "lanes",
        tabindex: 0,
        role: "group",
        "aria-label": "Time axis. Plus and minus zoom, arrow keys move, 0 shows all; " +
          "the events are also in the list below",
      },
      make("div", { class: "corner" }, "seconds"),
      this.#ruler,
      this.#labels,
      this.#canvas,
    );
    this.element = make(
      "section",
      { class: "timeline card", "aria-label": "Time axis" },
      this.#tools(),
      this.#overview.element,
      this.#area,
      this.#tip,
    );
    this.#lay();
    this.#listen();
    new ResizeObserver(this.#draw).observe(this.#area);
  }

  /** More has happened. @param chosen where the chosen event is now; -1: there is none */
  update(detail: EventsDetail, chosen: number): void {
    this.#detail = detail;
    this.#chosen = chosen;
    this.scale.extend(0, Math.max(1, detail.lastT));
    this.#overview.update(detail);
    this.#lay();
    this.#draw();
  }

  /** Marks an event, and shows where it is. */
  choose(event: number): void {
    this.#chosen = event;
    const moment = this.#detail.events[event]?.t;
    if (moment !== undefined) this.scale.reveal(moment);
    this.#draw();
  }

  /** Only these are strong; undefined: all. */
  find(events: ReadonlySet<number> | undefined): void {
    this.#found = events;
    this.#draw();
  }

  show(from: number, to: number): void {
    this.scale.show(from, to);
    this.#changed();
  }

  /** At once: a printer does not wait for the next picture. */
  redraw(): void {
    this.#paint();
  }

  /** Whether the key meant something here. */
  key(key: string): boolean {
    const { scale } = this;
    const actions: Record<string, () => void> = {
      "+": () => scale.zoom(0.5, this.#chosenMoment()),
      "=": () => scale.zoom(0.5, this.#chosenMoment()),
      "-": () => scale.zoom(2),
      "0": () => scale.fit(),
      ArrowLeft: () => scale.pan(-scale.span / 8),
      ArrowRight: () => scale.pan(scale.span / 8),
    };
    if (!Object.hasOwn(actions, key)) return false;
    actions[key]!();
    this.#changed();
    return true;
  }

  #chosenMoment(): number | undefined {
    const moment = this.#detail.events[this.#chosen]?.t;
    return moment !== undefined && moment >= this.scale.from && moment <= this.scale.to
      ? moment
      : undefined;
  }

  #tools(): HTMLElement {
    const press = (key: string) => () => void this.key(key);
    return make(
      "div",
      { class: "tools" },
      make("h2", {}, "Time"),
      this.#range,
      this.#note,
      make("span", { class: "hint" }, "drag moves · Ctrl + wheel zooms · Shift + drag measures"),
      make(
        "span",
        { class: "buttons" },
        button({ "aria-label": "Zoom out", title: "Zoom out (−)" }, press("-"), "−"),
        button({ "aria-label": "Zoom in", title: "Zoom in (+)" }, press("+"), "+"),
        button({ title: "Show all (0)" }, press("0"), "All"),
      ),
    );
  }

  /** Lanes below each other, and what there is no room for. */
  #lay(): void {
    const { lanes, more } = makeLanes(this.#detail);
    const isOther = lanes.length !== this.#lanes.length ||
      lanes.some((lane, i) =>
        lane.label !== this.#lanes[i]!.label || laneHeight(lane) !== laneHeight(this.#lanes[i]!)
      );
    this.#lanes = lanes;
    let height = 0;
    this.#tops = lanes.map((lane) => (height += laneHeight(lane)) - laneHeight(lane));
    this.#height = height;
    if (isOther) this.#labels.replaceChildren(...lanes.map((lane) => this.#label(lane)));
    const { thinned, total } = this.#detail;
    const missing = thinned.reduce((sum, { total, kept }) => sum + total - kept, 0);
    const drawn = `${countText(missing, "frequent event")} of ${total.toLocaleString("en")}`;
    const notes = [
      missing > 0 && `${drawn} drawn as density`,
      more > 0 && `${countText(more, "lane")} not drawn`,
    ];
    this.#note.textContent = notes.filter(Boolean).join("; ");
  }

  #label(lane: Lane): HTMLElement {
    const element = button(
      { class: "lane-label", title: `${lane.label}: list its events` },
      () => this.#options.onLane(lane.name),
      lane.label,
    );
    element.style.height = `${laneHeight(lane)}px`;
    return element;
  }

  #changed(): void {
    this.#draw();
    const { from, to, isWhole } = this.scale;
    this.#options.onView(isWhole ? NaN : Math.round(from), Math.round(to));
  }

  #paint(): void {
    if (!this.element.isConnected) return;
    const palette = readPalette();
    const wide = this.#canvas.parentElement!.clientWidth - this.#labelsWidth();
    this.scale.width = Math.max(40, wide);
    this.#overview.paint(palette);
    this.#paintRuler(palette);
    this.#paintLanes(palette);
    const { from, span } = this.scale;
    const all = this.scale.isWhole;
    this.#range.textContent = all
      ? `all ${durationText(this.#detail.lastT)}`
      : `${durationText(span)} from ${momentText(Math.max(0, from), span / 100)} s`;
  }

  #labelsWidth(): number {
    return this.#labels.offsetWidth;
  }

  #paintLanes(palette: Palette): void {
    const { scale } = this;
    const context = fitCanvas(this.#canvas, scale.width, this.#height);
    context.fillStyle = palette.line;
    for (const t of scale.ticks().moments) {
      context.fillRect(Math.round(scale.x(t)), 0, 1, this.#height);
    }
    for (const [i, lane] of this.#lanes.entries()) {
      const y = this.#tops[i]!;
      const paint: LanePaint = { context, scale, palette, y, found: this.#found };
      paintLane(lane, paint);
      context.fillStyle = palette.line;
      context.fillRect(0, y + laneHeight(lane) - 1, scale.width, 1);
    }
    this.#paintMarks(context, palette);
  }

  #paintMarks(context: CanvasRenderingContext2D, palette: Palette): void {
    const { scale } = this;
    const chosen = this.#detail.events[this.#chosen];
    context.fillStyle = palette.accent;
    if (chosen) context.fillRect(scale.x(chosen.t) - 0.75, 0, 1.5, this.#height);
    context.fillStyle = palette.muted;
    if (this.#pointer !== undefined) context.fillRect(this.#pointer, 0, 0.75, this.#height);
    if (!this.#measured) return;
    const [from, to] = this.#measured.map((t) => scale.x(t)) as [number, number];
    context.globalAlpha = 0.15;
    context.fillStyle = palette.accent;
    context.fillRect(Math.min(from, to), 0, Math.abs(to - from), this.#height);
    context.globalAlpha = 1;
  }

  #paintRuler(palette: Palette): void {
    const { scale } = this;
    const context = fitCanvas(this.#ruler, scale.width, RULER_HEIGHT);
    const { step, moments } = scale.ticks();
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const t of moments) {
      const x = Math.round(scale.x(t));
      context.fillStyle = palette.line;
      context.fillRect(x, 14, 1, RULER_HEIGHT - 14);
      context.fillStyle = palette.muted;
      const text = momentText(t, step);
      const fits = x + 4 + context.measureText(text).width <= scale.width;
      context.textAlign = fits ? "left" : "right";
      context.fillText(text, fits ? x + 4 : x - 4, 11);
    }
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
      event.preventDefault();
      const delta = event.deltaY || event.deltaX;
      if (event.shiftKey) this.scale.pan(delta / 400 * this.scale.span);
      else this.scale.zoom(Math.exp(delta / 300), this.scale.t(event.offsetX));
      this.#changed();
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#drag(event));
    canvas.addEventListener("pointermove", (event) => this.#hover(event));
    canvas.addEventListener("pointerleave", () => {
      this.#pointer = undefined;
      this.#tip.hidden = true;
      this.#draw();
    });
    canvas.addEventListener("dblclick", (event) => {
      this.scale.zoom(0.25, this.scale.t(event.offsetX));
      this.#changed();
    });
    this.#area.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.key(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  #drag(down: PointerEvent): void {
    if (down.button !== 0) return;
    const canvas = this.#canvas;
    const { from, to } = this.scale;
    const start = this.scale.t(down.offsetX);
    let moved = false;
    canvas.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent) => {
      const pixels = event.offsetX - down.offsetX;
      if (Math.abs(pixels) > 3) moved = true;
      if (!moved) return;
      if (down.shiftKey) this.#measured = [start, this.scale.t(event.offsetX)];
      else {
        const by = -pixels / this.scale.width * (to - from);
        this.scale.show(from + by, to + by);
      }
      this.#draw();
    };
    const up = (event: PointerEvent) => {
      canvas.removeEventListener("pointermove", move);
      if (moved) return this.#changed();
      this.#measured = undefined;
      const item = this.#itemAt(event.offsetX, event.offsetY);
      if (item) this.#options.onChoose(item.event);
      else this.#draw();
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", up, { once: true });
  }

  #hover(event: PointerEvent): void {
    this.#pointer = event.offsetX;
    const item = this.#itemAt(event.offsetX, event.offsetY);
    const moment = `${
      momentText(Math.max(0, this.scale.t(event.offsetX)), this.scale.span / 500)
    } s`;
    const length = item && item.to > item.from ? ` · ${durationText(item.to - item.from)}` : "";
    const measured = this.#measured
      ? `measured ${durationText(Math.abs(this.#measured[1] - this.#measured[0]))}`
      : "";
    this.#tip.textContent = measured || (item ? `${moment}${length}  ${item.text}` : moment);
    this.#tip.hidden = false;
    const box = this.element.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - this.#tip.offsetWidth - 8);
    this.#tip.style.left = `${Math.max(4, left)}px`;
    this.#tip.style.top = `${event.clientY - box.top + 16}px`;
    this.#draw();
  }

  #itemAt(x: number, y: number): Item | undefined {
    const at = this.#tops.findLastIndex((top) => top <= y);
    const lane = this.#lanes[at];
    if (!lane) return undefined;
    const row = rowAt(lane, y - this.#tops[at]!);
    let best: Item | undefined, least = NEAR;
    for (const item of lane.items) {
      if (item.row !== row) continue;
      const from = this.scale.x(item.from), to = this.scale.x(item.to);
      const away = x < from ? from - x : x > to ? x - to : 0;
      if (away < least || away === 0 && best && item.to - item.from < best.to - best.from) {
        best = item;
        least = Math.max(away, 0.01);
      }
    }
    return best;
  }
}
