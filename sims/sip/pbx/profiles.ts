/**
 * What differs on the wire between the PBX variants, as measured against real ones (facts/sip.md). A
 * scenario that runs on all of them meets these differences on the simulator too.
 */
import type { DigestAlgorithm } from "../digest.ts";

export interface PbxProfile {
  /** Of a wrong password and of an unknown user: a challenge once more, or 403. */
  readonly wrongCredentials: "challenge" | "forbid";
  /**
   * Whether a challenge to an INVITE is sent once for each request and forgotten. Otherwise it is
   * repeated until its ACK: eleven times in 31.5 s for one INVITE that is never acknowledged.
   */
  readonly challengesOnce: boolean;
  /** Whether OPTIONS outside of calls is challenged too: PJSIP asks who asks. */
  readonly challengesOptions: boolean;
  /** Whether a caller that names no user of the PBX is let in without a challenge. */
  readonly guests: boolean;
  /** False: challenges of RFC 2069 (chan_sip's source; not measured). */
  readonly qop: boolean;
  readonly algorithms: readonly DigestAlgorithm[];
}

const PJSIP: PbxProfile = {
  wrongCredentials: "challenge",
  challengesOnce: true,
  challengesOptions: true,
  guests: false,
  qop: true,
  algorithms: ["MD5"],
};

export const PROFILES = {
  /** RFC 3261 to the letter, and the only one that offers SHA-256 too (RFC 8760). */
  sim: {
    wrongCredentials: "forbid",
    challengesOnce: false,
    challengesOptions: false,
    guests: false,
    qop: true,
    algorithms: ["SHA-256", "MD5"],
  },
  /** Asterisk 22 with PJSIP. */
  asterisk22: PJSIP,
  /** Asterisk 16 with PJSIP: the same on the wire, only slower. */
  asterisk16: PJSIP,
  /** Asterisk 16 with chan_sip and its guest calls. */
  chan_sip: {
    wrongCredentials: "forbid",
    challengesOnce: false,
    challengesOptions: false,
    guests: true,
    qop: false,
    algorithms: ["MD5"],
  },
} as const satisfies Readonly<Record<string, PbxProfile>>;

export type PbxVariant = keyof typeof PROFILES;
