/**
 * Steps on tracks: on one, each step lies within the one before it, as slices must. Steps that run at
 * the same time go on tracks of their own.
 */
export class Stacks {
  readonly #tracks: number[][] = [];

  /** The track of a step that begins now. */
  begin(id: number, parent: number | undefined): number {
    let track = this.#tracks.findIndex((stack) => stack.at(-1) === parent && stack.length > 0);
    if (track < 0) track = this.#tracks.findIndex((stack) => stack.length === 0);
    if (track < 0) track = this.#tracks.push([]) - 1;
    this.#tracks[track]!.push(id);
    return track;
  }

  /** The track of what ends now, once for each step: those within it that have not ended, and it. */
  end(id: number): number[] {
    const track = this.#tracks.findIndex((stack) => stack.includes(id));
    if (track < 0) return [];
    const stack = this.#tracks[track]!;
    return stack.splice(stack.indexOf(id)).map(() => track);
  }
}
