/**
 * Networks for real programs: namespaces, and frames in and out of them. Linux only; needs root, `ip`
 * and `--allow-ffi`.
 *
 * @example
 * ```ts ignore
 * await using lab = await NetworkNamespace.make({ address: "198.51.100.9/24" });
 * const socket = new PacketSocket(lab);
 * const program = lab.command("curl", ["tftp://198.51.100.1/os.bin"]).spawn();
 * socket.wait(1e9);
 * console.log(socket.receive()); // curl's host asks by ARP who has 198.51.100.1
 * socket.close();
 * ```
 */
export { CHECKSUM_SYMBOLS, checksumsBySoftware } from "./checksums.ts";
export { ip, ipBatch, IpError, run } from "./ip.ts";
export {
  markOf,
  namespacesRefused,
  newName,
  ownerIsGone,
  pathOf,
  removeNamespaces,
  removeOrphans,
} from "./names.ts";
export { type NamespaceOptions, namespacesAvailable, NetworkNamespace } from "./namespace.ts";
export { PacketSocket } from "./packet_socket.ts";
