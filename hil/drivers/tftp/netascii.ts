/** The "netascii" mode of RFC 1350: lines end with CR LF, a CR that ends none is CR NUL (RFC 854). */

const [NUL, LF, CR] = [0, 10, 13];

export function toNetascii(content: Uint8Array): Uint8Array {
  const out = new Uint8Array(content.length * 2);
  let length = 0;
  for (const byte of content) {
    if (byte === LF) out[length++] = CR;
    out[length++] = byte;
    if (byte === CR) out[length++] = NUL;
  }
  return out.slice(0, length);
}

export function fromNetascii(content: Uint8Array): Uint8Array {
  const out = new Uint8Array(content.length);
  let length = 0;
  for (let i = 0; i < content.length; i++) {
    const next = content[i + 1];
    if (content[i] === CR && (next === LF || next === NUL)) {
      out[length++] = next === LF ? LF : CR;
      i++;
    } else out[length++] = content[i]!;
  }
  return out.slice(0, length);
}
