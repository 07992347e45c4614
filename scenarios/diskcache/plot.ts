/** Plots of a few lines over common axes, as SVG, for attachments. */

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface PlotOptions {
  readonly title: string;
  /** What the axes count, with the unit: "time (ms)". */
  readonly x: string;
  readonly y: string;
}

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { left: 80, right: 20, top: 40, bottom: 50 };
/** Distinct in print and to the colour-blind (Okabe and Ito). */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/** A drawing of the lines; axes begin at 0 and end at a round number. */
export function plot(lines: readonly Line[], { title, x, y }: PlotOptions): string {
  const points = lines.flatMap((line) => line.points);
  const mostX = roundUp(Math.max(0, ...points.map(([x]) => x)));
  const mostY = roundUp(Math.max(0, ...points.map(([, y]) => y)));
  const [left, right] = [MARGIN.left, WIDTH - MARGIN.right];
  const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
  const atX = (value: number) => short(left + value / mostX * (right - left));
  const atY = (value: number) => short(bottom - value / mostY * (bottom - top));
  const parts = [
    text(left, 24, title, 'font-size="16"'),
    text((left + right) / 2, HEIGHT - 10, x, 'text-anchor="middle"'),
    text(16, (top + bottom) / 2, y, `text-anchor="middle" ${turned(16, (top + bottom) / 2)}`),
  ];
  for (let tick = 0; tick <= 5; tick++) {
    const [valueX, valueY] = [mostX * tick / 5, mostY * tick / 5];
    parts.push(
      `<path d="M${left} ${atY(valueY)}H${right}" stroke="#ddd"/>`,
      text(left - 6, Number(atY(valueY)) + 4, short(valueY), 'text-anchor="end"'),
      text(Number(atX(valueX)), bottom + 18, short(valueX), 'text-anchor="middle"'),
    );
  }
  for (const [i, { name, points }] of lines.entries()) {
    const color = COLORS[i % COLORS.length]!;
    const path = points.map(([x, y]) => `${atX(x)} ${atY(y)}`).join("L");
    if (path) parts.push(`<path d="M${path}" fill="none" stroke="${color}" stroke-width="1.5"/>`);
    parts.push(text(right - 8, top + 16 * (i + 1), name, `text-anchor="end" fill="${color}"`));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `font-family="sans-serif" font-size="12">\n` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>\n${parts.join("\n")}\n</svg>\n`;
}

/** A digit or two times a power of ten, not less than the value; 1 for none. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((digit) => digit * power).find((round) =>
    round >= value
  )!;
}

function short(value: number): string {
  return String(Number(value.toFixed(2)));
}

function text(x: number, y: number, said: string, attributes: string): string {
  const safe = said.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${short(x)}" y="${short(y)}" ${attributes}>${safe}</text>`;
}

function turned(x: number, y: number): string {
  return `transform="rotate(-90 ${x} ${y})"`;
}
