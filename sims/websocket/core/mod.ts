/**
 * The WebSocket protocol without input and output (RFC 6455, RFC 7692): heads and frames are read
 * from octets in chunks of any size, and nothing is thrown at what a peer sends but
 * {@link HandshakeError}; a {@link Connection} gives a {@link ProtocolError} as its last event.
 *
 * @example
 * ```ts
 * import { Connection } from "sims/websocket/core/mod.ts";
 *
 * const client = new Connection({ role: "client", maskKey: () => 0x12345678 });
 * const server = new Connection({ role: "server", maskKey: () => 0 });
 * client.send("hello");
 * console.log(server.receive(client.take())); // [{ type: "text", text: "hello" }]
 * ```
 */
export { checkResponse, formatRequest, type RequestOptions } from "./client_handshake.ts";
export { Connection, type ConnectionOptions, type WebSocketEvent } from "./connection.ts";
export type { DeflateParameters } from "./deflate.ts";
export { CLOSE, HandshakeError, mayBeSent, ProtocolError } from "./errors.ts";
export { type DeflateWishes, type Extension, parseExtensions } from "./extensions.ts";
export { OPCODE } from "./frame.ts";
export { type FrameHeader, FrameReader, type FrameRules, type FrameSink } from "./frame_reader.ts";
export { formatHead, type Head, HeadReader, listOf, valuesOf } from "./http_head.ts";
export { DEFAULT_LIMITS, type Limits, withDefaults } from "./limits.ts";
export { mask } from "./mask.ts";
export { encodeRawFrame, type RawFrame } from "./raw_frame.ts";
export {
  accept,
  acceptKey,
  type AcceptOptions,
  checkRequest,
  type HandshakeRequest,
  refusal,
} from "./server_handshake.ts";
export { SendMemory } from "./send_memory.ts";
export { Utf8Validator } from "./utf8.ts";
