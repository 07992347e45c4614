/**
 * What is shown, in the address: `#k=1x2y3z&a=2&v=1000,2000&e=17`. Who has the link sees the same.
 *
 * k: scenario, a: attempt (from 1), v: from and to in nanoseconds, e: event, tab, q: search within;
 * f: verdicts, s: search, target and order of the list.
 */

const NAMES = ["k", "a", "v", "e", "tab", "lane", "q", "f", "s", "target", "order"] as const;
/** Those of one scenario. */
const OF_SCENARIO: readonly AddressName[] = ["a", "v", "e", "tab", "lane", "q"];

export type AddressName = typeof NAMES[number];

export class Address {
  #values = new Map<AddressName, string>();
  readonly #onChange: () => void;

  /** @param onChange when the user goes back, forth, or to another link */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#read();
    addEventListener("popstate", () => this.#changed());
    addEventListener("hashchange", () => this.#changed());
  }

  get(name: AddressName): string {
    return this.#values.get(name) ?? "";
  }

  /** Changes what is shown in the place where the user is. */
  set(name: AddressName, value: string): void {
    if (this.get(name) === value) return;
    this.#put(name, value);
    this.#write("replaceState");
  }

  /** Goes to a scenario, or to none: a place of its own in the history. */
  go(key: string): void {
    if (this.get("k") === key) return;
    for (const name of OF_SCENARIO) this.#values.delete(name);
    this.#put("k", key);
    this.#write("pushState");
    this.#onChange();
  }

  /** The link of a scenario with the list as it is. */
  linkOf(key: string): string {
    const values = new Map([...this.#values].filter(([name]) => !OF_SCENARIO.includes(name)));
    values.set("k", key);
    return textOf(values);
  }

  #put(name: AddressName, value: string): void {
    if (value === "") this.#values.delete(name);
    else this.#values.set(name, value);
  }

  #write(how: "replaceState" | "pushState"): void {
    history[how](null, "", textOf(this.#values));
  }

  #changed(): void {
    if (textOf(this.#values) === (location.hash || "#")) return;
    this.#read();
    this.#onChange();
  }

  #read(): void {
    const parameters = new URLSearchParams(location.hash.slice(1));
    this.#values = new Map(NAMES.flatMap((name) => {
      const value = parameters.get(name);
      return value ? [[name, value] as const] : [];
    }));
  }
}

function textOf(values: ReadonlyMap<AddressName, string>): string {
  const some = NAMES.filter((name) => values.has(name)).map((name) => [name, values.get(name)!]);
  return `#${new URLSearchParams(some)}`;
}
