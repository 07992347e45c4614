/**
 * Functions that run in a page: each is sent there as its own source, and knows nothing of this file
 * but its types.
 */

/** The part of the browser's world that is needed here; Deno has no types of it. */
interface PageElement {
  readonly id: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  /** Texts have none. */
  querySelectorAll?(selector: string): Iterable<PageElement>;
  readonly srcObject?: { getAudioTracks(): AudioTrack[] } | null;
}
interface AudioTrack {
  clone(): AudioTrack;
  stop(): void;
}
interface AudioPiece {
  readonly sampleRate: number;
  readonly numberOfFrames: number;
  copyTo(to: Float32Array, options: { planeIndex: number; format: "f32-planar" }): void;
  close(): void;
}
interface Change {
  readonly target: PageElement;
  readonly attributeName: string | null;
  readonly addedNodes: Iterable<PageElement>;
}
interface Peer {
  readonly connectionState: string;
  readonly iceConnectionState: string;
  getStats(): Promise<Map<string, Readonly<Record<string, string | number | boolean>>>>;
}
type PeerClass = new (...options: unknown[]) => Peer;
declare const document: PageElement & { querySelector(selector: string): PageElement | null };
declare const MutationObserver: new (tell: (changes: Change[]) => void) => {
  observe(root: PageElement, options: Record<string, boolean>): void;
};
declare const MediaStreamTrackProcessor: new (of: { track: AudioTrack }) => {
  readonly readable: ReadableStream<AudioPiece>;
};

/** What a `data-` attribute has become. */
export interface StateChange {
  readonly attribute: string;
  readonly value: string;
  /** The element: "#webphone". */
  readonly on: string;
  readonly sinceNavigationMs: number;
  /** Which one: another after each navigation. */
  readonly document: number;
}

/**
 * Tells by `hilState` what each `data-` attribute of elements with an id is, from the document's
 * beginning on.
 */
export function watchStates(): void {
  const world = globalThis as unknown as {
    hilState(change: StateChange): void;
    readonly top: unknown;
    readonly performance: { now(): number; readonly timeOrigin: number };
  };
  if (world.top !== world) return; // A frame within the page.
  const { performance: clock } = world;
  const told = new WeakMap<PageElement, Map<string, string>>();
  const tell = (element: PageElement) => {
    if (!element.id) return; // Nobody that anybody asks for, or text.
    for (const { name, value } of element.attributes) {
      if (!name.startsWith("data-")) continue;
      let values = told.get(element);
      if (!values) told.set(element, values = new Map());
      if (values.get(name) === value) continue;
      values.set(name, value);
      const on = `#${element.id}`;
      const sinceNavigationMs = clock.now();
      world.hilState({
        ...{ attribute: name, value, on, sinceNavigationMs },
        document: clock.timeOrigin,
      });
    }
  };
  new MutationObserver((changes) => {
    for (const { target, attributeName, addedNodes } of changes) {
      if (attributeName?.startsWith("data-")) tell(target);
      for (const added of addedNodes) {
        tell(added);
        for (const element of added.querySelectorAll?.("[id]") ?? []) tell(element);
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

/** Keeps all peer connections of the page where {@link readPeers} finds them. */
export function keepPeers(): void {
  const world = globalThis as unknown as { RTCPeerConnection?: PeerClass; hilPeers?: Peer[] };
  const Native = world.RTCPeerConnection;
  if (!Native) return;
  const peers: Peer[] = world.hilPeers = [];
  world.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...options: unknown[]) {
      super(...options);
      peers.push(this);
    }
  };
}

/** Of one peer connection, from `getStats()` (W3C "Identifiers for WebRTC's Statistics API"). */
export type PeerStats = {
  /** From 1, in the order in which the page made them. */
  readonly peer: number;
  /** `connectionState` and `iceConnectionState`. */
  readonly connection: string;
  readonly ice: string;
  /** "connecting", "connected", "failed"; "" before there is a transport. */
  readonly dtls: string;
  readonly received: {
    readonly packets: number;
    readonly lost: number;
    readonly bytes: number;
    readonly jitterMs: number;
    /** 0 to 1. */
    readonly level: number;
    readonly energy: number;
  };
  readonly sent: { readonly packets: number; readonly bytes: number; readonly level: number };
  /** To the other end of ICE; 0 before it is known. */
  readonly roundTripMs: number;
};

export async function readPeers(): Promise<PeerStats[]> {
  const { hilPeers = [] } = globalThis as unknown as { hilPeers?: Peer[] };
  return await Promise.all(hilPeers.map(async (peer, n) => {
    const reports = [...(await peer.getStats()).values()];
    const of = (type: string, kind?: string) =>
      reports.filter((report) => report.type === type && (!kind || report.kind === kind));
    const sum = (list: typeof reports, name: string) =>
      list.reduce((total, report) => total + Number(report[name] ?? 0), 0);
    const most = (list: typeof reports, name: string) =>
      list.reduce((most, report) => Math.max(most, Number(report[name] ?? 0)), 0);
    const [inbound, outbound] = [of("inbound-rtp", "audio"), of("outbound-rtp", "audio")];
    const pairs = of("candidate-pair").filter(({ nominated }) => nominated);
    return {
      peer: n + 1,
      connection: peer.connectionState,
      ice: peer.iceConnectionState,
      dtls: `${of("transport")[0]?.dtlsState ?? ""}`,
      received: {
        packets: sum(inbound, "packetsReceived"),
        lost: sum(inbound, "packetsLost"),
        bytes: sum(inbound, "bytesReceived"),
        jitterMs: most(inbound, "jitter") * 1e3,
        level: most(inbound, "audioLevel"),
        energy: sum(inbound, "totalAudioEnergy"),
      },
      sent: {
        packets: sum(outbound, "packetsSent"),
        bytes: sum(outbound, "bytesSent"),
        level: most(of("media-source", "audio"), "audioLevel"),
      },
      roundTripMs: most(pairs, "currentRoundTripTime") * 1e3,
    };
  }));
}

export type Piece =
  | { readonly samples: string; readonly rateHz: number }
  | { readonly why: string };

/**
 * The next samples of what an element plays, before its volume, as base64 of 32-bit floats. Not by an
 * AudioContext, which a page without a click may not have.
 */
export async function takeSamples(
  { selector, count }: { selector: string; count: number },
): Promise<Piece> {
  const element = document.querySelector(selector);
  if (!element) return { why: "the page has no such element" };
  const track = element.srcObject?.getAudioTracks()[0]?.clone();
  if (!track) return { why: "it plays no stream with sound" };
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const samples = new Float32Array(count);
  let have = 0, rateHz = 0;
  try {
    while (have < count) {
      const { value: piece, done } = await reader.read();
      if (done) return { why: "its stream has ended" };
      const part = new Float32Array(piece.numberOfFrames);
      piece.copyTo(part, { planeIndex: 0, format: "f32-planar" });
      rateHz = piece.sampleRate;
      piece.close();
      samples.set(part.subarray(0, count - have), have);
      have += part.length;
    }
  } finally {
    await reader.cancel();
    track.stop();
  }
  return { samples: new Uint8Array(samples.buffer).toBase64(), rateHz };
}
