/**
 * A virtual LAN and who is on it: an Ethernet segment, hosts with ARP, IPv4, ICMP and UDP, a DHCP and
 * a TFTP server, all in virtual time.
 *
 * @example
 * ```ts
 * import { MemoryRoot } from "hil/drivers/tftp/mod.ts";
 * import { VirtualClock } from "sims/engine/mod.ts";
 * import { DhcpService, Host, Lan, TftpService } from "./mod.ts";
 *
 * const clock = new VirtualClock("lab");
 * const lan = new Lan({ name: "lan", clock });
 * const host = new Host({
 *   name: "server",
 *   clock,
 *   port: lan.port("server"),
 *   mac: "02:00:00:00:00:01",
 *   address: "198.51.100.1",
 * });
 * new TftpService({ clock, host, root: new MemoryRoot({ "os.bin": new Uint8Array(9) }) });
 * new DhcpService({ clock, host, pool: ["198.51.100.100", "198.51.100.199"], bootFile: "os.bin" });
 * ```
 */
export { type DhcpEvent, DhcpService, type DhcpServiceOptions } from "./dhcp_service.ts";
export { formatMac, type Mac, parseMac } from "./ethernet.ts";
export { type EchoReply, Host, type HostOptions, type UdpArrival, type UdpRoute } from "./host.ts";
export type { Address } from "./ipv4.ts";
export {
  type Fate,
  type Frame,
  Lan,
  type LanFaults,
  type LanOptions,
  type LanPort,
  type ObservedFrame,
  type Reception,
} from "./lan.ts";
export { JoinedNetwork, type JoinedOptions, type RealNetwork } from "./joined.ts";
export { describeFrame } from "./describe.ts";
export { type FrameData, recordFrames, type RecordOptions } from "./record.ts";
export { TftpService, type TftpServiceOptions } from "./tftp_service.ts";
