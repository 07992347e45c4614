/** Transactions as they are seen from beside (RFC 3261 section 17): a repeat is no new one. */
import type { Failure } from "./failures.ts";
import { Lru } from "./lru.ts";
import type { RequestFacts, SipFacts } from "./event.ts";

export interface Transaction {
  readonly host: string;
  readonly callId: string;
  readonly cseq: number;
  readonly method: string;
  readonly sinceNs: number;
  /** `undefined`: its request was not seen. */
  request?: RequestFacts;
  /** It was sent by whom it says, for all we saw. */
  proven: boolean;
  /** The final status it ended with, and the tag that an ACK has to bring back. */
  status?: number;
  toTag?: string;
  /** What it was counted as. */
  failure?: Failure;
}

/** Past 64 * T1 the same branch is another transaction: nobody hides behind an old one for ever. */
const LIFE_NS = 32e9;

export class Transactions {
  readonly #all: Lru<string, Transaction>;
  /** Nonces, and to whom the PBX has given them. */
  readonly #nonces: Lru<string, string>;

  constructor(max: number) {
    this.#all = new Lru(max);
    this.#nonces = new Lru(max);
  }

  get size(): number {
    return this.#all.size;
  }

  offered(nonce: string, host: string): void {
    this.#nonces.set(nonce, host);
  }

  /**
   * The transaction that a request begins or repeats. With other credentials than before it is
   * another try, whatever its branch says: PJSIP checks each of them.
   */
  ofRequest(host: string, sip: RequestFacts, { t, reliable }: Sight): Transaction {
    const key = keyOf(host, sip);
    const old = this.#live(key, t);
    const proven = reliable || this.#bringsNonce(host, sip);
    if (old && (old.request === undefined || sameTry(old.request, sip))) {
      old.request ??= sip;
      old.proven ||= proven;
      return old;
    }
    return this.#begin(key, { host, ...pick(sip), sinceNs: t, request: sip, proven });
  }

  /** The transaction that a response answers; a new one if its request was not seen. */
  ofResponse(host: string, sip: SipFacts, { t, reliable }: Sight): Transaction {
    const key = keyOf(host, sip);
    return this.#live(key, t) ??
      this.#begin(key, { host, ...pick(sip), sinceNs: t, proven: reliable });
  }

  /** The INVITE that an ACK ends: it has its branch and brings back the tag of the answer. */
  ofAck(host: string, ack: RequestFacts, t: number): Transaction | undefined {
    const invite = this.#live(keyOf(host, { ...ack, method: "INVITE" }), t);
    return invite?.toTag && invite.toTag === ack.toTag ? invite : undefined;
  }

  #bringsNonce(host: string, { credentials }: RequestFacts): boolean {
    return credentials !== undefined && this.#nonces.get(credentials.nonce) === host;
  }

  #live(key: string, t: number): Transaction | undefined {
    const found = this.#all.get(key);
    return found && t - found.sinceNs < LIFE_NS ? found : undefined;
  }

  #begin(key: string, transaction: Transaction): Transaction {
    this.#all.set(key, transaction);
    return transaction;
  }
}

export interface Sight {
  readonly t: number;
  readonly reliable: boolean;
}

function pick({ callId, cseq, method }: SipFacts) {
  return { callId, cseq, method };
}

function keyOf(host: string, { branch, cseq, method, callId }: SipFacts): string {
  return `${host} ${branch} ${cseq} ${method} ${callId}`;
}

function sameTry({ credentials: a }: RequestFacts, { credentials: b }: RequestFacts): boolean {
  return a?.response === b?.response && a?.nonce === b?.nonce && a?.username === b?.username;
}
