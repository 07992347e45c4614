import assert from "node:assert/strict";
import { SILENCE } from "./sound.ts";
import { readStatistics } from "./statistics.ts";

const ENTRIES = [
  { type: "codec", id: "C1", mimeType: "audio/PCMU" },
  {
    ...{ type: "inbound-rtp", kind: "audio", codecId: "C1", packetsReceived: 150, packetsLost: 2 },
    ...{ bytesReceived: 24_000, jitter: 0.003, audioLevel: 0.25 },
  },
  { type: "outbound-rtp", kind: "audio", packetsSent: 149, bytesSent: 23_840 },
  { type: "remote-inbound-rtp", kind: "audio", packetsLost: 1, roundTripTime: 0.02 },
  { type: "transport", dtlsState: "connected", srtpCipher: "SRTP_AES128_CM_HMAC_SHA1_80" },
];

Deno.test("a report is reduced to packets, losses, codec and encryption", () => {
  const heard = { level: 0.5, frequency: 440.2 };
  const statistics = readStatistics(ENTRIES, { in: heard, out: SILENCE });
  assert.deepEqual(statistics, {
    audioIn: { level: 0.5, frequency: 440.2, packets: 150, lost: 2, bytes: 24_000 },
    audioOut: { level: 0, frequency: null, packets: 149, lost: 1, bytes: 23_840 },
    codec: "PCMU",
    jitterS: 0.003,
    roundTripS: 0.02,
    dtls: "connected",
    srtpCipher: "SRTP_AES128_CM_HMAC_SHA1_80",
  });
});

Deno.test("a meter that hears nothing yet leaves the level to the report", () => {
  const { audioIn } = readStatistics(ENTRIES, { in: SILENCE, out: SILENCE });
  assert.equal(audioIn.level, 0.25);
});

Deno.test("a report of a call without media is zeros", () => {
  const { audioIn, codec, dtls } = readStatistics([], { in: SILENCE, out: SILENCE });
  assert.deepEqual(audioIn, { level: 0, frequency: null, packets: 0, lost: 0, bytes: 0 });
  assert.deepEqual([codec, dtls], [undefined, undefined]);
});
