/**
 * Floods of our own, in a lab's namespaces only: REGISTER and INVITE from invented addresses, and a
 * PBX's refusals for measuring captures. Bounded in number and time, the same for the same seed. And
 * how long registrations take meanwhile, by their packets.
 */
export { type FloodShape, FrameSource } from "./frames.ts";
export { flood, type Flooded, FloodError, type FloodOptions } from "./sender.ts";
export {
  type Registered,
  RegistrationTimes,
  RegistrationWatch,
  type WatchOptions,
} from "./registrations.ts";
