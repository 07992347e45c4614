/** What `data-` attributes of a page are now. */
import type { StateChange } from "./_in_page.ts";

export class States {
  #document = 0;
  readonly #values = new Map<string, Map<string, string>>();

  /** Of another document: what was told before is of one that is gone. */
  set({ attribute, value, on, document }: StateChange): void {
    if (document !== this.#document) this.clear();
    this.#document = document;
    let elements = this.#values.get(attribute);
    if (!elements) this.#values.set(attribute, elements = new Map());
    elements.set(on, value);
  }

  /** @param on of which element; default: of any, by the id that was told last */
  get(attribute: string, on?: string): string | undefined {
    const elements = this.#values.get(attribute);
    return on === undefined ? [...elements?.values() ?? []].at(-1) : elements?.get(on);
  }

  clear(): void {
    this.#values.clear();
  }
}
