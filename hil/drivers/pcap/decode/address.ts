/** Addresses as text: dotted, and for IPv6 the one form of RFC 5952. */

/** @param address 4 or 16 bytes */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  const words = Array.from(
    { length: 8 },
    (_, i) => address[2 * i]! << 8 | address[2 * i + 1]!,
  );
  // Mapped IPv4 is said with its dots (section 5).
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
    return `::ffff:${address.subarray(12).join(".")}`;
  }
  const { from, length } = longestZeros(words);
  const text = (part: readonly number[]) => part.map((word) => word.toString(16)).join(":");
  if (length < 2) return text(words);
  return `${text(words.slice(0, from))}::${text(words.slice(from + length))}`;
}

/** The first of the longest runs (section 4.2.3). */
function longestZeros(words: readonly number[]): { from: number; length: number } {
  let longest = { from: 0, length: 0 };
  for (let from = 0; from < words.length; from++) {
    let end = from;
    while (words[end] === 0) end++;
    if (end - from > longest.length) longest = { from, length: end - from };
    from = Math.max(from, end);
  }
  return longest;
}
