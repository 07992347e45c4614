/** Thrown, and caught by the skipper: this is no loop that can be foreseen. */
export class GiveUp {}
export const GIVE_UP: GiveUp = new GiveUp();
