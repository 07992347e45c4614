/** What SIP is sent over: real sockets, and a network inside the process on virtual time. */
export {
  type Endpoint,
  formatEndpoint,
  type Protocol,
  type SipTimers,
  type SipTransport,
  type TransportListener,
} from "./transport.ts";
export { hostTimers } from "./host_timers.ts";
export { FAIR, type Sent, SimNetwork, type Weather } from "./network.ts";
export {
  type ConnectionOptions,
  ConnectionTransport,
  type Link,
  type LinkEvents,
} from "./connections.ts";
export { type DatagramSocket, type UdpOptions, UdpTransport } from "./udp.ts";
export type { StreamLinkOptions } from "./stream_link.ts";
export { type TcpOptions, tcpTransport } from "./tcp.ts";
export { type TlsOptions, tlsTransport } from "./tls.ts";
export { SUB_PROTOCOL, type WsOptions, wsTransport } from "./ws.ts";
