/** What an access that no module answers says: where it went, why that failed, and what to do. */
import { moduleAt } from "./memory_map.ts";

/**
 * `unmapped`: the simulator has nothing there; `unclocked`: the module's clock is off; `read-only`: a
 * write to ROM; `unaligned`: not a multiple of its width; `not-memory`: a fetch from a peripheral.
 */
export type BusFaultKind = "unmapped" | "unclocked" | "read-only" | "unaligned" | "not-memory";

/** As much of a region as a message tells. */
export interface Neighbour {
  readonly base: number;
  readonly size: number;
  readonly device: { readonly name: string };
  readonly clock?: { readonly name: string };
}

export interface BusFaultOptions {
  readonly kind: BusFaultKind;
  readonly access: "read" | "write" | "fetch";
  readonly address: number;
  readonly width: number;
  /** What is mapped, by rising base. */
  readonly regions: readonly Neighbour[];
}

/** An access that got an error response; the CPU makes a precise external abort of it. */
export class BusFault extends Error implements Omit<BusFaultOptions, "regions"> {
  override readonly name = "BusFault";
  readonly kind: BusFaultKind;
  readonly access: "read" | "write" | "fetch";
  readonly address: number;
  readonly width: number;

  constructor(options: BusFaultOptions) {
    super(describe(options));
    this.kind = options.kind;
    this.access = options.access;
    this.address = options.address;
    this.width = options.width;
  }
}

function describe({ kind, access, address, width, regions }: BusFaultOptions): string {
  const at = regions.find((r) => address >= r.base && address < r.base + r.size);
  const place = at ? `${at.device.name} + ${hex(address - at.base)}` : moduleAt(address);
  const what = `Cannot ${access} ${width} byte${width === 1 ? "" : "s"} at "${hex(address)}" (${
    place ?? "reserved in the memory map"
  }): `;
  switch (kind) {
    case "unclocked":
      return what + `the module has no clock; set MODULEMODE of ${at?.clock?.name} to 2 first`;
    case "unaligned":
      return what + `it is not a multiple of ${width}; split the access`;
    case "read-only":
      return what + `it is ROM; write to SRAM at 0x402f0400 or to DDR`;
    case "not-memory":
      return what + `the CPU can only fetch from RAM and ROM; look at where pc came from`;
    case "unmapped":
      return what + unmapped(address, place, regions);
  }
}

function unmapped(
  address: number,
  place: string | undefined,
  regions: readonly Neighbour[],
): string {
  if (place) return "no simulated module is there; map one, or keep the guest from using it";
  const distance = (r: Neighbour) =>
    address < r.base ? r.base - address : address - (r.base + r.size - 1);
  let nearest: Neighbour | undefined;
  for (const region of regions) {
    if (!nearest || distance(region) < distance(nearest)) nearest = region;
  }
  if (!nearest) return "nothing is mapped; map the modules of the board first";
  const { device, base, size } = nearest;
  return `nothing is there, and the nearest is "${device.name}" at ${
    span(base, size)
  }; look at how the address was made`;
}

/** "0x44e09000 to 0x44e09fff". */
export function span(base: number, size: number): string {
  return `${hex(base)} to ${hex(base + size - 1)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
