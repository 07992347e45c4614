/**
 * A list of any length of which only the rows in sight are elements: a list box with one chosen row,
 * which the arrow keys move.
 */
import { make, onceAFrame } from "./dom.ts";

export interface VirtualListOptions {
  readonly label: string;
  readonly heightOf: (row: number) => number;
  readonly render: (row: number) => HTMLElement;
  /** Whether a row can be chosen; headings cannot. */
  readonly canChoose: (row: number) => boolean;
  readonly onChoose: (row: number) => void;
}

/** Rows above and below those in sight. */
const SPARE = 6;
const PRINTED = 400;
let made = 0;

export class VirtualList {
  readonly element: HTMLElement;
  readonly #inner: HTMLElement;
  readonly #options: VirtualListOptions;
  readonly #id = `list${made++}`;
  /** Where each row begins; one more for the end. */
  #tops: Float64Array = new Float64Array(1);
  #length = 0;
  #chosen = -1;
  #printing = false;
  readonly #draw = onceAFrame(() => this.#render());

  constructor(options: VirtualListOptions) {
    this.#options = options;
    this.#inner = make("div", { class: "rows", role: "presentation" });
    this.element = make("div", {
      class: "virtual",
      role: "listbox",
      tabindex: 0,
      "aria-label": options.label,
    }, this.#inner);
    this.element.addEventListener("scroll", this.#draw, { passive: true });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(this.#draw).observe(this.element);
    addEventListener("beforeprint", () => this.#print(true));
    addEventListener("afterprint", () => this.#print(false));
  }

  get length(): number {
    return this.#length;
  }

  /** Whether the last row is in sight. */
  get isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return clientHeight > 0 && scrollTop + clientHeight >= scrollHeight - 4;
  }

  /** Other rows: nothing of the old ones is kept but the place. */
  show(length: number, chosen = -1): void {
    this.#length = length;
    this.#chosen = chosen;
    this.#tops = new Float64Array(length + 1);
    for (let i = 0; i < length; i++) this.#tops[i + 1] = this.#tops[i]! + this.#options.heightOf(i);
    this.#inner.style.height = `${this.#tops[length]}px`;
    this.element.style.setProperty("--content", `${this.#tops[length]! + 2}px`);
    this.#render();
  }

  choose(row: number, { tell = true, scroll = true } = {}): void {
    this.#chosen = row;
    if (scroll) this.reveal(row);
    this.#render();
    if (tell && row >= 0) this.#options.onChoose(row);
  }

  /** The next row that can be chosen, in steps of `by`. */
  move(by: number): void {
    const step = Math.sign(by);
    let row = this.#chosen < 0 && step > 0 ? -1 : this.#chosen;
    for (let left = Math.abs(by); left > 0; left--) {
      let next = row + step;
      while (next >= 0 && next < this.#length && !this.#options.canChoose(next)) next += step;
      if (next < 0 || next >= this.#length) break;
      row = next;
    }
    if (row >= 0 && row !== this.#chosen) this.choose(row);
  }

  /** Scrolls to a row, unless it is in sight. */
  reveal(row: number): void {
    if (row < 0 || row >= this.#length) return;
    const top = this.#tops[row]!, bottom = this.#tops[row + 1]!;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop || bottom > scrollTop + clientHeight) {
      this.element.scrollTop = Math.max(0, (top + bottom - clientHeight) / 2);
    }
  }

  #render(): void {
    const { scrollTop, clientHeight } = this.element;
    const all = this.#printing;
    const first = all ? 0 : Math.max(0, this.#rowAt(scrollTop) - SPARE);
    const last = all
      ? Math.min(this.#length, PRINTED)
      : Math.min(this.#length, this.#rowAt(scrollTop + clientHeight) + SPARE);
    const rows: HTMLElement[] = [];
    for (let row = first; row < last; row++) rows.push(this.#row(row));
    if (all && this.#length > PRINTED) {
      const left = `… and ${this.#length - PRINTED} more, which the report has on screen`;
      rows.push(make("div", { class: "row", role: "presentation" }, left));
    }
    this.#inner.replaceChildren(...rows);
    const active = this.#chosen >= first && this.#chosen < last;
    if (active) this.element.setAttribute("aria-activedescendant", `${this.#id}-${this.#chosen}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #row(row: number): HTMLElement {
    const element = this.#options.render(row);
    const choosable = this.#options.canChoose(row);
    element.classList.add("row");
    element.style.top = `${this.#tops[row]}px`;
    element.style.height = `${this.#tops[row + 1]! - this.#tops[row]!}px`;
    element.dataset.row = String(row);
    if (choosable) {
      element.id = `${this.#id}-${row}`;
      element.setAttribute("role", "option");
      element.setAttribute("aria-selected", String(row === this.#chosen));
      element.setAttribute("aria-setsize", String(this.#length));
      element.setAttribute("aria-posinset", String(row + 1));
    } else element.setAttribute("role", "presentation");
    return element;
  }

  #rowAt(y: number): number {
    let low = 0, high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tops[middle + 1]! <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / 32) - 1);
    const moves: Record<string, number> = {
      ...{ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page },
      ...{ Home: -this.#length, End: this.#length },
    };
    const by = moves[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(by);
  }

  #click(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const row = (event.target as Element).closest<HTMLElement>(".row[role=option]");
    if (!row) return;
    event.preventDefault();
    this.choose(Number(row.dataset.row), { scroll: false });
  }

  #print(printing: boolean): void {
    if (!this.element.isConnected) return;
    this.#printing = printing;
    this.element.classList.toggle("printed", printing);
    this.#render();
  }
}
