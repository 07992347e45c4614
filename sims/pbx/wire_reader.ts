/** From packets of a PBX's wire to the SIP messages in them, on a signal. */
import {
  type CapturedPacket,
  decodePacket,
  formatAddress,
  FragmentAssembler,
  type TcpSegment,
  TcpStream,
} from "hil/drivers/pcap/mod.ts";
import type { SignalSource } from "hil/trace/mod.ts";
import { formatEndpoint, Framer, type Protocol } from "sims/sip/mod.ts";
import { describeSip } from "./messages.ts";
import { PORTS, type SipMessageData } from "./port.ts";

export interface WireReaderOptions {
  readonly messages: SignalSource<SipMessageData>;
  /** The PBX's. */
  readonly addresses: readonly string[];
  /** Told once, when there are more messages than are kept. */
  readonly full: (text: string) => void;
}

/** A flood says the same for ever: what comes after so many is not kept, and that is said. */
const MOST_MESSAGES = 50_000;
/** Directions of connections that are followed at once. */
const MOST_STREAMS = 1000;

interface Stream {
  readonly bytes: TcpStream;
  readonly framer: Framer;
}

/** What TLS carries is nobody's to see. */
export class WireReader {
  readonly #fragments = new FragmentAssembler();
  readonly #streams = new Map<string, Stream>();
  #left = MOST_MESSAGES;

  constructor(private readonly options: WireReaderOptions) {}

  /** Nothing more is kept. */
  get isFull(): boolean {
    return this.#left <= 0;
  }

  /** @param t on the signal's clock */
  see(packet: CapturedPacket, t: number): void {
    const { ip, transport } = decodePacket(packet, this.#fragments) ?? {};
    if (!ip || !transport) return;
    const source = { host: formatAddress(ip.source), port: transport.sourcePort };
    const destination = { host: formatAddress(ip.destination), port: transport.destinationPort };
    const isOwn = ({ host }: { host: string }) => this.options.addresses.includes(host);
    if (isOwn(source) === isOwn(destination)) return;
    const direction = isOwn(destination) ? "in" : "out";
    const peer = formatEndpoint(direction === "in" ? source : destination);
    if (transport.type === "udp") {
      const ownPort = direction === "in" ? destination.port : source.port;
      // Keep-alives are no messages, and a PBX asks for names and sends sound, too.
      if (ownPort !== PORTS.UDP || transport.payload.length <= 4) return;
      return this.tell(transport.payload, { direction, peer, protocol: "UDP" }, t);
    }
    const protocol = protocolOf(direction === "in" ? destination.port : source.port);
    if (protocol === "TLS" || protocol === "WSS") return;
    const key = `${formatEndpoint(source)} ${formatEndpoint(destination)}`;
    for (const bytes of this.#pieces(key, transport)) {
      this.tell(bytes, { direction, peer, protocol }, t);
    }
  }

  #pieces(key: string, segment: TcpSegment): Uint8Array[] {
    if (segment.syn) this.#streams.delete(key);
    let stream = this.#streams.get(key);
    if (!stream) this.#streams.set(key, stream = { bytes: new TcpStream(), framer: new Framer() });
    if (this.#streams.size > MOST_STREAMS) {
      this.#streams.delete(this.#streams.keys().next().value!);
    }
    const messages = stream.bytes.push(segment).flatMap(({ missing, bytes }) => {
      if (missing > 0) stream.framer.gap();
      return stream.framer.push(bytes);
    });
    if (segment.fin || segment.rst) this.#streams.delete(key);
    return messages;
  }

  /** Puts a message on the signal, also one that somebody else has seen. */
  tell(
    bytes: Uint8Array,
    where: { direction: "in" | "out"; peer: string; protocol: Protocol },
    t: number,
  ): void {
    if (this.#left <= 0) return;
    const { kind, data } = describeSip(bytes, where);
    this.options.messages.emit(kind, data, t);
    if (--this.#left > 0) return;
    this.options.full(`SIP messages after the first ${MOST_MESSAGES} are not in the trace`);
  }
}

/** By the PBX's port; who calls a trunk or a phone by TCP has another one. */
function protocolOf(port: number): Protocol {
  const known = (["TLS", "WS", "WSS"] as const).find((protocol) => PORTS[protocol] === port);
  return known ?? "TCP";
}
