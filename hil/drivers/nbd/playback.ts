/** A drive that gives again the answers that it gave before, and notices other questions. */
import type { Behaviour, NbdAnswer, Task } from "./drive.ts";
import { NbdErrno } from "./protocol.ts";
import type { NbdOperation, NbdRequest } from "./session.ts";

/** A request, and what became of it. */
export interface Answered extends NbdAnswer {
  readonly operation: NbdOperation;
  readonly lba: number;
  readonly blocks: number;
}

export class Playback implements Behaviour {
  /** What was asked for otherwise than before; then all is answered with an error. */
  difference: string | undefined;
  #next = 0;

  /** @param onDifference told when that is so for the first time */
  constructor(
    private readonly answers: readonly Answered[],
    private readonly onDifference: () => void = () => {},
  ) {}

  /** How many were given. */
  get given(): number {
    return this.#next;
  }

  begin(request: NbdRequest): Task {
    const answer = this.answers[this.#next];
    if (answer && !this.difference && textOf(answer) === textOf(request)) {
      this.#next++;
      return { finish: () => answer, forget: () => {} };
    }
    if (!this.difference) {
      const before = answer ? textOf(answer) : "nothing";
      this.difference = `request ${this.#next + 1} is "${textOf(request)}", it was "${before}"`;
      this.onDifference();
    }
    return { finish: () => ({ error: NbdErrno.EIO }), forget: () => {} };
  }
}

function textOf({ operation, lba, blocks }: Omit<Answered, "error">): string {
  return `${operation} ${lba} ${blocks}`;
}
