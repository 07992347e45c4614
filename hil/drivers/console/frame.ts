/**
 * The lines of `sims/diskcache/guest/PROTOCOL.md`, lower layer: what an intact one looks like.
 * Lines are Latin-1 texts here, one character a byte, without their end.
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

export type Frame =
  | { readonly type: "answer"; readonly seq: number; readonly line: number; readonly text: string }
  | {
    readonly type: "end";
    readonly seq: number;
    readonly lines: number;
    readonly status: number;
    readonly text: string;
  }
  | { readonly type: "event"; readonly k: number; readonly text: string }
  | { readonly type: "refusal"; readonly reason: string; readonly got: string };

/** The fields of a line of one kind. */
export interface Shape {
  readonly sigil: string;
  /** Words that the CRC covers before the text. */
  readonly headWords: number;
  /** Groups: head (what the CRC is over before the text), len (where there is one), crc, text. */
  readonly line: RegExp;
  /** What the CRC is over. */
  content(head: string, text: string): string;
  frame(head: string, text: string): Frame | undefined;
}

const withHead = (head: string, text: string) => `${head} ${text}`;

/** 9 digits at most: a number that fits. */
export const SHAPES: readonly Shape[] = [
  {
    sigil: "<",
    headWords: 1,
    line: /^<(?<head>\d{1,9}\.\d{1,9}) (?<len>\d{1,9}) (?<crc>[0-9a-f]{8}) (?<text>[^]*)$/,
    content: withHead,
    frame: (head, text) => {
      const [seq, line] = head.split(".").map(Number);
      return { type: "answer", seq: seq!, line: line!, text };
    },
  },
  {
    sigil: "=",
    headWords: 2,
    line: /^=(?<head>\d{1,9} \d{1,9}) (?<crc>[0-9a-f]{8}) (?<text>\d{1,9}(?: [^]*)?)$/,
    content: withHead,
    frame: (head, rest) => {
      const [seq, lines] = head.split(" ").map(Number);
      const status = parseInt(rest);
      const text = rest.slice(String(status).length + 1);
      return { type: "end", seq: seq!, lines: lines!, status, text };
    },
  },
  {
    sigil: "!",
    headWords: 1,
    line: /^!(?<head>\d{1,9}) (?<len>\d{1,9}) (?<crc>[0-9a-f]{8}) (?<text>[^]*)$/,
    content: withHead,
    frame: (head, text) => ({ type: "event", k: Number(head), text }),
  },
  {
    sigil: "?",
    headWords: 0,
    line: /^\?(?<head>)(?<len>\d{1,9}) (?<crc>[0-9a-f]{8}) (?<text>[^]*)$/,
    content: (_, text) => text,
    frame: (_, text) => {
      const match = text.match(/^(crc|form|seq|long)(?: ([^]*))?$/);
      return match ? { type: "refusal", reason: match[1]!, got: match[2] ?? "" } : undefined;
    },
  },
];

/** The shape of lines that begin with that character. */
export function shapeOf(sigil: string | undefined): Shape | undefined {
  return SHAPES.find((shape) => shape.sigil === sigil);
}

/** The frame of an intact line. */
export function parseFrame(line: string): Frame | undefined {
  const shape = shapeOf(line[0]);
  const fields = shape?.line.exec(line)?.groups;
  if (!shape || !fields) return undefined;
  const { head, len, crc, text } = fields as {
    head: string;
    len?: string;
    crc: string;
    text: string;
  };
  if (len !== undefined && Number(len) !== text.length) return undefined;
  return crcOf(shape.content(head, text)) === crc ? shape.frame(head, text) : undefined;
}

/** A command as it is sent; `text` is Latin-1. */
export function commandLine(seq: number, text: string): string {
  return `>${seq} ${crcOf(`${seq} ${text}`)} ${text}`;
}

/** CRC-32 (IEEE 802.3) as 8 hexadecimal digits. */
export function crcOf(text: string): string {
  return crc32(Buffer.from(text, "latin1")).toString(16).padStart(8, "0");
}

/** Longest line that can be a frame: what is longer is plain output. */
export const MAX_FRAME = 4096;

const HEADER =
  /^(?:[<=!?]|<\d{1,9}(?:\.(?:\d{1,9}(?: (?:\d{1,9}(?: (?:[0-9a-f]{1,8}(?: [^]*)?)?)?)?)?)?)?|=\d{1,9}(?: (?:\d{1,9}(?: (?:[0-9a-f]{1,8}(?: [^]*)?)?)?)?)?|!\d{1,9}(?: (?:\d{1,9}(?: (?:[0-9a-f]{1,8}(?: [^]*)?)?)?)?)?|\?\d{1,9}(?: (?:[0-9a-f]{1,8}(?: [^]*)?)?)?)$/;

/** Whether a line that begins so may be a frame when the rest has come. */
export function mayBecomeFrame(start: string): boolean {
  return HEADER.test(start.slice(0, 48));
}
