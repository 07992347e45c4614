/**
 * What the engine needs of a message, as numbers: one object that is filled anew for each. Names are
 * hashes (hash.ts); only who is meant can be had as text, for reports.
 */
import type { SipFacts } from "./event.ts";
import type { Hasher } from "./hash.ts";

export const METHOD = { OTHER: 0, REGISTER: 1, INVITE: 2, ACK: 3 } as const;

/** A PBX offers a challenge for each digest algorithm it knows. */
export const MOST_NONCES = 4;

/** A report needs no longer name, and memory no attacker's. */
const MOST_NAME_BYTES = 128;
const TEXT = new TextDecoder();

export class Glimpse {
  isRequest = false;
  /** One of {@link METHOD}. */
  method = 0;
  status = 0;
  cseq = 0;
  callA = 0;
  callB = 0;
  branchA = 0;
  branchB = 0;
  user = 0;
  target = 0;
  /** 0: none. */
  toTag = 0;
  /** Of user name, nonce and response together; 0: there are none. */
  credentials = 0;
  /** 0: none. */
  username = 0;
  /** That the credentials answer. */
  nonceA = 0;
  nonceB = 0;
  /** Those of challenges, in pairs. */
  readonly nonces = new Int32Array(2 * MOST_NONCES);
  nonceCount = 0;
  stale = false;
  registeredS = 0;
  /** Who is meant, as text: {@link userText}. */
  userSource: Uint8Array | string = "";
  userFrom = 0;
  userTo = 0;

  clear(): void {
    this.credentials =
      this.username =
      this.nonceA =
      this.nonceB =
      this.nonceCount =
        0;
    this.toTag =
      this.target =
      this.user =
      this.status =
      this.registeredS =
        0;
    this.callA =
      this.callB =
      this.branchA =
      this.branchB =
      this.cseq =
        0;
    this.stale = false;
    this.userSource = "";
  }

  userText(): string {
    if (typeof this.userSource === "string") return this.userSource;
    const to = Math.min(this.userTo, this.userFrom + MOST_NAME_BYTES);
    return TEXT.decode(this.userSource.subarray(this.userFrom, to));
  }
}

/** From facts that are text. */
export function glimpseOf(sip: SipFacts, hasher: Hasher, into: Glimpse): Glimpse {
  into.clear();
  const hash = (text: string) => text === "" ? 0 : hasher.text(text).a;
  into.isRequest = sip.type === "request";
  into.method = METHOD[sip.method as keyof typeof METHOD] ?? METHOD.OTHER;
  into.cseq = sip.cseq;
  ({ a: into.callA, b: into.callB } = hasher.text(sip.callId));
  ({ a: into.branchA, b: into.branchB } = hasher.text(sip.branch));
  into.user = hash(sip.user);
  into.userSource = sip.user;
  into.toTag = hash(sip.toTag);
  if (sip.type === "request") {
    into.target = hash(sip.target);
    const { credentials } = sip;
    if (!credentials) return into;
    into.username = hash(credentials.username);
    ({ a: into.nonceA, b: into.nonceB } = hasher.text(credentials.nonce));
    into.credentials = into.username ^ into.nonceA ^ hash(credentials.response) || 1;
    return into;
  }
  into.status = sip.status;
  into.stale = sip.stale;
  into.registeredS = sip.registeredS;
  for (const nonce of sip.nonces.slice(0, MOST_NONCES)) {
    ({ a: into.nonces[2 * into.nonceCount], b: into.nonces[2 * into.nonceCount + 1] } = hasher
      .text(nonce));
    into.nonceCount++;
  }
  return into;
}
