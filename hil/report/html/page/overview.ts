/** All of the time at a glance: how much happened when, trouble, and which part is in sight. */
import type { EventsDetail, ShownEvent } from "../model.ts";
import { make } from "./dom.ts";
import { fitCanvas, type Palette } from "./paint.ts";
import type { Scale } from "./scale.ts";

const HEIGHT = 40;
/** A bar, in pixels. */
const BAR = 2;
/** Shorter pulls of the pointer are clicks. */
const CLICK = 4;

export class Overview {
  readonly element = make("canvas", { class: "overview", "aria-hidden": "true" });
  #detail: EventsDetail;
  readonly #scale: Scale;
  readonly #onMove: (ended: boolean) => void;

  /** @param onMove when the user has chosen another part, and when that is over */
  constructor(detail: EventsDetail, scale: Scale, onMove: (ended: boolean) => void) {
    this.#detail = detail;
    this.#scale = scale;
    this.#onMove = onMove;
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  update(detail: EventsDetail): void {
    this.#detail = detail;
  }

  paint(palette: Palette): void {
    const wide = this.element.parentElement!.clientWidth;
    const context = fitCanvas(this.element, wide, HEIGHT);
    const [begin, end] = this.#scale.all;
    const x = (t: number) => (t - begin) / (end - begin) * wide;
    const counts = this.#counts(Math.ceil(wide / BAR) + 1, x);
    const most = Math.max(...counts, 1);
    context.fillStyle = palette.tones.heard;
    for (const [i, count] of counts.entries()) {
      const high = count > 0 ? 2 + (HEIGHT - 8) * Math.log1p(count) / Math.log1p(most) : 0;
      context.fillRect(BAR * i, HEIGHT - high, BAR - 0.5, high);
    }
    context.fillStyle = palette.tones.bad;
    for (const event of this.#detail.events) {
      if (isTrouble(event)) context.fillRect(x(event.t) - 1, 0, 2, HEIGHT);
    }
    if (!this.#scale.isWhole) this.#paintSight(context, palette, x);
  }

  /** Events in each bar, those that are not here among them. */
  #counts(length: number, x: (t: number) => number): Float64Array {
    const counts = new Float64Array(length);
    for (const { t } of this.#detail.events) counts[Math.floor(x(t) / BAR)]!++;
    for (const { bins, binNs, kept, total } of this.#detail.thinned) {
      for (const [i, count] of bins.entries()) {
        const at = Math.floor(x((i + 0.5) * binNs) / BAR);
        if (at < length) counts[at]! += count * (total - kept) / total;
      }
    }
    return counts;
  }

  #paintSight(
    context: CanvasRenderingContext2D,
    palette: Palette,
    x: (t: number) => number,
  ): void {
    const from = x(this.#scale.from), to = Math.max(from + 2, x(this.#scale.to));
    context.globalAlpha = 0.72;
    context.fillStyle = palette.surface;
    context.fillRect(0, 0, from, HEIGHT);
    context.fillRect(to, 0, this.element.clientWidth - to, HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = palette.accent;
    context.strokeRect(from + 0.5, 0.5, to - from - 1, HEIGHT - 1);
  }

  #drag(down: PointerEvent): void {
    const canvas = this.element, scale = this.#scale;
    const [begin, end] = scale.all;
    const moment = ({ offsetX }: PointerEvent) =>
      begin + offsetX / canvas.clientWidth * (end - begin);
    const start = moment(down);
    canvas.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent) => {
      const now = moment(event);
      scale.show(Math.min(start, now), Math.max(start, now));
      this.#onMove(false);
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", (event) => {
      canvas.removeEventListener("pointermove", move);
      const half = scale.span / 2;
      if (Math.abs(event.offsetX - down.offsetX) < CLICK) scale.show(start - half, start + half);
      this.#onMove(true);
    }, { once: true });
  }
}

/** Whether an event is one of those for which a scenario fails. */
export function isTrouble(event: ShownEvent): boolean {
  return event.type === "expect" && !event.ok || event.type === "step.end" && !event.ok ||
    event.type === "measure" && event.verdict === "fail" ||
    event.type === "end" && event.outcome === "failed";
}
