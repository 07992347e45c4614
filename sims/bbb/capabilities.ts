/**
 * What a scenario can need of a board beyond its plain port, and what of that a bench offers. A
 * simulated board has it all; of a real one the bench file says how it is wired.
 */
import type { BoardOptions, CardContents, UBootRelease } from "./port.ts";

/** Serial ports beside the console. */
export const UARTS = [1, 2, 3, 4, 5] as const;

/** All that the processor has. */
export const GPIOS: readonly `gpio ${number}`[] = Array.from(
  { length: 128 },
  (_, n) => `gpio ${n}` as const,
);

export type Capability =
  /** A pin that can be driven and watched. */
  | `gpio ${number}`
  | `uart ${(typeof UARTS)[number]}`
  /** A break can be sent to it. */
  | `uart ${(typeof UARTS)[number]} break`
  /** Modem lines lead to it. */
  | `uart ${(typeof UARTS)[number]} lines`
  /** The MCP23S18 is there, and its pins "GPA0" to "GPB7" can be driven and watched. */
  | "expander"
  /** The 25AA256 is there. */
  | "eeprom"
  /**
   * Blocks of the eMMC can be read and written, whatever the board does: past it, or where nothing
   * but a console leads there, by taking it to U-Boot.
   */
  | "storage"
  /** Its time is the scenario's: not so where a simulation has to keep up with a wall clock. */
  | "true time"
  /** It boots as often as one likes: not so where each takes seconds of somebody's day. */
  | "quick boots"
  /** The boot ROM's reasons are told by `boot`. */
  | "rom notes"
  /** The boot button S2 can be held. */
  | "s2"
  /** Any contents can be put on that card. */
  | `${Slot} with any contents`
  /** The card holds Debian's U-Boot and nothing that runs by itself. */
  | `${Slot} with U-Boot of ${UBootRelease}`;

export type Slot = "emmc" | "sd";

/** What a scenario needs for these options. */
export function required({ emmc, sd, s2, needs = [] }: BoardOptions): Capability[] {
  const cards = Object.entries({ emmc, sd }).flatMap(([slot, contents]) =>
    contents ? [cardNeed(slot as Slot, contents)] : []
  );
  return [...new Set<Capability>([...cards, ...(s2 ? ["s2" as const] : []), ...needs])];
}

/** A board that has been prepared by hand will do where nothing but U-Boot is asked for. */
function cardNeed(slot: Slot, { uboot, layout: _, ...others }: CardContents): Capability {
  const plain = uboot !== undefined && Object.values(others).every((value) => value === undefined);
  return plain ? prepared(slot, uboot) : `${slot} with any contents`;
}

export function prepared(slot: Slot, release: UBootRelease): Capability {
  return `${slot} with U-Boot of ${release}`;
}

/** What a card offers that a program writes. */
export function madeCard(slot: Slot): Capability[] {
  return [`${slot} with any contents`, prepared(slot, "bookworm"), prepared(slot, "bullseye")];
}

/** Of a board that a program makes, for each scenario anew. */
export const MADE_CARDS: readonly Capability[] = [
  "s2",
  ...(["emmc", "sd"] as const).flatMap(madeCard),
];

/** What a simulated board offers. */
export const EVERYTHING: readonly Capability[] = [
  ...MADE_CARDS,
  ...["storage", "rom notes", "true time", "quick boots", "expander", "eeprom"] as const,
  ...UARTS.flatMap((n) => [`uart ${n}`, `uart ${n} break`] as const),
  ...GPIOS,
];
