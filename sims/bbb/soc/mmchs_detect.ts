/** Card detection of MMCHS: the pin SDCD, debounced (AM335x TRM SPRUH73, SD_PSTATE, SD_CON and SD_HCTL). */
import type { Json } from "hil/trace/mod.ts";
import type { Wire } from "sims/engine/mod.ts";

/** By CON.DVAL. */
const DEBOUNCE_NS = [33_000, 231_000, 1_000_000, 8_400_000] as const;

export class CardDetect {
  #inserted: boolean;
  #at: number | undefined;

  /** @param pin low with a card; without a wire there is always one */
  constructor(private readonly pin: Wire | undefined) {
    this.#inserted = this.level;
  }

  /** PSTATE: CDPL. */
  get level(): boolean {
    return this.pin ? this.pin.level === 0 : true;
  }
  /** PSTATE: CINS. */
  get inserted(): boolean {
    return this.#inserted;
  }
  /** PSTATE: CSS. */
  get stable(): boolean {
    return this.#at === undefined;
  }
  /** When the pin has been quiet for long enough. */
  get at(): number | undefined {
    return this.#at;
  }

  moved(now: number, debounce: number): void {
    this.#at = now + DEBOUNCE_NS[debounce]!;
  }

  /** The time of `at` has come. */
  ring(): "CINS" | "CREM" | undefined {
    this.#at = undefined;
    if (this.level === this.#inserted) return undefined;
    this.#inserted = this.level;
    return this.#inserted ? "CINS" : "CREM";
  }

  save(): Json {
    return { inserted: this.#inserted, at: this.#at ?? null };
  }

  load(state: Json): void {
    const { inserted, at } = state as { inserted: boolean; at: number | null };
    this.#inserted = inserted;
    this.#at = at ?? undefined;
  }
}
