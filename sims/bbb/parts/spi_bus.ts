/**
 * What is wired to a McSPI: devices on common data lines, each with its chip select. A device is
 * selected while its line is low, whoever makes it so and for whatever reason.
 */
import type { Wire } from "sims/engine/mod.ts";
import type { SpiDevice } from "./spi.ts";

/** A clock mode: POL and PHA as McSPI has them. Both low, or both high, is what most chips take. */
export interface SpiMode {
  readonly pol: 0 | 1;
  readonly pha: 0 | 1;
}

/** A word that has passed both ways. */
export interface SpiWord {
  readonly mosi: number;
  readonly miso: number;
  readonly bits: number;
}

export class SpiBus {
  /** Sees each word that has passed. */
  onTransfer: ((word: SpiWord) => void) | undefined;
  readonly #devices: { readonly device: SpiDevice; readonly select: Wire }[] = [];

  /** @param select active low */
  attach(device: SpiDevice, select: Wire): void {
    this.#devices.push({ device, select });
    select.listen((level) => device.select(level === 0));
    if (select.level === 0) device.select(true);
  }

  /**
   * A word goes to all that are selected; where two answer, low bits win, and where nobody does,
   * the line is pulled up. In a clock mode other than 0 and 3 both sides sample a bit too early.
   */
  transfer(mosi: number, bits: number, { pol, pha }: SpiMode): number {
    const ones = 2 ** bits - 1;
    const inPhase = pol === pha;
    const sent = inPhase ? mosi : mosi >>> 1;
    let miso = ones;
    for (const { device, select } of this.#devices) {
      if (select.level === 0) miso = (miso & device.transfer(sent, bits)) >>> 0;
    }
    if (!inPhase) miso = ((miso << 1 | 1) & ones) >>> 0;
    this.onTransfer?.({ mosi, miso, bits });
    return miso;
  }
}
