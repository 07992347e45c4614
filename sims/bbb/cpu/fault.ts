/**
 * Aborts as the MMU reports them: fault status encodings of the short-descriptor format (ARM ARM
 * DDI 0406C, tables B3-23 and B3-24).
 */

/** FS[4] is bit 10, FS[3:0] are bits 3:0 of DFSR and IFSR. */
export const FAULT = {
  ALIGNMENT: 0x001,
  WALK_ABORT_1: 0x00c,
  WALK_ABORT_2: 0x00e,
  TRANSLATION_1: 0x005,
  TRANSLATION_2: 0x007,
  ACCESS_FLAG_1: 0x003,
  ACCESS_FLAG_2: 0x006,
  DOMAIN_1: 0x009,
  DOMAIN_2: 0x00b,
  PERMISSION_1: 0x00d,
  PERMISSION_2: 0x00f,
  /** Precise. */
  EXTERNAL: 0x008,
} as const;

/** The domain is in bits 7:4. */
export const FSR_DOMAIN_SHIFT = 4;
/** A write caused it (DFSR only). */
export const FSR_WRITE = 1 << 11;
/** The bus answered with an error that came from outside (SLVERR), not a decode error. */
export const FSR_EXTERNAL_TYPE = 1 << 12;

/** What an access is for. */
export type Access = "read" | "write" | "fetch";

/**
 * Thrown instead of completing an access or a fetch; the one who catches it takes the exception. One
 * object serves all, for aborts are a way of working to Linux: whoever keeps it copies it.
 */
export class Abort {
  kind: "data" | "prefetch" = "data";
  /** For DFSR or IFSR. */
  status = 0;
  /** For DFAR or IFAR. */
  address = 0;
  /** Why the bus refused, when it was the bus. */
  cause: Error | undefined;

  /** This, filled. */
  with(access: Access, status: number, address: number, cause?: Error): this {
    this.kind = access === "fetch" ? "prefetch" : "data";
    this.status = access === "write" ? status | FSR_WRITE : status;
    this.address = address >>> 0;
    this.cause = cause;
    return this;
  }
}

/** Thrown by a coprocessor access that the processor does not define, or not at this privilege. */
export class Undefined {}
export const UNDEFINED: Undefined = new Undefined();
