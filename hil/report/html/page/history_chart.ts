/** Plots of a history, as SVG: sharp at any size, coloured by the page, printed as they are. */
import type { HistoryDetail, SeriesDetail } from "../history.ts";

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** In its own units; the page makes it as wide as there is room. */
const WIDTH = 640, HEIGHT = 132;
const EDGE = { left: 8, right: 70, top: 14, bottom: 8 };
const STRIP = { height: 22, widest: 12 };

function draw(tag: string, attributes: Attributes = {}, ...children: (Node | string)[]) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** A bar for each result; what did not pass is taller, and says which run it was. */
export function strip({ runs, results }: HistoryDetail): SVGElement {
  const step = Math.min(STRIP.widest, WIDTH / results.length);
  const bars = results.map(({ run, verdict, flake }, i) => {
    const kind = flake ? "flaky" : verdict;
    const high = kind === "passed" ? 0.6 : kind === "skipped" ? 0.3 : 1;
    return draw(
      "rect",
      {
        ...{ class: kind, x: (i * step).toFixed(2), width: (step * 0.8).toFixed(2) },
        ...{ y: STRIP.height * (1 - high), height: STRIP.height * high },
      },
      draw("title", {}, `${runs[run]!.id}: ${kind}`),
    );
  });
  const counts = [...Map.groupBy(results, ({ verdict, flake }) => flake ? "flaky" : verdict)]
    .map(([kind, some]) => `${some.length} ${kind}`).join(", ");
  return draw("svg", {
    ...{ class: "outcomes", role: "img", "aria-label": `Outcomes, the latest last: ${counts}` },
    ...{ viewBox: `0 0 ${WIDTH} ${STRIP.height}`, preserveAspectRatio: "none" },
  }, ...bars);
}

interface ChartOptions {
  readonly runs: HistoryDetail["runs"];
  /** For who cannot see it. */
  readonly label: string;
  /** A value as people read it. */
  readonly text: (value: number) => string;
}

/** Values over runs, with limits, and the median before and after each change. */
export function chart(series: SeriesDetail, { runs, label, text }: ChartOptions): SVGElement {
  const { points } = series;
  const range = rangeOf(series);
  const x = (i: number) => {
    const share = points.length > 1 ? i / (points.length - 1) : 0.5;
    return EDGE.left + share * (WIDTH - EDGE.left - EDGE.right);
  };
  const y = (value: number) => {
    const share = (value - range.low) / (range.high - range.low);
    return HEIGHT - EDGE.bottom - share * (HEIGHT - EDGE.top - EDGE.bottom);
  };
  const line = points.map(([, value], i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
  const dots = points.map(([run, value, low, high], i) => {
    const bad = low !== null && value < low || high !== null && value > high;
    return draw(
      "circle",
      { class: bad ? "bad" : "good", cx: x(i).toFixed(1), cy: y(value).toFixed(1), r: bad ? 3 : 2 },
      draw("title", {}, `${runs[run]!.id}: ${text(value)}`),
    );
  });
  return draw(
    "svg",
    { class: "chart", role: "img", "aria-label": label, viewBox: `0 0 ${WIDTH} ${HEIGHT}` },
    ...limits(points, { x, y, text, range }),
    draw("polyline", { class: "values", points: line.join(" ") }),
    ...dots,
    ...levels(series, { x, y }),
  );
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/** All values, and limits that are not so far away that nothing else could be told. */
function rangeOf({ points }: SeriesDetail): Range {
  const values = points.map(([, value]) => value);
  let low = Math.min(...values), high = Math.max(...values);
  const span = high - low || Math.abs(high) || 1;
  for (const [, , least, most] of points) {
    if (least !== null && least > low - 4 * span) low = Math.min(low, least);
    if (most !== null && most < high + 4 * span) high = Math.max(high, most);
  }
  const spare = (high - low || Math.abs(high) || 1) * 0.06;
  return { low: low - spare, high: high + spare };
}

interface Places {
  readonly x: (point: number) => number;
  readonly y: (value: number) => number;
}

interface LimitPlaces extends Places {
  readonly text: (value: number) => string;
  readonly range: Range;
}

/** Each limit as a line of steps, with the latest of it at the right; and the ends of the axis. */
function limits(points: SeriesDetail["points"], { x, y, text, range }: LimitPlaces) {
  const drawn: SVGElement[] = [];
  const label = (value: number, kind: string) => {
    const at = { x: WIDTH - EDGE.right + 6, y: y(value) + 4 };
    return draw("text", { class: kind, ...at }, text(value));
  };
  const taken: number[] = [];
  for (const side of [2, 3] as const) {
    const inSight = (limit: number | null) =>
      limit !== null && limit >= range.low && limit <= range.high;
    const steps = points.flatMap((point, i) => {
      const limit = point[side];
      return inSight(limit) ? [`${x(i).toFixed(1)},${y(limit!).toFixed(1)}`] : [];
    });
    const last = points.at(-1)![side];
    if (steps.length > 0) drawn.push(draw("polyline", { class: "limit", points: steps.join(" ") }));
    if (!inSight(last)) continue;
    drawn.push(label(last!, "limit"));
    taken.push(y(last!));
  }
  const values = points.map(([, value]) => value);
  for (const value of new Set([Math.max(...values), Math.min(...values)])) {
    if (taken.some((other) => Math.abs(other - y(value)) < 13)) continue;
    drawn.push(label(value, "end"));
    taken.push(y(value));
  }
  return drawn;
}

/** Where it changed, and the median on both sides up to the next change. */
function levels({ points, changes }: SeriesDetail, { x, y }: Places): SVGElement[] {
  const places = changes.map(({ run }) => points.findIndex(([at]) => at === run));
  return changes.flatMap(({ before, after, way }, i) => {
    const at = x(places[i]! - 0.5);
    const from = i === 0 ? x(0) : x(places[i - 1]! - 0.5);
    const to = i + 1 < changes.length ? x(places[i + 1]! - 0.5) : x(points.length - 1);
    const level = (x1: number, x2: number, value: number) =>
      draw("line", { class: "level", x1, x2, y1: y(value), y2: y(value) });
    return [
      draw("line", { class: `change ${way}`, x1: at, x2: at, y1: 2, y2: HEIGHT - 2 }),
      ...(i === 0 ? [level(from, at, before)] : []),
      level(at, to, after),
    ];
  });
}
