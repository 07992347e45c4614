/** Colours and widths of terminal text. */
import { oneLine, plainText } from "./text.ts";
import type { Verdict } from "./result.ts";

export type Paint = (text: string) => string;

/** Colours by meaning; each is the identity where there are none. */
export interface Style {
  readonly verdict: Readonly<Record<Verdict, Paint>>;
  readonly bold: Paint;
  readonly dim: Paint;
}

export function makeStyle(colours: boolean): Style {
  const sgr = (code: number): Paint => colours ? (text) => `\x1b[${code}m${text}\x1b[0m` : String;
  const verdict = {
    passed: sgr(32),
    failed: sgr(31),
    flaky: sgr(33),
    skipped: sgr(36),
    interrupted: sgr(35),
  };
  return { verdict, bold: sgr(1), dim: sgr(2) };
}

const BIDI_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const NO_WIDTH = /^(?:\p{M}|\p{Cf})$/u;
const WIDE = new RegExp(
  "^(?:\\p{Emoji_Presentation}|[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3" +
    "\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6\\u{20000}-\\u{3fffd}])$",
  "u",
);

/** One line that a terminal shows as it is. */
export function shownLine(text: string): string {
  return oneLine(text).replace(BIDI_CONTROL, "");
}

/** Lines that a terminal shows as they are. */
export function shownLines(text: string): string[] {
  return plainText(text).replace(BIDI_CONTROL, "").trimEnd().split("\n");
}

function characterWidth(character: string): number {
  if (character < "\u0300") return 1;
  return NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** Columns that a text without control characters takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The beginning of a text that fits into `columns`, with an ellipsis when that is not all. */
export function cutToWidth(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "", width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}…`;
}
