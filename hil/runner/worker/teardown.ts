/** What is to be undone at the end of a scenario, whatever happened in it. */
import { Duration, withLimit } from "../../time/mod.ts";

interface Undo {
  readonly what: string;
  readonly undo: () => void | Promise<void>;
}

/** A piece of the clean-up did not end in its time. */
export class TeardownTimeout extends Error {
  override readonly name = "TeardownTimeout";

  constructor(readonly what: string, readonly limit: Duration) {
    super(`The clean-up "${what}" did not end within ${limit}`);
  }
}

export class Teardown {
  readonly #stack: Undo[] = [];
  #over = false;

  /** @param limit longest that each piece may take */
  constructor(private readonly limit: Duration) {}

  /**
   * Registers what is to be undone, before it is done.
   *
   * @throws Error after the clean-up: nobody would undo it
   */
  defer(what: string, undo: () => void | Promise<void>): void {
    if (this.#over) {
      throw new Error(
        `Cannot register the clean-up "${what}": the scenario has been cleaned up; ` +
          `look at "signal" before you go on with a start that takes long`,
      );
    }
    this.#stack.push({ what, undo });
  }

  /** Undoes all, in reverse, also after one of them failed; gives what went wrong. */
  async run(onPiece: (what: string) => void = () => {}): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (let piece; (piece = this.#stack.pop());) {
      const { what, undo } = piece;
      onPiece(what);
      try {
        await withLimit((async () => await undo())(), this.limit, () => {
          throw new TeardownTimeout(what, this.limit);
        });
      } catch (error) {
        errors.push(error);
      }
    }
    this.#over = true;
    return errors;
  }
}
