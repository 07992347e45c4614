/** Boot files for tests, as U-Boot's tools make them: table of contents, GP header, code. */

export function bootFile(
  code: Uint8Array,
  { destination = 0x402f_0400, size = code.length + 8 } = {},
): Uint8Array {
  const file = new Uint8Array(512 + 8 + code.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x40, true);
  view.setUint32(4, 0xc, true);
  file.set(new TextEncoder().encode("CHSETTINGS"), 20);
  file.fill(0xff, 32, 64);
  view.setUint32(0x40, 0xc0c0_c0c1, true);
  view.setUint32(0x44, 0x100, true);
  view.setUint32(512, size, true);
  view.setUint32(516, destination, true);
  file.set(code, 520);
  return file;
}

/** ARM instructions and data. */
export function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
