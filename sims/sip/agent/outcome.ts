/** Something that ends once: to be awaited, or looked at while virtual time runs on. */
export class Outcome<T> {
  #value: T | undefined;
  readonly #promise = Promise.withResolvers<T>();

  /** `undefined` until then; so `clock.until(() => outcome.value, limit)` waits for it. */
  get value(): T | undefined {
    return this.#value;
  }

  get done(): Promise<T> {
    return this.#promise.promise;
  }

  /** The first one counts. */
  settle(value: T): void {
    if (this.#value !== undefined) return;
    this.#value = value;
    this.#promise.resolve(value);
  }
}
