/**
 * The lines at the foot of a terminal that show what runs now. They are ordinary lines, erased
 * and written again in one write: no mode of the terminal is changed, so that a process that is
 * killed in between leaves nothing behind but those lines.
 */
import { cutToWidth, widthOf } from "./_style.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What a line of the area says; the name gives way before the rest does. */
export interface LiveLine {
  readonly head: string;
  readonly name: string;
  readonly tail: string;
}

export class LiveArea {
  /** Widths of the lines on the screen, to know how many rows they take now. */
  #drawn: number[] = [];
  #frame = "";

  /** @param size asked before each draw, since windows change */
  constructor(private readonly write: (text: string) => void, private readonly size: () => Size) {}

  /** Writes `above` where it scrolls away, and the area below it. */
  draw(lines: readonly LiveLine[], above = ""): void {
    const { columns, rows } = this.size();
    // One column is left free: a terminal wraps when the last one is written.
    const width = Math.max(1, columns - 1);
    const room = Math.max(1, rows - 2);
    const shown = lines.length <= room ? lines : [
      ...lines.slice(0, room - 1),
      { head: "", name: `… and ${lines.length - room + 1} more`, tail: "" },
    ];
    const texts = shown.map((line) => fit(line, width));
    const frame = texts.map((text) => `${text}\n`).join("");
    if (!above && frame === this.#frame) return;
    this.write(this.#eraser(columns) + above + frame);
    this.#drawn = texts.map(widthOf);
    this.#frame = frame;
  }

  /** Takes the area away. */
  clear(above = ""): void {
    this.draw([], above);
  }

  /** A narrower window has wrapped the lines that were drawn for a wider one. */
  #eraser(columns: number): string {
    const rows = this.#drawn
      .reduce((sum, width) => sum + Math.max(1, Math.ceil(width / Math.max(1, columns))), 0);
    return rows > 0 ? `\r\x1b[${rows}A\x1b[J` : "";
  }
}

/** The name gets what head and tail leave of the width, but at least half of what is there. */
function fit({ head, name, tail }: LiveLine, width: number): string {
  const room = Math.max(0, width - widthOf(head));
  const forName = Math.max(room - widthOf(tail), Math.floor(room / 2));
  const shownName = cutToWidth(name, forName);
  return cutToWidth(head + shownName + cutToWidth(tail, room - widthOf(shownName)), width);
}
