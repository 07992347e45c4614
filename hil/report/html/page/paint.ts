/** Draws lanes: as little as there are pixels for, however many items there are. */
import type { Thinned } from "../model.ts";
import type { Item, Lane, Tone } from "./lanes.ts";
import type { Scale } from "./scale.ts";

export interface Palette {
  readonly tones: Readonly<Record<Tone, string>>;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly accent: string;
  readonly band: string;
}

/** The colours of the style sheet, light or dark. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    tones: {
      ...{ plain: colour("accent"), heard: colour("heard"), said: colour("said") },
      ...{ good: colour("passed"), bad: colour("failed"), warn: colour("flaky") },
      dim: colour("muted"),
    },
    ...{ ink: colour("ink"), muted: colour("muted"), line: colour("line") },
    ...{ surface: colour("surface"), accent: colour("accent"), band: colour("band") },
  };
}

/** A canvas as large as its place, in pixels of the screen. */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D {
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const wide = Math.max(1, Math.round(width * ratio)),
    high = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

const ROW_HEIGHT: Readonly<Record<Lane["shape"], number>> = {
  bars: 17,
  ticks: 13,
  wave: 20,
  bus: 20,
};
const PADDING = 5;
const FONT = '11px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

export function laneHeight({ shape, rows }: Lane): number {
  return Math.max(24, rows * ROW_HEIGHT[shape] + 2 * PADDING);
}

/** The row of a lane at a height within it. */
export function rowAt(lane: Lane, y: number): number {
  return Math.min(
    lane.rows - 1,
    Math.max(0, Math.floor((y - rowTop(lane, 0)) / ROW_HEIGHT[lane.shape])),
  );
}

function rowTop(lane: Lane, row: number): number {
  const high = lane.rows * ROW_HEIGHT[lane.shape];
  return (laneHeight(lane) - high) / 2 + row * ROW_HEIGHT[lane.shape];
}

export interface LanePaint {
  readonly context: CanvasRenderingContext2D;
  readonly scale: Scale;
  readonly palette: Palette;
  /** Top of the lane. */
  readonly y: number;
  /** Events that are looked for; others are pale then. */
  readonly found?: ReadonlySet<number>;
}

export function paintLane(lane: Lane, paint: LanePaint): void {
  for (const thinned of lane.thinned) paintDensity(thinned, lane, paint);
  paint.context.font = FONT;
  paint.context.textBaseline = "middle";
  const painters = { bars: paintBars, ticks: paintTicks, wave: paintWave, bus: paintBus };
  painters[lane.shape](lane, paint);
  paint.context.globalAlpha = 1;
}

/** Where events are missing: how many there were. */
function paintDensity({ bins, binNs, gap }: Thinned, lane: Lane, paint: LanePaint): void {
  const { context, scale, palette, y } = paint;
  const most = Math.max(...bins, 1);
  const height = laneHeight(lane) - 4;
  context.fillStyle = palette.band;
  for (const [i, count] of bins.entries()) {
    if (count === 0) continue;
    const from = Math.max(0, scale.x(Math.max(gap.from, i * binNs)));
    const to = Math.min(scale.width, scale.x(Math.min(gap.to, (i + 1) * binNs)));
    if (to <= from) continue;
    const high = Math.max(2, height * Math.sqrt(count / most));
    context.fillRect(from, y + height + 2 - high, Math.max(1, to - from), high);
  }
}

function alphaOf(item: Item, { found }: LanePaint): number {
  if (!found || found.has(item.event) || item.end !== undefined && found.has(item.end)) return 1;
  return 0.18;
}

function inSight(item: Item, { scale }: LanePaint): boolean {
  return item.to >= scale.from && item.from <= scale.to;
}

function paintBars(lane: Lane, paint: LanePaint): void {
  const { context, scale, palette } = paint;
  /** Per row, the pixel up to which something is drawn: what is finer is drawn once. */
  const drawn = new Map<string, number>();
  for (const item of lane.items) {
    if (!inSight(item, paint)) continue;
    const from = Math.max(-2, scale.x(item.from)), to = Math.min(scale.width + 2, scale.x(item.to));
    const width = Math.max(1.5, to - from);
    const key = `${item.row} ${item.tone}`;
    if (width < 2 && from + width <= (drawn.get(key) ?? -9)) continue;
    drawn.set(key, from + width);
    const top = paint.y + rowTop(lane, item.row) + 1;
    const colour = palette.tones[item.tone];
    const shown = alphaOf(item, paint);
    context.globalAlpha = shown * 0.2;
    context.fillStyle = colour;
    context.fillRect(from, top, width, ROW_HEIGHT.bars - 2);
    context.globalAlpha = shown;
    context.fillRect(from, top, Math.min(2, width), ROW_HEIGHT.bars - 2);
    if (width > 24) {
      textWithin(item.text, { paint, from: from + 5, to, y: top + ROW_HEIGHT.bars / 2 });
    }
  }
}

function paintTicks(lane: Lane, paint: LanePaint): void {
  const { context, scale, palette } = paint;
  const items = lane.items;
  const drawn = new Map<string, number>();
  for (const [n, item] of items.entries()) {
    if (!inSight(item, paint)) continue;
    const x = scale.x(item.from);
    const key = `${item.row} ${item.tone}`;
    if (x < (drawn.get(key) ?? -9) + 1) continue;
    drawn.set(key, x);
    const top = paint.y + rowTop(lane, item.row) + 1;
    context.globalAlpha = alphaOf(item, paint);
    context.fillStyle = palette.tones[item.tone];
    const width = Math.max(2, Math.min(scale.width, scale.x(item.to)) - x);
    context.fillRect(x, top, 2, ROW_HEIGHT.ticks - 2);
    if (width > 2) context.fillRect(x, top + ROW_HEIGHT.ticks - 3, width, 1);
    const next = nextInRow(items, n);
    const end = next === undefined ? scale.width : scale.x(next);
    if (end - x > 40) textWithin(item.text, { paint, from: x + 5, to: end - 4, y: top + 6 });
  }
}

function nextInRow(items: readonly Item[], n: number): number | undefined {
  for (let i = n + 1; i < Math.min(items.length, n + 40); i++) {
    if (items[i]!.row === items[n]!.row) return items[i]!.from;
  }
  return items.length > n + 40 ? items[n]!.from : undefined;
}

function paintWave(lane: Lane, paint: LanePaint): void {
  const { context, scale, palette } = paint;
  const high = paint.y + rowTop(lane, 0) + 2, low = high + ROW_HEIGHT.wave - 5;
  context.strokeStyle = palette.tones.plain;
  context.fillStyle = palette.tones.plain;
  context.lineWidth = 1.5;
  context.beginPath();
  let last = -1, x0 = -9;
  for (const item of lane.items) {
    if (!inSight(item, paint)) continue;
    const from = Math.max(-2, scale.x(item.from)), to = Math.min(scale.width + 2, scale.x(item.to));
    if (to - from < 0.5 && from - x0 < 0.5 && last >= 0) continue;
    const y = item.level === 1 ? high : low;
    if (last < 0) context.moveTo(from, y);
    else context.lineTo(from, y);
    context.lineTo(to, y);
    last = y;
    x0 = from;
    context.globalAlpha = 0.13;
    if (item.level === 1) context.fillRect(from, high, Math.max(0.5, to - from), low - high);
    context.globalAlpha = 1;
  }
  context.stroke();
}

/** Six-cornered, as logic analysers draw what has more than two states. */
function paintBus(lane: Lane, paint: LanePaint): void {
  const { context, scale, palette } = paint;
  const top = paint.y + rowTop(lane, 0) + 2, bottom = top + ROW_HEIGHT.bus - 4;
  const middle = (top + bottom) / 2;
  context.lineWidth = 1.2;
  for (const item of lane.items) {
    if (!inSight(item, paint)) continue;
    const from = Math.max(-9, scale.x(item.from)), to = Math.min(scale.width + 9, scale.x(item.to));
    const slope = Math.min(4, (to - from) / 2);
    context.globalAlpha = alphaOf(item, paint);
    context.strokeStyle = palette.tones[item.tone];
    context.beginPath();
    if (item.tone === "dim") {
      context.moveTo(from, middle);
      context.lineTo(to, middle);
    } else {
      context.moveTo(from, middle);
      for (const [x, y] of [[from + slope, top], [to - slope, top], [to, middle]] as const) {
        context.lineTo(x, y);
      }
      context.lineTo(to - slope, bottom);
      context.lineTo(from + slope, bottom);
      context.closePath();
    }
    context.stroke();
    const y = item.tone === "dim" ? middle - 1 : middle + 0.5;
    if (to - from > 24) {
      textWithin(item.text, { paint, from: from + 7, to: to - 6, y, solid: true });
    }
  }
}

interface TextPlace {
  readonly paint: LanePaint;
  readonly from: number;
  readonly to: number;
  readonly y: number;
  /** On the colour of the page, so that a line behind it does not cross it. */
  readonly solid?: boolean;
}

const CHARACTER = 6.7;

/** As much of the text as fits, at the left end of what is in sight. */
function textWithin(text: string, { paint, from, to, y, solid }: TextPlace): void {
  const { context, palette } = paint;
  const left = Math.max(4, from);
  const room = Math.floor((to - left) / CHARACTER);
  if (room < 2 || text === "") return;
  const shown = text.length <= room ? text : `${text.slice(0, room - 1)}…`;
  if (solid) {
    context.fillStyle = palette.surface;
    context.fillRect(left - 1, y - 6, shown.length * CHARACTER + 2, 12);
  }
  context.fillStyle = palette.ink;
  context.fillText(shown, left, y);
}
