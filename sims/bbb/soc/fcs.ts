/** The frame check sequence of Ethernet (IEEE 802.3, section 3.2.9): CRC-32, sent lowest byte first. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb8_8320 : 0);
  return value;
});

export function fcsOf(frame: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < frame.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ frame[i]!) & 0xff]!;
  return ~crc >>> 0;
}

/** A frame with its FCS behind it. */
export function withFcs(frame: Uint8Array): Uint8Array {
  const whole = new Uint8Array(frame.length + 4);
  whole.set(frame);
  new DataView(whole.buffer).setUint32(frame.length, fcsOf(frame), true);
  return whole;
}
