/**
 * What can go wrong with a web phone, in the words that its user reads: statuses of SIP (RFC 3261,
 * section 21), errors of getUserMedia, the WebSocket, ICE and DTLS.
 */

export interface Failure {
  readonly code: FailureCode;
  /** One sentence: what happened. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** Of the SIP response, when one came. */
  readonly status?: number;
  /** Whether the same may work later without anybody's help. */
  readonly passing: boolean;
}

type Text = readonly [message: string, advice: string, passing?: "passing"];

/** By code. `{what}`: whatever {@link failure} is told: an address, a number, a name. */
const TEXTS = {
  "wrong-password": [
    "The server refused user and password",
    "Check both in the account; nothing is tried again until you register",
  ],
  "unknown-user": ["The server does not know this user", "Check user and domain in the account"],
  "register-refused": ["The server refused to register this phone", "Ask who runs it"],
  "server-error": ["The server cannot do that now", "It may work again in a minute", "passing"],
  "no-answer-from-server": ["The server did not answer", "It is asked again soon", "passing"],
  "server-unreachable": [
    "Cannot connect to {what}",
    "The server is off, the address is wrong, or its certificate is not trusted; " +
    "a browser does not tell which. Open the server's https address in a tab to see",
    "passing",
  ],
  "server-down": [
    "Cannot connect to {what}",
    "The server is off, the network is gone, or the address is wrong; it is tried again",
    "passing",
  ],
  "websocket-refused": [
    "{what} is there, but does not take the phone's WebSocket",
    "The exchange behind it is down, or the path is wrong",
    "passing",
  ],
  "connection-lost": ["The connection to the server is lost", "It is made anew soon", "passing"],
  "offline": ["This device is offline", "It goes on when the network is back", "passing"],
  "bad-server": ["{what} is no address of a server", "It begins with wss:// and names a host"],
  "insecure-server": [
    "A page from https cannot connect to {what}",
    "Use the server's wss:// address",
  ],
  "bad-user": ["{what} cannot be a user or domain", "Check both in the account"],
  "insecure-page": [
    "This page may not use a microphone",
    "Browsers allow it on https and on localhost only: open the page there",
  ],
  "microphone-denied": [
    "The browser does not allow this page to use the microphone",
    "Allow it beside the address bar, then call again",
  ],
  "microphone-missing": ["There is no microphone", "Plug one in, or choose another under Sound"],
  "microphone-busy": [
    "The microphone cannot be opened",
    "Another program may have it; end that one, or choose another under Sound",
  ],
  "sound-blocked": ["The browser keeps the sound off", "Press any key or click to hear the call"],
  "bad-number": ["{what} cannot be called", "Use digits, a name, or a whole SIP address"],
  "not-registered": ["The phone is not connected", "Register first"],
  "busy": ["{what} is busy", "Call again later"],
  "declined": ["{what} declined the call", "Call again later"],
  "not-found": ["There is no {what}", "Check the number"],
  "unavailable": ["{what} is not registered anywhere now", "Call again later"],
  "no-answer": ["{what} did not answer", "Call again later"],
  "forbidden": ["The server does not allow a call to {what}", "Ask who runs it"],
  "incompatible-media": [
    "The two sides have no way of sending sound in common",
    "The other side, or the server for it, must offer WebRTC audio",
  ],
  "ice-failed": [
    "No way was found for the sound",
    "A firewall stands between; the server may need STUN or TURN",
  ],
  "dtls-failed": [
    "The sound could not be encrypted",
    "The other side's DTLS certificate does not match its fingerprint, or DTLS is off there",
  ],
  "media-silent": [
    "The call is up, but no connection for its sound",
    "A firewall may drop UDP; hang up and call again",
  ],
  "call-failed": ["The call to {what} failed", "Call again; if it stays so, ask who runs it"],
  "transfer-failed": ["The call was not transferred to {what}", "You are still in it"],
  "hold-failed": [
    "The exchange refused to hold the call or to go on with it, and the call is over",
    "Call again",
  ],
} as const satisfies Readonly<Record<string, Text>>;

export type FailureCode = keyof typeof TEXTS;

export const FAILURE_CODES = Object.keys(TEXTS) as readonly FailureCode[];

export interface FailureDetails {
  readonly what?: string;
  readonly status?: number;
}

export function failure(code: FailureCode, { what = "it", status }: FailureDetails = {}): Failure {
  const [message, advice, passing]: Text = TEXTS[code];
  return {
    code,
    message: message.replace("{what}", what),
    advice: advice.replace("{what}", what),
    passing: passing !== undefined,
    ...(status !== undefined && { status }),
  };
}

/** An error with what the user is told of it. */
export class PhoneError extends Error {
  override readonly name = "PhoneError";

  constructor(readonly failure: Failure, options?: ErrorOptions) {
    super(`${failure.message}; ${failure.advice}`, options);
  }
}

/** Of a REGISTER; `undefined`: no response came. PJSIP never says 403 to a wrong password. */
export function registerFailure(status: number | undefined): Failure {
  if (status === undefined || status === 408) {
    return failure("no-answer-from-server", { status });
  }
  if (status >= 500 && status < 600) return failure("server-error", { status });
  return failure(REGISTER_CODES[status] ?? "register-refused", { status });
}

const REGISTER_CODES: Readonly<Record<number, FailureCode>> = {
  401: "wrong-password",
  403: "wrong-password",
  404: "unknown-user",
  407: "wrong-password",
  604: "unknown-user",
};

/** Of an INVITE; `undefined` for an end that is no failure: it was cancelled. */
export function callFailure(status: number, other: string): Failure | undefined {
  if (status === 487) return undefined;
  const code = CALL_CODES[status] ?? (status >= 500 && status < 600 ? "server-error" : undefined);
  return failure(code ?? "call-failed", { what: other, status });
}

const CALL_CODES: Readonly<Record<number, FailureCode>> = {
  401: "wrong-password",
  403: "forbidden",
  404: "not-found",
  407: "wrong-password",
  408: "no-answer",
  410: "not-found",
  415: "incompatible-media",
  430: "unavailable",
  480: "unavailable",
  484: "not-found",
  486: "busy",
  488: "incompatible-media",
  600: "busy",
  603: "declined",
  604: "not-found",
  606: "incompatible-media",
};

/** Of getUserMedia, by its DOMException's name (Media Capture and Streams, section 10.2.2). */
export function microphoneFailure(name: string): Failure {
  return failure(MICROPHONE_CODES[name] ?? "microphone-busy");
}

const MICROPHONE_CODES: Readonly<Record<string, FailureCode>> = {
  NotAllowedError: "microphone-denied",
  SecurityError: "microphone-denied",
  NotFoundError: "microphone-missing",
  OverconstrainedError: "microphone-missing",
};
