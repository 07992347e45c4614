/** A capture on the timeline: signals that the trace exports as pcapng. */
import { type Clock, ms, pause } from "../../time/mod.ts";
import type { PacketData, Signal, Timeline } from "../../trace/mod.ts";
import type { Capture, CaptureStatistics } from "./capture.ts";
import { decodePacket, formatAddress } from "./decode/mod.ts";
import { type CapturedPacket, LINK } from "./packet.ts";

export interface RecordOptions {
  readonly timeline: Timeline;
  /** The host's: the packets' own times are told on it. */
  readonly clock: Clock;
  /** Its name in the trace. Default: the interface's. */
  readonly channel?: string;
}

export interface PacketRecord {
  readonly signal: Signal<PacketData>;
  /** Takes what is there still and closes the capture; rejects when it has failed before. */
  stop(): Promise<CaptureStatistics>;
}

/** Beyond what the capture gathers: the kernel counts that in ticks of its clock. */
const TICKS_MS = 20;

/** Records all packets of `capture` until `stop`. */
export function recordPackets(capture: Capture, options: RecordOptions): PacketRecord {
  const { timeline, clock, channel = capture.interface } = options;
  const signal = timeline.signal<PacketData>(channel, {
    clock,
    describe: (_kind, data) => `${channel}: ${describePacket(data)}`,
  });
  const take = () => {
    const [now, t] = [capture.now(), clock.now()];
    return capture.drain((packet) => {
      const ageNs = (now.seconds - packet.seconds) * 1e9 + now.nanoseconds - packet.nanoseconds;
      signal.emit("packet", dataOf(packet), Math.max(0, t - ageNs));
    });
  };
  const read = async () => {
    do while (take() > 0); while (await capture.ready());
  };
  const reading = read();
  // Told when it is stopped, and to the scenario at once.
  reading.catch((error) => timeline.fail(error));
  return {
    signal,
    async stop() {
      try {
        await gathered(capture);
        if (!capture.closed) { while (take() > 0); }
        await capture.close();
        await reading;
      } finally {
        await capture.close();
        signal.end();
      }
      return capture.statistics();
    },
  };
}

/** Until the kernel has given out what it has seen before. */
function gathered({ gather, closed }: Capture): Promise<void> {
  if (gather.ns === 0 || closed) return Promise.resolve();
  return pause(ms(gather.ms + TICKS_MS));
}

function dataOf({ bytes, length, linkType }: CapturedPacket): PacketData {
  return {
    frame: bytes.toBase64(),
    ...(linkType !== LINK.EN10MB && { linkType }),
    ...(length > bytes.length && { length }),
  };
}

/** "udp 198.51.100.9:5060 → 198.51.100.1:5060, 412 bytes", as far as it is that. */
export function describePacket({ frame, linkType = LINK.EN10MB }: PacketData): string {
  const bytes = Uint8Array.fromBase64(frame);
  const packet = decodePacket({ linkType, bytes, seconds: 0 });
  if (!packet) return `a packet of ${bytes.length} bytes`;
  const { ip, transport } = packet;
  const [from, to] = [ip.source, ip.destination].map(formatAddress) as [string, string];
  if (!transport) return `protocol ${ip.protocol} ${from} → ${to}, ${ip.payload.length} bytes`;
  const end = (address: string, port: number) =>
    ip.version === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  const { type, sourcePort, destinationPort, payload } = transport;
  const ends = `${end(from, sourcePort)} → ${end(to, destinationPort)}`;
  return `${type} ${ends}, ${payload.length} bytes`;
}
