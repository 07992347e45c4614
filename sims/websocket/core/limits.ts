/** What a peer may cost (RFC 6455, section 10.4). */
export interface Limits {
  /** Of one frame's payload, as it says it in its header. */
  readonly maxFrameBytes: number;
  /** Of a message, before and after it is inflated. */
  readonly maxMessageBytes: number;
  /** Of a handshake, up to the empty line. */
  readonly maxHeadBytes: number;
  readonly maxHeaderFields: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxFrameBytes: 16 * 1024 * 1024,
  maxMessageBytes: 16 * 1024 * 1024,
  maxHeadBytes: 8192,
  maxHeaderFields: 100,
};

const whole = new WeakMap<Partial<Limits>, Limits>();

/** All limits; the same ones for the same, since many connections share them. */
export function withDefaults(limits: Partial<Limits> = DEFAULT_LIMITS): Limits {
  let known = whole.get(limits);
  if (!known) whole.set(limits, known = { ...DEFAULT_LIMITS, ...limits });
  return known;
}
