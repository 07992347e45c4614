/** What `getStats()` tells of a call (WebRTC Statistics), reduced to what is asked of one. */
import type { Sound } from "./sound.ts";

export interface AudioStatistics extends Sound {
  readonly packets: number;
  readonly lost: number;
  readonly bytes: number;
}

export interface CallStatistics {
  readonly audioIn: AudioStatistics;
  readonly audioOut: AudioStatistics;
  /** "PCMU", "opus" */
  readonly codec: string | undefined;
  /** Of the packets that come in, in seconds. */
  readonly jitterS: number | undefined;
  readonly roundTripS: number | undefined;
  /** "connected" when the encryption stands. */
  readonly dtls: string | undefined;
  readonly srtpCipher: string | undefined;
}

type Entry = Readonly<Record<string, unknown>>;

/**
 * @param entries of an `RTCStatsReport`
 * @param sounds what the meters hear, which getStats does not tell as well
 */
export function readStatistics(
  entries: Iterable<Entry>,
  sounds: { readonly in: Sound; readonly out: Sound },
): CallStatistics {
  const all = [...entries];
  const find = (type: string) =>
    all.find((entry) => entry.type === type && (entry.kind ?? "audio") === "audio");
  const inbound = find("inbound-rtp");
  const outbound = find("outbound-rtp");
  const transport = find("transport");
  const codec = all.find(({ id }) => id !== undefined && id === inbound?.codecId);
  const remote = find("remote-inbound-rtp");
  return {
    audioIn: {
      level: sounds.in.level || number(inbound?.audioLevel),
      frequency: sounds.in.frequency,
      packets: number(inbound?.packetsReceived),
      lost: number(inbound?.packetsLost),
      bytes: number(inbound?.bytesReceived),
    },
    audioOut: {
      ...sounds.out,
      packets: number(outbound?.packetsSent),
      lost: number(remote?.packetsLost),
      bytes: number(outbound?.bytesSent),
    },
    codec: text(codec?.mimeType)?.replace("audio/", ""),
    jitterS: inbound && number(inbound.jitter),
    roundTripS: remote && number(remote.roundTripTime),
    dtls: text(transport?.dtlsState),
    srtpCipher: text(transport?.srtpCipher),
  };
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
