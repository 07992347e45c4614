/** Tables, sparklines and strips of outcomes for a terminal. */
import type { Verdict } from "../report/mod.ts";
import type { Point } from "../history/mod.ts";

type Paint = (text: string) => string;

/** Colours by meaning; each is the identity where there are none. */
export function paints(): Readonly<Record<"bold" | "dim" | "good" | "bad" | "odd", Paint>> {
  const coloured = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR") &&
    Deno.env.get("TERM") !== "dumb";
  const sgr = (code: number): Paint => (text) => coloured ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { bold: sgr(1), dim: sgr(2), good: sgr(32), bad: sgr(31), odd: sgr(33) };
}

/** In columns, apart by two spaces. @param sides "l" or "r" for each column; the rest is left */
export function table(rows: readonly (readonly string[])[], sides: string): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => width(row[i]!))));
  return rows.map((row) =>
    row.map((cell, i) => {
      const space = " ".repeat(widths[i]! - width(cell));
      return sides[i] === "r" ? space + cell : cell + space;
    }).join("  ").trimEnd()
  );
}

/** Without colours; what is in these tables takes a column each, but for names, which are last. */
function width(text: string): number {
  // deno-lint-ignore no-control-regex
  return [...text.replace(/\x1b\[\d+m/g, "")].length;
}

const BARS = [..."▁▂▃▄▅▆▇█"];

/** Values from the least to the greatest; those that are all alike are in the middle. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values), span = Math.max(...values) - low;
  return values.map((value) => {
    const share = span > 0 ? (value - low) / span : 0.4;
    return BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))]!;
  }).join("");
}

const MARKS: Readonly<Record<Verdict, string>> = {
  ...{ passed: "·", failed: "✗", flaky: "≈", skipped: "–", interrupted: "!" },
};

/** One mark a result. */
export function strip(verdicts: readonly Verdict[]): string {
  const { good, bad, odd, dim } = paints();
  const colours = { passed: good, failed: bad, flaky: odd, skipped: dim, interrupted: odd };
  return verdicts.map((verdict) => colours[verdict](MARKS[verdict])).join("");
}

const ROOM = 10;

/** Where a value is between its limits: "│···•······│"; empty without both. */
export function bar({ value, low = value >= 0 ? 0 : undefined, high }: Point): string {
  if (low === undefined || high === undefined || !(high > low)) return "";
  const share = (value - low) / (high - low);
  const at = Math.min(ROOM - 1, Math.max(0, Math.floor(share * ROOM)));
  const { bad } = paints();
  const mark = share < 0 || share > 1 ? bad("✗") : "•";
  return `│${"·".repeat(at)}${mark}${"·".repeat(ROOM - 1 - at)}│`;
}
