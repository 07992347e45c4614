/**
 * The bytes of one direction of a TCP connection, in their order (RFC 9293, section 3.4). Bounded:
 * when too much waits for a segment that the capture has missed, the gap is skipped and said.
 */
import type { TcpSegment } from "./transport.ts";

export interface StreamOptions {
  /** What may wait for a gap to be filled. Default: 64 KiB. */
  readonly mostBytes?: number;
  readonly mostSegments?: number;
}

export interface StreamPiece {
  /** Bytes between the piece before and this one that the capture does not have. */
  readonly missing: number;
  readonly bytes: Uint8Array;
}

interface Waiting {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

export class TcpStream {
  readonly #mostBytes: number;
  readonly #mostSegments: number;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** The sequence number of the first byte, when its SYN was seen. */
  #first: number | undefined;
  /** The sequence number that is to come next. */
  #next: number | undefined;

  constructor({ mostBytes = 65_536, mostSegments = 128 }: StreamOptions = {}) {
    this.#mostBytes = mostBytes;
    this.#mostSegments = mostSegments;
  }

  /** Bytes that wait for a gap to be filled. */
  get held(): number {
    return this.#waitingBytes;
  }

  /** What is in order now. The bytes may be a part of the segment's own. */
  push({ sequence, syn, payload }: TcpSegment): StreamPiece[] {
    // A SYN begins anew: ports are used again. One that comes again does not.
    const start = syn ? (sequence + 1) >>> 0 : sequence;
    if (this.#next === undefined || (syn && start !== this.#first)) this.#begin(start);
    if (syn) this.#first = start;
    if (payload.length === 0) return [];
    const pieces: StreamPiece[] = [];
    const ahead = distance(this.#next!, start);
    if (ahead <= 0) this.#take({ sequence: start, bytes: payload }, pieces);
    else this.#wait({ sequence: start, bytes: payload.slice() });
    this.#takeWaiting(pieces);
    while (this.#waitingBytes > this.#mostBytes || this.#waiting.length > this.#mostSegments) {
      this.#skipGap(pieces);
    }
    return pieces;
  }

  #begin(start: number): void {
    this.#next = start;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }

  /** What of it is new. */
  #take({ sequence, bytes }: Waiting, pieces: StreamPiece[], missing = 0): void {
    const known = -distance(this.#next!, sequence);
    if (known >= bytes.length) return;
    pieces.push({ missing, bytes: bytes.subarray(known) });
    this.#next = (sequence + bytes.length) >>> 0;
  }

  /** Sorted, nearest first. */
  #wait(segment: Waiting): void {
    const ahead = ({ sequence }: Waiting) => distance(this.#next!, sequence);
    const at = this.#waiting.findIndex((other) => ahead(other) > ahead(segment));
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, segment);
    this.#waitingBytes += segment.bytes.length;
  }

  #takeWaiting(pieces: StreamPiece[]): void {
    while (this.#waiting[0] && distance(this.#next!, this.#waiting[0].sequence) <= 0) {
      this.#take(this.#shift(), pieces);
    }
  }

  #skipGap(pieces: StreamPiece[]): void {
    const segment = this.#shift();
    const missing = distance(this.#next!, segment.sequence);
    this.#next = segment.sequence;
    this.#take(segment, pieces, missing);
    this.#takeWaiting(pieces);
  }

  #shift(): Waiting {
    const segment = this.#waiting.shift()!;
    this.#waitingBytes -= segment.bytes.length;
    return segment;
  }
}

/** From `a` to `b`, negative when `b` is behind: sequence numbers go round (section 3.4). */
function distance(a: number, b: number): number {
  return (b - a) | 0;
}
