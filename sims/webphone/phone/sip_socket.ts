/**
 * The WebSocket that JsSIP speaks over (RFC 7118), in place of its own: it gives up on a connection
 * that does not open, tells whether it ever did, and can be dropped when it is dead.
 */
import { seconds, timer } from "hil/time/mod.ts";

const OPEN_LIMIT = seconds(10);

/** Codes of the close event (RFC 6455, section 7.4; from 4000 on they are ours). */
const CANNOT_OPEN = 4000;
const DROPPED = 4001;

export class SipSocket {
  readonly url: string;
  readonly sip_uri: string;
  readonly via_transport: string;
  /** JsSIP sets the three. */
  onconnect = (): void => {};
  /** `error`: not by {@link disconnect}. */
  ondisconnect = (_error: boolean, _code?: number, _reason?: string): void => {};
  ondata = (_data: unknown): void => {};
  /** Whether the connection that is, or was last, has ever been open. */
  opened = false;
  #socket: WebSocket | undefined;
  #cancelLimit = () => {};

  constructor(url: URL) {
    this.url = url.href;
    this.sip_uri = `sip:${url.host};transport=ws`;
    this.via_transport = url.protocol === "wss:" ? "WSS" : "WS";
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING;
  }

  connect(): void {
    this.disconnect();
    this.opened = false;
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.url, "sip");
    } catch (error) {
      queueMicrotask(() => this.ondisconnect(true, CANNOT_OPEN, (error as Error).message));
      return;
    }
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#cancelLimit();
      this.opened = true;
      this.onconnect();
    };
    socket.onmessage = ({ data }) => this.ondata(data);
    socket.onclose = ({ code, reason }) => this.#ended(code, reason);
    this.#socket = socket;
    this.#cancelLimit = timer(OPEN_LIMIT, () => this.#drop(CANNOT_OPEN, "It did not open"));
  }

  disconnect(): void {
    this.#cancelLimit();
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** Ends it as if the network had: it no longer answers. */
  drop(): void {
    if (this.#socket) this.#drop(DROPPED, "It no longer answers");
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.isConnected()) return false;
    this.#socket!.send(data as string);
    return true;
  }

  #drop(code: number, reason: string): void {
    this.disconnect();
    this.ondisconnect(true, code, reason);
  }

  /** By the other side: never what was asked for, however clean. */
  #ended(code: number, reason: string): void {
    this.#cancelLimit();
    this.#socket = undefined;
    this.ondisconnect(true, code, reason);
  }
}
