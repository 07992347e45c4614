/** Checksums of a veth's packets (veth(4), ethtool's ioctl). */

export const CHECKSUM_SYMBOLS = {
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const [SIOCETHTOOL, ETHTOOL_STXCSUM] = [0x8946n, 0x17];

/**
 * A veth leaves checksums, and the cutting of long segments, to hardware that is not there: what
 * comes out of it is not what a wire has. From here on the kernel does both.
 *
 * @param socket any, of the namespace
 * @returns whether it does
 */
export function checksumsBySoftware(
  libc: Pick<Deno.DynamicLibrary<typeof CHECKSUM_SYMBOLS>, "symbols">,
  socket: number,
  link: string,
): boolean {
  const off = new Uint32Array([ETHTOOL_STXCSUM, 0]);
  const request = new DataView(new ArrayBuffer(40));
  new Uint8Array(request.buffer).set(new TextEncoder().encode(link));
  request.setBigUint64(16, Deno.UnsafePointer.value(Deno.UnsafePointer.of(off)), true);
  return libc.symbols.ioctl(socket, SIOCETHTOOL, new Uint8Array(request.buffer)) === 0;
}
