/** Sends a request, and again with credentials when it is challenged (RFC 3261 section 22). */
import { type Credentials, DigestClient } from "../digest.ts";
import {
  cseqOf,
  headers,
  type SipRequest,
  type SipResponse,
  SipSyntaxError,
  withHeaders,
} from "../message/mod.ts";
import type { ClientTransaction, TransactionLayer } from "../transaction/mod.ts";
import type { Endpoint } from "../transport/mod.ts";

export interface AskEvents {
  provisional?(response: SipResponse, sent: SipRequest): void;
  /** Of an INVITE every 2xx, repeats too. */
  final(response: SipResponse, sent: SipRequest): void;
  failed(reason: "timeout" | "transport"): void;
}

export interface AskOptions {
  readonly layer: TransactionLayer;
  readonly to: Endpoint;
  readonly credentials?: Credentials;
  /** In place of `credentials`: answers with what it was challenged with before, unasked. */
  readonly digest?: DigestClient;
  /** The number of the next request of this dialog or Call-ID. */
  readonly nextCSeq: () => number;
}

/** A request that is under way. */
export interface Asked {
  cancel(): void;
}

/** Stale nonces aside, credentials are tried once. */
const MAX_TRIES = 4;

export function ask(request: SipRequest, options: AskOptions, events: AskEvents): Asked {
  const { layer, to, credentials } = options;
  const digest = options.digest ??
    (credentials && new DigestClient(credentials, () => layer.token()));
  let current: ClientTransaction;
  let cancelled = false;
  let tries = 0;
  const send = (sent: SipRequest) => {
    tries++;
    current = layer.send(sent, to, {
      response: (response) => {
        if (response.status < 200) return events.provisional?.(response, sent);
        const again = digest && tries < MAX_TRIES && !cancelled
          ? answered(digest, sent, response, tries)
          : undefined;
        if (again === undefined) return events.final(response, sent);
        send(withHeaders(again, [["CSeq", `${options.nextCSeq()} ${cseqOf(sent).method}`]]));
      },
      failed: events.failed,
    });
  };
  const known = options.digest?.answer(request.method, request.uri);
  send(known === undefined ? request : withHeaders(request, [["Authorization", known]]));
  return {
    cancel: () => {
      cancelled = true;
      current.cancel();
    },
  };
}

const ANSWERS = {
  401: ["WWW-Authenticate", "Authorization"],
  407: ["Proxy-Authenticate", "Proxy-Authorization"],
} as const;

/** The request with credentials; `undefined` when there is no sense in it. */
function answered(
  digest: DigestClient,
  sent: SipRequest,
  response: SipResponse,
  tries: number,
): SipRequest | undefined {
  const names = ANSWERS[response.status as keyof typeof ANSWERS];
  if (names === undefined) return undefined;
  const challenges = headers(response, names[0]);
  const stale = challenges.some((text) => /\bstale\s*=\s*"?true/i.test(text));
  if (tries > 1 && !stale) return undefined;
  try {
    if (!digest.challenged(challenges, names[0])) return undefined;
  } catch (error) {
    if (error instanceof SipSyntaxError) return undefined;
    throw error;
  }
  return withHeaders(sent, [[names[1], digest.answer(sent.method, sent.uri)]]);
}
