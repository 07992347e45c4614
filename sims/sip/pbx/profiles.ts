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
  /**
   * Whether a phone is where its messages come from: its Contact is rewritten. Then contacts are also
   * given and called in the order of the MD5 sums of their URIs, which is that of Asterisk's database,
   * and a registration that is renewed is told to nobody.
   */
  readonly rewritesContacts: boolean;
  /** Whether registrations by datagrams outlive its restart, and its being killed. */
  readonly keepsRegistrations: boolean;
  /**
   * Whether a request is of whom its From names, before any credentials: of nobody known it is
   * refused at once (and challenged all the same), and only that user's own password is right.
   */
  readonly identifiesByFrom: boolean;
  /** The user in its Contact when it calls; none at all when it is called. */
  readonly contactUser: string | undefined;
  /** To a call of a phone that is not registered. */
  readonly notRegistered: 480 | 503;
  /** What it calls its events, as far as that was measured. */
  readonly eventNames: Readonly<Record<string, string>>;
}

const PJSIP: PbxProfile = {
  wrongCredentials: "challenge",
  challengesOnce: true,
  challengesOptions: true,
  guests: false,
  qop: true,
  algorithms: ["MD5"],
  rewritesContacts: true,
  keepsRegistrations: true,
  identifiesByFrom: true,
  contactUser: "asterisk",
  notRegistered: 503,
  eventNames: {
    registered: "ContactStatus",
    unregistered: "ContactStatus",
    challenged: "ChallengeSent",
    refused: "ChallengeResponseFailed",
    unknown: "InvalidAccountID",
    call: "Newchannel",
    hangup: "Hangup",
  },
};

const OTHERS = {
  rewritesContacts: false,
  identifiesByFrom: false,
  contactUser: undefined,
  notRegistered: 480,
  eventNames: {},
} as const;

export const PROFILES = {
  /** RFC 3261 to the letter, and the only one that offers SHA-256 too (RFC 8760). */
  sim: {
    wrongCredentials: "forbid",
    challengesOnce: false,
    challengesOptions: false,
    guests: false,
    qop: true,
    algorithms: ["SHA-256", "MD5"],
    keepsRegistrations: false,
    ...OTHERS,
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
    keepsRegistrations: true,
    ...OTHERS,
  },
} as const satisfies Readonly<Record<string, PbxProfile>>;

export type PbxVariant = keyof typeof PROFILES;
