/**
 * The kernel's packet filter: nft as a process that stays. Linux only; needs nftables and
 * CAP_NET_ADMIN.
 *
 * @example
 * ```ts ignore
 * await using nft = await NftSession.open({ namespace: lab.name });
 * await nft.run("add table inet mine");
 * console.log(await nft.query("list tables"));
 * ```
 */
export { NftError } from "./error.ts";
export { type NftOptions, NftSession } from "./session.ts";
