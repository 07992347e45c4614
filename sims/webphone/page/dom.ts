/** Elements of the page by their id. */

/** @throws Error when index.html has none of that kind */
export function byId<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`Cannot find the ${kind.name} "${id}": index.html does not have it`);
}

export function button(id: string): HTMLButtonElement {
  return byId(id, HTMLButtonElement);
}

export function field(id: string): HTMLInputElement {
  return byId(id, HTMLInputElement);
}

/** An element with text and children; text is never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text: string,
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.append(text, ...children);
  return element;
}
