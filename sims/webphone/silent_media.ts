/**
 * Stands in for a browser's media where there is none: as much of RTCPeerConnection as JsSIP asks
 * for. What it offers has all that a WebRTC exchange insists on (RFC 8829), but no candidate and no
 * sound: a call of it is up, and silent.
 */

/** A fingerprint of nothing: a DTLS handshake with it would fail, and none is begun. */
const FINGERPRINT = Array.from({ length: 32 }, () => "00").join(":");

/** The SDP of a side that takes audio and sends none. */
function silentSdp(setup: "actpass" | "active"): string {
  return [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 0 8 101",
    "c=IN IP4 0.0.0.0",
    "a=rtcp:9 IN IP4 0.0.0.0",
    "a=ice-ufrag:hilh",
    "a=ice-pwd:headless-phone-no-media",
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    `a=setup:${setup}`,
    "a=mid:0",
    "a=recvonly",
    "a=rtcp-mux",
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:101 telephone-event/8000",
    "",
  ].join("\r\n");
}

export class SilentStream {
  getTracks(): [] {
    return [];
  }

  getAudioTracks(): [] {
    return [];
  }

  getVideoTracks(): [] {
    return [];
  }
}

interface Description {
  readonly type: "offer" | "answer";
  readonly sdp: string;
}

export class SilentConnection extends EventTarget {
  readonly iceGatheringState = "complete";
  readonly iceConnectionState = "new";
  readonly connectionState = "new";
  signalingState: "stable" | "have-local-offer" | "have-remote-offer" | "closed" = "stable";
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;

  createOffer(): Promise<Description> {
    return Promise.resolve({ type: "offer", sdp: silentSdp("actpass") });
  }

  createAnswer(): Promise<Description> {
    return Promise.resolve({ type: "answer", sdp: silentSdp("active") });
  }

  setLocalDescription(description: Description): Promise<void> {
    this.localDescription = description;
    this.signalingState = description.type === "offer" ? "have-local-offer" : "stable";
    return Promise.resolve();
  }

  setRemoteDescription(description: Description): Promise<void> {
    this.remoteDescription = description;
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
    return Promise.resolve();
  }

  addTrack(): void {}

  getSenders(): [] {
    return [];
  }

  getReceivers(): [] {
    return [];
  }

  close(): void {
    this.signalingState = "closed";
  }
}

class SilentDescription implements Description {
  readonly type: Description["type"];
  readonly sdp: string;

  constructor({ type, sdp }: Description) {
    this.type = type;
    this.sdp = sdp;
  }
}

/** Puts them where JsSIP looks, once for the process. A browser's own stay. */
export function withSilentMedia(): void {
  const world = globalThis as Record<string, unknown>;
  world.RTCPeerConnection ??= SilentConnection;
  world.RTCSessionDescription ??= SilentDescription;
  world.window ??= globalThis;
}
