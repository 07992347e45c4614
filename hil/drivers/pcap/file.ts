/**
 * Captures from files: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), of both
 * byte orders, with times in microseconds or finer.
 */
import { type CapturedPacket, linkTypeOf } from "./packet.ts";
import { readPcapng, SECTION } from "./_pcapng.ts";
import { CaptureFileError } from "./error.ts";

/** The magic number at the beginning, and how many nanoseconds the unit of its times has. */
const MAGIC: ReadonlyMap<number, number> = new Map([[0xa1b2c3d4, 1000], [0xa1b23c4d, 1]]);
const HEADER = 24;
const RECORD = 16;

/**
 * The packets of a file, in its order. Their bytes are parts of `file`.
 *
 * @throws CaptureFileError at the first byte that cannot be; all packets before it were given
 *
 * @example
 * ```ts ignore
 * for (const packet of readCapture(await Deno.readFile("lan.pcapng"))) console.log(packet.length);
 * ```
 */
export function* readCapture(file: Uint8Array): Generator<CapturedPacket> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < 4) throw new CaptureFileError("it has no four bytes", 0);
  if (view.getUint32(0) === SECTION) return yield* readPcapng(file, view);
  for (const little of [false, true]) {
    const unit = MAGIC.get(view.getUint32(0, little));
    if (unit !== undefined) return yield* readPcap(file, view, { little, unit });
  }
  throw new CaptureFileError("it begins like neither pcap nor pcapng", 0);
}

type Format = { readonly little: boolean; readonly unit: number };

function* readPcap(
  file: Uint8Array,
  view: DataView,
  { little, unit }: Format,
): Generator<CapturedPacket> {
  if (file.length < HEADER) throw new CaptureFileError("it ends in its header", 0);
  // The upper bits tell of a frame check sequence.
  const linkType = linkTypeOf(view.getUint32(20, little) & 0xffff);
  for (let at = HEADER; at < file.length;) {
    if (at + RECORD > file.length) throw new CaptureFileError("it ends in a packet's header", at);
    const [seconds, fraction, kept, length] = [0, 4, 8, 12].map((offset) =>
      view.getUint32(at + offset, little)
    ) as [number, number, number, number];
    const end = at + RECORD + kept;
    if (end > file.length) throw new CaptureFileError("it ends in a packet", at);
    const nanoseconds = fraction * unit;
    if (nanoseconds >= 1e9) throw new CaptureFileError("a time has a second too many", at);
    yield { linkType, seconds, nanoseconds, bytes: file.subarray(at + RECORD, end), length };
    at = end;
  }
}
