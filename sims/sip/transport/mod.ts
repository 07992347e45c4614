/** What SIP is sent over, and a network inside the process on virtual time. */
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
