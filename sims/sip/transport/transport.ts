/** What SIP is sent over (RFC 3261 section 18): the port; UDP, TCP, TLS and WS implement it. */
import type { SipMessage, SipSyntaxError } from "../message/mod.ts";

export type Protocol = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

/** An IP address (IPv6 without brackets) and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface TransportListener {
  message(message: SipMessage, from: Endpoint): void;
  /** Bytes that are no message. */
  malformed?(error: SipSyntaxError, from: Endpoint): void;
  /** `to` cannot be reached (ICMP, a connection refused or lost). */
  unreachable?(to: Endpoint, error: Error): void;
}

export interface SipTransport {
  readonly protocol: Protocol;
  /** Whether it delivers by itself: then no transaction retransmits. */
  readonly reliable: boolean;
  /** What goes into Via and Contact. */
  readonly local: Endpoint;
  /** Whom everything is given to that comes; one at a time. */
  listen(listener: TransportListener): void;
  /** Never throws for the world's sake: see {@link TransportListener.unreachable}. */
  send(message: SipMessage, to: Endpoint): void;
  close(): void;
}

/** Time as transactions need it: a `VirtualClock` is one as it is. */
export interface SipTimers {
  /** Whole nanoseconds. */
  now(): number;
  after(delayNs: number, ring: () => void): { cancel(): void };
}

/** `host:port`, IPv6 in brackets. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
