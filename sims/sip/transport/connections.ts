/**
 * SIP over connections, of whatever kind (RFC 3261 section 18, RFC 7118): one for each peer, opened
 * when something is sent and none is there, and used in both directions.
 */
import { formatMessage, type SipMessage, type SipSyntaxError } from "../message/mod.ts";
import type { Endpoint, Protocol, SipTransport, TransportListener } from "./transport.ts";
import { formatEndpoint } from "./transport.ts";

/** An open connection. */
export interface Link {
  /** Resolves when it is handed over; rejects when the connection is gone. */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** What a link tells. */
export interface LinkEvents {
  message(message: SipMessage): void;
  malformed(error: SipSyntaxError): void;
  /** Once; nothing comes after it. */
  lost(error: Error): void;
}

export interface ConnectionOptions {
  readonly protocol: Protocol;
  /** What Via and Contact say. */
  readonly local: Endpoint;
  /** Without it only peers that have connected are reached. */
  readonly dial?: (to: Endpoint, events: LinkEvents) => Promise<Link>;
}

export class ConnectionTransport implements SipTransport {
  readonly protocol: Protocol;
  readonly reliable = true;
  readonly local: Endpoint;
  readonly #dial: ConnectionOptions["dial"];
  /** By the peer's address. */
  readonly #links = new Map<string, Promise<Link>>();
  readonly #undo: (() => void)[] = [];
  #listener: TransportListener | undefined;
  #closed = false;

  constructor({ protocol, local, dial }: ConnectionOptions) {
    this.protocol = protocol;
    this.local = local;
    this.#dial = dial;
  }

  /** Connections that are open or opening. */
  get size(): number {
    return this.#links.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  send(message: SipMessage, to: Endpoint): void {
    if (this.#closed) return;
    const bytes = formatMessage(message);
    const link = this.#links.get(formatEndpoint(to)) ?? this.#open(to);
    link.then((open) => open.send(bytes)).catch((error) => this.#lost(to, link, error));
  }

  /** A peer has connected. */
  accept(from: Endpoint, open: (events: LinkEvents) => Link): void {
    const link: Promise<Link> = new Promise((resolve) =>
      resolve(open(this.#events(from, () => link)))
    );
    this.#links.set(formatEndpoint(from), link);
  }

  /** Closes connections only: what is sent next opens new ones. */
  hangUp(): void {
    for (const link of this.#links.values()) void link.then((open) => open.close(), () => {});
    this.#links.clear();
  }

  /** What is to be done at its end: a listener that is to be closed. */
  onClose(undo: () => void): void {
    this.#undo.push(undo);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.hangUp();
    for (const undo of this.#undo) undo();
  }

  #open(to: Endpoint): Promise<Link> {
    const link: Promise<Link> = this.#dial
      ? this.#dial(to, this.#events(to, () => link))
      : Promise.reject(new Error(`Cannot reach "${formatEndpoint(to)}": it has not connected`));
    this.#links.set(formatEndpoint(to), link);
    // Closed while it was opening.
    void link.then((open) => this.#closed && open.close(), () => {});
    return link;
  }

  #events(peer: Endpoint, link: () => Promise<Link>): LinkEvents {
    return {
      message: (message) => this.#listener?.message(message, peer),
      malformed: (error) => this.#listener?.malformed?.(error, peer),
      lost: (error) => this.#lost(peer, link(), error),
    };
  }

  /** Once for each link, however often it is told. */
  #lost(peer: Endpoint, link: Promise<Link>, error: Error): void {
    const key = formatEndpoint(peer);
    if (this.#links.get(key) !== link) return;
    this.#links.delete(key);
    if (!this.#closed) this.#listener?.unreachable?.(peer, error);
  }
}
