/**
 * Packets from real interfaces and from files. Live: libpcap by FFI, also in a network namespace.
 * Files: pcap and pcapng by a reader of our own. `decode/` takes packets apart.
 *
 * @example
 * ```ts ignore
 * const capture = Capture.open({ interface: "eth0", namespace: "lab" });
 * const record = recordPackets(capture, { timeline, clock });
 * await calls();
 * const { received, dropped } = await record.stop();
 * ```
 */
export { Capture, type CaptureOptions, type CaptureStatistics } from "./capture.ts";
export { CaptureError, CaptureFileError, type CaptureTrouble } from "./error.ts";
export { readCapture } from "./file.ts";
export { type CapturedPacket, LINK } from "./packet.ts";
export { describePacket, type PacketRecord, type RecordOptions, recordPackets } from "./record.ts";
export * from "./decode/mod.ts";
