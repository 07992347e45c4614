/** Files beside a trace: captures by their packets, texts, and what may be searched as bytes. */
import { redactFrame } from "./packets.ts";
import { fromLatin1, latin1, type Redactor } from "./redactor.ts";

/** How an attachment was treated. */
export type Treatment = "as a capture" | "as text" | "as bytes" | "left out";

/** What cannot be searched: pictures, sound, video, compressed files. */
const CLOSED =
  /^(89504e47|ffd8ff|47494638|52494646|1a45dfa3|4f676753|494433|1f8b|28b52ffd|fd377a58|504b0304|425a68|7573746172|25504446|......667479)/;
const SECTION = 0x0a0d0d0a, PACKET = 6, SIMPLE = 3, INTERFACE = 1;
const PCAP = new Set([0xa1b2c3d4, 0xa1b23c4d]);

export function redactFile(
  file: Uint8Array,
  redactor: Redactor,
): { readonly treatment: Treatment; readonly bytes?: Uint8Array } {
  if (CLOSED.test(file.subarray(0, 8).toHex())) return { treatment: "left out" };
  const capture = redactCapture(file, redactor);
  if (capture) return { treatment: "as a capture", bytes: capture };
  const bytes = latin1(redactor.bytes(fromLatin1(file)));
  return { treatment: file.includes(0) ? "as bytes" : "as text", bytes };
}

function redactCapture(file: Uint8Array, redactor: Redactor): Uint8Array | undefined {
  if (file.length < 24) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (view.getUint32(0) === SECTION) return redactPcapng(file, redactor);
  const little = [false, true].find((little) => PCAP.has(view.getUint32(0, little)));
  return little === undefined ? undefined : redactPcap(file, little, redactor);
}

/** What is behind a broken part is bytes. */
function redactPcap(file: Uint8Array, little: boolean, redactor: Redactor): Uint8Array {
  const out = file.slice();
  const view = new DataView(out.buffer);
  const linkType = linkTypeOf(view.getUint32(20, little) & 0xffff);
  let at = 24;
  while (at + 16 <= out.length) {
    const end = at + 16 + view.getUint32(at + 8, little);
    if (end > out.length) break;
    out.set(redactFrame(out.subarray(at + 16, end), linkType, redactor), at + 16);
    at = end;
  }
  out.set(latin1(redactor.bytes(fromLatin1(out.subarray(at)))), at);
  return out;
}

function redactPcapng(file: Uint8Array, redactor: Redactor): Uint8Array {
  const out = file.slice();
  const view = new DataView(out.buffer);
  let little = true, links: number[] = [], at = 0;
  const text = (from: number, to: number) =>
    out.set(latin1(redactor.bytes(fromLatin1(out.subarray(from, to)))), from);
  while (at + 12 <= out.length) {
    if (view.getUint32(at) === SECTION) {
      little = view.getUint32(at + 8, true) === 0x1a2b3c4d;
      links = [];
    }
    const type = view.getUint32(at, little), length = view.getUint32(at + 4, little);
    const end = at + length;
    if (length < 12 || length % 4 !== 0 || end > out.length) break;
    const head = type === PACKET ? 20 : type === SIMPLE ? 4 : 8;
    const from = Math.min(at + 8 + head, end - 4);
    if (type === INTERFACE) links.push(linkTypeOf(view.getUint16(at + 8, little)));
    if (type === PACKET || type === SIMPLE) {
      const number = type === PACKET ? view.getUint32(at + 8, little) : 0;
      const kept = view.getUint32(type === PACKET ? at + 20 : at + 8, little);
      const until = Math.min(from + kept, end - 4);
      out.set(redactFrame(out.subarray(from, until), links[number] ?? 1, redactor), from);
      text(until, end - 4);
    } else if (type !== SECTION) text(from, end - 4);
    else text(Math.min(at + 24, end - 4), end - 4);
    at = end;
  }
  text(at, out.length);
  return out;
}

function linkTypeOf(number: number): number {
  return number === 12 || number === 14 ? 101 : number;
}
