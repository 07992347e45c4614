/**
 * The hands of the ban daemon: one interface to the kernel's packet filters.
 *
 * @example
 * ```ts ignore
 * const filter = await openFilter("nft", { ports: [5060] });
 * await filter.ban([{ target: "203.0.113.7", seconds: 3600 }]);
 * ```
 */
import type { Filter, FilterOptions } from "./filter.ts";
import { IpsetFilter } from "./ipset.ts";
import { IptablesFilter } from "./iptables.ts";
import { MemoryFilter } from "./memory.ts";
import { NftFilter } from "./nft.ts";

export * from "./filter.ts";
export { MemoryFilter };

export const BACKENDS = ["nft", "iptables", "ipset"] as const;
export type Backend = typeof BACKENDS[number];

/**
 * What an earlier run has banned is taken over.
 *
 * @throws FilterError, NftError saying what to do
 */
export function openFilter(backend: Backend | "none", options: FilterOptions): Promise<Filter> {
  switch (backend) {
    case "nft":
      return NftFilter.open(options);
    case "iptables":
      return IptablesFilter.open(options);
    case "ipset":
      return IpsetFilter.open(options);
    case "none":
      return Promise.resolve(new MemoryFilter());
  }
}
