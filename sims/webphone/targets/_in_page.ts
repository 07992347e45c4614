/** What runs within a page before its own scripts. */

/**
 * From now on the other side's fingerprint is not that of its certificate, as if somebody stood
 * between (RFC 8827, section 5): the browser must not go on.
 */
export function spoilFingerprints(): void {
  const prototype = RTCPeerConnection.prototype as PeerPrototype;
  const set = prototype.setRemoteDescription;
  prototype.setRemoteDescription = function ({ type, sdp = "" }) {
    const spoilt = sdp.replace(
      /^(a=fingerprint:\S+ )(..)/gm,
      (_, before, byte) => before + (byte === "00" ? "11" : "00"),
    );
    return set.call(this, { type, sdp: spoilt });
  };
}

/** Without the form with callbacks, which nobody uses any more. */
interface PeerPrototype {
  setRemoteDescription(
    this: RTCPeerConnection,
    description: RTCSessionDescriptionInit,
  ): Promise<void>;
}
