/**
 * WebSockets after RFC 6455 with the compression of RFC 7692: a server, a client, and a peer that
 * breaks any rule when told to. The protocol itself, without input and output, is in core/.
 *
 * @example
 * ```ts ignore
 * import { serveWebSocket } from "sims/websocket/mod.ts";
 *
 * for await (const socket of serveWebSocket({ port: 9001 })) {
 *   socket.serve((message) => socket.send(message));
 * }
 * ```
 */
export { ClientSocket, type ConnectOptions, connectWebSocket } from "./client.ts";
export {
  CLOSE,
  HandshakeError,
  type HandshakeRequest,
  type Limits,
  ProtocolError,
} from "./core/mod.ts";
export { type ServeOptions, ServerSocket, serveWebSocket, WebSocketServer } from "./server.ts";
export { type Closed, type Message, Socket, type SocketOptions } from "./socket.ts";
export { HOST_TIME, type SocketLimits, type Time } from "./limits.ts";
export type { Wire } from "./_writer.ts";
export { describe, type RawHead, RawPeer, type Received, type Step } from "./raw_peer.ts";
