/** Elements. Text is never markup: what a console, a packet or a file name says is only shown. */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string | undefined | false;

/** An element; `class`, `for` and the like by their names, `true` for an attribute without value. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

export function button(
  attributes: Attributes,
  onClick: (event: MouseEvent) => void,
  ...children: Child[]
): HTMLButtonElement {
  const element = make("button", { type: "button", ...attributes }, ...children);
  element.addEventListener("click", onClick);
  return element;
}

export function select(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  onChange: (value: string) => void,
): HTMLSelectElement {
  const element = make(
    "select",
    { "aria-label": label },
    ...options.map(([value, text]) => make("option", { value }, text)),
  );
  element.addEventListener("change", () => onChange(element.value));
  return element;
}

/** A link that the page follows by itself, and a browser in a new tab. */
export function link(href: string, text: string, attributes: Attributes = {}): HTMLAnchorElement {
  return make("a", { href, ...attributes }, text);
}

/** Says something to who cannot see it. */
function announce(text: string): void {
  let region = document.getElementById("said");
  if (!region) {
    region = make("div", { id: "said", class: "unseen", role: "status", "aria-live": "polite" });
    document.body.append(region);
  }
  region.textContent = text;
}

/** A button that copies; it says so for as long as it has the focus. */
export function copyButton(text: string): HTMLButtonElement {
  const element = button({ class: "copy", "aria-label": "Copy the command" }, async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyByHand(text); // A page from disk may not use the clipboard everywhere.
    }
    element.textContent = "Copied";
    announce("Copied");
  }, "Copy");
  element.addEventListener("blur", () => element.textContent = "Copy");
  return element;
}

function copyByHand(text: string): void {
  const area = make("textarea", { class: "unseen" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** Whether what is typed goes into a field. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement;
}

/** Calls once for many changes, before the next picture. */
export function onceAFrame(work: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}
