/** What the engine is told: a SIP message that was seen, by whom it was sent and when. */
import {
  addressOfRecord,
  callIdOf,
  contactsOf,
  cseqOf,
  fromOf,
  header,
  headers,
  isSipUri,
  numberOf,
  parseAuth,
  requestUri,
  type SipMessage,
  SipSyntaxError,
  tagOf,
  toOf,
  topVia,
  unescape,
} from "sims/sip/message/mod.ts";

export interface Peer {
  readonly host: string;
  readonly port: number;
}

export interface Seen {
  /** Nanoseconds on the clock of the capture; never less than before. */
  readonly t: number;
  readonly protocol: "UDP" | "TCP" | "TLS" | "WS" | "WSS";
  readonly from: Peer;
  readonly to: Peer;
  readonly sip: SipFacts;
}

interface Common {
  readonly callId: string;
  readonly cseq: number;
  /** CSeq's method. */
  readonly method: string;
  /** Of the top Via. */
  readonly branch: string;
  /** Who is meant: To's address of record of a REGISTER, From's of all others. */
  readonly user: string;
  readonly toTag: string;
}

export interface RequestFacts extends Common {
  readonly type: "request";
  /** The user part that is called or registered. */
  readonly target: string;
  readonly credentials?: {
    readonly username: string;
    readonly nonce: string;
    readonly response: string;
  };
}

export interface ResponseFacts extends Common {
  readonly type: "response";
  readonly status: number;
  readonly nonces: readonly string[];
  /** A challenge that says: right, but the nonce is old. */
  readonly stale: boolean;
  /** Of a 2xx to REGISTER: seconds for which its longest contact is registered; 0: none is. */
  readonly registeredS: number;
}

export type SipFacts = RequestFacts | ResponseFacts;

/** `undefined`: too malformed to be of any transaction. */
export function factsOf(message: SipMessage): SipFacts | undefined {
  try {
    const { number: cseq, method } = cseqOf(message);
    const to = toOf(message);
    const common = {
      callId: callIdOf(message),
      cseq,
      method,
      branch: topVia(message).params.get("branch") ?? "",
      user: addressOfRecord((method === "REGISTER" ? to : fromOf(message)).uri),
      toTag: tagOf(to) ?? "",
    };
    if (message.type === "response") {
      return {
        type: "response",
        ...common,
        status: message.status,
        ...challengeOf(message),
        registeredS: registeredS(message, method),
      };
    }
    const target = method === "REGISTER" ? to.uri : requestUri(message);
    const credentials = credentialsOf(message);
    return {
      type: "request",
      ...common,
      target: isSipUri(target) ? unescape(target.user ?? "") : "",
      ...(credentials && { credentials }),
    };
  } catch (error) {
    if (error instanceof SipSyntaxError) return undefined;
    throw error;
  }
}

function challengeOf(message: SipMessage) {
  const all = (["WWW-Authenticate", "Proxy-Authenticate"] as const).flatMap((name) =>
    headers(message, name).map((text) => parseAuth(text, name).fields)
  );
  return {
    nonces: all.map((fields) => fields.get("nonce") ?? "").filter((nonce) => nonce !== ""),
    stale: all.some((fields) => fields.get("stale")?.toLowerCase() === "true"),
  };
}

function credentialsOf(message: SipMessage) {
  for (const name of ["Authorization", "Proxy-Authorization"] as const) {
    const text = header(message, name);
    if (text === undefined) continue;
    const { fields } = parseAuth(text, name);
    const [username = "", nonce = "", response = ""] = ["username", "nonce", "response"]
      .map((field) => fields.get(field));
    return { username, nonce, response };
  }
  return undefined;
}

function registeredS(message: SipMessage, method: string): number {
  if (method !== "REGISTER") return 0;
  const contacts = contactsOf(message);
  if (contacts === "*") return 0;
  const all = numberOf(message, "Expires");
  return contacts.reduce((longest, { params }) => {
    const own = params.get("expires");
    return Math.max(longest, own === undefined ? all ?? 0 : Number(own) || 0);
  }, 0);
}
