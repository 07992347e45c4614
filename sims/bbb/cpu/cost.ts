/**
 * What things cost in virtual time, in nanoseconds. A model, not the silicon: the point is that the
 * same run takes the same time always, and that what polls a device gets somewhere.
 *
 * An instruction is charged before it executes, an access after it: a device sees the time at which
 * its instruction ends, and the instruction behind it comes later by the cost of the access.
 */
export const COST = {
  INSTRUCTION: 1,
  /** A read or write of what is not RAM, each besides the instruction's own. */
  DEVICE_READ: 100,
  DEVICE_WRITE: 50,
} as const;
