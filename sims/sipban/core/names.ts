/** Users' names for reports: of each hash the latest, as many as there is room for. */
import type { Glimpse } from "./glimpse.ts";

const PLACES = 4096;

export class Names {
  readonly #hashes = new Int32Array(PLACES);
  readonly #texts: string[] = new Array(PLACES).fill("");

  add(user: number, sip: Glimpse): void {
    const place = user & PLACES - 1;
    if (this.#hashes[place] === user && this.#texts[place] !== "") return;
    this.#hashes[place] = user;
    this.#texts[place] = sip.userText();
  }

  /** "": it was pushed out. */
  of(user: number): string {
    const place = user & PLACES - 1;
    return this.#hashes[place] === user ? this.#texts[place]! : "";
  }
}
