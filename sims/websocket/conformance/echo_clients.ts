/** Clients that give back every message, of this machine's own. */
import { WebSocket as WsClient } from "ws";
import { connectWebSocket } from "../client.ts";

/** A client that is told to connect, and then gives back every message. */
export interface EchoClient {
  /** Opens a connection; whatever becomes of it, nothing is thrown. */
  connect(url: string, protocols: readonly string[]): EchoConnection;
  stop(): Promise<void>;
}

export interface EchoConnection {
  /** Whether the client takes the handshake for a good one. */
  readonly opened: Promise<boolean>;
  /** Begins the closing handshake (1000). */
  close(): void;
  /** Leaves it, in whatever state it is. */
  abandon(): void;
}

export const ECHO_CLIENTS = {
  ours: (): Promise<EchoClient> => Promise.resolve({ connect: ours, stop: nothing }),
  ws: (): Promise<EchoClient> =>
    Promise.resolve({
      connect: (url, protocols) => events(new WsClient(url, [...protocols], WS_OPTIONS)),
      stop: nothing,
    }),
  deno: (): Promise<EchoClient> =>
    Promise.resolve({
      connect: (url, protocols) => events(new WebSocket(url, [...protocols])),
      stop: nothing,
    }),
} as const;

const WS_OPTIONS = { perMessageDeflate: { threshold: 100 }, handshakeTimeout: 5000 };
const nothing = () => Promise.resolve();

function ours(url: string, protocols: readonly string[]): EchoConnection {
  const socket = connectWebSocket(url, { protocols, deflate: {}, compressFromBytes: 100 });
  const opened = socket.then((socket) => {
    socket.serve((message) => socket.send(message));
    return true;
  }, () => false);
  const then = (act: "close" | "abort") => socket.then((socket) => void socket[act](), () => {});
  return { opened, close: () => void then("close"), abandon: () => void then("abort") };
}

/** What browsers' WebSocket has, and those that are made like it. */
interface BrowserSocket {
  binaryType: string;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(data: string | ArrayBuffer): void;
  close(code?: number): void;
  /** Of ws alone. */
  terminate?(): void;
}

function events(socket: BrowserSocket): EchoConnection {
  socket.binaryType = "arraybuffer";
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.onopen = () => resolve(true);
  socket.onmessage = ({ data }) => socket.send(data);
  socket.onclose = () => resolve(false);
  socket.onerror = (event) => event.preventDefault?.();
  const abandon = () => socket.terminate ? socket.terminate() : socket.close();
  return { opened: promise, close: () => socket.close(1000), abandon };
}
