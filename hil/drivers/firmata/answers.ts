/** Who waits for which message of a pin box. */
import { type Duration, withLimit } from "../../time/mod.ts";
import { FirmataError } from "./error.ts";
import type { FirmataMessage } from "./messages.ts";
import { wordsIn } from "./sysex.ts";

interface Waiting {
  readonly take: (message: FirmataMessage) => boolean;
  readonly reject: (error: Error) => void;
}

export class Answers {
  /** Why none will come any more. */
  over: FirmataError | undefined;
  readonly #waiting = new Set<Waiting>();
  /** What the box has said to people. */
  #lastWords: string | undefined;

  constructor(private readonly box: string, private readonly limit: Duration) {}

  take(message: FirmataMessage): void {
    this.#lastWords = wordsIn(message) ?? this.#lastWords;
    for (const waiting of this.#waiting) {
      if (waiting.take(message)) this.#waiting.delete(waiting);
    }
  }

  /**
   * The first message from now on that `read` makes something of.
   *
   * @throws FirmataError when none comes in time, or the box is gone
   */
  next<T>(
    doing: string,
    read: (message: FirmataMessage) => T | undefined,
    limit = this.limit,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiting: Waiting = {
      take: (message) => {
        const value = read(message);
        if (value !== undefined) resolve(value);
        return value !== undefined;
      },
      reject,
    };
    if (this.over) reject(this.over);
    else this.#waiting.add(waiting);
    const limited = withLimit(promise, limit, () => {
      this.#waiting.delete(waiting);
      const said = this.#lastWords === undefined ? "" : `, and said "${this.#lastWords}"`;
      const remedy = "look whether its program is StandardFirmata, at that rate";
      throw new FirmataError(
        this.box,
        doing,
        `it has not answered within ${limit}${said}; ${remedy}`,
      );
    });
    limited.catch(() => {}); // Whoever asked may have failed to send first.
    return limited;
  }

  end(why: FirmataError): void {
    this.over ??= why;
    for (const { reject } of this.#waiting) reject(this.over);
    this.#waiting.clear();
  }
}
