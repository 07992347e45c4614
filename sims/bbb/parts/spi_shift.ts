/** The shift register of a SPI chip that works in bytes; the master's words are of any length. */
import type { Json } from "hil/trace/mod.ts";

export class SpiShift {
  #in = 0;
  #out = 0;
  #bits = 0;

  /**
   * @param chip.give the byte that goes out, asked for when its first bit does
   * @param chip.take a whole byte has come in
   */
  constructor(private readonly chip: { give(): number; take(byte: number): void }) {}

  /** Bits of a byte that has begun. */
  get bits(): number {
    return this.#bits;
  }

  /** A command begins. */
  start(): void {
    this.#bits = 0;
  }

  transfer(mosi: number, bits: number): number {
    let miso = 0;
    for (let bit = bits - 1; bit >= 0; bit--) {
      if (this.#bits === 0) this.#out = this.chip.give();
      miso = miso << 1 | (this.#out >>> 7 - this.#bits & 1);
      this.#in = (this.#in << 1 | (mosi >>> bit & 1)) & 0xff;
      if (++this.#bits === 8) {
        this.#bits = 0;
        this.chip.take(this.#in);
      }
    }
    return miso >>> 0;
  }

  save(): Json {
    return { in: this.#in, out: this.#out, bits: this.#bits };
  }

  load(state: Json): void {
    const { in: in_, out, bits } = state as { in: number; out: number; bits: number };
    this.#in = in_;
    this.#out = out;
    this.#bits = bits;
  }
}
