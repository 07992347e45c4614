/**
 * What Asterisk's manager says, in the words of the port: security events (AMI's class "security"),
 * peers and contacts, calls.
 */
import type { PbxEventData, Protocol } from "../port.ts";
import type { AmiMessage } from "./ami_message.ts";

type Call = "call" | "hangup" | "dtmf";

export interface PbxHappening {
  readonly kind: "registered" | "unregistered" | "challenged" | "refused" | Call;
  readonly data: PbxEventData;
}

const PROTOCOLS: readonly Protocol[] = ["UDP", "TCP", "TLS", "WS", "WSS"];

const KINDS: Readonly<Record<string, PbxHappening["kind"]>> = {
  ChallengeSent: "challenged",
  ChallengeResponseFailed: "refused",
  InvalidPassword: "refused",
  InvalidAccountID: "refused",
  FailedACL: "refused",
  Newchannel: "call",
  Hangup: "hangup",
};

const PEER_STATUS: Readonly<Record<string, PbxHappening["kind"]>> = {
  Registered: "registered",
  Unregistered: "unregistered",
};

const CONTACT_STATUS: Readonly<Record<string, PbxHappening["kind"]>> = {
  Created: "registered",
  Updated: "registered",
  Reachable: "registered",
  NonQualified: "registered",
  Removed: "unregistered",
};

/** Undefined: nothing that the port has a word for. */
export function happening(event: AmiMessage): PbxHappening | undefined {
  const name = event.get("Event") ?? "";
  // The manager's own log-in is one of its security events.
  if (event.get("Service") === "AMI") return undefined;
  if (name === "PeerStatus") return peer(event, name);
  if (name === "ContactStatus") return contact(event, name);
  if (name === "DTMFBegin") return key(event, name);
  const kind = KINDS[name];
  if (kind === undefined) return undefined;
  if (kind === "call" || kind === "hangup") return { kind, data: { ...call(event), name } };
  return { kind, data: { user: event.get("AccountID"), ...remote(event), name } };
}

function peer(event: AmiMessage, name: string): PbxHappening | undefined {
  const kind = PEER_STATUS[event.get("PeerStatus") ?? ""];
  const [technology, user] = (event.get("Peer") ?? "").split("/");
  if (kind === undefined || technology !== "SIP") return undefined;
  return { kind, data: { user, address: hostOf(event.get("Address") ?? ""), name } };
}

function contact(event: AmiMessage, name: string): PbxHappening | undefined {
  const kind = CONTACT_STATUS[event.get("ContactStatus") ?? ""];
  if (kind === undefined) return undefined;
  const uri = event.get("URI") ?? "";
  const address = hostOf(/^sips?:(?:[^@]*@)?(\[[^\]]*\][^;>]*|[^;>]*)/.exec(uri)?.[1] ?? "");
  return { kind, data: { user: event.get("AOR"), address, name } };
}

/** In the direction of Asterisk: what it sends on is told for the other side again. */
function key(event: AmiMessage, name: string): PbxHappening | undefined {
  if (event.get("Direction") !== "Received") return undefined;
  return { kind: "dtmf", data: { ...call(event), digit: event.get("Digit"), name } };
}

/** "IPV4/UDP/198.51.100.10/5060". */
function remote(event: AmiMessage): Pick<PbxEventData, "address" | "protocol"> {
  const [, transport, address] = (event.get("RemoteAddress") ?? "").split("/");
  const protocol = PROTOCOLS.find((protocol) => protocol === transport);
  return { address: address && unmapped(address), protocol };
}

/** "PJSIP/1001-00000001": who rings or is rung. */
function call(event: AmiMessage): Pick<PbxEventData, "user"> {
  const user = /^(?:PJSIP|SIP)\/(.*)-[0-9a-f]{8}$/.exec(event.get("Channel") ?? "")?.[1];
  return user === undefined ? {} : { user };
}

/** Of `host:port`, `[host]:port` or a host. */
function hostOf(text: string): string | undefined {
  const host = /^\[([^\]]*)\]/.exec(text)?.[1] ?? (/^[^:]*(?=:\d+$|$)/.exec(text)?.[0] || text);
  return host === "" ? undefined : unmapped(host);
}

/** IPv4 at a socket of IPv6 (RFC 4291 section 2.5.5.2). */
function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
