/**
 * The kernel's packet filter: addresses whose packets are dropped, and nft itself as a process that
 * stays. Linux only; needs nftables and CAP_NET_ADMIN.
 *
 * @example
 * ```ts ignore
 * await using blocklist = await Blocklist.open({ namespace: lab.name });
 * await blocklist.add([{ address: "203.0.113.7", timeout: seconds(600) }]);
 * console.log(await blocklist.dropped());
 * ```
 */
export { type Blocked, Blocklist, type BlocklistOptions, type Listed } from "./blocklist.ts";
export { NftError } from "./error.ts";
export { type NftOptions, NftSession } from "./session.ts";
