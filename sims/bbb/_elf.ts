/** ELF files for tests. */

/** An ELF file with nothing but symbols of functions. */
export function elfOf(
  symbols: readonly (readonly [name: string, address: number, size: number])[],
) {
  const names = "\0" + symbols.map(([name]) => name + "\0").join("");
  const table = 16 * (symbols.length + 1);
  const file = new Uint8Array(0x34 + 3 * 40 + table + names.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x7f45_4c46);
  view.setUint16(4, 0x0101);
  view.setUint32(0x20, 0x34, true);
  view.setUint16(0x2e, 40, true);
  view.setUint16(0x30, 3, true);
  const section = (n: number, type: number, offset: number, size: number, link: number) => {
    const at = 0x34 + n * 40;
    for (const [field, value] of [[4, type], [16, offset], [20, size], [24, link]] as const) {
      view.setUint32(at + field, value, true);
    }
  };
  const tableAt = 0x34 + 3 * 40, namesAt = tableAt + table;
  section(1, 2, tableAt, table, 2);
  section(2, 3, namesAt, names.length, 0);
  file.set(new TextEncoder().encode(names), namesAt);
  for (const [n, [name, address, size]] of symbols.entries()) {
    const at = tableAt + 16 * (n + 1);
    view.setUint32(at, names.indexOf(`\0${name}\0`) + 1, true);
    view.setUint32(at + 4, address, true);
    view.setUint32(at + 8, size, true);
    view.setUint8(at + 12, 2);
    view.setUint16(at + 14, 1, true);
  }
  return file;
}
