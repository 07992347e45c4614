/** Messages of an NBD client for the tests: as the specification has them, or broken on purpose. */
import * as nbd from "./protocol.ts";

export const FIXED_NEWSTYLE = 1;
export const NO_ZEROES = 2;

/** The client's flags, which come first. */
export function clientFlags(flags = FIXED_NEWSTYLE | NO_ZEROES): Uint8Array {
  return nbd.pack([4, flags]);
}

export function option(number: number, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  return nbd.pack([8, nbd.IHAVEOPT], [4, number], [4, data.length], data);
}

/** NBD_OPT_GO and NBD_OPT_INFO. */
export function infoOption(number: number, name: string, infos: readonly number[] = []) {
  const bytes = new TextEncoder().encode(name);
  const asked = infos.map((info) => nbd.pack([2, info]));
  return option(number, nbd.pack([4, bytes.length], bytes, [2, infos.length], ...asked));
}

export function goTo(name: string): Uint8Array {
  return infoOption(nbd.Option.NBD_OPT_GO, name, [nbd.NBD_INFO_BLOCK_SIZE]);
}

export interface RequestFields {
  readonly magic?: number;
  readonly flags?: number;
  readonly command: number;
  readonly cookie?: bigint;
  /** Bytes. */
  readonly offset?: bigint | number;
  /** Bytes; default: those of `data`. */
  readonly length?: number;
  readonly data?: Uint8Array;
}

export function request(fields: RequestFields): Uint8Array {
  const { data = new Uint8Array(0), magic = nbd.NBD_REQUEST_MAGIC, flags = 0, command } = fields;
  return nbd.pack(
    [4, magic],
    [2, flags],
    [2, command],
    [8, fields.cookie ?? 1n],
    [8, fields.offset ?? 0],
    [4, fields.length ?? data.length],
    data,
  );
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return nbd.pack(...parts);
}

/** Seeded chance (mulberry32): the same numbers on every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}
