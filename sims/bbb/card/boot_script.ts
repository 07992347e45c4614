/**
 * `boot.scr`: U-Boot's legacy image format around a script (U-Boot's include/image.h), as
 * `mkimage -T script -A arm -O linux` makes it.
 */
import { crc32 } from "node:zlib";

const HEADER = 64;
const MAGIC = 0x2705_1956;
const OS_LINUX = 5;
const ARCH_ARM = 2;
const TYPE_SCRIPT = 6;
const COMPRESSION_NONE = 0;
const NAME_AT = 32;
const NAME_LENGTH = 32;

/** @param commands one a line, as they are typed at U-Boot's prompt */
export function bootScript(commands: string, { name = "" } = {}): Uint8Array {
  const text = new TextEncoder();
  const script = text.encode(commands.endsWith("\n") ? commands : commands + "\n");
  // A list of sizes that ends with 0, and the script.
  const image = new Uint8Array(HEADER + 8 + script.length);
  const view = new DataView(image.buffer);
  view.setUint32(HEADER, script.length);
  image.set(script, HEADER + 8);
  const data = image.subarray(HEADER);
  view.setUint32(0, MAGIC);
  view.setUint32(12, data.length);
  view.setUint32(24, crc32(data));
  image.set([OS_LINUX, ARCH_ARM, TYPE_SCRIPT, COMPRESSION_NONE], 28);
  // A name ends with a zero byte, at the latest where its field does.
  image.set(text.encode(name).subarray(0, NAME_LENGTH - 1), NAME_AT);
  view.setUint32(4, crc32(image.subarray(0, HEADER)));
  return image;
}
