/** How long a connection may take for what, and how much may wait in it. */
import { type Duration, every, hostNow, seconds } from "hil/time/mod.ts";

/** The clock that limits are measured on. */
export interface Time {
  /** Nanoseconds from an arbitrary start. */
  now(): number;
  every(interval: Duration, callback: () => void): () => void;
}

export const HOST_TIME: Time = { now: hostNow, every };

export interface SocketLimits {
  /** A ping is sent when nothing has been heard for so long; undefined: none. Default 30 s. */
  readonly pingEvery?: Duration | undefined;
  /** How long after such a ping something must be heard. Default 20 s. */
  readonly pongLimit?: Duration;
  /** The connection is closed when no message came or went for so long; default: never. */
  readonly idleLimit?: Duration | undefined;
  /** A message that has begun must be whole by then. Default 60 s. */
  readonly messageLimit?: Duration;
  /** The peer must take what is sent by then. Default 60 s. */
  readonly writeLimit?: Duration;
  /** The peer must answer a close frame, and hang up, by then. Default 5 s. */
  readonly closeLimit?: Duration;
  /** Octets that may wait, to be read by us or by the peer, before the other side has to. */
  readonly highWaterBytes?: number;
}

const DEFAULTS = {
  pingEvery: seconds(30) as Duration | undefined,
  pongLimit: seconds(20),
  idleLimit: undefined as Duration | undefined,
  messageLimit: seconds(60),
  writeLimit: seconds(60),
  closeLimit: seconds(5),
  highWaterBytes: 256 * 1024,
};

export type AllLimits = typeof DEFAULTS;

const whole = new WeakMap<SocketLimits, AllLimits>();

/** All limits; the same ones for the same, since many sockets share them. */
export function withDefaults(limits: SocketLimits = DEFAULTS): AllLimits {
  let known = whole.get(limits);
  if (!known) whole.set(limits, known = { ...DEFAULTS, ...limits });
  return known;
}
