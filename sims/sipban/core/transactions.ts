/**
 * Transactions as they are seen from beside (RFC 3261 section 17): a repeat is no new one. They are
 * numbers, places in columns; the oldest make room.
 */
import type { Failure, HostKey } from "./failures.ts";
import { type Glimpse, METHOD } from "./glimpse.ts";
import { mix } from "./hash.ts";
import type { Host } from "./hosts.ts";
import { Index } from "./index.ts";

/** Past 64 * T1 the same branch is another transaction: nobody hides behind an old one for ever. */
const LIFE_NS = 32e9;

export interface Sight {
  t: number;
  reliable: boolean;
}

/** What is known of one. */
const [REQUEST, PROVEN] = [1, 2] as const;

export class Transactions {
  readonly #index: Index;
  #keyA = 0;
  #keyB = 0;
  readonly #nonces: Index;
  /** To whom the PBX has given a nonce. */
  readonly #nonceHost: Int32Array;
  readonly #words: Int32Array;
  readonly #hostA: Int32Array;
  readonly #hostB: Int32Array;
  readonly #flags: Uint8Array;
  readonly #sinceNs: Float64Array;
  readonly #credentials: Int32Array;
  /** The key of its Call-ID, method and host. */
  readonly callA: Int32Array;
  readonly callB: Int32Array;
  readonly cseq: Float64Array;
  readonly user: Int32Array;
  readonly username: Int32Array;
  readonly target: Int32Array;
  /** The final status it ended with, 0: none yet; and the tag that an ACK has to bring back. */
  readonly status: Uint16Array;
  readonly toTag: Int32Array;
  /** What it was counted as, and when; -1: not. */
  readonly failure: Int32Array;
  readonly failureNs: Float64Array;

  constructor(max: number) {
    this.#index = new Index(max);
    this.#nonces = new Index(max);
    const size = this.#index.max;
    const words = (each = 1) => new Int32Array(each * size);
    const numbers = () => new Float64Array(size);
    this.#nonceHost = words(2);
    this.#words = words(4);
    [this.#hostA, this.#hostB, this.#credentials] = [words(), words(), words()];
    this.#flags = new Uint8Array(size);
    this.#sinceNs = numbers();
    [this.callA, this.callB, this.user, this.username] = [words(), words(), words(), words()];
    [this.target, this.toTag, this.failure] = [words(), words(), words()];
    this.cseq = numbers();
    this.status = new Uint16Array(size);
    this.failureNs = numbers();
  }

  get max(): number {
    return this.#index.max;
  }

  get size(): number {
    return this.#index.size;
  }

  /** The one that has to go before another can begin; -1: there is room. */
  get surplus(): number {
    return this.#index.isFull ? this.#index.oldest : -1;
  }

  /** The first half of its host's key; of any host while there is room. */
  get surplusHost(): number {
    return this.#hostA[Math.max(0, this.surplus)]!;
  }

  remove(one: number): void {
    this.#index.remove(one);
  }

  /** Its key is free for another; it is there still. */
  hide(one: number): void {
    this.#index.hide(one);
  }

  isProven(one: number): boolean {
    return (this.#flags[one]! & PROVEN) !== 0;
  }

  prove(one: number): void {
    this.#flags[one]! |= PROVEN;
  }

  /** Its request was seen. */
  hasRequest(one: number): boolean {
    return (this.#flags[one]! & REQUEST) !== 0;
  }

  hasCredentials(one: number): boolean {
    return this.#credentials[one] !== 0;
  }

  hostOf(one: number, into: Host): Host {
    for (let i = 0; i < 4; i++) into.words[i] = this.#words[4 * one + i]!;
    into.a = this.#hostA[one]!;
    into.b = this.#hostB[one]!;
    return into;
  }

  offered(a: number, b: number, host: Host): void {
    let at = this.#nonces.find(a, b);
    if (at < 0) {
      if (this.#nonces.isFull) this.#nonces.remove(this.#nonces.oldest);
      at = this.#nonces.add(a, b);
    } else this.#nonces.renew(at);
    this.#nonceHost[2 * at] = host.a;
    this.#nonceHost[2 * at + 1] = host.b;
  }

  bringsNonce(host: Host, { credentials, nonceA, nonceB }: Glimpse): boolean {
    if (credentials === 0) return false;
    const at = this.#nonces.find(nonceA, nonceB);
    return at >= 0 && this.#nonceHost[2 * at] === host.a &&
      this.#nonceHost[2 * at + 1] === host.b;
  }

  /** See {@link Index.touch}. */
  touch(host: HostKey, sip: Glimpse): void {
    this.#nonces.touch(sip.isRequest ? sip.nonceA : sip.nonces[0]!);
    this.#index.touch(half(1, sip.callA, sip.branchA, numberOf(sip), host.a));
  }

  /** Whatever has the key that a message names, also when its time is over; -1: none. */
  find(host: Host, sip: Glimpse): number {
    const number = numberOf(sip);
    this.#keyA = half(1, sip.callA, sip.branchA, number, host.a);
    this.#keyB = half(2, sip.callB, sip.branchB, number, host.b);
    return this.#index.find(this.#keyA, this.#keyB);
  }

  isLive(one: number, t: number): boolean {
    return t - this.#sinceNs[one]! < LIFE_NS;
  }

  /** With other credentials than before it is another try, whatever its branch says. */
  isSameTry(one: number, sip: Glimpse): boolean {
    return !this.hasRequest(one) || this.#credentials[one] === sip.credentials;
  }

  /** Of the key that {@link find} was asked for last: it must be free, and there must be room. */
  begin(host: Host, sip: Glimpse, t: number): number {
    const one = this.#index.add(this.#keyA, this.#keyB);
    for (let i = 0; i < 4; i++) this.#words[4 * one + i] = host.words[i]!;
    this.#hostA[one] = host.a;
    this.#hostB[one] = host.b;
    this.#flags[one] = 0;
    this.#sinceNs[one] = t;
    this.callA[one] = callHalf(sip.callA, sip.method, host.a);
    this.callB[one] = callHalf(sip.callB, sip.method, host.b);
    this.cseq[one] = sip.cseq;
    this.#credentials[one] =
      this.username[one] =
      this.status[one] =
      this.toTag[one] =
        0;
    // Where the request is not seen, the answer says who was meant.
    this.user[one] = this.target[one] = sip.user;
    this.failure[one] = -1;
    return one;
  }

  failureOf(one: number, t: number): Failure {
    const { user, username, target } = this;
    return { t, user: user[one]!, username: username[one]!, target: target[one]! };
  }

  /** What its request says. */
  requested(one: number, sip: Glimpse): void {
    if (this.hasRequest(one)) return;
    this.#flags[one]! |= REQUEST;
    this.#credentials[one] = sip.credentials;
    this.username[one] = sip.username;
    this.user[one] = sip.user;
    this.target[one] = sip.target;
  }
}

/** An ACK names its INVITE. */
function numberOf({ method, cseq }: Glimpse): number {
  return cseq * 4 + (method === METHOD.ACK ? METHOD.INVITE : method);
}

/** Of a key. One after the other: a branch that is the Call-ID must not cancel it. */
function half(seed: number, call: number, branch: number, number: number, host: number): number {
  return mix(mix(mix(mix(seed, call), branch), number), host);
}

/** Of the key of a Call-ID, method and host. */
export function callHalf(call: number, method: number, host: number): number {
  return mix(mix(call, method), host);
}
