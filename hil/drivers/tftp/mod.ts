/**
 * A TFTP server that is driven from outside: it knows neither sockets nor a clock. What carries its
 * packets (a virtual LAN, UDP) gives it a {@link TftpTransport}.
 *
 * @example
 * ```ts
 * import { MemoryRoot, TftpServer } from "./mod.ts";
 *
 * const server = new TftpServer({
 *   root: new MemoryRoot({ "os.bin": new Uint8Array(100) }),
 *   transport: {
 *     now: () => 0,
 *     openPort: () => 49152,
 *     closePort: () => {},
 *     send: (packet) => console.log(packet.length), // 104: a whole file in one DATA
 *     wakeChanged: () => {},
 *   },
 * });
 * const request = new TextEncoder().encode("\0\x01os.bin\0octet\0");
 * server.receive(request, { from: { address: "198.51.100.2", port: 1234 }, port: 69 });
 * ```
 */
export { ERRORS, formatPacket, type Packet, parsePacket } from "./packet.ts";
export { FolderRoot, MemoryRoot, TftpRefusal, type TftpRoot } from "./root.ts";
export { type UdpTftpOptions, UdpTftpServer } from "./udp_server.ts";
export { TFTP_PORT, TftpServer } from "./server.ts";
export type { Endpoint, TftpEvent, TftpServerOptions, TftpTransport } from "./server.ts";
