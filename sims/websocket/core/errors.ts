/**
 * What the other side did wrong, with the section that says so. The core throws nothing else, and
 * these only from the functions that say it; a connection gives them as events.
 */

/** Close codes (RFC 6455, section 7.4.1, and the IANA registry that it began). */
export const CLOSE = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  /** Never sent: the close frame had no code. */
  NO_STATUS: 1005,
  /** Never sent: there was no close frame. */
  ABNORMAL: 1006,
  INVALID_PAYLOAD: 1007,
  POLICY_VIOLATION: 1008,
  TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
} as const;

/** Whether a close frame may carry the code (RFC 6455, sections 7.4.1 and 7.4.2). */
export function mayBeSent(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

/** A frame or message that breaks the protocol or a limit; the connection is failed with it. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";

  /**
   * @param closeCode what the close frame says: 1002, 1007 or 1009
   * @param section "RFC 6455, section 5.2"
   */
  constructor(message: string, readonly closeCode: number, readonly section: string) {
    super(`${message} (${section})`);
  }
}

/** A handshake that is refused: by the server with `status`, by the client by hanging up. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";

  /**
   * @param status of the server's answer; at a client, of the answer it got, or 0
   * @param headers that the answer has besides
   */
  constructor(
    message: string,
    readonly status: number,
    readonly section: string,
    readonly headers: readonly (readonly [string, string])[] = [],
  ) {
    super(`${message} (${section})`);
  }
}
