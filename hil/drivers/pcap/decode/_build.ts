/** Packets for tests, from the inside out. */

export function udp(payload: Uint8Array, { from = 5060, to = 5061 } = {}): Uint8Array {
  return Uint8Array.of(...words(from, to, 8 + payload.length, 0), ...payload);
}

export function tcp(
  payload: Uint8Array,
  { sequence = 0, flags = 0x10, options = new Uint8Array(0) } = {},
): Uint8Array {
  const offset = (20 + options.length) / 4 << 4;
  const numbers = words(5060, 5061, sequence >>> 16, sequence & 0xffff, 0, 7);
  const rest = [offset, flags, ...words(1000, 0, 0)];
  return Uint8Array.of(...numbers, ...rest, ...options, ...payload);
}

export interface Build {
  readonly protocol?: number;
  readonly id?: number;
  readonly offset?: number;
  readonly more?: boolean;
  readonly options?: Uint8Array;
}

export function ipv4(payload: Uint8Array, build: Build = {}): Uint8Array {
  const { protocol = 17, id = 1, offset = 0, more = false, options = new Uint8Array(0) } = build;
  const header = 20 + options.length;
  return Uint8Array.of(
    ...[
      0x40 | header / 4,
      0,
      ...words(header + payload.length, id, offset / 8 | (more ? 0x2000 : 0)),
    ],
    ...[64, protocol, 0, 0],
    ...[198, 51, 100, 9, 198, 51, 100, 1],
    ...options,
    ...payload,
  );
}

/** @param build `protocol` is the first next header; `options` are the extension headers' bytes */
export function ipv6(payload: Uint8Array, { protocol = 17, options }: Build = {}): Uint8Array {
  const inside = [...options ?? [], ...payload];
  const address = (last: number) => [0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), last];
  return Uint8Array.of(
    ...[0x60, 0, 0, 0, ...words(inside.length), protocol, 64],
    ...address(9),
    ...address(1),
    ...inside,
  );
}

export function fragment6(payload: Uint8Array, build: Build = {}): Uint8Array {
  const { protocol = 17, id = 1, offset = 0, more = false } = build;
  const options = Uint8Array.of(protocol, 0, ...words(offset | (more ? 1 : 0), 0, id));
  return ipv6(payload, { protocol: 44, options });
}

export function ethernet(payload: Uint8Array, { etherType = 0x0800, tags = [] }: {
  readonly etherType?: number;
  readonly tags?: readonly (readonly [type: number, id: number])[];
} = {}): Uint8Array {
  const tagged = tags.flatMap(([type, id]) => words(type, id));
  return Uint8Array.of(...new Array(12).fill(2), ...tagged, ...words(etherType), ...payload);
}

export function words(...values: readonly number[]): number[] {
  return values.flatMap((value) => [value >> 8 & 0xff, value & 0xff]);
}

/** `payload` in fragments of `size` bytes, a multiple of 8. */
export function fragments(version: 4 | 6, payload: Uint8Array, size: number, id = 1): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const part = payload.subarray(offset, offset + size);
    const build = { id, offset, more: offset + size < payload.length };
    all.push(version === 4 ? ipv4(part, build) : fragment6(part, build));
  }
  return all;
}
