/** Something that ends once: to be awaited, or looked at while virtual time runs on. */
export class Outcome<T> {
  #value: T | undefined;
  readonly #listeners: ((value: T) => void)[] = [];
  readonly #promise = Promise.withResolvers<T>();

  /** `undefined` until then; so `clock.until(() => outcome.value, limit)` waits for it. */
  get value(): T | undefined {
    return this.#value;
  }

  get done(): Promise<T> {
    return this.#promise.promise;
  }

  /** Calls back at the very moment at which it ends; at once when it has. */
  onSettled(listener: (value: T) => void): void {
    if (this.#value !== undefined) listener(this.#value);
    else this.#listeners.push(listener);
  }

  /** The first one counts. */
  settle(value: T): void {
    if (this.#value !== undefined) return;
    this.#value = value;
    for (const listener of this.#listeners) listener(value);
    this.#promise.resolve(value);
  }
}
