/** For tests: a wire between the PBX and others, with an engine that sees it. */
import type { Decision } from "./decision.ts";
import { BanEngine } from "./engine.ts";
import type { RequestFacts, ResponseFacts, Seen } from "./event.ts";
import type { Settings } from "./settings.ts";

export const OWN = "198.51.100.1";
export const BAD = "203.0.113.66";
export const S = 1e9;

export interface Try {
  readonly host?: string;
  readonly protocol?: Seen["protocol"];
  readonly method?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly user?: string;
  readonly target?: string;
  /** The nonce that the request carries; its answer is what `guess` says. */
  readonly nonce?: string;
  readonly guess?: string;
  readonly username?: string;
  readonly toTag?: string;
}

/** A wire between the PBX and others; each method is what one of them sends. */
export class Wire {
  readonly engine: BanEngine;
  readonly decisions: Decision[] = [];
  now = 0;
  #serial = 0;

  constructor(chosen: Partial<Settings> = {}) {
    this.engine = new BanEngine({ own: [OWN], maxHosts: 1000, maxTransactions: 1000, ...chosen });
  }

  unique(name: string): string {
    return `${name}${this.#serial++}`;
  }

  request(t: Try): void {
    const credentials = t.nonce === undefined ? {} : {
      credentials: { username: t.username ?? "7", nonce: t.nonce, response: t.guess ?? "wrong" },
    };
    const target = t.target ?? "7";
    this.#see(t, { type: "request", ...this.#common(t), target, ...credentials }, "in");
  }

  answer(
    status: number,
    t: Try & { nonces?: string[]; stale?: boolean; registeredS?: number },
  ): void {
    const { nonces = [], stale = false, registeredS = 0 } = t;
    const more = { status, nonces, stale, registeredS };
    this.#see(t, { type: "response", ...this.#common(t), ...more }, "out");
  }

  /** A request and its answer, a transaction of its own. */
  turn(status: number, t: Try = {}): Try {
    const whole = {
      callId: this.unique("call"),
      branch: this.unique("b"),
      toTag: this.unique("t"),
      ...t,
    };
    this.request({ ...whole, toTag: "" });
    this.answer(status, whole);
    return whole;
  }

  /** A challenge, and a guess that is refused as PJSIP (401) or chan_sip (403) does. */
  guess(refusal: number, t: Try = {}): void {
    const callId = t.callId ?? this.unique("call");
    const nonce = this.unique("n");
    const cseq = t.cseq ?? 1;
    const first = { ...t, callId, cseq, branch: this.unique("b"), toTag: this.unique("t") };
    this.request({ ...first, toTag: "" });
    this.answer(401, { ...first, nonces: [nonce] });
    const second = {
      ...first,
      cseq: cseq + 1,
      branch: this.unique("b"),
      nonce,
      guess: this.unique("g"),
    };
    this.request({ ...second, toTag: "" });
    const more = refusal === 401
      ? { nonces: [this.unique("n")] }
      : refusal === 200
      ? { registeredS: 60 }
      : {};
    this.answer(refusal, { ...second, ...more });
  }

  ack(t: Try): void {
    this.#see(t, { type: "request", ...this.#common({ ...t, method: "ACK" }), target: "7" }, "in");
  }

  tick(): void {
    this.decisions.push(...this.engine.tick(this.now));
  }

  said(type: Decision["type"]): Decision[] {
    return this.decisions.filter((decision) => decision.type === type);
  }

  get banned(): string[] {
    return this.engine.bans().map(({ host }) => host);
  }

  #common(
    { method = "REGISTER", callId = "c", cseq = 1, branch = "b", user = "sip:7@pbx", toTag = "" }:
      Try,
  ) {
    return { method, callId, cseq, branch, user, toTag };
  }

  #see(t: Try, sip: RequestFacts | ResponseFacts, way: "in" | "out"): void {
    const [them, us] = [{ host: t.host ?? BAD, port: 5060 }, { host: OWN, port: 5060 }];
    const [from, to] = way === "in" ? [them, us] : [us, them];
    const protocol = t.protocol ?? "UDP";
    this.decisions.push(...this.engine.see({ t: this.now, protocol, from, to, sip }));
  }
}

export const times = (n: number, does: (i: number) => void) => {
  for (let i = 0; i < n; i++) does(i);
};
