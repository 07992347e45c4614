/**
 * Steps on tracks: on one, each step lies within the one before it, as slices must. Steps that run at
 * the same time go on tracks of their own.
 */

export interface Step {
  readonly id: number;
  readonly name: string;
}

export class Stacks {
  readonly #tracks: Step[][] = [];

  /** The track of a step that begins now. */
  begin(step: Step, parent: number | undefined): number {
    let track = this.#tracks.findIndex((stack) => stack.length > 0 && stack.at(-1)!.id === parent);
    if (track < 0) track = this.#tracks.findIndex((stack) => stack.length === 0);
    if (track < 0) track = this.#tracks.push([]) - 1;
    this.#tracks[track]!.push(step);
    return track;
  }

  /** What ends now, innermost first: the steps within it that have not ended, and it. */
  end(id: number): { readonly track: number; readonly steps: readonly Step[] } {
    const at = (stack: readonly Step[]) => stack.findIndex((step) => step.id === id);
    const track = this.#tracks.findIndex((stack) => at(stack) >= 0);
    const stack = this.#tracks[track];
    return { track, steps: stack ? stack.splice(at(stack)).reverse() : [] };
  }
}
