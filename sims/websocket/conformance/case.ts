/** What a case of the conformance tables is. */
import type { RawHead, Step } from "../raw_peer.ts";

/** Who is looked at. */
export type Role = "server" | "client";

export interface Case {
  /** "RFC 6455, 5.2" */
  readonly section: string;
  /** The rule, as a sentence about who is looked at. */
  readonly rule: string;
  /** Default "MUST"; breaking what only SHOULD be is lax. */
  readonly level?: "SHOULD";
  /**
   * The request to a server, or the answer to a client; what is left out is as it should be. In an
   * answer's fields `{accept}` is what the request's key makes.
   */
  readonly head?: RawHead;
  /**
   * Of permessage-deflate: what is offered to a server, or answered to a client that offers it. Who
   * does not take or offer it is not looked at.
   */
  readonly deflate?: string;
  /** Sub-protocols that a client is told to ask for. */
  readonly protocols?: readonly string[];
  readonly steps?: readonly Step[];
  readonly expect: Expectation;
}

export type Expectation =
  /** A server answers the handshake with one of these; null: with none but 101. */
  | { readonly status: readonly number[] | null }
  /** The answer of a server, or the request of a client, has such fields; null: has not. */
  | {
    readonly fields: Readonly<Record<string, RegExp | null>>;
    readonly startLine?: RegExp;
    /** To answer 4xx instead is lax. */
    readonly orRefuses?: true;
  }
  /** A client takes the connection for one that failed. */
  | { readonly refuses: true }
  /** These come, and nothing else, and then a close that we ask for is answered. */
  | { readonly receives: readonly string[] }
  /** The connection is failed, with this close code; null: with any, or none. */
  | {
    readonly fails: number | null;
    /** These may come before. */
    readonly after?: readonly string[];
  }
  /** The close frame is answered with this code (null: it had none), and the connection ends. */
  | { readonly closes: number | null }
  /** Something that takes more than one connection, or less: see clients.ts. */
  | { readonly special: Special };

export type Special = "nonces" | "keys" | "waits" | "serializes" | "says-its-name" | "closes";

/**
 * `lax`: the connection ended as it must, but not with the close code that says why, or what only
 * should be is not. `n/a`: it does not speak what the case is about.
 */
export type Verdict = "pass" | "lax" | "FAIL" | "n/a";

export interface Outcome {
  readonly verdict: Verdict;
  /** What came, in words. */
  readonly seen: string;
}

/** The name of a case: no two have the same. */
export function nameOf({ section, rule }: Case): string {
  return `${section}: ${rule}`;
}
